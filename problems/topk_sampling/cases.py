import inspect
from collections import Counter

import torch

from torch_judge.authoring import case, number, plausible, require, token_logits

# A case makes several runs, each of many calls with the same arguments, and observes how often each token came. The
# numbers of draws are as small as they can be: a run whose least likely kept token has the share s makes n draws with
# (1 - s)^n so small that no right solution, nor the reference, ever misses that token (below 1e-6 for a whole case).
# A change of weights or draws has to keep that.

RANKS = ("most likely", "2nd most likely", "3rd most likely", "4th most likely", "5th most likely", "less likely")


def run(solve, logits, draws=40, **options):
    """How often each token came in so many calls; every call gets a copy, which it may change."""
    tokens = [solve(logits.clone(), **options) for _ in range(draws)]
    return {
        "logits": logits / options.get("temperature", 1.0),
        "type": " and ".join(sorted({type(token).__name__ for token in tokens})),
        "counts": torch.tensor([tokens.count(token) for token in range(len(logits))]),
    }


def by_rank(seen, expected, name):
    """The counts of a run, from the most likely token on: the learner's, the reference's; and the sorted logits."""
    logits, tokens = expected[f"{name}.logits"].sort(descending=True)
    return seen[f"{name}.counts"][tokens], expected[f"{name}.counts"][tokens], logits


def token_ids(seen, expected, name):
    """Every result is an int, and the id of a token."""
    kind, counts = seen[f"{name}.type"], seen[f"{name}.counts"]
    require(kind == "int", f"type {kind}", f"{name}: a result is a `{kind}`; return a Python int (`.item()`).")
    text = f"{name}: a result is no token id. The ids are 0 … {len(counts) - 1}."
    require(counts.sum() == expected[f"{name}.counts"].sum(), "no id", text)


def draws_anew(seen, expected, names):
    """Where several tokens stay, not all of the runs give one token only."""
    counts = {name: by_rank(seen, expected, name) for name in names}
    several = {name: came for name, (came, right, _) in counts.items() if (right > 0).sum() > 1}
    if several and all((came > 0).sum() == 1 for came in several.values()):
        always_the_top = len(several) > 3 and all(came[0] > 0 for came in several.values())
        text = f"{next(iter(several))}: all draws gave one and the same token. Draw anew in each call."
        require(False, "greedy" if always_the_top else "always one token", text)


def right_tokens(seen, expected, name):
    """The tokens that came are those that came from the reference.

    The check's identity tells which mistake it is: whether unwanted tokens are many or far down, how many came at all.
    """
    came, right, _ = by_rank(seen, expected, name)
    draws, kinds, most = int(came.sum()), int((came > 0).sum()), int((right > 0).sum())
    different = min(2, kinds)
    text = f"{name}: {kinds} different tokens came in {draws} draws; only the {most} most likely may come."
    require(kinds < 10 or most > 7, f"{name}: unwanted, many", text)
    unwanted = (came > 0) & (right == 0)
    where = ", far down" if unwanted[6:].any() else ", several" if "top_k = 2" in name and unwanted.sum() > 1 else ""
    for rank, (count, right_count) in enumerate(zip(came.tolist(), right.tolist(), strict=True)):
        token = f"{name}: the {RANKS[min(rank, 5)]} token"
        text = f"{token} came {count} times in {draws} draws; it must never come."
        require(count == 0 or right_count > 0, f"{name}: unwanted{where}", text)
        text = f"{token} never came in {draws} draws; keep it."
        require(count > 0 or right_count == 0, f"{name}: missing, {different}", text)


def tokens_and_shares(seen, expected, draw):
    """The tokens that came are those that came from the reference, and the most likely one came often enough."""
    names = [path.removesuffix(".counts") for path in expected if path.endswith(".counts")]
    for name in names:
        token_ids(seen, expected, name)
    draws_anew(seen, expected, names)
    totals = Counter()
    for name in names:
        right_tokens(seen, expected, name)
        came, right, logits = by_rank(seen, expected, name)
        share = round(logits[right > 0].softmax(-1)[0].item(), 4)
        # Runs of one share are one experiment: four times 30 draws tell more than 30.
        totals += Counter({(share, "came"): int(came[0]), (share, "draws"): int(came.sum())})
        top, draws = totals[share, "came"], totals[share, "draws"]
        text = f"{name}: the most likely token came {top} times in {draws} draws, though its share is {share:.0%}."
        # At a temperature in between, the side it errs on tells which mistake it is.
        side = f"{name}: {'more' if top > draws * share else 'less'}" if "temperature between" in name else "proportion"
        require(share == 1 or plausible(top, draws, share), side, text)


