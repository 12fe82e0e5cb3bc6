"""The mistakes of `reward_loss` as another learner would write them."""

import torch
import torch.nn.functional as F


def _loss(d):
    return torch.mean(-F.logsigmoid(d))


def sign(chosen, rejected, margin=0.0):
    return _loss(rejected - chosen + margin)


def negated(chosen, rejected, margin=0.0):
    return torch.mean(F.logsigmoid(chosen - rejected - margin))


def eps_inside_log(chosen, rejected, margin=0.0):
    return -(1e-8 + (chosen - rejected - margin).sigmoid()).log().mean()


def smaller_eps_inside_log(chosen, rejected, margin=0.0):
    return -(1e-12 + (chosen - rejected - margin).sigmoid()).log().mean()


def log_of_sigmoid(chosen, rejected, margin=0.0):
    return F.soft_margin_loss(chosen - rejected - margin, torch.ones_like(chosen))


def softmax_by_hand(chosen, rejected, margin=0.0):
    good, bad = torch.exp(chosen - margin), torch.exp(rejected)
    return -(good / (good + bad)).log().mean()


def clamped_difference(chosen, rejected, margin=0.0):
    return _loss(torch.clip(chosen - rejected - margin, min=-50.0, max=50.0))


def margin_added(chosen, rejected, margin=0.0):
    return _loss((chosen + margin) - rejected)


def margin_ignored(chosen, rejected, margin=0.0):
    return _loss(chosen - rejected)


def margin_outside(chosen, rejected, margin=0.0):
    m = margin.mean() if torch.is_tensor(margin) else margin
    return _loss(chosen - rejected) + m


def margin_averaged(chosen, rejected, margin=0.0):
    m = margin.sum() / len(margin) if isinstance(margin, torch.Tensor) else margin
    return _loss(chosen - (rejected + m))


def default_margin(chosen, rejected, margin=1):
    return _loss(chosen - rejected - margin)


def hinge(chosen, rejected, margin=0.0):
    return torch.clamp_min(rejected - chosen + margin, 0.0).mean()


def no_logarithm(chosen, rejected, margin=0.0):
    return 1 - torch.mean(torch.sigmoid(chosen - rejected - margin))


def clamp_at_zero(chosen, rejected, margin=0.0):
    d = chosen - rejected - margin
    return ((-torch.abs(d)).exp().log1p() - torch.clamp_max(d, 0)).mean()


def relu_at_zero(chosen, rejected, margin=0.0):
    d = rejected - chosen + margin
    return (torch.relu(d) + torch.log(1 + (-torch.abs(d)).exp())).mean()


def mean_first(chosen, rejected, margin=0.0):
    return -F.logsigmoid(torch.mean(chosen - rejected - margin))


def separate_terms(chosen, rejected, margin=0.0):
    return _loss(chosen - margin) + _loss(-rejected)


def all_against_all(chosen, rejected, margin=0.0):
    return _loss(chosen[:, None] - rejected[None, :] - margin)


def rejected_detached(chosen, rejected, margin=0.0):
    with torch.no_grad():
        bar = rejected + margin
    return _loss(chosen - bar)


def chosen_detached(chosen, rejected, margin=0.0):
    with torch.no_grad():
        bar = chosen - margin
    return _loss(bar - rejected)


@torch.no_grad()
def detached(chosen, rejected, margin=0.0):
    return _loss(chosen - rejected - margin)


def sum(chosen, rejected, margin=0.0):
    return -F.logsigmoid(chosen - rejected - margin).sum()


def one_loss_per_pair(chosen, rejected, margin=0.0):
    return -F.logsigmoid(chosen - rejected - margin)


def halved(chosen, rejected, margin=0.0):
    return -F.logsigmoid(chosen - rejected - margin).sum() / (len(chosen) + len(rejected))


def base_two(chosen, rejected, margin=0.0):
    d = chosen - rejected - margin
    return torch.mean(torch.logaddexp2(torch.zeros_like(d), -d * 1.4426950408889634))


def float32_only(chosen, rejected, margin=0.0):
    return _loss((chosen - rejected - margin).to(torch.float32))


def writes_into_chosen(chosen, rejected, margin=0.0):
    loss = _loss(chosen - rejected - margin)
    chosen.data -= rejected.data
    return loss


SECOND_WAY = {name: value for name, value in globals().items() if callable(value) and not name.startswith("_")}
