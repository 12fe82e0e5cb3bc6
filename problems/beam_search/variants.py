import heapq
import math

import torch

from torch_judge.authoring import accepted, mistake


@accepted
def finished_set_aside(log_prob_fn, start_token, max_len, beam_width, eos_token):
    """Tensors as prefixes; finished ones leave the beam and make it narrower; ends when none is live."""
    live, finished = [([start_token], torch.tensor(0.0))], []
    for _ in range(max_len):
        candidates = []
        for tokens, score in live:
            log_probs = log_prob_fn(torch.tensor(tokens))
            top, ids = torch.topk(log_probs, beam_width)
            for k in range(beam_width):
                candidates.append((tokens + [ids[k].item()], score + top[k]))
        candidates.sort(key=lambda c: c[1].item(), reverse=True)
        live = []
        for tokens, score in candidates[:beam_width]:
            (finished if tokens[-1] == eos_token else live).append((tokens, score))
        if not live:
            break
    return max(finished + live, key=lambda c: c[1])[0]


@accepted
def one_flat_topk(log_prob_fn, start_token, max_len, beam_width, eos_token):
    """All continuations in one matrix; a finished row may only repeat itself, at no cost; never stops early."""
    rows, scores = [[start_token]], torch.zeros(1, dtype=torch.float64)
    for _ in range(max_len):
        if all(row[-1] == eos_token for row in rows):
            break
        table, done = [], [row[-1] == eos_token for row in rows]
        for row, ended in zip(rows, done, strict=True):
            table.append(None if ended else log_prob_fn(torch.as_tensor(row)).double())
        size = next(len(t) for t in table if t is not None)
        frozen = torch.full((size,), -torch.inf, dtype=torch.float64)
        frozen[eos_token] = 0.0
        total = scores[:, None] + torch.stack([frozen if t is None else t for t in table])
        scores, flat = total.flatten().topk(beam_width)
        parents, tokens = (flat // size).tolist(), (flat % size).tolist()
        rows = [rows[p] if done[p] else rows[p] + [t] for p, t in zip(parents, tokens, strict=True)]
    return rows[int(scores.argmax())]


class Hypothesis:
    def __init__(self, score: float, tokens: list) -> None:
        self.score, self.tokens = score, tokens

    def __lt__(self, other: "Hypothesis") -> bool:
        return self.score < other.score

    def extended(self, token: int, log_prob: float) -> "Hypothesis":
        return Hypothesis(self.score + log_prob, self.tokens + [token])


@accepted
def heap_of_hypotheses(log_prob_fn, start_token: int, max_len: int, beam_width: int, eos_token: int) -> list[int]:
    """A beam of live ones only, as wide as ever; ends when no live one can catch up."""
    live, best = [Hypothesis(0.0, [start_token])], None
    for _ in range(max_len):
        pool = [h.extended(t, p) for h in live for t, p in enumerate(log_prob_fn(h.tokens).tolist())]
        pool = heapq.nlargest(2 * beam_width, pool)
        ended = [h for h in pool[:beam_width] if h.tokens[-1] == eos_token]
        best = max(ended + ([best] if best else []), default=None)
        live = [h for h in pool if h.tokens[-1] != eos_token][:beam_width]
        if best and best.score > live[0].score:
            return best.tokens
    return max(live + ([best] if best else [])).tokens


@accepted
def total_length(log_prob_fn, start_token, max_len, beam_width, eos_token):
    """max_len counts the start token too."""
    beam = [([start_token], 0.0, False)]
    while not beam[0][2] and max(len(tokens) for tokens, _, _ in beam) < max_len:
        options = [entry for entry in beam if entry[2]]
        for tokens, score, done in beam:
            if not done:
                log_probs = log_prob_fn(list(tokens))
                for token in torch.argsort(log_probs, descending=True)[:beam_width]:
                    token = int(token)
                    options.append((tokens + [token], score + float(log_probs[token]), token == eos_token))
        beam = sorted(options, key=lambda o: -o[1])[:beam_width]
    return beam[0][0]


@accepted
def all_finished_in_tensors(log_prob_fn, start_token, max_len, beam_width, eos_token):
    """Prefixes are tensors throughout; continues until the whole beam has ended."""
    beams = [(torch.tensor([start_token]), 0.0)]
    for _ in range(max_len):
        if all(int(seq[-1]) == eos_token for seq, _ in beams):
            break
        new = []
        for seq, score in beams:
            if seq[-1] == eos_token:
                new.append((seq, score))
            else:
                lp = torch.log_softmax(log_prob_fn(seq), dim=-1)
                new.extend((torch.cat([seq, torch.tensor([i])]), score + lp[i].item()) for i in range(len(lp)))
        new.sort(key=lambda pair: pair[1])
        beams = new[::-1][:beam_width]
    return beams[0][0].tolist()


@accepted
def negative_costs(log_prob_fn, start_token, max_len, beam_width, eos_token):
    """Costs to be minimised, on a heap whose ties are broken by a counter."""
    beam, count = [(0.0, 0, (start_token,))], 0
    for _ in range(max_len):
        heap = []
        for cost, order, tokens in beam:
            if len(tokens) > 1 and tokens[-1] == eos_token:
                heapq.heappush(heap, (cost, order, tokens))
                continue
            for token, p in enumerate(log_prob_fn(list(tokens)).exp().tolist()):
                count += 1
                heapq.heappush(heap, (cost - math.log(p + 1e-40), count, (*tokens, token)))
        beam = [heapq.heappop(heap) for _ in range(min(beam_width, len(heap)))]
        if beam[0][2][-1] == eos_token:
            break
    return list(beam[0][2])


@mistake(
    "You stop as soon as `beam_width` hypotheses are finished, though a live one has a better score and may still win. "
    "Stop when the *best* one is finished."
)
def stops_when_enough_are_finished(log_prob_fn, start_token, max_len, beam_width, eos_token):
    live, finished = [(0.0, [start_token])], []
    for _ in range(max_len):
        pool = [(score + p, [*t, i]) for score, t in live for i, p in enumerate(log_prob_fn(t).tolist())]
        pool.sort(reverse=True)
        finished += [one for one in pool[:beam_width] if one[1][-1] == eos_token]
        live = [one for one in pool if one[1][-1] != eos_token][:beam_width]
        if len(finished) >= beam_width or not live:
            break
    return max(finished or live)[1]
