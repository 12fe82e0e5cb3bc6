"""The mistakes of `bce_with_logits` as another learner would write them."""

import torch
import torch.nn.functional as F


def _yes(x):
    return -F.logsigmoid(x)


def _no(x):
    return -F.logsigmoid(-x)


def _loss(x, y, w, p, yes=_yes, no=_no):
    p = 1.0 if p is None else p
    w = 1.0 if w is None else w
    return w * (p * y * yes(x) + (1 - y) * no(x))


def sigmoid_then_log(logits, targets, weight=None, pos_weight=None):
    p = torch.special.expit(logits)
    return _loss(logits, targets, weight, pos_weight, lambda x: p.log().neg(), lambda x: (1 - p).log().neg()).mean()


def sigmoid_by_hand(logits, targets, weight=None, pos_weight=None):
    p = torch.reciprocal(torch.exp(-logits) + 1)
    return _loss(logits, targets, weight, pos_weight, lambda x: -p.log(), lambda x: -(1 - p).log()).mean()


def clamped_probability(logits, targets, weight=None, pos_weight=None):
    p = torch.clip(torch.sigmoid(logits), min=1e-7, max=1 - 1e-7)
    return _loss(logits, targets, weight, pos_weight, lambda x: -p.log(), lambda x: -(1 - p).log()).mean()


def eps_inside_log(logits, targets, weight=None, pos_weight=None):
    p, eps = torch.sigmoid(logits), 1e-8
    return _loss(logits, targets, weight, pos_weight, lambda x: -(p + eps).log(), lambda x: -(1 - p + eps).log()).mean()


def smaller_eps_inside_log(logits, targets, weight=None, pos_weight=None):
    p, eps = logits.sigmoid(), 1e-12
    return _loss(logits, targets, weight, pos_weight, lambda x: -(p + eps).log(), lambda x: -(1 - p + eps).log()).mean()


def exp_overflows(logits, targets, weight=None, pos_weight=None):
    def softplus(z):
        return torch.log1p(z.exp())

    return _loss(logits, targets, weight, pos_weight, lambda x: softplus(-x), softplus).mean()


def clamped_logits(logits, targets, weight=None, pos_weight=None):
    return _loss(torch.clip(logits, -50.0, 50.0), targets, weight, pos_weight).mean()


def pos_weight_on_both(logits, targets, weight=None, pos_weight=None):
    w = 1 if weight is None else weight
    return _loss(logits, targets, w if pos_weight is None else w * pos_weight, None).mean()


def pos_weight_on_negative(logits, targets, weight=None, pos_weight=None):
    return _loss(-logits, 1 - targets, weight, pos_weight).mean()


def pos_weight_inside(logits, targets, weight=None, pos_weight=None):
    return _loss(logits, targets if pos_weight is None else targets * pos_weight, weight, None).mean()


def pos_weight_ignored(logits, targets, weight=None, pos_weight=None):
    return _loss(logits, targets, weight, None).mean()


def weight_ignored(logits, targets, weight=None, pos_weight=None):
    return _loss(logits, targets, None, pos_weight).mean()


def weight_on_positive(logits, targets, weight=None, pos_weight=None):
    p = 1 if pos_weight is None else pos_weight
    return _loss(logits, targets, None, p if weight is None else p * weight).mean()


def sum(logits, targets, weight=None, pos_weight=None):
    return torch.sum(_loss(logits, targets, weight, pos_weight))


def divided_by_weights(logits, targets, weight=None, pos_weight=None):
    loss = _loss(logits, targets, weight, pos_weight)
    if weight is None:
        return loss.mean()
    return loss.sum() / (weight * torch.ones_like(logits)).sum()


def divided_by_given_weights(logits, targets, weight=None, pos_weight=None):
    loss = _loss(logits, targets, weight, pos_weight)
    return loss.mean() if weight is None else loss.sum().div(torch.sum(weight))


def pos_weight_as_factor(logits, targets, weight=None, pos_weight=None):
    loss = _loss(logits, targets, weight, None)
    if pos_weight is not None:
        loss = loss * (pos_weight * targets + (1 - targets))
    return loss.mean()


def summed_within_rows(logits, targets, weight=None, pos_weight=None):
    loss = _loss(logits, targets, weight, pos_weight)
    return loss.mean() if loss.ndim == 1 else loss.sum(dim=-1).mean()


def one_loss_per_element(logits, targets, weight=None, pos_weight=None):
    return _loss(logits, targets, weight, pos_weight)


def one_loss_per_row(logits, targets, weight=None, pos_weight=None):
    return torch.mean(_loss(logits, targets, weight, pos_weight), dim=-1)


def subgradient_at_zero(logits, targets, weight=None, pos_weight=None):
    def softplus(z):
        return torch.clamp_min(z, 0) + (-torch.abs(z)).exp().log1p()

    return _loss(logits, targets, weight, pos_weight, lambda x: softplus(-x), softplus).mean()


def relu_at_zero(logits, targets, weight=None, pos_weight=None):
    def softplus(z):
        return torch.relu(z) + torch.log1p((-torch.abs(z)).exp())

    return _loss(logits, targets, weight, pos_weight, lambda x: softplus(x) - x, softplus).mean()


def hard_targets(logits, targets, weight=None, pos_weight=None):
    return _loss(logits, targets.round(), weight, pos_weight).mean()


def sign(logits, targets, weight=None, pos_weight=None):
    return _loss(-logits, targets, weight, pos_weight).mean()


def negated(logits, targets, weight=None, pos_weight=None):
    return _loss(logits, targets, weight, pos_weight).neg().mean()


def positive_only(logits, targets, weight=None, pos_weight=None):
    return _loss(logits, targets, weight, pos_weight, no=torch.zeros_like).mean()


def sigmoid_first(logits, targets, weight=None, pos_weight=None):
    return _loss(1 / (1 + torch.exp(-logits)), targets, weight, pos_weight).mean()


def detached(logits, targets, weight=None, pos_weight=None):
    with torch.no_grad():
        return _loss(logits, targets, weight, pos_weight).mean()


def writes_into_targets(logits, targets, weight=None, pos_weight=None):
    positive = (1 if pos_weight is None else pos_weight) * targets * _yes(logits)
    targets.mul_(-1)
    targets += 1
    return ((1 if weight is None else weight) * (positive + targets * _no(logits))).mean()


def float32_only(logits, targets, weight=None, pos_weight=None):
    given = (logits, targets, weight, pos_weight)
    return torch.mean(_loss(*(v if v is None else v.type(torch.float32) for v in given)))


SECOND_WAY = {name: value for name, value in globals().items() if callable(value) and not name.startswith("_")}
