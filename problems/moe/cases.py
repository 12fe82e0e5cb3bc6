"""The learner names and shapes parameters freely, so the cases know them by their sizes: d_model, d_ff and num_experts
always differ. They fill them with drawn numbers, and look at results, at multiplications, and at gradients *along* the
weights, which no layout changes.
"""

from collections import Counter

import torch

from torch_judge.authoring import case, same
from torch_judge.meters import Costs

PRODUCTS = ("mm", "addmm", "bmm", "baddbmm", "mv", "addmv", "linear")


class Multiplications(Costs):
    """`operators` counts the multiplications in matrix products, whatever wrote them."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        if func.overloadpacket.__name__ in PRODUCTS:
            self.operators += out.numel() * args[-2].shape[-1]
        return out


def roles(model, d_model, d_ff, num_experts):
    """Each parameter, its role, and the expert that owns it (None: one for all, or stacked over all of them)."""
    sizes = {d_model, d_ff, num_experts}
    named = []
    for name, parameter in model.named_parameters():
        shape = tuple(size for size in parameter.shape if size > 1)
        if len(set(shape)) == len(shape) and set(shape) <= sizes:
            named.append((name, parameter, shape))
    router = _router(named, d_model, num_experts)
    kinds = {
        frozenset((d_ff, d_model)): "experts",
        frozenset((d_ff,)): "first bias",
        frozenset((d_model,)): "second bias",
    }
    of_shape, met = Counter(shape for *_, shape in named), Counter()
    for name, parameter, shape in named:
        kind = "router" if name == router else kinds.get(frozenset(shape) - {num_experts}, "router bias")
        stacked = num_experts in shape
        # Parameters of one shape come in the order of the experts; an expert may own two of them.
        yield parameter, kind, None if stacked else met[shape] * num_experts // of_shape[shape]
        met[shape] += 1


def _router(named, d_model, num_experts):
    """The router's weight by its name. The experts' second biases, stacked, have its shape, too."""
    scoring = [name for name, _, shape in named if sorted(shape) == sorted((num_experts, d_model))]
    return min(scoring, key=lambda name: any(mark in f"_{name}" for mark in ("bias", "_b", ".b")), default=None)


def filled(
    solve, draw, d_model, d_ff, num_experts, batch=2, length=5, x="x", biases=0.0, shift=0.0, spread=0.7, options=None,
    alike=False, **top_k,
):  # fmt: skip
    """A model with drawn weights (Identity if it lacks some), tokens whose scores are well apart, the weights.

    ``biases`` scales the biases; ``spread`` is about the distance between two scores of a token, ``shift`` between the
    scores of two tokens. ``alike``: all tokens choose the same experts. ``options`` are those of the tokens.
    """
    model = solve(d_model=d_model, d_ff=d_ff, num_experts=num_experts, **top_k).to(draw.device)
    # Orthogonal rows: then tokens can be made that have any scores one likes.
    router = torch.linalg.qr(draw.randn(f"{x}: router", d_model, num_experts).cpu()).Q.T
    # Second layers hold the first ones' weights transposed: so bare parameters of any orientation are filled alike.
    experts = draw.randn(f"{x}: experts", num_experts, d_ff, d_model).cpu() * (2 / (d_model + d_ff)) ** 0.5
    drawn = draw.randn(f"{x}: biases", num_experts, d_ff + d_model + 1).cpu().mul(biases)
    first, second, third = drawn.split([d_ff, d_model, 1], dim=1)
    known = {
        "router": router,
        "experts": experts,
        "first bias": first,
        "second bias": second,
        "router bias": 0.15 * third[:, 0].tanh(),
    }
    numbers = Counter()
    for parameter, kind, owner in roles(model, d_model, d_ff, num_experts):
        numbers[kind] += parameter.numel()
        values = known[kind] if owner is None else known[kind][owner]
        axes = [values.shape.index(size) for size in parameter.shape if size > 1]
        parameter.data.copy_(values.permute(axes).reshape(parameter.shape))
    draw.observed |= {f"{x}: weights of the {kind}": numbers[kind] for kind in ("router", "experts")}

    scores = draw.rand(f"{x}: scores", batch * length, num_experts).cpu()
    ranks = scores.argsort(-1)[: 1 if alike else None]
    scores = spread * (ranks + scores / 2 - num_experts / 2)
    free = draw.randn(f"{x}: free", batch * length, d_model).cpu()
    every_other = (torch.arange(batch * length) % 2 - 0.5)[:, None]
    tokens = free + (scores - shift * every_other - free @ router.T) @ router

    # One expert needs no router: its weight has no sizes above 1 but d_model's.
    whole = [(num_experts > 1) * num_experts * d_model, 2 * num_experts * d_ff * d_model]
    if [numbers["router"], numbers["experts"]] != whole:
        model = torch.nn.Identity()
    seen = known | {f"{kind}: there": numbers[kind] > 0 for kind in known}
    return model, draw.tensor(x, tokens.view(batch, length, d_model), **(options or {})), seen


def answer(*args, x="x", **how):
    model, tokens, _ = filled(*args, x=x, **how)
    return {f"output of {x}": model(tokens)}


@case("every token: its two best experts of five, or three of six, weighed", kind="values")
def best(solve, draw):
    wide = answer(solve, draw, 8, 4, 6, batch=3, top_k=3, x="y")
    return answer(solve, draw, 7, 11, 5, top_k=2) | wide


@case("one expert, all of them, top_k of 1 and all tokens alike, a single token, the default top_k", kind="interface")
def extremes(solve, draw):
    seen = answer(solve, draw, 5, 8, 1, top_k=1, x="one expert")
    seen |= answer(solve, draw, 6, 9, 4, top_k=4, x="all")
    seen |= answer(solve, draw, 7, 9, 5, top_k=1, x="top_k 1", alike=True)
    seen |= answer(solve, draw, 9, 5, 4, x="default top_k")
    # Its shape only: parameters are known by their sizes, where none is 1.
    narrow = solve(d_model=1, d_ff=2, num_experts=3).to(draw.device)(draw.randn("narrow x", 2, 4, 1).clone())
    seen["shape for d_model = 1"] = str(tuple(getattr(narrow, "shape", ())))
    return seen | answer(solve, draw, 7, 9, 5, batch=1, length=1, top_k=3, x="one token")


def with_its_biases(seen, expected, draw):
    """The output is right for those biases that the learner's model has: whether there are any is free."""
    x, out, weight = expected["x"], seen["output"], expected["experts"]

    def bias(name):
        return expected[f"{name} bias"] * seen[f"{name} bias: there"]

    hidden = ((x[:, :, None, None] * weight).sum(-1) + bias("first")).relu()
    of_experts = (hidden[..., None] * weight).sum(-2) + bias("second")
    scores = x @ expected["router"].T + bias("router")
    shares = scores.exp()[..., None]  # `softmax` may start threads, which takes long on a busy machine
    chosen = shares * (scores >= scores.topk(2).values[..., -1:])[..., None]
    # The softmax over all scores, and over the chosen ones: the statement allows both.
    rights = [(chosen * of_experts).sum(-2) / whole.sum(-2) for whole in (shares, chosen)]
    right = min(rights, key=lambda right: (right - out).norm())
    same(f"output (off by {(right - out).norm() / right.norm():.0%})", out, right, "Each bias is added once.")


