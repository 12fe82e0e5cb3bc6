import torch
from torch.nn.functional import gelu, layer_norm, linear

from torch_judge.authoring import (
    ROUNDED_SCORES,
    CheckFailed,
    all_take_part,
    case,
    causal_mask,
    integer,
    same,
    without_gradient,
)

NAMES = ("W_q", "W_k", "W_v", "W_o", "ln1", "ln2", "mlp")


def built(solve, draw, d_model=12, num_heads=3):
    """A block with drawn weights; its biases, if any, are zero. The names within `mlp` are the learner's own."""
    block = solve(d_model=d_model, num_heads=num_heads)
    block.ln1.eps = block.ln2.eps = 1e-5  # eps is free
    draw.fill("block", block, layers=NAMES, optional=("*.bias", "mlp.*"))
    draw.fill("mlp", block.mlp, by="shape")
    for parameter in block.mlp.parameters():
        parameter.data.mul_(parameter.dim() > 1)  # its biases, by whatever name
    for weight in (norm.weight for norm in (block.ln1, block.ln2) if norm.weight is not None):
        weight.data.add_(1.0)  # a norm's weight is near 1, and no two of them are alike
    return block


def weights_of(block):
    named = {f"{name}.weight": getattr(block, name).weight for name in NAMES[:6]}
    named |= {f"mlp {p.shape[0]}×{p.shape[1]}": p for p in block.mlp.parameters() if p.dim() > 1}
    return {name: weight for name, weight in named.items() if weight is not None}


@case("the layers: their names and kinds", kind="interface")
def layers(solve, draw):
    heads = integer(draw, "num_heads", 2, 6)
    block = solve(d_model=4 * heads, num_heads=heads)
    made = {name: getattr(block, name, None) for name in NAMES}
    kinds = [torch.nn.Linear] * 4 + [torch.nn.LayerNorm] * 2 + [torch.nn.Module]
    seen = {
        f"{name} is an nn.{kind.__name__}": isinstance(layer, kind)
        for (name, layer), kind in zip(made.items(), kinds, strict=True)
    }
    shapes = [str(tuple(p.shape)) for p in block.parameters() if p.dim() > 1]
    named = {id(p) for layer in made.values() if isinstance(layer, torch.nn.Module) for p in layer.parameters()}
    seen["another is trainable"] = any(p.requires_grad and id(p) not in named for p in block.parameters())
    seen["shapes of the weights"] = ", ".join(sorted(shapes))
    return seen | {"separate": len({id(layer) for layer in made.values()})}


@case("every layer takes part, and no other", kind="interface", verify=all_take_part)
def no_layer_idle(solve, draw):
    block = built(solve, draw)
    return {"without a gradient": without_gradient(block, block(draw.randn("x", 2, 4, 12, std=2.0)), NAMES)}


@case("a batch of sequences; one token is all ones", kind="values")
def sequences(solve, draw):
    x = draw.randn("x", 2, 5, 12, mean=0.5, std=2.0)
    x[:, 2] = 1  # its norm is 0, and so are its scores: who takes a score of 0 for a masked one errs here
    return {"output": built(solve, draw)(x)}


@case("other sizes; a single head; a single token", kind="values")
def sizes(solve, draw):
    block = built(solve, draw, d_model=10, num_heads=1)
    narrow_x = draw.randn("narrow x", 2, 3, 1).clone()  # its numbers are not looked at: the weights are the learner's
    narrow = solve(d_model=1, num_heads=1).to(draw.device)(narrow_x)
    return {
        "seven tokens": block(draw.randn("x", 3, 7, 10)),
        "one token": block(draw.randn("token", 2, 1, 10)),
        "shape for d_model = 1": str(tuple(getattr(narrow, "shape", ()))),
    }


