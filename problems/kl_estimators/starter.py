# %%
import torch


def kl_estimate(logp, logq, kind="k3"):
    """Estimates k1, k2, k3 of KL(p ‖ q) for tokens drawn from p, elementwise, or the "full" divergence over the last dim."""
    pass


# %%
# Look at your own work before you ask the judge: weighed with p, k1 and k3 of all tokens add up to the full divergence.
logp = torch.tensor([0.5, 0.3, 0.2]).log()
logq = torch.tensor([0.2, 0.2, 0.6]).log()
for kind in ("k1", "k2", "k3"):
    estimates = kl_estimate(logp, logq, kind)
    print(kind, estimates, "" if estimates is None else (logp.exp() * estimates).sum())
print("full", kl_estimate(logp, logq, "full"))