@case("biases, where there are any, are added", kind="values", verify=with_its_biases)
def biases(solve, draw):
    model, x, seen = filled(solve, draw, 7, 10, 4, biases=1.0, top_k=2)
    return seen | {"x": x, "output": model(x)}


@case("sparse: no expert computes a token that did not choose it", kind="cost")
def sparse(solve, draw):
    d_model, d_ff, tokens = 9, 400, 3 * 4
    model, x, _ = filled(solve, draw, d_model, d_ff, 8, batch=3, length=4, top_k=2)
    with Multiplications() as meter:  # the router's few do not reach those of one row through an expert
        out = model(x)
    draw.at_most("rows through the experts", meter.operators // (2 * d_model * d_ff), 2 * tokens)
    return {"output": out}


@case("one model, several calls: nothing is kept; eval computes the same, gradients too", kind="mode")
def calls(solve, draw):
    model, x, _ = filled(solve, draw, 7, 12, 5, top_k=2)
    y = draw.tensor("y", x.flip(1) * 1.5)
    seen = {"x": model(x), "y": model(y), "eval": model.eval()(x)}
    seen["eval: gradients reach the parameters"] = getattr(seen["eval"], "requires_grad", False)
    for parameter in model.parameters():
        parameter.data.mul_(1.5)  # the weights of the moment count: what was made of the old ones is wrong now
    return seen | {"eval, other weights": model(x), "training again": model.train()(x)}


@case("scores of several hundred: finite, and right", kind="numerics")
def large(solve, draw):
    return answer(solve, draw, 8, 5, 4, top_k=2, spread=20.0, shift=600.0)


@case("gradients of x, of the router and of the experts; some have no token", kind="gradients")
def gradients(solve, draw):
    model, x, _ = filled(solve, draw, 9, 6, 8, batch=1, length=3, top_k=2, options={"grad": True})
    parts = {f"{i} {kind}": parameter for i, (parameter, kind, _) in enumerate(roles(model, 9, 6, 8))}
    seen = draw.gradients(model(x), x=x, **parts)
    # How the output changes if all weights of a kind grow by the same factor: one number whatever their layout.
    change = torch.zeros(2, device=draw.device)
    for name, parameter in parts.items():
        gradient = seen.pop(f"gradient of {name}")
        if isinstance(gradient, torch.Tensor):  # none arrives at an expert without tokens; biases are zero
            change[int(name.endswith("experts"))] += (gradient * parameter.detach()).sum()
    seen["change along the weights of the router, of the experts"] = change
    return seen | {f"eval: {name}": value for name, value in draw.gradients(model.eval()(x), x=x).items()}
