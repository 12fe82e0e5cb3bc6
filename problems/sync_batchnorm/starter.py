# %%
import torch


def merge_batch_stats(counts, means, variances):
    """Return (count, mean, var) of all samples together, from the statistics of each rank."""
    pass


# %%
# Look at your own work before you ask the judge: three shards against the whole batch.
torch.manual_seed(0)
shards = [torch.randn(n, 2) + 3 * i for i, n in enumerate((2, 5, 9))]
whole = torch.cat(shards)
counts = torch.tensor([len(shard) for shard in shards])
means = torch.stack([shard.mean(0) for shard in shards])
variances = torch.stack([shard.var(0, unbiased=False) for shard in shards])
print("whole batch:", len(whole), whole.mean(0), whole.var(0, unbiased=False))
print("yours:      ", merge_batch_stats(counts, means, variances))
