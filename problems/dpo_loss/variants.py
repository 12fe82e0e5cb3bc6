import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from torch_judge.authoring import accepted


@accepted
def policy_margin_less_reference_margin(
    policy_chosen_logps, policy_rejected_logps, ref_chosen_logps, ref_rejected_logps, beta=0.1
):
    policy_margin = policy_chosen_logps - policy_rejected_logps
    with torch.no_grad():
        reference_margin = ref_chosen_logps - ref_rejected_logps
    return F.softplus(-beta * (policy_margin - reference_margin)).mean()


@accepted
def implicit_rewards(
    policy_chosen_logps: Tensor,
    policy_rejected_logps: Tensor,
    ref_chosen_logps: Tensor,
    ref_rejected_logps: Tensor,
    beta: float = 0.1,
) -> Tensor:
    assert policy_chosen_logps.shape == ref_rejected_logps.shape
    chosen_rewards = beta * (policy_chosen_logps - ref_chosen_logps.detach())
    rejected_rewards = beta * (policy_rejected_logps - ref_rejected_logps.detach())
    print("accuracy", (chosen_rewards > rejected_rewards).float().mean().item())
    return -nn.LogSigmoid()(chosen_rewards - rejected_rewards).mean()


@accepted
def classifier_of_pairs(policy_chosen_logps, policy_rejected_logps, ref_chosen_logps, ref_rejected_logps, beta=0.1):
    z = beta * ((policy_chosen_logps - ref_chosen_logps) - (policy_rejected_logps - ref_rejected_logps))
    return F.binary_cross_entropy_with_logits(z, torch.ones_like(z))


@accepted
def logaddexp(policy_chosen_logps, policy_rejected_logps, ref_chosen_logps, ref_rejected_logps, beta=0.1):
    z = policy_chosen_logps - policy_rejected_logps - ref_chosen_logps + ref_rejected_logps
    return torch.logaddexp(torch.zeros_like(z), -beta * z).mean()


@accepted
def cross_entropy_of_two(policy_chosen_logps, policy_rejected_logps, ref_chosen_logps, ref_rejected_logps, beta=0.1):
    chosen = policy_chosen_logps.sub(ref_chosen_logps).mul(beta)
    rejected = policy_rejected_logps.sub(ref_rejected_logps).mul(beta)
    return F.cross_entropy(torch.stack([chosen, rejected], dim=1), torch.zeros(len(chosen), dtype=torch.long))


@accepted
def pair_by_pair(policy_chosen_logps, policy_rejected_logps, ref_chosen_logps, ref_rejected_logps, beta=0.1):
    total = 0
    pairs = torch.stack([policy_chosen_logps, policy_rejected_logps, ref_chosen_logps, ref_rejected_logps], dim=1)
    for pc, pr, rc, rr in pairs:
        z = beta * ((pc - rc) - (pr - rr))
        total = total - (F.logsigmoid(z))
    return total / len(pairs)


@accepted
def signs_apart(policy_chosen_logps, policy_rejected_logps, ref_chosen_logps, ref_rejected_logps, beta=0.1):
    """Each branch gets only the exponents that it can take, so no gradient is NaN."""
    z = beta * ((policy_chosen_logps - ref_chosen_logps) - (policy_rejected_logps - ref_rejected_logps))
    right = z > 0
    losses = torch.empty_like(z)
    losses[right] = torch.log1p(torch.exp(-z[right]))
    losses[~right] = torch.log1p(torch.exp(z[~right])) - z[~right]
    return losses.sum() / losses.numel()


@accepted
def logsumexp_of_pairs(policy_chosen_logps, policy_rejected_logps, ref_chosen_logps, ref_rejected_logps, beta=0.1):
    logits = (
        torch.stack([policy_chosen_logps - ref_chosen_logps, policy_rejected_logps - ref_rejected_logps], -1) * beta
    )
    return -(logits[:, 0] - logits.logsumexp(-1)).mean()


class DPO(nn.Module):
    def __init__(self, beta):
        super().__init__()
        self.beta = beta

    def forward(self, policy, reference):
        ratios = policy - reference
        z = self.beta * (ratios[0] - ratios[1])
        return -z.sigmoid().log().mean() if z.abs().max() < 10 else -F.logsigmoid(z).mean()


@accepted
def module_inside(policy_chosen_logps, policy_rejected_logps, ref_chosen_logps, ref_rejected_logps, beta=0.1):
    policy = torch.stack((policy_chosen_logps, policy_rejected_logps))
    return DPO(beta)(policy, torch.stack((ref_chosen_logps, ref_rejected_logps)))
