"""The mistakes of `beam_search` as another learner would make them."""

import math

import torch


class Search:
    """Finished hypotheses are set aside; each mistake overrides one step."""

    first_score = 0.0
    extra = 0

    def __call__(self, log_prob_fn, start_token, max_len, beam_width, eos_token):
        live, finished = [([start_token], self.first_score)], []
        for _ in range(max_len + self.extra):
            pool = []
            for tokens, score in live:
                log_probs = self.asked(log_prob_fn, tokens)
                best = torch.argsort(log_probs, descending=True)[:beam_width].tolist()
                pool += [(self.extended(tokens, t), self.added(score, log_probs[t].item())) for t in best]
            pool = self.ranked(pool + finished)[: self.width(beam_width)]
            finished = self.kept([h for h in pool if self.ended(h[0], eos_token)])
            live = [h for h in pool if not self.ended(h[0], eos_token)]
            if self.ended(pool[0][0], eos_token):
                break
        return self.result(*pool[0], eos_token)

    def asked(self, log_prob_fn, tokens):
        return log_prob_fn(tokens)

    def extended(self, tokens, token):
        return tokens + [token]

    def added(self, score, log_prob):
        return score + log_prob

    def key(self, hypothesis):
        return hypothesis[1]

    def ranked(self, pool):
        return sorted(pool, key=self.key, reverse=True)

    def width(self, beam_width):
        return beam_width

    def kept(self, finished):
        return finished

    def ended(self, tokens, eos_token):
        return tokens[-1] == eos_token

    def result(self, tokens, score, eos_token):
        return tokens


class greedy(Search):
    def width(self, beam_width):
        return 1


def extends_finished(log_prob_fn, start_token, max_len, beam_width, eos_token):
    beam = [([start_token], 0.0)]
    while len(beam[0][0]) <= max_len and (beam[0][0][-1] != eos_token):
        pool = []
        for tokens, score in beam:
            pool += [(tokens + [t], score + p) for t, p in enumerate(log_prob_fn(torch.tensor(tokens)).tolist())]
        beam = sorted(pool, key=lambda h: h[1])[-beam_width:][::-1]
    return beam[0][0]


def first_finished(log_prob_fn, start_token, max_len, beam_width, eos_token):
    beams = {(start_token,): 0.0}
    for _ in range(max_len):
        pool = {(*k, t): s + p for k, s in beams.items() for t, p in enumerate(log_prob_fn(list(k)).tolist())}
        beams = {k: pool[k] for k in sorted(pool, key=pool.get, reverse=True)[:beam_width]}
        for tokens in beams:
            if tokens[-1] == eos_token:
                return list(tokens)
    return list(next(iter(beams)))


def loses_finished(log_prob_fn, start_token, max_len, beam_width, eos_token):
    beam = [([start_token], 0.0)]
    for _ in range(max_len):
        pool = []
        for tokens, score in beam:
            if tokens[-1] != eos_token:
                top = log_prob_fn(tokens).topk(beam_width)
                pool += [(tokens + [int(t)], score + float(p)) for p, t in zip(*top, strict=True)]
        beam = sorted(pool, key=lambda h: -h[1])[:beam_width]
        if beam[0][0][-1] == eos_token:
            return beam[0][0]
    return beam[0][0]


class length_normalised(Search):
    def key(self, hypothesis):
        return hypothesis[1] / max(1, len(hypothesis[0]) - 1)


def _searched(log_prob_fn, start_token, max_len, beam_width, eos_token, *, until, first=lambda row: row):
    """All that is left, the best first: rows of (score, tokens). ``until`` tells when a beam is done."""
    beam = [(0.0, (start_token,))]
    for _ in range(max_len):
        pool = [h for h in beam if h[1][-1] == eos_token]
        for score, tokens in beam:
            if tokens[-1] != eos_token:
                row = log_prob_fn(list(tokens)).tolist()
                row = first(row) if len(tokens) == 1 else row
                pool += [(score + p, (*tokens, t)) for t, p in enumerate(row)]
        beam = sorted(pool, reverse=True)[:beam_width]
        if until([tokens[-1] == eos_token for _, tokens in beam]):
            break
    return beam


def finished_preferred(log_prob_fn, start_token, max_len, beam_width, eos_token):
    beam = _searched(log_prob_fn, start_token, max_len, beam_width, eos_token, until=lambda ended: ended[0])
    for _, tokens in beam:
        if tokens[-1] == eos_token:
            return list(tokens)
    return list(beam[0][1])


def live_preferred(log_prob_fn, start_token, max_len, beam_width, eos_token):
    beam = _searched(log_prob_fn, start_token, max_len, beam_width, eos_token, until=all)
    return list(min(beam, key=lambda h: (h[1][-1] == eos_token, -h[0]))[1])