@case("no filter: every token can come, and every call draws anew", kind="interface", verify=tokens_and_shares)
def no_filter(solve, draw):
    seen = {}
    for name in ("1", "2", "3", "4"):
        seen[f"no filter, logits {name}"] = run(solve, token_logits(draw, name, 0.52, 0.48), 30)
    seen["top_k = V = 2"] = run(solve, token_logits(draw, "all", 0.48, 0.52), 30, top_k=2)
    return seen


@case("defaults: no filter, temperature 1", kind="interface")
def defaults(solve, draw):
    parameters = inspect.signature(solve).parameters
    stated = {}
    for name in ("top_k", "top_p", "temperature"):
        value = parameters[name].default if name in parameters else None
        stated[name] = value if isinstance(value, (int, float)) else None  # None, or stated elsewhere: off
    top_k, top_p, temperature = stated.values()
    # Two tokens, one of them 1e20 times as likely: there is nothing to draw.
    sure = token_logits(draw, "sure", 1.0, 1e-20)
    return {
        "top_k on": bool(top_k and top_k > 0),
        "top_p on": bool(top_p and 0 < top_p < 1),
        "temperature on": temperature not in (None, 1),
        "the only likely token": solve(sure.clone()),
    }


@case("top_k: the k most likely, in proportion to each other", kind="property", verify=tokens_and_shares)
def top_k(solve, draw):
    uneven = token_logits(draw, "two", 12, 2, 1.5, 1.2, 1)
    even = token_logits(draw, "even", 0.26, 0.24, 0.2, 0.12, 0.1, 0.08)
    # Seven nearly equal ones stay of thirteen: a k above the usual few counts, too.
    many = token_logits(draw, "many", *(1.06 - 0.02 * i for i in range(7)), *(0.9 - 0.05 * i for i in range(6)))
    return {
        "top_k = 2": run(solve, uneven, 110, top_k=2),
        "top_k = 2, even": run(solve, even, top_k=2),
        "top_k = 7": run(solve, many, 120, top_k=7),
    }


@case("top_p: the most likely tokens up to p", kind="values", verify=tokens_and_shares)
def top_p(solve, draw):
    # All near the limits. Not renormalised, `tailed` gives the most likely token in 7 % of the draws instead of 41 %.
    tailed = token_logits(draw, "tailed", 35, 33, 17, 15, 6, *(5 for _ in range(80)))
    steep = token_logits(draw, "steep", 0.5, 0.25, 0.13, 0.07, 0.05)
    flat = token_logits(draw, "flat", 0.2, 0.19, 0.17, 0.16, 0.15, 0.13)
    # What p = 0.9 cuts off weighs 9 % here, which 56 draws hardly ever miss.
    broad = token_logits(draw, "broad", 0.34, 0.33, 0.24, *(0.015 for _ in range(6)))
    return {
        "top_p = 0.14": run(solve, tailed, 72, top_p=0.14),
        "top_p = 0.72": run(solve, steep, top_p=0.72),
        "top_p = 0.5": run(solve, flat, 60, top_p=0.5),
        "top_p = 0.9": run(solve, broad, 56, top_p=0.9),
    }


@case(
    "the most likely token stays, even where it alone exceeds p, or k is 1", kind="numerics", verify=tokens_and_shares
)
def top_alone(solve, draw):
    steep = token_logits(draw, "values", 0.62, 0.28, 0.04, 0.03, 0.03)
    flat = token_logits(draw, "flat", 0.4, 0.35, 0.25)
    return {
        "top_p = 0.01": run(solve, steep, 30, top_p=0.01),
        "top_p = 0.4": run(solve, steep, 30, top_p=0.4),
        "top_k = 1": run(solve, flat, top_k=1),
    }


@case("temperature: low is greedy, high is flat", kind="values", verify=tokens_and_shares)
def temperature(solve, draw):
    cold = token_logits(draw, "cold", 0.5, 0.3, 0.2)  # 0.6^50 is 8e-12: the second token never comes
    hot = token_logits(draw, "hot", 0.5, 1e-9)  # at 40 a difference of 20 becomes one of 0.5
    return {
        "temperature = 0.02": run(solve, cold, temperature=0.02),
        "temperature = 40": run(solve, hot, temperature=40.0),
    }


