from torch_judge.authoring import (
    ROUNDED_SCORES,
    add_biases,
    bias_gradients,
    case,
    integer,
    linear_layers,
    weights_of,
)

NAMES = ("W_q", "W_k", "W_v", "W_o")


def built(solve, draw, d_model=24, num_heads=6, num_kv_heads=3, name="model", free=()):
    """An object with drawn weights; its biases, if any, are zero."""
    model = solve(d_model=d_model, num_heads=num_heads, num_kv_heads=num_kv_heads)
    draw.fill(name, model, layers=NAMES, free=free)
    return model


@case("W_q, W_k, W_v and W_o: four separate nn.Linear, smaller for K and V", kind="interface")
def layers(solve, draw):
    kv_heads = integer(draw, "num_kv_heads", 2, 5)
    model = solve(d_model=12 * kv_heads, num_heads=3 * kv_heads, num_kv_heads=kv_heads)
    seen = linear_layers(model, NAMES)
    shapes = {name: tuple(getattr(model, name).weight.shape) for name in NAMES if seen[f"{name} is an nn.Linear"]}
    return seen | {f"shape of {name}.weight": str(shape) for name, shape in shapes.items()}


@case("6 query heads share 3 KV heads; one token is all zeros", kind="values")
def pairs(solve, draw):
    x = draw.randn("x", 2, 5, 24, mean=0.2)
    x[:, 2] = 0  # its scores are all 0: who takes a score of 0 for a masked one errs here
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
    narrow = built(solve, draw, d_model=8, num_heads=8, num_kv_heads=2, name="width 1")
    model = built(solve, draw)
    return {
        "heads of width 1": narrow.forward(draw.randn("x", 2, 3, 8)),
        "a single token": model.forward(draw.randn("token", 1, 1, 24)),
    }


@case("one object, several calls: nothing is kept between them", kind="state")
def calls(solve, draw):
    model, x, y = built(solve, draw), draw.randn("x", 2, 5, 24), draw.randn("y", 2, 5, 24)
    seen = {
        "x": model.forward(x),
        "y": model.forward(y),
        "z": model.forward(draw.randn("z", 3, 7, 24)),
        "x again": model.forward(x),
    }
    x.mul_(-1)  # the same tensor with other numbers in it: what is remembered by object is wrong now
    seen["x, changed"] = model.forward(x)
    for layer in (model.W_q, model.W_v):
        layer.weight.data.mul_(-1)  # the weights of the moment count: what was made of the old ones is wrong now
    return seen | {"other weights": model.forward(x)}


@case("scores of several hundred: finite, and right", kind="numerics", **ROUNDED_SCORES)
def large_scores(solve, draw):
    model, x = built(solve, draw), draw.randn("x before", 2, 7, 24, std=15.0).clone()
    x[:, 0] /= 300  # the scores of the first query stay small
    return {"output": model.forward(draw.keep("x", x))}


@case("gradients of x and of the four weights", kind="gradients")
def gradients(solve, draw):
    model, x = built(solve, draw), draw.randn("x", 2, 5, 24, grad=True)
    return draw.gradients(model.forward(x), x=x, **weights_of(model, NAMES))


@case("biases count, where a layer has one", kind="values")
def biases(solve, draw):
    model, x = built(solve, draw, free=["*"]), draw.randn("x", 2, 5, 24)
    add_biases(draw, model, NAMES[:3], x)
    output = model.forward(x)
    return {"output": output} | bias_gradients(draw, output, model)
