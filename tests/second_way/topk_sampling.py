"""The mistakes of `topk_sampling` as another learner would make them."""

import random

import torch


class Sampler:
    """One way of sampling in probability space, over (id, share) pairs; each mistake overrides one step."""

    def __call__(self, logits, top_k=0, top_p=1.0, temperature=1.0):
        shares = torch.softmax(self.reshaped(logits, temperature), -1)
        kept = self.first(list(enumerate(shares.tolist())), top_k)
        kept = self.nucleus(kept, top_p) if top_p < 1 else kept
        return self.pick(kept, temperature)

    def reshaped(self, logits, temperature):
        return logits / temperature

    def ranked(self, pairs):
        return sorted(pairs, key=lambda pair: -pair[1])

    def first(self, pairs, k):
        return self.ranked(pairs)[:k] if k else self.ranked(pairs)

    def nucleus(self, pairs, p):
        total, mass, kept = sum(share for _, share in pairs), 0.0, []
        for token, share in self.ranked(pairs):
            if mass <= p:
                kept.append((token, share))
            mass += share / total
        return kept

    def pick(self, pairs, temperature):
        ids, weights = zip(*pairs, strict=True)
        return random.choices(ids, weights)[0]


class top_p_ignored(Sampler):
    def nucleus(self, pairs, p):
        return pairs


class top_k_ignored(Sampler):
    def first(self, pairs, k):
        return pairs


class one_too_many(Sampler):
    def first(self, pairs, k):
        return self.ranked(pairs)[: k + 1] if k else self.ranked(pairs)


def nucleus_one_too_many(logits, top_k=0, top_p=1.0, temperature=1.0):
    ranked, ids = torch.sort(logits / temperature, descending=True)
    shares = torch.softmax(ranked[: top_k or len(ids)], 0)
    if top_p < 1:
        cut = torch.cumsum(shares, 0) > top_p
        shares = torch.where(torch.cat([torch.tensor([False, False]), cut])[: len(cut)], 0.0, shares)
    return ids[torch.multinomial(shares, 1)].item()


def kth_dropped(logits, top_k=0, top_p=1.0, temperature=1.0):
    probs = torch.softmax(logits / temperature, 0)
    if top_k:
        probs = torch.where(probs > probs.sort(descending=True)[0][top_k - 1], probs, 0)
        probs = probs / probs.sum()
    if top_p < 1:
        values, ids = probs.sort(descending=True)
        probs[ids[values.cumsum(0) - values > top_p]] = 0
    return int(probs.multinomial(1))


def everything_masked(logits, top_k=0, top_p=1.0, temperature=1.0):
    x = torch.softmax(logits / temperature, -1)
    values, ids = x.sort(descending=True)
    if top_k:
        values[top_k:] = 0
    values = values / values.sum()
    if top_p < 1:
        values[values.cumsum(0) > top_p] = 0
    return ids[torch.multinomial(values / values.sum(), 1)].item()


def mask_not_unsorted(logits, top_k=0, top_p=1.0, temperature=1.0):
    x = torch.softmax(logits / temperature, -1)
    if top_k:
        x[x < torch.topk(x, top_k)[0].min()] = 0
    if top_p < 1:
        ordered = torch.sort(x / x.sum(), descending=True)[0]
        x = x * (torch.cumsum(ordered, 0) - ordered <= top_p)
    return int(torch.multinomial(x, 1))


class sorted_ascending(Sampler):
    def nucleus(self, pairs, p):
        total, mass, kept = sum(share for _, share in pairs), 0.0, []
        for token, share in sorted(pairs, key=lambda pair: pair[1]):
            if mass > p:
                break
            kept.append((token, share))
            mass += share / total
        return kept


class rank_returned(Sampler):
    def first(self, pairs, k):
        return list(enumerate(share for _, share in super().first(pairs, k)))


class temperature_after(Sampler):
    def reshaped(self, logits, temperature):
        return logits

    def pick(self, pairs, temperature):
        return super().pick([(token, share ** (1 / temperature)) for token, share in pairs], temperature)


class temperature_ignored(Sampler):
    def reshaped(self, logits, temperature):
        return logits


class temperature_twice(Sampler):
    def pick(self, pairs, temperature):
        return super().pick([(token, share ** (1 / temperature)) for token, share in pairs], temperature)


def _drawn_from_the_input(logits, top_k, top_p, temperature):
    """The filters say which tokens stay; their weights are those of the input."""
    kept = Sampler().first(list(enumerate(torch.softmax(logits / temperature, -1).tolist())), top_k)
    ids = [token for token, _ in (Sampler().nucleus(kept, top_p) if top_p < 1 else kept)]
    return ids[torch.distributions.Categorical(logits=logits[ids]).sample().item()]


