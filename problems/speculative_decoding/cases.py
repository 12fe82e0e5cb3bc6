import torch

from torch_judge.authoring import case, plausible, require

# Rows of probabilities are written by letter: 0, 1, 2, … are letters, and the seed decides which id is which letter. A
# case makes several trials with the same arguments, so many that no right solution fails it with a chance of more than
# about one in a million.

NO_TOKEN, NO_INT = -1, -2  # in the table of trials: behind a result's end; where something else than an int stood


def inputs(draw, target, draft, letters):
    """target_probs and draft_probs (K, V) of these rows, and draft_tokens (K,) of these letters."""
    letter_of = draw.rand("order", len(target[0])).argsort().cpu()
    id_of = letter_of.argsort()
    target_probs, draft_probs = (torch.tensor(rows)[:, letter_of] for rows in (target, draft))
    draft_tokens = draw.tensor("draft_tokens", id_of[torch.tensor(letters)], dtype=torch.int64)
    return draw.tensor("target_probs", target_probs), draw.tensor("draft_probs", draft_probs), draft_tokens


def trials(solve, arguments, times):
    """What came out of each trial, one row each; long enough to show one token too many, but not all of them."""
    results = [solve(*arguments) for _ in range(times)]
    draft_tokens = arguments[2]
    width, rows = len(draft_tokens) + 2, []
    for result in results:
        tokens = result[:width] if isinstance(result, (list, tuple)) else ()
        row = [int(token) if getattr(token, "ndim", 0) == 0 else NO_INT for token in tokens]
        rows.append(row + [NO_TOKEN] * (width - len(row)))
    kinds = {type(result).__name__ for result in results}
    return {"type": " and ".join(sorted(kinds)), "tokens": torch.tensor(rows), "given": draft_tokens}


def table_of(seen):
    """The table of trials, once it is sure that the results are lists of ints."""
    text = f"The result is of type `{seen['type']}`; return a list of ints."
    require(seen["type"] in ("list", "tuple"), "type", text)
    text = "The list holds something that is no int; use `.item()`."
    require(bool((seen["tokens"] > NO_INT).all()), "no int", text)
    return seen["tokens"]


def always_the_same(seen, expected, draw):
    """Every trial gives what the reference's first one gave.

    Nothing is left to chance in these cases but rounding: a uniform number of 0 or next to 1, below 1e-7 a position.
    """
    right_row = expected["tokens"][0]
    right = right_row[right_row != NO_TOKEN].tolist()
    results = [row[row != NO_TOKEN].tolist() for row in table_of(seen)]
    # In this order over all trials, so that one mistake is called one thing however its numbers fall.
    for wrong, what, text in (
        ([got for got in results if len(got) < len(right)], "too short", "Tokens are missing"),
        ([got for got in results if len(got) > len(right)], "too long", "There are too many tokens"),
        ([got for got in results if got != right], "wrong token", "A wrong token came out"),
    ):
        came = f"{text}; drafted {expected['given'].tolist()}: {wrong[:1]} came out; expected [{right}]."
        require(not wrong, what, came)


@case("target ≥ draft at every drafted token: all accepted, no token more", kind="values", verify=always_the_same)
def certain_acceptance(solve, draw):
    letters = (0, 3, 1, 4, 2, 5)

    def rows(share):
        """One row a position: the drafted letter has this share, the six others have equal parts of the rest."""
        return [[share if letter == drafted else (1 - share) / 6 for letter in range(7)] for drafted in letters]

    return trials(solve, inputs(draw, rows(0.4), rows(0.05), letters), 4)


@case("target = draft at every drafted token: all accepted", kind="values", verify=always_the_same)
def equal(solve, draw):
    draft = draw.rand("weights", 7, 5, low=0.5).softmax(-1).tolist()
    # Letters 3 and 4, which are never drafted, change places: a wrong rejection then has something to draw from. The
    # last row is the draft's own: there a wrong rejection has nothing.
    target = [[*row[:3], row[4], row[3]] for row in draft[:6]] + draft[6:]
    return trials(solve, inputs(draw, target, draft, (0, 1, 2, 2, 1, 0, 1)), 4)


# Pairs of a target's row and a draft's row.
REJECTED = ([0.0, 0.0, 1.0, 0.0], [0.6, 0.4, 0.0, 0.0])  # letter 0 must go, letter 2 must come
ACCEPTED = ([0.2, 0.3, 0.1, 0.4], [0.3, 0.4, 0.2, 0.1])  # letter 3 must stay
POISON = ([float("nan")] * 4, [float("nan")] * 4)


@case("a certain rejection in the middle: one replacement, then the end", kind="values", verify=always_the_same)
def certain_rejection(solve, draw):
    target, draft = zip(ACCEPTED, ACCEPTED, REJECTED, ACCEPTED, ACCEPTED, strict=True)
    return trials(solve, inputs(draw, target, draft, (3, 3, 0, 3, 3)), 30)


@case("rows behind a rejection do not matter, even NaN", kind="numerics", verify=always_the_same)
def poisoned(solve, draw):
    target, draft = zip(ACCEPTED, REJECTED, POISON, POISON, POISON, strict=True)
    return trials(solve, inputs(draw, target, draft, (3, 0, 1, 2, 3)), 30)


