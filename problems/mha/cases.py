from torch_judge.authoring import (
    ROUNDED_SCORES,
    add_biases,
    bias_gradients,
    case,
    integer,
    linear_layers,
    qkv,
    weights_of,
)

NAMES = ("W_q", "W_k", "W_v", "W_o")

# All sizes of a case differ, heads and width included, so that no axis passes for another.


def built(solve, draw, d_model=12, num_heads=3, name="model", free=()):
    """An object with drawn weights; its biases, if any, are zero."""
    model = solve(d_model=d_model, num_heads=num_heads)
    draw.fill(name, model, layers=NAMES, free=free)
    return model


@case("W_q, W_k, W_v and W_o: four separate nn.Linear", kind="interface")
def layers(solve, draw):
    heads = integer(draw, "num_heads", 2, 6)
    return linear_layers(solve(d_model=4 * heads, num_heads=heads), NAMES)


@case("more keys than queries", kind="values")
def more_keys(solve, draw):
    return {"output": built(solve, draw).forward(*qkv(draw, batch=2, queries=5, keys=7, width=12))}


@case("more queries than keys, a larger batch", kind="values")
def more_queries(solve, draw):
    model = built(solve, draw, d_model=10, num_heads=2)
    return {"output": model.forward(*qkv(draw, batch=4, queries=7, keys=3, width=10))}


@case("two of Q, K and V are one tensor; one token is all zeros", kind="values")
def shared_inputs(solve, draw):
    model = built(solve, draw, d_model=20, num_heads=4)
    Q, K, V = qkv(draw, batch=3, queries=7, keys=6, width=20)
    K[:, 2] = 0  # its scores are all 0: who takes a score of 0 for a masked one errs here
    return {"K is V": model.forward(Q, K, K), "Q is K": model.forward(K, K, V)}


@case("self-attention, one tensor is Q, K and V: values and gradients", kind="gradients")
def self_attention(solve, draw):
    model, x = built(solve, draw), draw.randn("x", 2, 5, 12, mean=0.2, grad=True)
    return draw.gradients(model.forward(x, x, x), x=x, **weights_of(model, NAMES))


@case("one head, heads of width 1; a batch of one, a single query", kind="interface")
def extremes(solve, draw):
    one_head = built(solve, draw, d_model=6, num_heads=1, name="one head")
    narrow = built(solve, draw, d_model=5, num_heads=5, name="width 1")
    single_query = qkv(draw, batch=1, queries=1, keys=4, width=6)
    x = draw.randn("x", 2, 3, 5)
    return {"one head": one_head.forward(*single_query), "heads of width 1": narrow.forward(x, x, x)}


@case("one object, several calls: nothing is kept between them", kind="state")
def calls(solve, draw):
    model, first = built(solve, draw), qkv(draw, batch=2, queries=5, keys=7, width=12)
    x, y = draw.randn("x", 2, 7, 12), draw.randn("y", 4, 3, 12)
    seen = {
        "first": model.forward(*first),
        "x": model.forward(x, x, x),
        "y": model.forward(y, y, y),
        "first again": model.forward(*first),
    }
    x.mul_(-1)  # the same tensor with other numbers in it: what is remembered by object is wrong now
    seen["x, changed"] = model.forward(x, x, x)
    for layer in (model.W_q, model.W_v):
        layer.weight.data.mul_(-1)  # the weights of the moment count: what was made of the old ones is wrong now
    return seen | {"other weights": model.forward(x, x, x)}


@case("scores of several hundred: finite, and right", kind="numerics", **ROUNDED_SCORES)
def large_scores(solve, draw):
    model, Q = built(solve, draw), draw.randn("Q before", 2, 6, 12, std=250.0).clone()
    Q[:, 0] /= 250  # the scores of the first query stay small
    return {"output": model.forward(draw.keep("Q", Q), draw.randn("K", 2, 5, 12), draw.randn("V", 2, 5, 12))}


@case("gradients of Q, K, V and of the four weights", kind="gradients")
def gradients(solve, draw):
    model, (Q, K, V) = built(solve, draw), qkv(draw, batch=2, queries=6, keys=5, width=12, grad=True)
    return draw.gradients(model.forward(Q, K, V), Q=Q, K=K, V=V, **weights_of(model, NAMES))


@case("biases count, where a layer has one", kind="values")
def biases(solve, draw):
    model, (Q, K, V) = built(solve, draw, free=["*"]), qkv(draw, batch=2, queries=6, keys=5, width=12)
    add_biases(draw, model, NAMES[:3], Q, K, V)
    alone = model.forward(Q, Q, Q)
    seen = {"self-attention": alone, "output": model.forward(Q, K, V)} | bias_gradients(draw, alone, model)
    return seen | {"three inputs": model.forward(Q, K, V)}
