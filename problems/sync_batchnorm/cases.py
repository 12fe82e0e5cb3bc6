import torch

from torch_judge.authoring import CheckFailed, case, permutation, require, same

NAMES = ("count", "mean", "var")


def ranks(draw, counts, channels=3, name="", mean=0.0, spread=2.0, **options):
    """The counts, means and biased variances of as many ranks as there are ``counts``."""
    means = draw.randn(f"{name}means", len(counts), channels, mean=mean, std=spread, **options)
    variances = draw.rand(f"{name}variances", len(counts), channels, low=0.3, high=3.0, **options)
    return draw.tensor(f"{name}counts", counts, dtype=torch.int64), means, variances


def seen(result):
    """The three results by name, the count as a number; a result of another kind as it is."""
    if isinstance(result, (tuple, list)) and len(result) == len(NAMES):
        found = dict(zip(NAMES, result, strict=True))
        count = found["count"]
        if isinstance(count, torch.Tensor) and count.dim() == 0:
            count = count.item()
        found["count"] = float(count) if type(count) is int else count
        return found
    return {"result": result}


def drawn_counts(draw, number):
    return draw.randint("drawn counts", 1, 30, number).tolist()


@case("four ranks of equal size", kind="values")
def equal(solve, draw):
    return seen(solve(*ranks(draw, [4, 4, 4, 4])))


@case("ranks of unequal size", kind="values")
def unequal(solve, draw):
    return seen(solve(*ranks(draw, [1, 7, 3, 20])))


@case("drawn sizes, as many ranks as channels", kind="values")
def drawn(solve, draw):
    return seen(solve(*ranks(draw, drawn_counts(draw, 4), channels=4)))


@case("the statistics of the concatenated batch", kind="property")
def concatenated(solve, draw):
    counts = [2, 5, 9]
    shards = [draw.randn(f"shard {i}", n, 3, mean=2.0 * i, std=1.0 + i) for i, n in enumerate(counts)]
    means = draw.keep("means", torch.stack([shard.mean(0) for shard in shards]))
    variances = draw.keep("variances", torch.stack([shard.var(0, correction=0) for shard in shards]))
    return seen(solve(draw.tensor("counts", counts, dtype=torch.int64), means, variances))


@case("a single rank, of three channels and of one", kind="values")
def single(solve, draw):
    counts, means, variances = ranks(draw, [6])
    one_channel = seen(solve(counts, means[:, :1], variances[:, :1]))
    return seen(solve(counts, means, variances)) | {"one channel": one_channel}


@case("ranks of one sample each: variance 0, but their means count", kind="values")
def ones(solve, draw):
    counts, means, _ = ranks(draw, [1, 1, 1])
    return seen(solve(counts, means, draw.tensor("variances of one sample", torch.zeros(3, 3))))


@case("a rank of one sample beside larger ones", kind="values")
def one_beside(solve, draw):
    counts, means, variances = ranks(draw, [5, 1, 3])
    variances = variances.clone()
    variances[1] = 0
    return seen(solve(counts, means, draw.keep("variances with a 0", variances)))


@case("empty ranks whose statistics are NaN, or infinite", kind="numerics")
def empty(solve, draw):
    counts, means, variances = ranks(draw, [3, 0, 8, 0])
    means, variances = means.clone(), variances.clone()
    means[1] = variances[1] = float("nan")
    means[3] = variances[3] = float("inf")
    return seen(solve(counts, draw.keep("means with NaN", means), draw.keep("variances with NaN", variances)))


@case("an empty rank whose statistics are numbers", kind="values")
def empty_with_numbers(solve, draw):
    return seen(solve(*ranks(draw, [0, 4, 6])))


@case("all means equal", kind="values")
def equal_means(solve, draw):
    counts, means, variances = ranks(draw, [2, 9, 5])
    return seen(solve(counts, draw.keep("equal means", means[:1].expand(3, -1).contiguous()), variances))


@case("a rank of three million samples and one of a single one", kind="numerics")
def millions(solve, draw):
    return seen(solve(*ranks(draw, [3_000_000, 1])))


def accurate(found, expected, draw):
    for name in NAMES:
        # What is off by more than 5 % is wrong in another way.
        same(name, found[name], expected[name], widen=1.0 if name == "count" else 5000)
        try:
            same(name, found[name], expected[name], widen=10)
        except CheckFailed as lost:
            message = f"{lost.message} The means are near 3000: square distances from the merged mean, not the means."
            require(False, f"digits of {name}", message)


@case("means near 3000 with a spread of 1", kind="numerics", verify=accurate)
def far_from_zero(solve, draw):
    return seen(solve(*ranks(draw, [2, 5, 4], mean=3000.0, spread=1.0)))


@case("merging merges is merging", kind="property")
def nested(solve, draw):
    left, right = ranks(draw, [3, 8], name="left "), ranks(draw, [1, 5], name="right ")
    halves = [seen(solve(*left)), seen(solve(*right))]
    counts = draw.keep("counts of halves", torch.tensor([int(half["count"]) for half in halves], device=draw.device))
    statistics = [torch.stack([half[name] for half in halves]) for name in ("mean", "var")]
    return {"of halves": seen(solve(counts, *statistics))}


@case("the order of the ranks does not count", kind="property")
def order(solve, draw):
    counts, means, variances = ranks(draw, [1, 7, 3, 20])
    other = permutation(draw, "order", 4)
    parts = ("counts in another order", counts), ("means in another order", means), ("variances", variances)
    shuffled = [draw.keep(f"shuffled {name}", part[other]) for name, part in parts]
    return {"as given": seen(solve(counts, means, variances)), "in another order": seen(solve(*shuffled))}


@case("gradients of means and variances", kind="gradients")
def gradients(solve, draw):
    counts, means, variances = ranks(draw, [2, 6, 3], grad=True)
    _, mean, var = solve(counts, means, variances)
    return draw.gradients((mean, var), means=means, variances=variances)