def accepted_often_enough(seen, expected, draw):
    """Position 0 accepts 0.2 / 0.5 of the trials; position 1, the target's favourite, 0.4 / 0.6 of those so far."""
    first, second = (table_of(seen)[:, position] == expected["given"][position] for position in (0, 1))
    text = "target {}, draft {}: the token was kept in {} of {} trials; expected about {} %."
    kept, times = int(first.sum()), len(first)
    # All rejected by chance: 0.6^500, far below 1e-6.
    require(0 < kept < times, "all alike", text.format(0.2, 0.5, kept, times, 40))
    require(plausible(kept, times, 0.4), "rate", text.format(0.2, 0.5, kept, times, 40))
    kept_again = int((first & second).sum())
    text = f"After an accepted token, {text.format(0.4, 0.6, kept_again, kept, 67)} What came before has no influence."
    side = "more" if kept_again > kept * 2 / 3 else "less"
    require(plausible(kept_again, kept, 2 / 3), f"rate behind an accepted token, {side}", text)


@case("a token is accepted with probability target / draft", kind="property", verify=accepted_often_enough)
def acceptance_rate(solve, draw):
    target = [[0.2, 0.45, 0.35], [0.4, 0.35, 0.25]]
    draft = [[0.5, 0.3, 0.2], [0.6, 0.2, 0.2]]
    return trials(solve, inputs(draw, target, draft, (0, 0)), 500)


def from_the_residual(seen, expected, draw):
    """How often each letter came as the replacement of letter 0: only 2 and 3 have a residual, of 0.05 and 0.5."""
    letter_of, first = draw.rand("order", 5).argsort(), table_of(seen)[:, 0]
    require(bool((first >= 0).all()), "no replacement", "A rejected token was not replaced: the result is empty.")
    counts = [int((letter_of[first] == letter).sum()) for letter in range(5)]
    text = f"After a rejection {{}} came in {{}} of {len(first)} trials; expected {{}}."

    # Which others came beside the rejected one tells what was drawn from: the draft (never 3), or the target (4, too).
    rejected_again = "rejected token"
    if counts[3] == 0:
        rejected_again += ", drawn from the draft"
    elif counts[4] > 0:
        rejected_again += ", and any other"
    require(counts[0] == 0, rejected_again, text.format("the rejected token itself", counts[0], "never"))
    no_residual = counts[1] + counts[4]
    text_no_residual = text.format("a token with target ≤ draft", no_residual, "never: its residual is 0")
    require(no_residual == 0, "over-covered", text_no_residual)
    # The rarer of two, with a share of 1/11, comes at least once but for a chance of (10/11)^200 = 5e-9.
    one_only = text.format("one and the same token", len(first), "two, 1 : 10")
    require(counts[2] > 0 and counts[3] > 0, "one token", one_only)
    likely = plausible(counts[3], len(first), 10 / 11)
    require(likely, "proportion", text.format("a token with 10/11 of the residual", counts[3], "about 91 %"))


@case("the replacement comes from max(0, target - draft)", kind="property", verify=from_the_residual)
def replacement(solve, draw):
    target, draft = [[0.0, 0.1, 0.3, 0.5, 0.1]], [[0.4, 0.25, 0.25, 0.0, 0.1]]
    return trials(solve, inputs(draw, target, draft, (0,)), 200)


def drawn_anew(seen, expected, draw):
    """Which letter replaces a rejected one: 1 and 2 have the same residual, and come alike often."""
    letter_of, first = draw.rand("order", 3).argsort(), table_of(seen)[:, 0]
    require(bool((first >= 0).all()), "no replacement", "A rejected token was not replaced: the result is empty.")
    # Right work gives all alike with a chance of 0.6^200, or less.
    text = f"Each of {len(first)} trials gave the same token, though the drafted one is accepted in 60 % of them."
    require(len(set(first.tolist())) > 1, "all alike", text)
    one, other = (int((letter_of[first] == letter).sum()) for letter in (1, 2))
    text = (
        f"Two tokens have the same residual, but {max(one, other)} of {one + other} replacements were one of them. "
        "Only a large number rejects a token: draw the replacement with a new number."
    )
    require(plausible(one, one + other, 0.5), "unequal", text)


@case("the replacement is drawn anew, not by the number that rejected", kind="property", verify=drawn_anew)
def new_number(solve, draw):
    """Only a number from 0.6 to 1 rejects the token: looked up in the residual, it is always in the second half."""
    target, draft = [[0.3, 0.35, 0.35]], [[0.5, 0.25, 0.25]]
    return trials(solve, inputs(draw, target, draft, (0,)), 200)


def independent_positions(seen, expected, draw):
    """Runs end at different positions, and some in between."""
    lengths = (table_of(seen) >= 0).sum(1)
    # Of 30 honest trials all have one length, or none ends inside, with a chance of 2^-29 (half of them end at once).
    text = (
        f"Each of {len(lengths)} trials ended behind token {int(lengths[0])}, though half of the tokens are accepted."
    )
    require(len(set(lengths.tolist())) > 1, "all alike", text)
    text = "All tokens are accepted or the first is rejected, never one in between: draw a number for each position."
    require(bool(((lengths > 1) & (lengths < 40)).any()), "one number", text)


@case("every position has a random number of its own", kind="property", verify=independent_positions)
def positions(solve, draw):
    """40 positions that each accept half of the time."""
    target, draft = [[0.3, 0.5, 0.2]] * 40, [[0.6, 0.3, 0.1]] * 40
    return trials(solve, inputs(draw, target, draft, (0,) * 40), 30)