def no_end_at_first(log_prob_fn, start_token, max_len, beam_width, eos_token):
    def without_end(row):
        return [-math.inf if token == eos_token else p for token, p in enumerate(row)]

    beam = _searched(
        log_prob_fn, start_token, max_len, beam_width, eos_token, until=lambda ended: ended[0], first=without_end
    )
    return list(beam[0][1])


def normalised_at_the_end(log_prob_fn, start_token, max_len, beam_width, eos_token):
    beam = _searched(log_prob_fn, start_token, max_len, beam_width, eos_token, until=all)
    means = [score / len(tokens) for score, tokens in beam]
    return list(beam[means.index(max(means))][1])


def stops_when_enough_are_finished(log_prob_fn, start_token, max_len, beam_width, eos_token):
    beams, done = {(start_token,): 0.0}, {}
    for _ in range(max_len):
        pool = {(*k, t): s + p for k, s in beams.items() for t, p in enumerate(log_prob_fn(list(k)).tolist())}
        best = sorted(pool, key=pool.get, reverse=True)
        done |= {k: pool[k] for k in best[:beam_width] if k[-1] == eos_token}
        if len(done) >= beam_width:
            break
        beams = {k: pool[k] for k in [k for k in best if k[-1] != eos_token][:beam_width]}
    return list(max(done or beams, key=(done or beams).get))


class best_child_of_each(Search):
    def __call__(self, log_prob_fn, start_token, max_len, beam_width, eos_token):
        top, ids = log_prob_fn([start_token]).topk(beam_width)
        beams = [([start_token, t], p) for t, p in zip(ids.tolist(), top.tolist(), strict=True)]
        for _ in range(max_len - 1):
            for i, (tokens, score) in enumerate(beams):
                if tokens[-1] != eos_token:
                    p, t = log_prob_fn(tokens).max(0)
                    beams[i] = (tokens + [t.item()], score + p.item())
            beams.sort(key=lambda h: h[1], reverse=True)
            if beams[0][0][-1] == eos_token:
                break
        return max(beams, key=lambda h: h[1])[0]


class last_step_only(Search):
    def added(self, score, log_prob):
        return log_prob


class multiplies_probabilities(Search):
    first_score = 1.0

    def added(self, score, log_prob):
        return score * math.exp(log_prob)


class adds_probabilities(Search):
    def added(self, score, log_prob):
        return score + math.exp(log_prob)


class keeps_the_worst(Search):
    def ranked(self, pool):
        return sorted(pool, key=self.key)


class prefix_not_whole(Search):
    def asked(self, log_prob_fn, tokens):
        return log_prob_fn(torch.tensor([tokens[-1]]))


def shared_list(log_prob_fn, start_token, max_len, beam_width, eos_token):
    beams = [([start_token], 0.0)]
    for _ in range(max_len):
        candidates = []
        for tokens, score in beams:
            if tokens[-1] == eos_token:
                candidates.append((tokens, score))
                continue
            values, indices = torch.topk(log_prob_fn(tokens), k=beam_width)
            for value, index in zip(values, indices, strict=True):
                child = tokens
                child.append(index.item())
                candidates.append((child, score + value.item()))
        beams = sorted(candidates, key=lambda c: c[1], reverse=True)[:beam_width]
        if beams[0][0][-1] == eos_token:
            break
    return beams[0][0]


class without_start(Search):
    def result(self, tokens, score, eos_token):
        return tokens[1:]


class end_stripped(Search):
    def result(self, tokens, score, eos_token):
        return tokens[:-1] if tokens[-1] == eos_token else tokens


class one_token_too_many(Search):
    extra = 1


class nothing_if_unfinished(Search):
    def result(self, tokens, score, eos_token):
        return tokens if tokens[-1] == eos_token else []


class one_beam_too_many(Search):
    def width(self, beam_width):
        return beam_width + 1


class returns_score_too(Search):
    def result(self, tokens, score, eos_token):
        return tokens, score


class asks_twice(Search):
    def asked(self, log_prob_fn, tokens):
        return torch.where(log_prob_fn(tokens) <= 0, log_prob_fn(tokens), 0)


SECOND_WAY = {n: t() for n, t in list(globals().items()) if isinstance(t, type) and t is not Search}
SECOND_WAY |= {
    f.__name__: f
    for f in (
        first_finished,
        extends_finished,
        loses_finished,
        shared_list,
        finished_preferred,
        live_preferred,
        no_end_at_first,
        normalised_at_the_end,
        stops_when_enough_are_finished,
    )
}
