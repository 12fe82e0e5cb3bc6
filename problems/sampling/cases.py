import torch

from torch_judge.authoring import case, integer, number, permutation, token_logits

# Borders lie between the sums .4 .7 .85 .95 and the ratios 1 .75 .375 .25 .125 of these weights, far from each of them.
WEIGHTS = (0.4, 0.3, 0.15, 0.1, 0.05)
WIDER = (0.34, 0.26, 0.18, 0.12, 0.07, 0.03)


def said(options):
    """Options as a message names them."""
    return ", ".join(f"{name} = {value}" for name, value in options.items())


def with_each(solve, logits, *settings):
    """The filtered logits for each of several options."""
    return {said(options): solve(logits, **options) for options in settings}


def row(draw, name="logits", weights=WEIGHTS, offset=0.0):
    """Logits (V,) of tokens with these weights, in an order of the seed's, watched."""
    return draw.keep(name, token_logits(draw, f"drawn {name}", *weights, offset=offset))


def rows(draw, *weights, name="logits"):
    """Logits (rows, V), each row in an order of its own, the likeliest token of each row at another place."""
    made = []
    for place, row_weights in enumerate(weights):
        logits = torch.tensor(row_weights, device=draw.device).log()
        others = 1 + permutation(draw, f"{name} order {place}", len(row_weights) - 1)
        order = torch.cat([others.new_zeros(1), others])
        made.append(logits[order].roll(place + 1) + 2.5 * place)
    return draw.keep(name, torch.stack(made))


@case("without a filter nothing changes", kind="interface")
def nothing(solve, draw):
    # The last weight is so small that its probability rounds to nothing beside the others.
    small = row(draw, weights=(0.6, 0.4, 1e-9, 1e-12))
    named = solve(small, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0)
    return {"defaults": solve(small), "all off, by name": named, "by position": solve(small, 1.0, 0, 1.0, 0.0)}


@case("temperature alone: near 0, below and above 1", kind="values")
def temperature(solve, draw):
    logits = draw.randn("logits", 3, 5, std=2.0)
    near_0, low, high = (
        number(draw, "near 0", 0.01, 0.02),
        number(draw, "low", 0.4, 0.8),
        number(draw, "high", 1.5, 3.0),
    )
    return with_each(solve, logits, {"temperature": near_0}, {"temperature": low}, {"temperature": high})


@case("top_k: 1, 3, V, more than V", kind="values")
def top_k(solve, draw):
    logits = draw.randn("logits", 6, std=2.0)
    return with_each(solve, logits, *({"top_k": k} for k in (1, 3, 6, integer(draw, "large k", 7, 60))))


@case("top_p: from 0.35 to 0.99", kind="values")
def top_p(solve, draw):
    logits = row(draw)
    ranges = ((0.33, 0.37), (0.5, 0.6), (0.75, 0.8), (0.88, 0.92), (0.98, 0.99))
    drawn = [number(draw, f"top_p {k}", low, high) for k, (low, high) in enumerate(ranges)]
    return with_each(solve, logits, *({"top_p": p} for p in drawn))


@case("top_p = 0 keeps the most likely token alone", kind="values")
def top_p_zero(solve, draw):
    return {"a row": solve(row(draw), top_p=0.0), "rows": solve(rows(draw, WEIGHTS, WEIGHTS, name="two"), top_p=0.0)}


@case("min_p: from 0.15 to 1", kind="values")
def min_p(solve, draw):
    logits = row(draw)
    ranges = ((0.16, 0.2), (0.3, 0.33), (0.5, 0.6), (0.85, 0.9), (1.0, 1.0))
    drawn = [number(draw, f"min_p {k}", low, high) for k, (low, high) in enumerate(ranges)]
    return with_each(solve, logits, *({"min_p": p} for p in drawn))


@case("top_k and top_p: top-p sees what top-k has left", kind="values")
def k_and_p(solve, draw):
    logits = row(draw)  # of two, .57 and .43 are left; of three .47, .35, .18
    half, three = number(draw, "half", 0.47, 0.53), number(draw, "three", 0.72, 0.76)
    return with_each(solve, logits, {"top_k": 2, "top_p": half}, {"top_k": 3, "top_p": three})


