import inspect
from collections import Counter

import torch

from torch_judge.authoring import case, plausible, require

RANKS = ("most likely", "2nd most likely", "3rd most likely", "4th most likely", "5th most likely", "less likely")


def logits(draw, name, *weights, offset=0.0):
    """Logits of tokens with these weights, shifted by ``offset``; the seed decides which id has which weight."""
    order = draw.rand(f"order of {name}", len(weights)).argsort()
    return torch.tensor(weights, device=draw.device).log()[order] + offset


def drawn(solve, values, times=40, **options):
    """How often each token came; every call gets a copy, which it may change."""
    ids = [solve(values.clone(), **options) for _ in range(times)]
    counts = torch.tensor([ids.count(token) for token in range(len(values))])
    return {
        "logits": values / options.get("temperature", 1.0),
        "type": " and ".join(sorted({type(i).__name__ for i in ids})),
        "counts": counts,
    }


def support(seen, expected, draw):
    """The tokens that came are those that came from the reference, and the most likely one came often enough.

    A kept token has a share of 0.2 or more where 72 draws are made, 0.24 where 56, 0.3 where 120, 1/7 where 150, 0.48
    where 30, 0.33 elsewhere: one never comes with a chance below 1e-6 a case, on the reference's side included.
    """
    runs = [path.removesuffix(".counts") for path in expected if path.endswith(".counts")]
    for run in runs:
        kind, counts = seen[f"{run}.type"], seen[f"{run}.counts"]
        require(kind == "int", f"type {kind}", f"{run}: a result is a `{kind}`; return a Python int (`.item()`).")
        text = f"{run}: a result is no token id. The ids are 0 … {len(counts) - 1}."
        require(counts.sum() == expected[f"{run}.counts"].sum(), "no id", text)
    ranked = {run: expected[f"{run}.logits"].sort(descending=True) for run in runs}
    kept = {run: expected[f"{run}.counts"][ranked[run].indices] for run in runs}
    came = {run: seen[f"{run}.counts"][ranked[run].indices] for run in runs}
    several = [run for run in runs if (kept[run] > 0).sum() > 1]
    if several and all((came[run] > 0).sum() == 1 for run in several):
        what = "greedy" if len(several) > 3 and all(came[run][0] > 0 for run in several) else "always one token"
        require(False, what, f"{several[0]}: all draws gave one and the same token. Draw anew in each call.")
    totals = Counter()
    for run in runs:
        times, n = int(came[run].sum()), min(2, int((came[run] > 0).sum()))
        strays = (came[run] > 0) & (kept[run] == 0)
        tail = ", far down" if strays[6:].any() else ", several" if "top_k = 2" in run and strays.sum() > 1 else ""
        for rank, (count, right) in enumerate(zip(came[run].tolist(), kept[run].tolist(), strict=True)):
            token, text = f"{run}: the {RANKS[min(rank, 5)]} token", f"came {count} times in {times} draws"
            require(count == 0 or right > 0, f"{run}: unwanted{tail}", f"{token} {text}; it must never come.")
            require(count > 0 or right == 0, f"{run}: missing, {n}", f"{token} never came in {times} draws; keep it.")
        share = round(ranked[run].values[kept[run] > 0].softmax(-1)[0].item(), 4)
        totals += Counter({(share, "came"): int(came[run][0]), (share, "draws"): times})
        top, of = totals[share, "came"], totals[share, "draws"]
        text = f"{run}: the most likely token came {top} times in {of} draws, though its share is {share:.0%}."
        require(share == 1 or plausible(top, of, share), "proportion", text)


@case("no filter: every token can come, and every call draws anew", kind="interface", verify=support)
def no_filter(solve, draw):
    runs = {f"no filter, logits {n}": drawn(solve, logits(draw, n, 0.52, 0.48), 30) for n in "1234"}
    return {**runs, "top_k = V = 2": drawn(solve, logits(draw, "all", 0.48, 0.52), 30, top_k=2)}


