import torch

from torch_judge.authoring import case, plausible, require


def inputs(draw, target, draft, tokens):
    """The arguments, for rows of probabilities by letter; the seed decides which id is which letter."""
    order = draw.rand("order", len(target[0])).argsort().cpu()
    probs = [torch.tensor(rows)[:, order] for rows in (target, draft)]
    drafted = draw.tensor("draft_tokens", order.argsort()[torch.tensor(tokens)], dtype=torch.int64)
    return draw.tensor("target_probs", probs[0]), draw.tensor("draft_probs", probs[1]), drafted


def trials(solve, arguments, times):
    """What came out of each trial, a row each: -1 behind its end, -2 for what is no int."""
    runs = [solve(*arguments) for _ in range(times)]
    tokens = torch.full((times, len(arguments[2]) + 2), -1)
    for row, run in zip(tokens, runs, strict=True):
        for i, token in enumerate(run[: len(row)] if isinstance(run, (list, tuple)) else ()):
            row[i] = int(token) if getattr(token, "ndim", 0) == 0 else -2
    return {"type": " and ".join(sorted({type(run).__name__ for run in runs})), "tokens": tokens, "given": arguments[2]}


def rows_of(seen):
    text = f"The result is of type `{seen['type']}`; return a list of ints."
    require(seen["type"] in ("list", "tuple"), "type", text)
    require(bool((seen["tokens"] > -2).all()), "no int", "The list holds something that is no int; use `.item()`.")
    return seen["tokens"]


def certain(seen, expected, draw):
    """Nothing is left to chance here, but for rounding: a uniform number of 0 or next to 1, below 1e-7 a position."""
    want = expected["tokens"][0][expected["tokens"][0] >= 0].tolist()
    for row in rows_of(seen):
        got = row[row >= 0].tolist()
        text = f"drafted {expected['given'].tolist()}: {got} came out; expected {want}."
        require(len(got) >= len(want), "too short", f"Tokens are missing; {text}")
        require(len(got) <= len(want), "too long", f"There are too many tokens; {text}")
        require(got == want, "wrong token", f"A wrong token came out; {text}")


@case("target ≥ draft at every drafted token: all accepted, no token more", kind="values", verify=certain)
def certain_acceptance(solve, draw):
    tokens = (0, 3, 1, 4, 2, 5)
    target, draft = ([[p if v == t else (1 - p) / 6 for v in range(7)] for t in tokens] for p in (0.4, 0.05))
    return trials(solve, inputs(draw, target, draft, tokens), 4)


@case("target = draft at every drafted token: all accepted", kind="values", verify=certain)
def equal(solve, draw):
    # Two other letters change places, but for the last row: a wrong rejection then has something to draw from.
    rows = draw.rand("weights", 7, 5, low=0.5).softmax(-1).tolist()
    target = [[*row[:3], row[4], row[3]] for row in rows[:6]] + rows[6:]
    return trials(solve, inputs(draw, target, rows, (0, 1, 2, 2, 1, 0, 1)), 4)


REJECTED = ([0.0, 0.0, 1.0, 0.0], [0.6, 0.4, 0.0, 0.0])  # target and draft: letter 0 must go, letter 2 must come
ACCEPTED = ([0.2, 0.3, 0.1, 0.4], [0.3, 0.4, 0.2, 0.1])  # letter 3 must stay
ANYTHING = ([float("nan")] * 4,) * 2


@case("a certain rejection in the middle: one replacement, then the end", kind="values", verify=certain)
def certain_rejection(solve, draw):
    rows = zip(*[ACCEPTED] * 2, REJECTED, *[ACCEPTED] * 2, strict=True)
    return trials(solve, inputs(draw, *rows, (3, 3, 0, 3, 3)), 8)


@case("rows behind a rejection do not matter, even NaN", kind="numerics", verify=certain)
def poisoned(solve, draw):
    return trials(solve, inputs(draw, *zip(ACCEPTED, REJECTED, *[ANYTHING] * 3, strict=True), (3, 0, 1, 2, 3)), 8)


def accepted_often_enough(seen, expected, draw):
    first, second = (rows_of(seen)[:, i] == expected["given"][i] for i in (0, 1))
    kept, times = int(first.sum()), len(first)
    text = "target 0.2, draft {}: the token was kept in {} of {} trials; expected about {} %."
    require(0 < kept < times, f"all alike, {kept > 0}", text.format(0.5, kept, times, 40))  # 0.6^300 is far below 1e-6
    require(plausible(kept, times, 0.4), "rate", text.format(0.5, kept, times, 40))
    again = int((first & second).sum())
    text = f"After an accepted token, {text.format(0.3, again, kept, 67)} What came before has no influence."
    require(plausible(again, kept, 2 / 3), "rate behind an accepted token", text)


@case("a token is accepted with probability target / draft", kind="property", verify=accepted_often_enough)
def acceptance_rate(solve, draw):
    return trials(solve, inputs(draw, [[0.2, 0.45, 0.35]] * 2, [[0.5, 0.3, 0.2], [0.3, 0.4, 0.3]], (0, 0)), 300)


def from_residual(seen, expected, draw):
    order, first = draw.rand("order", 5).argsort(), rows_of(seen)[:, 0]
    require(bool((first >= 0).all()), "no replacement", "A rejected token was not replaced: the result is empty.")
    counts = [int((order[first] == letter).sum()) for letter in range(5)]
    text, over = f"After a rejection {{}} came in {{}} of {len(first)} trials; expected {{}}.", counts[1] + counts[4]
    again = "rejected token" + (", drawn from the draft" if counts[3] == 0 else ", and any other" * (counts[4] > 0))
    require(counts[0] == 0, again, text.format("the rejected token itself", counts[0], "never"))
    require(over == 0, "over-covered", text.format("a token with target ≤ draft", over, "never: its residual is 0"))
    # The rarer of two, with a share of 1/11, comes at least once but for a chance of (10/11)^200 = 5e-9.
    require(counts[2] > 0 < counts[3], "one token", text.format("one and the same token", len(first), "two, 1 : 10"))
    likely = plausible(counts[3], len(first), 10 / 11)
    require(likely, "proportion", text.format("a token with 10/11 of the residual", counts[3], "about 91 %"))


@case("the replacement comes from max(0, target - draft)", kind="property", verify=from_residual)
def replacement(solve, draw):
    return trials(solve, inputs(draw, [[0.0, 0.1, 0.3, 0.5, 0.1]], [[0.4, 0.25, 0.25, 0.0, 0.1]], (0,)), 200)


def independent(seen, expected, draw):
    lengths = (rows_of(seen) >= 0).sum(1)
    # Of 30 honest trials all have one length, or none ends inside, with a chance of 2^-29 (half of them end at once).
    text = f"Each of {len(lengths)} trials gave {int(lengths[0])} tokens, though half of the tokens are accepted."
    require(len(set(lengths.tolist())) > 1, f"all alike, {bool(lengths[0] > 1)}", text)
    text = "All tokens are accepted or the first is rejected, never one in between: draw a number for each position."
    require(bool(((lengths > 1) & (lengths < 40)).any()), "one number", text)


@case("every position has a random number of its own", kind="property", verify=independent)
def positions(solve, draw):
    return trials(solve, inputs(draw, [[0.3, 0.5, 0.2]] * 40, [[0.6, 0.3, 0.1]] * 40, (0,) * 40), 30)
