import torch

from torch_judge.authoring import ROUNDED_SCORES, case

NAMES = ("W_q", "W_k", "W_v", "W_o")


def built(solve, draw, d_model=12, num_heads=3, name="model", free=()):
    """An object with drawn weights; its biases, if any, are zero."""
    model = solve(d_model=d_model, num_heads=num_heads)
    draw.fill(name, model, layers=NAMES, free=free)
    return model


def qkv(draw, b, sq, sk, d, grad=False):
    """Three different inputs. All sizes of a case differ, heads and width included, so no axis passes for another."""
    Q, K = draw.randn("Q", b, sq, d, grad=grad), draw.randn("K", b, sk, d, mean=0.3, grad=grad)
    return Q, K, draw.randn("V", b, sk, d, mean=0.5, grad=grad)


@case("W_q, W_k, W_v and W_o: four separate nn.Linear", kind="interface")
def layers(solve, draw):
    model = solve(d_model=12, num_heads=3)
    made = {name: getattr(model, name, None) for name in NAMES}
    linear = {f"{name} is an nn.Linear": isinstance(layer, torch.nn.Linear) for name, layer in made.items()}
    return linear | {"separate layers": len({id(layer) for layer in made.values()})}


@case("more keys than queries", kind="values")
def more_keys(solve, draw):
    return {"output": built(solve, draw).forward(*qkv(draw, b=2, sq=5, sk=7, d=12))}


@case("more queries than keys, a larger batch", kind="values")
def more_queries(solve, draw):
    model = built(solve, draw, d_model=10, num_heads=2)
    return {"output": model.forward(*qkv(draw, b=4, sq=7, sk=3, d=10))}


@case("two of Q, K and V are one tensor; one token is all zeros", kind="values")
def shared_inputs(solve, draw):
    model, (Q, K, V) = built(solve, draw, d_model=20, num_heads=4), qkv(draw, b=3, sq=7, sk=6, d=20)
    K[:, 2] = 0
    return {"K is V": model.forward(Q, K, K), "Q is K": model.forward(K, K, V)}


@case("self-attention, one tensor is Q, K and V: values and gradients", kind="gradients")
def self_attention(solve, draw):
    model, x = built(solve, draw), draw.randn("x", 2, 5, 12, mean=0.2, grad=True)
    return draw.gradients(model.forward(x, x, x), x=x, **{name: getattr(model, name).weight for name in NAMES})


@case("one head, heads of width 1; a batch of one, a single query", kind="interface")
def extremes(solve, draw):
    one, narrow = built(solve, draw, 6, 1, name="one head"), built(solve, draw, 5, 5, name="width 1")
    wide = qkv(draw, b=1, sq=1, sk=4, d=6)
    x = draw.randn("x", 2, 3, 5)
    return {"one head": one.forward(*wide), "heads of width 1": narrow.forward(x, x, x)}


@case("one object, several calls: nothing is kept between them", kind="state")
def calls(solve, draw):
    model, first = built(solve, draw), qkv(draw, b=2, sq=5, sk=7, d=12)
    x, y = draw.randn("x", 2, 7, 12), draw.randn("y", 4, 3, 12)
    return {
        "first": model.forward(*first),
        "x": model.forward(x, x, x),
        "y": model.forward(y, y, y),
        "first again": model.forward(*first),
    }


@case("scores of several hundred: finite, and right", kind="numerics", **ROUNDED_SCORES)
def large_scores(solve, draw):
    model, Q = built(solve, draw), draw.randn("Q before", 2, 6, 12, std=250.0).clone()
    Q[:, 0] /= 250  # the scores of the first query stay small
    return {"output": model.forward(draw.keep("Q", Q), draw.randn("K", 2, 5, 12), draw.randn("V", 2, 5, 12))}


@case("gradients of Q, K, V and of the four weights", kind="gradients")
def gradients(solve, draw):
    model, inputs = built(solve, draw), qkv(draw, b=2, sq=6, sk=5, d=12, grad=True)
    weights = {name: getattr(model, name).weight for name in NAMES}
    Q, K, V = inputs
    return draw.gradients(model.forward(Q, K, V), Q=Q, K=K, V=V, **weights)


@case("biases count, where a layer has one", kind="values")
def biases(solve, draw):
    """Feature 0 of the inputs is always 1: for a layer without a bias, the weights of that feature are one."""
    model = built(solve, draw, free=["*"])
    Q, K, V = inputs = qkv(draw, b=2, sq=6, sk=5, d=12)
    for x in inputs:
        x[..., 0] = 1
    for name in NAMES[:3]:
        layer = getattr(model, name)
        bias = draw.randn(f"bias of {name}", len(layer.weight))
        (layer.weight.data[:, 0] if layer.bias is None else layer.bias.data).add_(bias)
    out, v, o = model.forward(Q, Q, Q), model.W_v, model.W_o
    knobs = {"W_v": v.weight, "W_o": o.weight, "W_v.bias": v.bias, "W_o.bias": o.bias}
    found = draw.gradients(out, **{name: knob for name, knob in knobs.items() if knob is not None})
    seen = {"self-attention": out, "output": model.forward(Q, K, V)}
    of_v, of_o = found["gradient of W_v"], found["gradient of W_o"]
    if isinstance(of_v, torch.Tensor):
        seen["gradient of a bias of W_v"] = found.get("gradient of W_v.bias", of_v[:, 0])
    if isinstance(of_o, torch.Tensor):
        seen["gradient of a bias of W_o"] = found.get("gradient of W_o.bias", draw.cotangent(out).flatten(0, -2).sum(0))
    return seen | {"three inputs": model.forward(Q, K, V)}
