"""The mistakes of `sync_batchnorm`, each written as another learner would: the diagnosis must name them too."""

import torch


def right(
    counts, means, variances, *, real=lambda c: c > 0, mean=lambda c, m: (c * m).sum(0) / c.sum(),
    var=lambda c, m, v, M: ((c * v).sum(0) + (c * (m - M) ** 2).sum(0)) / c.sum(),
    out=lambda n, M, V: (n, M, V),
):  # fmt: skip
    """A right solution, whose steps can be exchanged one by one."""
    rows = [i for i, k in enumerate(real(counts).tolist()) if k]
    c, m, v = counts[rows].to(means.dtype).unsqueeze(1), means[rows], variances[rows]
    M = mean(c, m)
    return out(int(c.sum()), M, var(c, m, v, M))


def but(**steps):
    return lambda counts, means, variances: right(counts, means, variances, **steps)


def many(c):
    return c > 1 if (c > 1).any() else c > 0


def over_channels(counts, means, variances):
    keep = counts > 0
    c, m, v = counts[keep, None].to(means.dtype), means[keep], variances[keep]
    n = c.sum()
    M = (c * m).sum(0) / n
    return int(n), (c * m / n).sum(-1), (c * (v + (m - M) ** 2) / n).sum(-1)


def number_of_ranks_returned(counts, means, variances):
    _, M, V = right(counts, means, variances)
    return int((counts > 0).sum()), M, V


SECOND_WAY = {
    "mean_of_means": but(mean=lambda c, m: m.mean(0), var=lambda c, m, v, M: v.mean(0) + ((m - M) ** 2).mean(0)),
    "mean_unweighted": but(mean=lambda c, m: m.sum(0) / len(m)),
    "mean_of_variances": but(var=lambda c, m, v, M: (v * c).sum(0) / c.sum()),
    "variance_unweighted": but(var=lambda c, m, v, M: v.mean(0) + ((m - M) ** 2).mean(0)),
    "between_unweighted": but(var=lambda c, m, v, M: (c * v).sum(0) / c.sum() + ((M - m) ** 2).mean(0)),
    "within_unweighted": but(var=lambda c, m, v, M: v.mean(0) + (c * (m - M) ** 2).sum(0) / c.sum()),
    "unbiased_result": but(var=lambda c, m, v, M: (c * (v + (m - M) ** 2)).sum(0) / (c.sum() - 1)),
    "unbiased_input": but(var=lambda c, m, v, M: ((c - 1) * v + c * (m - M) ** 2).sum(0) / c.sum()),
    "unbiased_in_and_out": but(var=lambda c, m, v, M: ((c - 1) * v + c * (m - M) ** 2).sum(0) / (c.sum() - 1)),
    "mean_of_squares": but(var=lambda c, m, v, M: (c * (v + m.square())).sum(0) / c.sum() - M.square()),
    "empty_rank_poisons": but(real=lambda c: torch.ones_like(c, dtype=torch.bool)),
    "skips_single_samples": but(real=many),
    "variance_without_single_samples": but(
        var=lambda c, m, v, M: torch.where(c > 1, c * (v + (m - M) ** 2), torch.zeros_like(v)).sum(0) / c.sum()
    ),
    "absolute_distance": but(var=lambda c, m, v, M: (c * v + c * torch.abs(m - M)).sum(0) / c.sum()),
    "divided_by_ranks": but(mean=lambda c, m: (c * m).mean(0), var=lambda c, m, v, M: (c * (v + (m - M) ** 2)).mean(0)),
    "not_divided": but(out=lambda n, M, V: (n, n * M, n * V)),
    "distance_to_plain_average": but(
        var=lambda c, m, v, M: (c * (v + (m - m.sum(0) / m.shape[0]) ** 2)).sum(0) / c.sum()
    ),
    "standard_deviations": but(out=lambda n, M, V: (n, M, V**0.5)),
    "detached": torch.no_grad()(lambda counts, means, variances: right(counts, means, variances)),
    "variance_detached": but(out=lambda n, M, V: (n, M, V.data)),
    "means_detached_in_variance": but(
        var=lambda c, m, v, M: ((c * v).sum(0) + (c * (m.data - M.data) ** 2).sum(0)) / c.sum()
    ),
    "number_of_ranks_returned": number_of_ranks_returned,
    "count_missing": but(out=lambda n, M, V: (M, V)),
    "over_channels": over_channels,
    "squeezed": but(out=lambda n, M, V: (n, torch.squeeze(M), torch.squeeze(V))),
}