@case("top_p and min_p, top_k and min_p", kind="values")
def with_min_p(solve, draw):
    logits = row(draw)  # min_p first would leave .47, .35 and .18 to top-p
    p, floor = number(draw, "top_p", 0.42, 0.45), number(draw, "min_p", 0.3, 0.34)
    return {
        "top_p decides": solve(logits, top_p=p, min_p=floor),
        "min_p decides": solve(logits, top_p=0.9, min_p=0.5),
        "top_k decides": solve(logits, top_k=2, min_p=floor),
        "min_p decides, not top_k": solve(logits, top_k=4, min_p=floor),
    }


@case("temperature comes before top-p and min-p", kind="values")
def temperature_first(solve, draw):
    # At 2 the shares are .30 .26 .18 .15 .11 with ratios 1 .87 .61 .5 .35; at 1/2 they are .56 .32 .08 .04 .01.
    # Divided by 2 twice, the first two sum to .48, so top_p = .52 tells that from once.
    logits, hot, cold = row(draw), number(draw, "hot", 1.9, 2.1), number(draw, "cold", 0.48, 0.52)
    return {
        "hot, top_p": solve(logits, temperature=hot, top_p=0.6),
        "hot, lower top_p": solve(logits, temperature=hot, top_p=0.52),
        "hot, min_p": solve(logits, temperature=hot, min_p=0.43),
        "cold, top_p": solve(logits, temperature=cold, top_p=0.5),
        "cold, min_p": solve(logits, temperature=cold, min_p=0.3),
    }


@case("everything at once, on rows", kind="values")
def all_four(solve, draw):
    logits = rows(draw, WEIGHTS, (0.6, 0.2, 0.1, 0.06, 0.04), (0.24, 0.22, 0.2, 0.18, 0.16))
    return {"output": solve(logits, number(draw, "temperature", 1.15, 1.25), 4, 0.85, 0.5)}


@case("rows with winners of their own: (3, V) and (2, 3, V)", kind="interface")
def many_rows(solve, draw):
    flat = rows(draw, WIDER, (0.9, 0.05, 0.02, 0.015, 0.01, 0.005), (0.2, 0.19, 0.18, 0.16, 0.14, 0.13))
    deep = draw.keep("deep", torch.stack([flat.flip(0) - 1.0, flat.roll(1, 1)]))
    settings = {"top_k": 2}, {"top_p": 0.5}, {"min_p": 0.5}
    return {"(3, V)": with_each(solve, flat, *settings), "(2, 3, V)": with_each(solve, deep, *settings)}


@case("a vocabulary of one; a batch of one; top_k alone on a long row", kind="interface")
def sizes(solve, draw):
    one = draw.randn("one", 2, 1)
    spaced = permutation(draw, "order", 50).float() / 7
    return {
        "one token": solve(one, temperature=2.0, top_k=3, top_p=0.5, min_p=0.5),
        "one row": solve(draw.randn("one row", 1, 6), top_k=3),
        "fifty": solve(draw.keep("fifty", spaced), top_k=20),
    }


@case("entries that are -infinity already", kind="numerics")
def hidden(solve, draw):
    logits = torch.full((2, 8), -torch.inf, device=draw.device)
    logits[0, permutation(draw, "places", 8)[:5]] = token_logits(draw, "first", *WEIGHTS)
    logits[1, permutation(draw, "other places", 8)[:2]] = token_logits(draw, "second", 0.7, 0.3)
    draw.keep("logits", logits)
    settings = {"top_k": 3}, {"top_k": 7}, {"top_p": 0.6}, {"min_p": 0.3}, {"top_k": 3, "top_p": 0.99}
    return with_each(solve, logits, *settings)


@case("logits several hundred apart, and all near 1000", kind="numerics")
def large(solve, draw):
    spread = draw.keep("spread", (permutation(draw, "order", 7) - 3) * 250.0)
    high = row(draw, "high", offset=1000.0)
    low = row(draw, "low", offset=-1000.0)
    settings = {"top_p": 0.6}, {"min_p": 0.5}, {"temperature": 2.0, "top_p": 0.6, "min_p": 0.4}
    return {
        "spread": with_each(solve, spread, *settings),
        "near 1000": with_each(solve, high, *settings),
        "near -1000": with_each(solve, low, *settings),
    }


@case("a thousand unlikely tokens", kind="numerics")
def long_tail(solve, draw):
    tail = [0.4 / 1000] * 1000
    logits = row(draw, weights=(0.3, 0.2, 0.1, *tail))
    p = number(draw, "top_p", 0.4, 0.48)
    return {"top_p": solve(logits, top_p=p), "min_p": solve(logits, min_p=0.1), "top_k": solve(logits, top_k=3)}
