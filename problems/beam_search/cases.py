import functools
import itertools
import math

import torch

from torch_judge.authoring import case

NEVER = -30.0

# Small models over the letters a, b, c and the end, written ".": after a prefix, the probabilities of these four.
# Scores that decide are 10 % apart or more. What no tree mentions has the rows below it.
ELSEWHERE, AFTER_THE_END = (0.94, 0.03, 0.02, 0.01), (0.4, 0.3, 0.2, 0.1)
# Greedy finds aaa…; with two or three beams b. (0.18) and c. (0.23) are seen to be better.
WIDTHS = {
    "": (0.42, 0.3, 0.23, 0.05),
    "a": (0.33, 0.26, 0.25, 0.16),
    "aa": (0.05, 0.03, 0.02, 0.9),
    "b": (0.2, 0.12, 0.08, 0.6),
    "c": (0.005, 0.003, 0.002, 0.99),
}
# "." ends first, with 0.3; "a." ends later, with 0.45.
LATE = {"": (0.6, 0.06, 0.04, 0.3), "a": (0.1, 0.09, 0.06, 0.75)}
# "." ends first, with 0.31, and stays the best: after a, which is ahead for a while, everything is below it.
EARLY = {"": (0.58, 0.07, 0.04, 0.31), "a": (0.04, 0.48, 0.02, 0.46), "ab": (0.25, 0.23, 0.22, 0.3)}
# After step 2 both survivors are children of a; b, whose children come next, would win in the end.
SIBLINGS = {
    "": (0.6, 0.22, 0.13, 0.05),
    "a": (0.37, 0.35, 0.2, 0.08),
    "b": (0.8, 0.1, 0.06, 0.04),
    "aa": (0.35, 0.3, 0.25, 0.1),
    "ab": (0.12, 0.08, 0.05, 0.75),
    "ba": (0.03, 0.015, 0.005, 0.95),
}
# ".", with 0.35, is finished from the first step on; a lives on with 0.5 and more, and never ends.
UNFINISHED = {"": (0.6, 0.03, 0.02, 0.35), "a": (0.9, 0.05, 0.03, 0.02)}
# "." (0.3) and "a." (0.08) are finished after step 2; "aab." (0.42) is still to come.
TWO_FINISHED = {
    "": (0.6, 0.06, 0.04, 0.3),
    "a": (0.8, 0.04, 0.03, 0.13),
    "aa": (0.04, 0.93, 0.02, 0.01),
    "aab": (0.02, 0.02, 0.01, 0.95),
}
# The end is the best first token.
AT_ONCE = {"": (0.2, 0.15, 0.1, 0.55)}


def tree(rows):
    """The log-probabilities after a prefix of letters."""
    return lambda prefix: [math.log(p) for p in rows.get(prefix, AFTER_THE_END if "." in prefix else ELSEWHERE)]


def asked(start, row):
    """A log_prob_fn: ``row`` of the tokens after the start, for one whole prefix, as a list or a tensor."""

    def log_prob_fn(tokens):
        prefix = tokens.tolist() if isinstance(tokens, torch.Tensor) else [int(t) for t in tokens]
        if prefix[:1] != [start]:
            raise ValueError("log_prob_fn takes one whole prefix, from the start token on")
        return row(prefix[1:])

    return log_prob_fn


def search(solve, draw, row, width, name="ids", letters="abc.", max_len=8, limit=None):
    """Search a model of letters; the seed decides which id is which letter, and which is the start."""
    ids = draw.rand(name, len(letters) + 1).argsort().tolist()
    spelled = dict(zip(ids, f"{letters}^", strict=True))

    def numbered(tokens):
        values = torch.full((len(ids),), NEVER, device=draw.device)
        values[ids[:-1]] = torch.tensor(row("".join(spelled[t] for t in tokens)), device=draw.device)
        return values

    fn = asked(ids[-1], numbered if limit is None else draw.counted("log_prob_fn", numbered, limit))
    return solve(fn, start_token=ids[-1], max_len=max_len, beam_width=width, eos_token=ids[len(letters) - 1])


