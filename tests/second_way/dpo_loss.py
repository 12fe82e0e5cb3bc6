"""The mistakes of `dpo_loss` as another learner would write them (pc: policy, chosen; rr: reference, rejected)."""

import torch
import torch.nn.functional as F


def _z(pc, pr, rc, rr, beta):
    return beta * ((pc - pr) - (rc - rr))


def gain_bounded(pc, pr, rc, rr, beta=0.1):
    z = _z(pc, pr, rc, rr, beta)
    return torch.log1p(torch.exp(-torch.clip(z, min=-80.0, max=10.0))).where(z > -80, -z).mean()


def beta_bounded(pc, pr, rc, rr, beta=0.1):
    if beta > 0.5:
        beta = 0.5
    return F.softplus(-_z(pc, pr, rc, rr, beta)).mean()


def log_of_sigmoid(pc, pr, rc, rr, beta=0.1):
    return -torch.mean(torch.log(torch.sigmoid(_z(pc, pr, rc, rr, beta))))


def eps_inside_log(pc, pr, rc, rr, beta=0.1):
    return -torch.log(torch.sigmoid(_z(pc, pr, rc, rr, beta)) + 1e-8).mean()


def nan_in_the_other_branch(pc, pr, rc, rr, beta=0.1):
    z = _z(pc, pr, rc, rr, beta)
    return torch.where(z < -20, -z, torch.log1p(torch.exp(-z))).mean()


def kink_at_zero(pc, pr, rc, rr, beta=0.1):
    z = _z(pc, pr, rc, rr, beta)
    return (F.relu(-z) + torch.log(1 + torch.exp(-torch.abs(z)))).mean()


def ignores_reference(pc, pr, rc, rr, beta=0.1):
    return F.softplus(-beta * (pc - pr)).mean()


def wrong_sign(pc, pr, rc, rr, beta=0.1):
    return F.softplus(_z(pc, pr, rc, rr, beta)).mean()


def no_minus(pc, pr, rc, rr, beta=0.1):
    return F.logsigmoid(_z(pc, pr, rc, rr, beta)).sum() / len(pc)


def beta_outside(pc, pr, rc, rr, beta=0.1):
    return beta * F.softplus(-_z(pc, pr, rc, rr, 1.0)).mean()


def no_beta(pc, pr, rc, rr, beta=0.1):
    return F.softplus(-_z(pc, pr, rc, rr, 1.0)).mean()


def divides_by_beta(pc, pr, rc, rr, beta=0.1):
    return F.softplus(-_z(pc, pr, rc, rr, 1 / beta)).mean()


def beta_fixed(pc, pr, rc, rr, beta=0.1):
    beta = 0.1
    return F.softplus(-_z(pc, pr, rc, rr, beta)).mean()


def falsy_beta(pc, pr, rc, rr, beta=None):
    if not beta:
        beta = 0.1
    return F.softplus(-_z(pc, pr, rc, rr, beta)).mean()


def default_beta(pc, pr, rc, rr, beta=0.5):
    return F.softplus(-_z(pc, pr, rc, rr, beta)).mean()


def mean_before_logsigmoid(pc, pr, rc, rr, beta=0.1):
    margin = pc.mean() - pr.mean() - rc.mean() + rr.mean()
    return F.softplus(-beta * margin)


def sums(pc, pr, rc, rr, beta=0.1):
    return sum(F.softplus(-z) for z in _z(pc, pr, rc, rr, beta))


def one_loss_per_pair(pc, pr, rc, rr, beta=0.1):
    return F.softplus(-_z(pc, pr, rc, rr, beta))


def mean_over_both_answers(pc, pr, rc, rr, beta=0.1):
    return F.softplus(-_z(pc, pr, rc, rr, beta)).sum() / (len(pc) + len(pr))


def adds_chosen_reference(pc, pr, rc, rr, beta=0.1):
    return F.softplus(-beta * (pc + rc - (pr - rr))).mean()


def reference_margin_added(pc, pr, rc, rr, beta=0.1):
    return F.softplus(-beta * (pc - pr + rc - rr)).mean()


def rejected_reference_subtracted(pc, pr, rc, rr, beta=0.1):
    return F.softplus(-beta * (pc - rc - pr - rr)).mean()


def chosen_only(pc, pr, rc, rr, beta=0.1):
    return F.softplus(-beta * (pc - rc)).mean()


def no_logarithm(pc, pr, rc, rr, beta=0.1):
    return -torch.mean(_z(pc, pr, rc, rr, beta).sigmoid())


def ratio_of_logs(pc, pr, rc, rr, beta=0.1):
    return F.softplus(beta * (pr / rr - pc / rc)).mean()


def ratio_of_probabilities(pc, pr, rc, rr, beta=0.1):
    return -F.logsigmoid(beta * (torch.exp(pc - rc) - torch.exp(pr - rr))).mean()


def detached(pc, pr, rc, rr, beta=0.1):
    return F.softplus(-_z(pc, pr, rc, rr, beta)).mean().item()


def rejected_detached(pc, pr, rc, rr, beta=0.1):
    with torch.no_grad():
        rejected = pr - rr
    return F.softplus(-beta * (pc - rc - rejected)).mean()


SECOND_WAY = {name: value for name, value in globals().items() if callable(value) and not name.startswith("_")}
