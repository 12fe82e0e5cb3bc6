import torch.nn.functional as F


def dpo_loss(policy_chosen_logps, policy_rejected_logps, ref_chosen_logps, ref_rejected_logps, beta=0.1):
    # How much more than the reference the policy likes the one answer, less the same for the other.
    chosen = policy_chosen_logps - ref_chosen_logps
    rejected = policy_rejected_logps - ref_rejected_logps
    # Not log(sigmoid(...)): the sigmoid of a very wrong pair rounds to 0.
    return -F.logsigmoid(beta * (chosen - rejected)).mean()