def arbitrary(draw, ends_at):
    """A drawn model over a, b, c, d and the end, which comes after ``ends_at`` letters.

    It is drawn again while one of the decisions of a beam of width 3 is close: the best, and the last to survive.
    """
    for attempt in itertools.count():
        table = draw.randn(f"table {attempt}", 41, 5, std=1.5)
        row = functools.partial(arbitrary_row, table, ends_at)
        beams, clear = [(0.0, "")], True
        for _ in range(min(ends_at, 4) + 1):
            pool = [(s + p, w + x) for s, w in beams for x, p in zip("abcd.", row(w), strict=True)]
            *beams, left_out = sorted(pool, reverse=True)[:4]
            clear = clear and beams[0][0] - beams[1][0] > 0.01 and beams[2][0] - left_out[0] > 0.01
        if clear:
            break
    return row


def arbitrary_row(table, ends_at, prefix):
    """Another of 41 rows for nearly every prefix: the whole prefix counts, not its last token."""
    logits = table[sum(7**i * (ord(letter) - 90) for i, letter in enumerate(prefix)) % 41].clone()
    logits[4] = 9.0 if len(prefix) == ends_at else NEVER
    return logits.log_softmax(-1).tolist()


@case("beam_width 1, 2 and 3 find better and better", kind="values")
def widths(solve, draw):
    return {f"width {w}": search(solve, draw, tree(WIDTHS), w, f"ids {w}") for w in (1, 2, 3)}


@case("a live hypothesis that ends later may beat the first finished one", kind="values")
def late(solve, draw):
    return {"tokens": search(solve, draw, tree(LATE), 2)}


@case("a finished hypothesis stays as it is and wins in the end", kind="values")
def early(solve, draw):
    # Divided by the length or a root of it, both continuations of a would push the early end out.
    return {"tokens": search(solve, draw, tree(EARLY), 2)}


@case("at max_len the best one is returned, finished or not", kind="values")
def at_the_limit(solve, draw):
    cut = search(solve, draw, tree(UNFINISHED), 2, "ids of the cut one", max_len=4)
    return {"unfinished": cut, "one token": search(solve, draw, tree(LATE), 2, "ids of the short one", max_len=1)}


@case("several are finished, and a better one goes on", kind="values")
def several_finished(solve, draw):
    return {f"width {w}": search(solve, draw, tree(TWO_FINISHED), w, f"ids {w}") for w in (2, 3)}


@case("the first token may be the end", kind="values")
def at_once(solve, draw):
    return {"tokens": search(solve, draw, tree(AT_ONCE), 2)}


@case("the best of all candidates survive, also two of one parent; no more than beam_width", kind="values")
def siblings(solve, draw):
    return {"tokens": search(solve, draw, tree(SIBLINGS), 2)}


@case("an arbitrary model, width 3", kind="values")
def five_letters(solve, draw):
    return {"tokens": search(solve, draw, arbitrary(draw, ends_at=4), 3, letters="abcd.")}


@case("nothing ends before max_len; at most 1 + beam_width · (max_len - 1) calls", kind="cost")
def cut_off(solve, draw):
    row = arbitrary(draw, ends_at=99)
    return {"tokens": search(solve, draw, row, 3, letters="abcd.", max_len=4, limit=1 + 3 * 3)}


@case("260 tokens: a probability below 1e-320 is 0 in floating point", kind="numerics")
def long(solve, draw):
    """One good path, with a score far below -1000. From token 240 on a decoy looks better at every other step."""
    steps, place, tokens = 260, torch.arange(260), 128
    path, decoy = draw.randint("path", 2, 65, steps), draw.randint("decoy", 65, tokens, steps)
    astray = draw.randn("astray", steps + 1, tokens, std=0.02).clone()
    astray[:, :2] = -1e4  # the start and the end: also far below the whole path
    astray[steps, 1] = 30.0
    good = astray.clone()
    good[place, path] += torch.where(place < 240, 0.3, torch.where(place % 2 == 0, 6.0, 7.5))
    good[place, decoy] += torch.where((place >= 240) & (place % 2 == 0), 6.2, 0.0)
    good, astray, path = good.log_softmax(-1), astray.log_softmax(-1), path.tolist()

    def row(prefix):
        rows = good if prefix == path[: len(prefix)] else astray
        return rows[min(len(prefix), steps)].clone()

    return {"tokens": solve(asked(0, row), start_token=0, max_len=steps + 4, beam_width=2, eos_token=1)}