@case("defaults: no filter, temperature 1", kind="interface")
def defaults(solve, draw):
    given = {name: p.default for name, p in inspect.signature(solve).parameters.items()}
    k, p, t = (v if isinstance(v := given.get(n), (int, float)) else None for n in ("top_k", "top_p", "temperature"))
    return {"top_k on": bool(k and k > 0), "top_p on": bool(p and 0 < p < 1), "temperature on": t not in (None, 1)}


@case("top_k: the k most likely, in proportion to each other", kind="property", verify=support)
def top_k(solve, draw):
    two, even = logits(draw, "two", 12, 2, 1.5, 1.2, 1), logits(draw, "even", 0.26, 0.24, 0.2, 0.12, 0.1, 0.08)
    return {"top_k = 2": drawn(solve, two, 150, top_k=2), "top_k = 2, even": drawn(solve, even, top_k=2)}


@case("top_p: the most likely tokens up to p", kind="values", verify=support)
def top_p(solve, draw):
    # All near the limits. Not renormalised, `tailed` gives the most likely token in 7 % of the draws instead of 41 %.
    tailed = logits(draw, "tailed", 35, 33, 17, 15, 6, *(5 for _ in range(80)))
    steep = logits(draw, "steep", 0.5, 0.25, 0.13, 0.07, 0.05)
    flat = logits(draw, "flat", 0.2, 0.19, 0.17, 0.16, 0.15, 0.13)
    runs = {"top_p = 0.14": drawn(solve, tailed, 72, top_p=0.14), "top_p = 0.72": drawn(solve, steep, top_p=0.72)}
    return {**runs, "top_p = 0.5": drawn(solve, flat, 120, top_p=0.5)}


@case("the most likely token stays, even where it alone exceeds p, or k is 1", kind="numerics", verify=support)
def top_alone(solve, draw):
    values, flat = logits(draw, "values", 0.62, 0.28, 0.04, 0.03, 0.03), logits(draw, "flat", 0.4, 0.35, 0.25)
    runs = {f"top_p = {p}": drawn(solve, values, 30, top_p=p) for p in (0.01, 0.4)}
    return {**runs, "top_k = 1": drawn(solve, flat, top_k=1)}


@case("temperature: low is greedy, high is flat", kind="values", verify=support)
def temperature(solve, draw):
    # 0.6^50 is 8e-12: the second token never comes. At 40 a difference of 20 becomes one of 0.5.
    cold, hot = logits(draw, "cold", 0.5, 0.3, 0.2), logits(draw, "hot", 0.5, 1e-9)
    runs = {"temperature = 0.02": drawn(solve, cold, temperature=0.02)}
    return {**runs, "temperature = 40": drawn(solve, hot, temperature=40.0)}


@case("the order: temperature, top_k, then top_p on what is left, renormalised", kind="values", verify=support)
def order(solve, draw):
    # At temperature 3 the shares of `reshaped` become 0.36, 0.23, 0.22 and 0.20.
    values, reshaped = logits(draw, "values", 0.3, 0.25, 0.2, 0.15, 0.1), logits(draw, "hot", 0.6, 0.16, 0.14, 0.1)
    runs = {"top_k = 3, top_p = 0.65": drawn(solve, values, top_k=3, top_p=0.65)}
    return {**runs, "temperature = 3, top_p = 0.7": drawn(solve, reshaped, 56, temperature=3.0, top_p=0.7)}


@case("logits far below and above zero", kind="numerics", verify=support)
def offsets(solve, draw):
    low = logits(draw, "low", 0.26, 0.24, 0.2, 0.12, 0.1, 0.08, offset=-300.0)
    high = logits(draw, "high", 0.3, 0.25, 0.2, 0.15, 0.1, offset=300.0)
    runs = {"logits near -300, top_k = 2": drawn(solve, low, top_k=2)}
    return {**runs, "logits near 300, top_k = 3, top_p = 0.65": drawn(solve, high, top_k=3, top_p=0.65)}
