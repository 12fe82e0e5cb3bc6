import torch
from torch.nn.functional import gelu, layer_norm, linear

from torch_judge.authoring import ROUNDED_SCORES, CheckFailed, case, same

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
    block = solve(d_model=12, num_heads=3)
    made = {name: getattr(block, name, None) for name in NAMES}
    kinds = [torch.nn.Linear] * 4 + [torch.nn.LayerNorm] * 2 + [torch.nn.Module]
    seen = {f"{n} is an nn.{k.__name__}": isinstance(made[n], k) for n, k in zip(made, kinds, strict=True)}
    shapes = [str(tuple(p.shape)) for p in block.parameters() if p.dim() > 1]
    named = {id(p) for layer in made.values() if isinstance(layer, torch.nn.Module) for p in layer.parameters()}
    seen["another is trainable"] = any(p.requires_grad and id(p) not in named for p in block.parameters())
    return seen | {"shapes of the weights": ", ".join(sorted(shapes)), "separate": len(set(map(id, made.values())))}


@case("a batch of sequences; one token is all ones", kind="values")
def sequences(solve, draw):
    x = draw.randn("x", 2, 5, 12, mean=0.5, std=2.0)
    x[:, 2] = 1  # its norm is 0, and so are its scores
    return {"output": built(solve, draw)(x)}


@case("other sizes; a single head; a single token", kind="values")
def sizes(solve, draw):
    block = built(solve, draw, d_model=10, num_heads=1)
    return {"seven tokens": block(draw.randn("x", 3, 7, 10)), "one token": block(draw.randn("token", 2, 1, 10))}


def by_hand(w, x, approximate):
    def of(name):
        return w[f"{name}.weight"], w[f"{name}.bias"]

    normed = layer_norm(x, (12,), *of("ln1"))
    q, k, v = (linear(normed, *of(name)).unflatten(-1, (3, 4)).transpose(1, 2) for name in NAMES[:3])
    scores = (q @ k.mT / 2).masked_fill(torch.ones(5, 5).bool().triu(1), -torch.inf)
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
    layers |= {n: [p for p in block.mlp.parameters() if len(p) == k] for n, k in (("mlp in", 48), ("mlp out", 12))}
    seen = {"x": x, "output": block(x)}
    for name, parameters in layers.items():
        weight, *bias = sorted(parameters, key=lambda p: -p.dim()) or [torch.zeros(1)]
        seen |= {f"{name}.weight": weight, f"{name}.bias": bias[0] if bias else torch.zeros(weight.shape[0])}
    return seen


@case("eval computes the same; a shorter sequence after a longer one", kind="mode")
def evaluation(solve, draw):
    block, x = built(solve, draw, d_model=8, num_heads=4).eval(), draw.randn("x", 1, 3, 8, std=2.0)
    return {"eval": block(x), "train": block.train()(x[:, :2])}


@case("scores of several hundred: finite, and right", kind="numerics", **ROUNDED_SCORES)
def large_scores(solve, draw):
    block = built(solve, draw)
    block.W_q.weight.data.mul_(12)  # keys opposite to the queries: a token's score against itself is far below zero
    block.W_k.weight.data.copy_(-block.W_q.weight)
    return {"output": block(draw.randn("x", 2, 7, 12))}


def idle(block, out):
    """The layers that own a parameter without a gradient; a layer that should not be there counts as "another"."""
    trainable = {name: p for name, p in block.named_parameters() if p.requires_grad}
    if not trainable or not out.requires_grad:
        return "all"
    grads = torch.autograd.grad(out.sum(), list(trainable.values()), allow_unused=True)
    names = {name.split(".")[0] for name, grad in zip(trainable, grads, strict=True) if grad is None}
    return ", ".join(sorted(name if name in NAMES else "another" for name in names)) or "none"


@case("gradients of x and of all weights; no parameter idle", kind="gradients")
def gradients(solve, draw):
    block, x = built(solve, draw), draw.randn("x", 2, 4, 12, std=2.0, grad=True)
    return draw.gradients(block(x), x=x, **weights_of(block)) | {"without a gradient": idle(block, block(x))}