def by_hand(weights, x, approximate):
    """The block's output for d_model = 12 and three heads, from its own weights and biases."""

    def of(name):
        return weights[f"{name}.weight"], weights[f"{name}.bias"]

    normed = layer_norm(x, (12,), *of("ln1"))
    q, k, v = (linear(normed, *of(name)).unflatten(-1, (3, 4)).transpose(1, 2) for name in NAMES[:3])
    scores = (q @ k.mT / 2).masked_fill(~causal_mask(5), -torch.inf)
    h = x + linear((torch.softmax(scores, dim=-1) @ v).transpose(1, 2).flatten(2), *of("W_o"))
    inner = gelu(linear(layer_norm(h, (12,), *of("ln2")), *of("mlp in")), approximate=approximate)
    return h + linear(inner, *of("mlp out"))


def biased(seen, expected, draw):
    """From the learner's own weights and biases: whether there are biases is the learner's choice."""
    try:
        same("output", seen["output"], by_hand(seen, expected["x"], "none"))
    except CheckFailed:
        same("output", seen["output"], by_hand(seen, expected["x"], "tanh"), "Each layer that has a bias adds it.")


@case("biases, where there are any, are added", kind="values", verify=biased)
def biases(solve, draw):
    block, x = solve(d_model=12, num_heads=3), draw.randn("x", 2, 5, 12)
    block.ln1.eps = block.ln2.eps = 1e-5
    draw.fill("block", block, optional=(), by="shape")
    layers = {name: list(getattr(block, name).parameters()) for name in NAMES[:6]}
    for name, rows in (("mlp in", 48), ("mlp out", 12)):
        layers[name] = [p for p in block.mlp.parameters() if len(p) == rows]
    seen = {"x": x, "output": block(x)}
    for name, parameters in layers.items():
        weight, *bias = sorted(parameters, key=lambda p: -p.dim()) or [torch.zeros(1)]
        seen |= {f"{name}.weight": weight, f"{name}.bias": bias[0] if bias else torch.zeros(weight.shape[0])}
    return seen


@case("eval computes the same, gradients too; a shorter sequence after a longer one", kind="mode")
def evaluation(solve, draw):
    block, x = built(solve, draw, d_model=8, num_heads=4).eval(), draw.randn("x", 1, 3, 8, std=2.0, grad=True)
    seen = {"eval": draw.gradients(block(x), x=x)}
    for layer in (block.W_q, block.W_v):
        layer.weight.data.mul_(-1)  # the weights of the moment count: what was made of the old ones is wrong now
    return seen | {"eval, other weights": block(x), "train, other weights": block.train()(x[:, :2])}


@case("scores of several hundred: finite, and right", kind="numerics", **ROUNDED_SCORES)
def large_scores(solve, draw):
    block = built(solve, draw)
    block.W_q.weight.data.mul_(12)  # keys opposite to the queries: a token's score against itself is far below zero
    block.W_k.weight.data.copy_(-block.W_q.weight)
    return {"output": block(draw.randn("x", 2, 7, 12))}


@case("a hidden score near 1000, all visible ones near -1000", kind="numerics", **ROUNDED_SCORES)
def weak_mask(solve, draw):
    """Feature 0 is all that queries and keys see, and it is ±3.3 after the norm: + but for the last token.

    A mask of -1000, added or put in, lets the last key through; one of -10000 does not.
    """
    block, x = built(solve, draw), draw.randn("x", 2, 6, 12, std=0.1)
    x[..., 0] = torch.tensor([8.0, 9.0, 10.0, 9.0, 8.0, -9.0], device=draw.device)
    if block.ln1.weight is not None:
        block.ln1.weight.data[0] = 1.0
    for layer, weight in ((block.W_q, 6.9), (block.W_k, -6.9)):  # 2 · 6.9² · 3.3² is 1040
        layer.weight.data.zero_()
        layer.weight.data[:, 0] = weight
    return {"output": block(x)}


@case("a long sequence", kind="values")
def long_sequence(solve, draw):
    length = integer(draw, "length", 33, 40)  # more than a mask made once for 32 positions has room for
    return {"output": built(solve, draw, d_model=4, num_heads=4)(draw.randn("x", 1, length, 4))}


@case("gradients of x and of all weights", kind="gradients")
def gradients(solve, draw):
    block, x = built(solve, draw), draw.randn("x", 2, 4, 12, std=2.0, grad=True)
    return draw.gradients(block(x), x=x, **weights_of(block))
