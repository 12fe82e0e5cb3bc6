import torch

from torch_judge.authoring import accepted


@accepted
def pairwise(counts, means, variances):
    """Chan's formula, one rank after the other, as a beginner would loop."""
    n = 0
    mean = torch.zeros_like(means[0])
    m2 = torch.zeros_like(means[0])
    for r in range(len(counts)):
        k = int(counts[r])
        if k == 0:
            continue
        delta = means[r] - mean
        total = n + k
        mean = mean + delta * (k / total)
        m2 = m2 + variances[r] * k + delta**2 * (n * k / total)
        n = total
    return n, mean, m2 / n


@accepted
def where_first(counts: torch.Tensor, means: torch.Tensor, variances: torch.Tensor):
    """Empty ranks replaced by zeros, everything weighted at once; a list."""
    mask = (counts > 0).unsqueeze(1)
    zero = torch.zeros((), dtype=means.dtype, device=means.device)
    means, variances = torch.where(mask, means, zero), torch.where(mask, variances, zero)
    n = counts.sum()
    weights = counts.unsqueeze(1).to(means.dtype)
    M = (weights * means).sum(dim=0) / n
    within = (weights * variances).sum(dim=0) / n
    between = (weights * (means - M).pow(2)).sum(dim=0) / n
    print("within", within, "between", between)
    return [n, M, within + between]


@accepted
def matrix_products(counts, means, variances):
    keep = counts.nonzero().squeeze(1)
    w = counts[keep].to(means.dtype)
    total = w.sum()
    p = w / total
    mean = p @ means[keep]
    var = p @ (variances[keep] + (means[keep] - mean.detach()) ** 2)  # M's own derivative cancels
    return total, mean, var


@accepted
def in_double_precision(counts, means, variances):
    """Python loops over ranks, in float64, converted back."""
    rows = [(int(c), m.double(), v.double()) for c, m, v in zip(counts, means, variances, strict=True) if c > 0]
    n = sum(c for c, _, _ in rows)
    mean = sum(c * m for c, m, _ in rows) / n
    var = sum(c * (v + (m - mean) * (m - mean)) for c, m, v in rows) / n
    return n, mean.to(means.dtype), var.to(means.dtype)


@accepted
def as_a_tree(counts, means, variances):
    """Merge halves recursively."""

    def merge(a, b):
        if a is None or b is None:
            return a or b
        (n, m, v), (k, o, u) = a, b
        share = k / (n + k)
        delta = o - m
        return n + k, m + share * delta, torch.lerp(v, u, share) + share * (1 - share) * delta**2

    def tree(ranks):
        if len(ranks) == 1:
            return ranks[0] if ranks[0][0] > 0 else None
        return merge(tree(ranks[: len(ranks) // 2]), tree(ranks[len(ranks) // 2 :]))

    return tree(list(zip(counts.tolist(), means.unbind(), variances.unbind(), strict=True)))


@accepted
def einsum_after_nan_to_num(counts, means, variances):
    n = counts.sum().item()
    share = counts.to(means.dtype) / n
    means, variances = means.nan_to_num(), variances.nan_to_num()
    M = torch.einsum("r,rc->c", share, means)
    deviations = means - M
    return n, M, torch.einsum("r,rc->c", share, variances) + torch.einsum("r,rc,rc->c", share, deviations, deviations)
