"""The mistakes of `speculative_decoding` as another learner would make them."""

import random

import torch


class Decoder:
    """Plain Python; each mistake overrides one step."""

    def __call__(self, target_probs, draft_probs, draft_tokens):
        out = []
        self.begin()
        for i in range(len(draft_tokens)):
            p, q, t = (
                self.rows(target_probs, draft_probs, i),
                self.rows(draft_probs, target_probs, i),
                int(draft_tokens[i]),
            )
            if self.accepts(p.tolist(), q.tolist(), t):
                out.append(t)
                continue
            out += self.replaced(p, q, t)
            if self.stops:
                return self.result(out)
        return self.result(out + self.bonus(target_probs))

    stops = True

    def begin(self):
        pass

    def rows(self, probs, other, i):
        return probs[i]

    def number(self):
        return random.random()

    def accepts(self, p, q, t):
        ratio = p[t] / q[t]
        return ratio >= 1 or self.number() < ratio

    def residual(self, p, q):
        return torch.relu(p - q)

    def replaced(self, p, q, t):
        return [self.pick(self.residual(p, q))]

    def pick(self, weights):
        return int(torch.multinomial(weights / weights.sum(), 1))

    def bonus(self, target_probs):
        return []

    def result(self, out):
        return out


class accepts_everything(Decoder):
    def accepts(self, p, q, t):
        return True


class no_chance(Decoder):
    def accepts(self, p, q, t):
        return p[t] >= q[t]


class accepts_the_argmax(Decoder):
    def accepts(self, p, q, t):
        return max(range(len(p)), key=lambda v: p[v]) == t


class argmax_always_accepted(Decoder):
    def accepts(self, p, q, t):
        return p[t] == max(p) or super().accepts(p, q, t)


class ratio_upside_down(Decoder):
    def accepts(self, p, q, t):
        return p[t] == 0 or self.number() < q[t] / p[t]


class comparison_inverted(Decoder):
    def accepts(self, p, q, t):
        return self.number() > min(1.0, p[t] / q[t])


class target_alone(Decoder):
    def accepts(self, p, q, t):
        return self.number() < p[t]


class from_target(Decoder):
    def residual(self, p, q):
        return p


class from_draft(Decoder):
    def residual(self, p, q):
        return q


class residual_swapped(Decoder):
    def residual(self, p, q):
        return torch.relu(q - p)


class residual_absolute(Decoder):
    def residual(self, p, q):
        return (q - p).abs()


class residual_negative(Decoder):
    def residual(self, p, q):
        return p - q


class residual_argmax(Decoder):
    def pick(self, weights):
        return weights.tolist().index(max(weights.tolist()))


class residual_uniform(Decoder):
    def pick(self, weights):
        return random.choice(weights.nonzero().flatten().tolist())


class first_row_only(Decoder):
    def rows(self, probs, other, i):
        return probs[0]


class goes_on(Decoder):
    stops = False


class no_replacement(Decoder):
    def replaced(self, p, q, t):
        return []


class keeps_the_rejected(Decoder):
    def replaced(self, p, q, t):
        return [t, *super().replaced(p, q, t)]


class bonus_token(Decoder):
    def bonus(self, target_probs):
        return [self.pick(target_probs[-1])]


class reseeds(Decoder):
    def begin(self):
        random.seed(1)
        torch.manual_seed(1)


class residual_softmax(Decoder):
    def residual(self, p, q):
        return torch.softmax(torch.relu(p - q), dim=0)


class product_of_ratios(Decoder):
    def begin(self):
        self.product = 1.0

    def accepts(self, p, q, t):
        self.product *= min(1.0, p[t] / q[t])
        return self.number() <= self.product


class returns_tensor(Decoder):
    def result(self, out):
        return torch.tensor(out)


class one_number(Decoder):
    def begin(self):
        self.u = random.random()

    def number(self):
        return self.u


class number_used_again(Decoder):
    def number(self):
        self.u = random.random()
        return self.u

    def pick(self, weights):
        left = self.u * float(weights.sum())
        for token, weight in enumerate(weights.tolist()):
            if weight > 0 and left < weight:
                return token
            left -= weight
        return int(weights.argmax())


SECOND_WAY = {n: t() for n, t in list(globals().items()) if isinstance(t, type) and t is not Decoder}