def at_temperature(draw, name, *shares, low, high):
    """A temperature between ``low`` and ``high``, and logits which after the division by it give these shares."""
    temperature = number(draw, f"temperature, {name}", low, high)
    return temperature, token_logits(draw, name, *shares) * temperature


@case("temperature: in between, with a filter and without", kind="values", verify=tokens_and_shares)
def temperature_between(solve, draw):
    # Ignored, the share of the top token is 0.42 at most, or (warm) 0.99 at least; applied twice, it is the other way
    # round. Three top shares that differ: runs of one share would be added up, and errors on both sides cancel.
    cool, plain = at_temperature(draw, "cool", 0.76, 0.12, 0.12, low=0.15, high=0.2)
    warm, cut = at_temperature(draw, "warm", 0.75, 0.13, 0.12, 1e-4, low=5.0, high=7.0)
    cold, nucleus = at_temperature(draw, "cold", 0.74, 0.14, 0.12, low=0.12, high=0.16)
    return {
        "temperature between, no filter": run(solve, plain, 130, temperature=cool),
        "temperature between, top_k = 3": run(solve, cut, 130, temperature=warm, top_k=3),
        "temperature between, top_p = 0.93": run(solve, nucleus, 130, temperature=cold, top_p=0.93),
    }


def shares_of_the_top(seen, expected, draw):
    """The most likely token came as often as its share says; which of the many others came is left to chance."""
    names = [path.removesuffix(".counts") for path in expected if path.endswith(".counts")]
    for name in names:
        token_ids(seen, expected, name)
    draws_anew(seen, expected, names)
    for name in names:
        came, _, logits = by_rank(seen, expected, name)
        top, draws, share = int(came[0]), int(came.sum()), float(logits.softmax(-1)[0])
        text = f"{name}: the most likely token came {top} times in {draws} draws, though its share is {share:.0%}."
        side = "more" if top > draws * share else "less"
        require(plausible(top, draws, share), f"temperature, {side}", text)


@case("temperature: any number, such as 1.4", kind="values", verify=shares_of_the_top)
def broken_temperature(solve, draw):
    # One token against 200: its share is 50 %. At a temperature of 1 it would be 90 % or more, at 2 it is below 25 %.
    seen = {}
    for name, low, high in (("1.4", 1.38, 1.45), ("0.6", 0.56, 0.62)):
        temperature, logits = at_temperature(draw, name, 200, *(1 for _ in range(200)), low=low, high=high)
        seen[f"temperature {name}"] = run(solve, logits, 110, temperature=temperature)
    return seen


@case(
    "the order: temperature, top_k, then top_p on what is left, renormalised", kind="values", verify=tokens_and_shares
)
def order(solve, draw):
    plain = token_logits(draw, "values", 0.3, 0.25, 0.2, 0.15, 0.1)
    reshaped = token_logits(draw, "hot", 0.6, 0.16, 0.14, 0.1)  # at temperature 3: 0.36, 0.23, 0.22 and 0.20
    return {
        "top_k = 3, top_p = 0.65": run(solve, plain, top_k=3, top_p=0.65),
        "temperature = 3, top_p = 0.7": run(solve, reshaped, 56, temperature=3.0, top_p=0.7),
    }


@case("logits far below and above zero", kind="numerics", verify=tokens_and_shares)
def offsets(solve, draw):
    low = token_logits(draw, "low", 0.26, 0.24, 0.2, 0.12, 0.1, 0.08, offset=-300.0)
    high = token_logits(draw, "high", 0.3, 0.25, 0.2, 0.15, 0.1, offset=300.0)
    # Divided by the temperature, they are near -15,000: far below a fill of -1,000 or -10,000.
    cold = 0.02 * token_logits(draw, "cold", 0.6, 0.35, 0.05) - 300
    return {
        "logits near -300, top_k = 2": run(solve, low, top_k=2),
        "logits near 300, top_k = 3, top_p = 0.65": run(solve, high, top_k=3, top_p=0.65),
        "logits near -300, temperature = 0.02, top_k = 2": run(solve, cold, top_k=2, temperature=0.02),
    }
