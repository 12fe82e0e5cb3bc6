import torch

from torch_judge.authoring import ROUNDED_SCORES, case

NAMES = ("W_q", "W_k", "W_v", "W_o")


def built(solve, draw, d_model=24, num_heads=6, num_kv_heads=3, name="model", free=()):
    """An object with drawn weights; its biases, if any, are zero."""
    model = solve(d_model=d_model, num_heads=num_heads, num_kv_heads=num_kv_heads)
    draw.fill(name, model, layers=NAMES, free=free)
    return model


@case("W_q, W_k, W_v and W_o: four separate nn.Linear, smaller for K and V", kind="interface")
def layers(solve, draw):
    model = solve(d_model=24, num_heads=6, num_kv_heads=2)
    made = {name: getattr(model, name, None) for name in NAMES}
    seen = {f"{name} is an nn.Linear": isinstance(layer, torch.nn.Linear) for name, layer in made.items()}
    weights = {name: layer.weight for name, layer in made.items() if isinstance(layer, torch.nn.Linear)}
    seen |= {f"shape of {name}.weight": str(tuple(weight.shape)) for name, weight in weights.items()}
    return seen | {"separate layers": len({id(layer) for layer in made.values()})}


@case("6 query heads share 3 KV heads; one token is all zeros", kind="values")
def pairs(solve, draw):
    x = draw.randn("x", 2, 5, 24, mean=0.2)
    x[:, 2] = 0
    return {"output": built(solve, draw).forward(x)}


@case("6 query heads share 2 KV heads, a larger batch", kind="values")
def triples(solve, draw):
    model = built(solve, draw, d_model=30, num_kv_heads=2)
    return {"output": model.forward(draw.randn("x", 4, 7, 30, mean=0.2))}


@case("as many KV heads as heads: plain multi-head attention", kind="values")
def multi_head(solve, draw):
    model = built(solve, draw, d_model=15, num_heads=3, num_kv_heads=3)
    return {"output": model.forward(draw.randn("x", 2, 4, 15))}


@case("one KV head: multi-query attention", kind="values")
def multi_query(solve, draw):
    model = built(solve, draw, d_model=20, num_heads=4, num_kv_heads=1)
    return {"output": model.forward(draw.randn("x", 3, 6, 20))}


@case("heads of width 1; a batch of one, a single token", kind="interface")
def extremes(solve, draw):
    narrow, model = built(solve, draw, 8, 8, 2, name="width 1"), built(solve, draw)
    return {
        "heads of width 1": narrow.forward(draw.randn("x", 2, 3, 8)),
        "a single token": model.forward(draw.randn("token", 1, 1, 24)),
    }


@case("one object, several calls: nothing is kept between them", kind="state")
def calls(solve, draw):
    model, x, y = built(solve, draw), draw.randn("x", 2, 5, 24), draw.randn("y", 2, 5, 24)
    first, other = model.forward(x), model.forward(y)
    return {"x": first, "y": other, "z": model.forward(draw.randn("z", 3, 7, 24)), "x again": model.forward(x)}


@case("scores of several hundred: finite, and right", kind="numerics", **ROUNDED_SCORES)
def large_scores(solve, draw):
    model, x = built(solve, draw), draw.randn("x before", 2, 7, 24, std=15.0).clone()
    x[:, 0] /= 300  # the scores of the first query stay small
    return {"output": model.forward(draw.keep("x", x))}


@case("gradients of x and of the four weights", kind="gradients")
def gradients(solve, draw):
    model, x = built(solve, draw), draw.randn("x", 2, 5, 24, grad=True)
    weights = {name: getattr(model, name).weight for name in NAMES}
    return draw.gradients(model.forward(x), x=x, **weights)


@case("biases count, where a layer has one", kind="values")
def biases(solve, draw):
    """Feature 0 of the inputs is always 1: for a layer without a bias, the weights of that feature are one."""
    model = built(solve, draw, free=["*"])
    x = draw.randn("x", 2, 5, 24)
    x[..., 0] = 1
    for name in NAMES[:3]:
        layer = getattr(model, name)
        bias = draw.randn(f"bias of {name}", len(layer.weight))
        (layer.weight.data[:, 0] if layer.bias is None else layer.bias.data).add_(bias)
    out, v, o = model.forward(x), model.W_v, model.W_o
    knobs = {"W_v": v.weight, "W_o": o.weight, "W_v.bias": v.bias, "W_o.bias": o.bias}
    found = draw.gradients(out, **{name: knob for name, knob in knobs.items() if knob is not None})
    seen, of_v, of_o = {"output": out}, found["gradient of W_v"], found["gradient of W_o"]
    if isinstance(of_v, torch.Tensor):
        seen["gradient of a bias of W_v"] = found.get("gradient of W_v.bias", of_v[:, 0])
    if isinstance(of_o, torch.Tensor):
        seen["gradient of a bias of W_o"] = found.get("gradient of W_o.bias", draw.cotangent(out).flatten(0, -2).sum(0))
    return seen
