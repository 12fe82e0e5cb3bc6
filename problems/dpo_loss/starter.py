# %%
import torch
import torch.nn.functional as F


def dpo_loss(policy_chosen_logps, policy_rejected_logps, ref_chosen_logps, ref_rejected_logps, beta=0.1):
    """The mean over the pairs of -log sigmoid(beta * (log-ratio of the chosen - log-ratio of the rejected answer))."""
    pass


# %%
# Look at your own work before you ask the judge: at the start, where policy and reference agree, the loss is ln 2.
chosen, rejected = torch.tensor([-20.0, -35.0]), torch.tensor([-24.0, -31.0])
print("at the start:    ", dpo_loss(chosen, rejected, chosen, rejected), "like", -F.logsigmoid(torch.tensor(0.0)))
print("chosen +5:       ", dpo_loss(chosen + 5, rejected, chosen, rejected))
print("chosen -5000:    ", dpo_loss(chosen - 5000, rejected, chosen, rejected))
