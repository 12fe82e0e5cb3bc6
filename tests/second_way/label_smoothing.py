"""The mistakes of `label_smoothing` as another learner would write them."""

import torch
import torch.nn.functional as F


def _logp(x):
    return x - torch.logsumexp(x, -1, keepdim=True)


def _table(y, C, high, low):
    """The target of each row: ``high`` at the label, ``low`` elsewhere."""
    return torch.full((len(y), C), low, dtype=torch.float64).scatter(1, y[:, None], high)


def _loss(logits, target, eps, ignore_index, high=None, low=None, logp=_logp, total=None):
    """The loss by a table of targets, divided by ``total``, or by the number of kept rows."""
    x, y = logits[target != ignore_index], target[target != ignore_index]
    C = logits.shape[1]
    low = eps / C if low is None else low
    q = _table(y, C, 1 - eps + eps / C if high is None else high, low).to(x.dtype)
    total = max(len(y), 1) if total is None else total
    return -(q * logp(x)).sum() / total


def spread_over_the_others(logits, target, eps=0.1, ignore_index=-100):
    return _loss(logits, target, eps, ignore_index, high=1 - eps, low=eps / (logits.shape[1] - 1))


def label_without_its_share(logits, target, eps=0.1, ignore_index=-100):
    return _loss(logits, target, eps, ignore_index, high=1 - eps)


def mean_over_all_rows(logits, target, eps=0.1, ignore_index=-100):
    return _loss(logits, target, eps, ignore_index, total=target.numel())


def nan_when_nothing_is_kept(logits, target, eps=0.1, ignore_index=-100):
    keep = (target != ignore_index).to(logits.dtype)
    logp = _logp(logits)
    nll = -(F.one_hot(target * keep.long(), logits.shape[1]) * logp).sum(1)
    return ((nll * (1 - eps) - logp.mean(1) * eps) * keep).sum() / keep.sum()


def constant_when_nothing_is_kept(logits, target, eps=0.1, ignore_index=-100):
    if (target == ignore_index).all():
        return torch.tensor(0.0)
    return _loss(logits, target, eps, ignore_index)


def ignore_index_fixed(logits, target, eps=0.1, ignore_index=-100):
    return _loss(logits, target, eps, -100)


def ignores_negative_targets(logits, target, eps=0.1, ignore_index=-100):
    return _loss(logits[target > -1], target[target > -1], eps, -1)


def ignores_nothing(logits, target, eps=0.1, ignore_index=-100):
    logp = logits.log_softmax(1)
    return (-(1 - eps) * logp.gather(1, target[:, None])[:, 0] - eps * logp.mean(1)).mean()


def smooths_ignored_rows(logits, target, eps=0.1, ignore_index=-100):
    keep = target != ignore_index
    logp = _logp(logits)
    nll = torch.where(keep, -logp.gather(1, (target * keep)[:, None])[:, 0], 0)
    return ((1 - eps) * nll - eps * logp.mean(1)).sum() / keep.sum().clamp_min(1)


def ignored_as_class_0(logits, target, eps=0.1, ignore_index=-100):
    y = torch.where(target == ignore_index, 0, target)
    return _loss(logits, y, eps, None if ignore_index is None else -12345)


def sum_over_classes(logits, target, eps=0.1, ignore_index=-100):
    return _loss(logits, target, eps, ignore_index, high=1.0, low=eps)


def label_not_reduced(logits, target, eps=0.1, ignore_index=-100):
    return _loss(logits, target, eps, ignore_index, high=1 + eps / logits.shape[1])


def eps_exchanged(logits, target, eps=0.1, ignore_index=-100):
    return _loss(logits, target, 1 - eps, ignore_index)


def no_smoothing(logits, target, eps=0.1, ignore_index=-100):
    return _loss(logits, target, 0.0, ignore_index)


def eps_fixed(logits, target, eps=0.1, ignore_index=-100):
    return _loss(logits, target, 0.1, ignore_index)


def default_eps(logits, target, eps=0, ignore_index=-100):
    return _loss(logits, target, eps, ignore_index)


def smooths_the_prediction(logits, target, eps=0.1, ignore_index=-100):
    def logp(x):
        p = torch.softmax(x, dim=-1)
        return (p * (1 - eps) + eps / x.shape[-1]).log()

    return _loss(logits, target, 0.0, ignore_index, logp=logp)


def log_of_softmax(logits, target, eps=0.1, ignore_index=-100):
    keep = target != ignore_index
    logp = F.softmax(logits[keep], dim=-1).log()
    nll = -logp[range(len(logp)), target[keep]]
    return (nll * (1 - eps) + eps * -logp.mean(-1)).sum() / max(1, keep.sum())


def eps_inside_log(logits, target, eps=0.1, ignore_index=-100):
    return _loss(logits, target, eps, ignore_index, logp=lambda x: (1e-8 + F.softmax(x, -1)).log())


def exp_overflows(logits, target, eps=0.1, ignore_index=-100):
    keep = target != ignore_index
    x = logits[keep]
    normaliser = torch.log(torch.sum(torch.exp(x), dim=-1))
    nll = normaliser - x[range(len(x)), target[keep]]
    return ((1 - eps) * nll + eps * (normaliser - x.mean(-1))).sum() / max(1, len(x))


def over_the_batch_dim(logits, target, eps=0.1, ignore_index=-100):
    return _loss(logits, target, eps, ignore_index, logp=lambda x: x - x.logsumexp(0))


def ignored_column(logits, target, eps=0.1, ignore_index=-100):
    hidden = (torch.arange(logits.shape[1]) == ignore_index) * -1e4
    return _loss(logits, target, eps, ignore_index, logp=lambda x: _logp(torch.where(hidden < 0, hidden, x)))


def writes_into_target(logits, target, eps=0.1, ignore_index=-100):
    loss = _loss(logits, target, eps, ignore_index)
    target.masked_fill_(target == ignore_index, 0)
    return loss


def even_part_detached(logits, target, eps=0.1, ignore_index=-100):
    x, y = logits[target != ignore_index], target[target != ignore_index]
    with torch.no_grad():
        even = _logp(x).sum() / x.shape[1]
    return -((1 - eps) * _logp(x)[torch.arange(len(y)), y].sum() + eps * even) / max(1, len(y))


@torch.no_grad()
def detached(logits, target, eps=0.1, ignore_index=-100):
    return _loss(logits, target, eps, ignore_index)


def sum(logits, target, eps=0.1, ignore_index=-100):
    return _loss(logits, target, eps, ignore_index, total=1)


def one_loss_per_row(logits, target, eps=0.1, ignore_index=-100):
    x, y = logits[target != ignore_index], target[target != ignore_index]
    C = x.shape[1]
    return -(_table(y, C, 1 - eps + eps / C, eps / C).to(x.dtype) * _logp(x)).sum(-1)


def sign(logits, target, eps=0.1, ignore_index=-100):
    return _loss(logits, target, eps, ignore_index, logp=lambda x: x.logsumexp(1, keepdim=True) - x)


def float32_only(logits, target, eps=0.1, ignore_index=-100):
    return _loss(logits.to(torch.float32), target, eps, ignore_index)


SECOND_WAY = {name: value for name, value in globals().items() if callable(value) and not name.startswith("_")}