def temperature_lost_behind_the_filters(logits, top_k=0, top_p=1.0, temperature=1.0):
    if top_k or top_p < 1:
        return _drawn_from_the_input(logits, top_k, top_p, temperature)
    return Sampler()(logits, temperature=temperature)


def temperature_lost_behind_top_p(logits, top_k=0, top_p=1.0, temperature=1.0):
    if top_p < 1:
        return _drawn_from_the_input(logits, top_k, top_p, temperature)
    return Sampler()(logits, top_k, temperature=temperature)


class temperature_rounded(Sampler):
    def reshaped(self, logits, temperature):
        return logits / (temperature if temperature < 1 else int(temperature))


class temperature_multiplied(Sampler):
    def reshaped(self, logits, temperature):
        return logits * temperature


def filling(value):
    def sample(logits, top_k=0, top_p=1.0, temperature=1.0):
        x = logits / temperature
        if top_k:
            x[x < torch.topk(x, top_k)[0].min()] = value
        if top_p < 1:
            p, ids = torch.softmax(x, -1).sort(descending=True)
            for token, mass in zip(ids.tolist(), (p.cumsum(-1) - p).tolist(), strict=True):
                if mass > top_p:
                    x[token] = value
        return torch.distributions.Categorical(logits=x).sample().item()

    return sample


class nucleus_of_the_full_distribution(Sampler):
    def __call__(self, logits, top_k=0, top_p=1.0, temperature=1.0):
        pairs = list(enumerate(torch.softmax(logits / temperature, -1).tolist()))
        kept = self.nucleus(pairs, top_p) if top_p < 1 else pairs
        return self.pick(self.first(kept, top_k), temperature)


class complement(Sampler):
    def nucleus(self, pairs, p):
        return super().nucleus(pairs, 1 - p)


def own_probability(logits, top_k=0, top_p=1.0, temperature=1.0):
    probs = torch.softmax(logits / temperature, -1)
    if top_k:
        probs[probs < probs.topk(top_k)[0][-1]] = 0
        probs /= probs.sum()
    if top_p < 1:
        probs[probs < top_p] = 0
        probs /= probs.sum()
    return int(torch.multinomial(probs, 1))


class greedy(Sampler):
    def pick(self, pairs, temperature):
        return max(pairs, key=lambda pair: pair[1])[0]


class uniform_over_kept(Sampler):
    def pick(self, pairs, temperature):
        ids = torch.tensor(sorted(token for token, _ in pairs))
        return ids[torch.multinomial(torch.ones(len(ids)), 1)].item()


class reseeds(Sampler):
    def pick(self, pairs, temperature):
        return random.Random(42).choices([t for t, _ in pairs], [s for _, s in pairs])[0]


class returns_tensor(Sampler):
    def pick(self, pairs, temperature):
        return torch.tensor([super().pick(pairs, temperature)])


class default_top_p(Sampler):
    def __call__(self, logits, top_k=0, top_p=0.95, temperature=1.0):
        return super().__call__(logits, top_k, top_p, temperature)


class default_top_k(Sampler):
    def __call__(self, logits, top_k=40, top_p=1.0, temperature=1.0):
        return super().__call__(logits, top_k, top_p, temperature)


class place_in_topk(Sampler):
    def first(self, pairs, k):
        return (
            [(place, share) for place, (_, share) in enumerate(super().first(pairs, k))]
            if k
            else super().first(pairs, k)
        )


class not_renormalised(Sampler):
    def first(self, pairs, k):
        kept = super().first(pairs, k)
        return [(token, share / sum(s for _, s in kept)) for token, share in kept]

    def pick(self, pairs, temperature):
        number = random.random()
        for token, share in pairs:
            number -= share
            if number < 0:
                return token
        return pairs[-1][0]


SECOND_WAY = {n: t() for n, t in list(globals().items()) if isinstance(t, type) and t is not Sampler}
SECOND_WAY |= {
    f.__name__: f
    for f in (
        nucleus_one_too_many,
        kth_dropped,
        mask_not_unsorted,
        everything_masked,
        own_probability,
        temperature_lost_behind_the_filters,
        temperature_lost_behind_top_p,
    )
}
SECOND_WAY |= {"filled_with_zero": filling(0.0), "weak_fill": filling(-99.0), "fill_of_thousands": filling(-1e4)}
