from collections import Counter

import torch

from torch_judge.authoring import case, same
from torch_judge.meters import Costs


class Multiplications(Costs):  # `operators` counts those in matrix products, whatever wrote them
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        if func.overloadpacket.__name__ in ("mm", "addmm", "bmm", "baddbmm", "mv", "addmv", "linear"):
            self.operators += out.numel() * args[-2].shape[-1]
        return out


def roles(model, d, f, e):
    """Each parameter, its role, told by its shape (d, f and e differ), and the expert that owns it (None: all do)."""
    named = [(name, p, tuple(size for size in p.shape if size > 1)) for name, p in model.named_parameters()]
    named = [(name, p, sizes) for name, p, sizes in named if len({*sizes}) == len(sizes) and {*sizes} <= {d, f, e}]
    scoring = [name for name, _, sizes in named if sorted(sizes) == sorted((e, d))]  # or the biases of all experts
    router = min(scoring, key=lambda name: any(mark in f"_{name}" for mark in ("bias", "_b", ".b")), default=None)
    kinds = {frozenset((f, d)): "experts", frozenset((f,)): "first bias", frozenset((d,)): "second bias"}
    many, seen = Counter(sizes for *_, sizes in named), Counter()
    for name, parameter, sizes in named:
        kind = "router" if name == router else kinds.get(frozenset(sizes) - {e}, "router bias")
        yield parameter, kind, None if e in sizes else seen[sizes] * e // many[sizes]
        seen[sizes] += 1


def made(solve, draw, d, f, e, b=2, s=5, x="x", biases=0.0, shift=0.0, spread=0.7, options=None, **top_k):
    """A model with drawn weights (Identity if it lacks some), tokens whose scores are well apart, the weights."""
    # First layers hold the second ones' weights transposed: bare parameters of any orientation are filled alike.
    model, numbers = solve(d_model=d, d_ff=f, num_experts=e, **top_k).to(draw.device), Counter()
    router = torch.linalg.qr(draw.randn(f"{x}: router", d, e).cpu()).Q.T
    weights = {"router": router, "experts": draw.randn(f"{x}: experts", e, f, d).cpu() * (2 / (d + f)) ** 0.5}
    first, second, third = draw.randn(f"{x}: biases", e, f + d + 1).cpu().mul(biases).split([f, d, 1], dim=1)
    known = weights | {"first bias": first, "second bias": second, "router bias": 0.15 * third[:, 0].tanh()}
    for p, kind, place in roles(model, d, f, e):
        numbers[kind] += p.numel()
        values = known[kind] if place is None else known[kind][place]
        p.data.copy_(values.permute([values.shape.index(size) for size in p.shape if size > 1]).reshape(p.shape))
    draw.observed |= {f"{x}: weights of the {kind}": numbers[kind] for kind in weights}
    scores = draw.rand(f"{x}: scores", b * s, e).cpu()
    scores = spread * (scores.argsort(-1) + scores / 2 - e / 2)
    free = draw.randn(f"{x}: free", b * s, d).cpu()
    tokens = free + (scores - shift * (torch.arange(b * s) % 2 - 0.5)[:, None] - free @ router.T) @ router
    seen = known | {f"{kind}: there": numbers[kind] > 0 for kind in known}
    model = model if [numbers[kind] for kind in weights] == [(e > 1) * e * d, 2 * e * f * d] else torch.nn.Identity()
    return model, draw.tensor(x, tokens.view(b, s, d), **(options or {})), seen


def answer(*args, x="x", **how):
    model, tokens, _ = made(*args, x=x, **how)
    return {f"output of {x}": model(tokens)}


@case("every token: its two best experts of five, or three of six, weighed; a strided x", kind="values")
def best(solve, draw):
    wide = answer(solve, draw, 8, 4, 6, b=3, top_k=3, options={"strided": True}, x="y")
    return answer(solve, draw, 7, 11, 5, top_k=2) | wide


@case("one expert, all of them, top_k of 1, a single token, the default top_k", kind="interface")
def extremes(solve, draw):
    seen = answer(solve, draw, 5, 8, 1, top_k=1, x="one expert") | answer(solve, draw, 6, 9, 4, top_k=4, x="all")
    seen |= answer(solve, draw, 7, 9, 5, top_k=1, x="top_k 1") | answer(solve, draw, 9, 5, 4, x="default top_k")
    return seen | answer(solve, draw, 7, 9, 5, b=1, s=1, top_k=3, x="one token")


def biased(seen, expected, draw):  # with those that there are: whether there are any is the learner's choice
    x, out, weight = expected["x"], seen["output"], expected["experts"]
    router, first, second = (expected[f"{n} bias"] * seen[f"{n} bias: there"] for n in ("router", "first", "second"))
    hidden = ((x[:, :, None, None] * weight).sum(-1) + first).relu()
    each, scores = (hidden[..., None] * weight).sum(-2) + second, x @ expected["router"].T + router
    shares = scores.exp()[..., None]  # `softmax` may start threads, which takes long on a busy machine
    gates = shares * (scores >= scores.topk(2).values[..., -1:])[..., None]
    rights = [(gates * each).sum(-2) / whole.sum(-2) for whole in (shares, gates)]
    right = min(rights, key=lambda right: (right - out).norm())
    same(f"output (off by {(right - out).norm() / right.norm():.0%})", out, right, "Each bias is added once.")


@case("biases, where there are any, are added", kind="values", verify=biased)
def biases(solve, draw):
    model, x, seen = made(solve, draw, 7, 10, 4, biases=1.0, top_k=2)
    return seen | {"x": x, "output": model(x)}


@case("sparse: no expert computes a token that did not choose it", kind="cost")
def sparse(solve, draw):
    model, x, _ = made(solve, draw, 9, 400, 8, b=3, s=4, top_k=2)
    with Multiplications() as meter:  # one row through an expert takes 2 · 9 · 400; the router takes 12 · 9 · 8 in all
        out = model(x)
    draw.at_most("rows through the experts", meter.operators // 7200, 24)
    return {"output": out}


@case("one model, several calls: nothing is kept; eval computes the same", kind="mode")
def calls(solve, draw):
    model, x, _ = made(solve, draw, 7, 12, 5, top_k=2)
    y = draw.tensor("y", x.flip(1) * 1.5)
    return {"x": model(x), "y": model(y), "eval": model.eval()(x), "x again": model.train()(x)}


@case("scores of several hundred: finite, and right", kind="numerics")
def large(solve, draw):
    return answer(solve, draw, 8, 5, 4, top_k=2, spread=20.0, shift=600.0)


@case("gradients of x, of the router and of the experts; some have no token", kind="gradients")
def gradients(solve, draw):
    model, x, _ = made(solve, draw, 9, 6, 8, b=1, s=3, top_k=2, options={"grad": True})
    parts = {f"{i} {kind}": p for i, (p, kind, _) in enumerate(roles(model, 9, 6, 8))}
    seen, change = draw.gradients(model(x), x=x, **parts), torch.zeros(2, device=draw.device)
    for name, parameter in parts.items():
        if isinstance(
            gradient := seen.pop(f"gradient of {name}"), torch.Tensor
        ):  # none arrives at an expert without tokens; biases are zero
            change[int(name.endswith("experts"))] += (gradient * parameter.detach()).sum()
    return seen | {"change along the weights of the router, of the experts": change}
