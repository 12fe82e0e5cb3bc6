def merge_batch_stats(counts, means, variances):
    # A rank without samples has no statistics: whatever stands there, NaN too, must not be touched.
    real = counts > 0
    counts, means, variances = counts[real], means[real], variances[real]
    n = counts.sum()
    share = (counts / n)[:, None].to(means.dtype)
    mean = (share * means).sum(0)
    # Inside the ranks and between their means; distances are squared, not means: those may be large.
    var = (share * (variances + (means - mean) ** 2)).sum(0)
    return n, mean, var
