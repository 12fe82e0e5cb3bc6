import torch

from torch_judge.authoring import BY_LOGSUMEXP, case, weighed


def qkv(draw, b, s, d, grad=False):
    """Queries, keys and values; the keys lean to one side, so that rows of scores differ in height."""
    Q, K = draw.randn("Q", b, s, d, std=1.5, grad=grad), draw.randn("K", b, s, d, mean=0.4, grad=grad)
    return Q, K, draw.randn("V", b, s, d, mean=0.5, grad=grad)


@case("values: the last block is shorter", kind="values")
def short_last_block(solve, draw):
    return {"output": solve(*qkv(draw, b=2, s=11, d=3), block_size=4)}


@case("any block size: 1, a divisor, S, more than S", kind="values")
def any_block_size(solve, draw):
    inputs = qkv(draw, b=3, s=6, d=5)
    return {f"block_size={size}": solve(*inputs, block_size=size) for size in (1, 2, 6, 10)}


@case("without block_size; a sequence of one, and one of three, of width 1", kind="interface")
def defaults(solve, draw):
    one, narrow = [draw.randn(f"one {name}", 1, 1, 1) for name in "QKV"], [draw.randn(name, 2, 3, 1) for name in "qkv"]
    return {"output": solve(*qkv(draw, b=1, s=37, d=2)), "one position": solve(*one), "width 1": solve(*narrow)}


@case("scores of several hundred, positive and negative: finite, and right", kind="numerics", **BY_LOGSUMEXP)
def large_scores(solve, draw):
    # Whole numbers and a width of 16 make the scores exact in every order. The first query of a sequence stays small.
    q, k = draw.randint("whole Q", -9, 10, 2, 7, 16), draw.randint("whole K", -9, 10, 2, 7, 16)
    size = torch.tensor([0.25, 4, 4, 4, 4, 4, 4], device=draw.device).unsqueeze(1)
    Q, K = draw.keep("Q", q * size), draw.keep("K", k.float())
    return {"output": solve(Q, K, draw.randn("V", 2, 7, 16), block_size=2)}


@case("all scores of a row far below zero", kind="numerics", **BY_LOGSUMEXP)
def negative_scores(solve, draw):
    # 16 products between -192 and -88, over the root of 16: scores from -768 to -352.
    # A maximum that starts at -300 errs.
    Q = draw.keep("Q", draw.randint("whole Q", -16, -10, 2, 5, 16).float())
    K = draw.keep("K", draw.randint("whole K", 8, 13, 2, 5, 16).float())
    return {"output": solve(Q, K, draw.randn("V", 2, 5, 16), block_size=2)}


@case("gradients of Q, K and V through the blocks", kind="gradients")
def gradients(solve, draw):
    Q, K, V = qkv(draw, b=2, s=7, d=4, grad=True)
    return draw.gradients(solve(Q, K, V, block_size=3), Q=Q, K=K, V=V)


@case("memory: no tensor of S × S elements", kind="cost")
def memory(solve, draw):
    inputs = qkv(draw, b=3, s=80, d=2)
    with torch.no_grad(), draw.largest_tensor() as largest:
        output = solve(*inputs, block_size=16)
    draw.at_most("elements of the largest tensor", largest(), 80 * 80 - 1)
    with torch.no_grad(), draw.largest_tensor() as largest:
        short = solve(*(x[:1, :31].contiguous() for x in inputs), block_size=16)  # two blocks: 31 / 16, rounded up
    draw.at_most("largest tensor for 31 positions", largest(), 31 * 31 - 1)
    # Tiles of one size for every block_size are too large for 31 positions, and no S × S for 80.
    with torch.no_grad(), draw.largest_tensor() as largest:
        solve(*(x[:1] for x in inputs), block_size=16)
    draw.at_most("elements of the largest tensor, a batch of one", largest(), 80 * 80 - 1)
    return {"output": output, "31 positions": short}


@case("block_size is obeyed: larger blocks, fewer steps", kind="cost")
def steps(solve, draw):
    inputs = qkv(draw, b=1, s=128, d=3)

    def count(s, **block):
        """How many operators the first ``s`` positions take."""
        with torch.no_grad(), draw.operators() as operators:
            solve(*(x[:, :s] for x in inputs), **block)
        return max(1, operators())

    share = count(18, block_size=18) / count(18, block_size=6)
    draw.at_most("steps with block_size=18, as a share of those with block_size=6", share, 0.7)
    share = count(64, block_size=32) / count(64, block_size=16)
    draw.at_most("steps of 64 positions with block_size=32, as a share of those with block_size=16", share, 0.7)
    share = count(128, block_size=64) / count(128, block_size=32)  # beyond the default, too
    draw.at_most("steps of 128 positions with block_size=64, as a share of those with block_size=32", share, 0.7)
    # 64 positions are 2 blocks of 32 but 3 of 31; 33 positions are 2 blocks of 32 but 1 of 33.
    return {"as many steps by default as with block_size=32": [count(s) == count(s, block_size=32) for s in (33, 64)]}


@weighed("memory of the process at 10,240 positions, where S × S numbers are 400 MB", spare_mb=260)
def seen_from_outside(solve, draw):
    with torch.no_grad():
        return {"output": solve(*qkv(draw, b=1, s=10240, d=2), block_size=256)}
