"""The mistakes of `sft_loss` as another learner would write them."""

import torch
import torch.nn.functional as F


def _nll(logits, labels, mask, logp=None):
    """The negative log-likelihoods of (B, S), 0 where ``mask`` is not set."""
    logp = logits - torch.logsumexp(logits, -1, keepdim=True) if logp is None else logp
    picked = torch.gather(logp, -1, torch.where(mask, labels, 0)[..., None])[..., 0]
    return torch.where(mask, -picked, torch.zeros_like(picked))


def _mean(logits, labels, ignore_index):
    mask = labels != ignore_index
    return _nll(logits, labels, mask).sum() / mask.sum().clamp(min=1)


def _cut(logits, labels):
    T = labels.shape[1]
    return logits.narrow(1, 0, T - 1), labels.narrow(1, 1, T - 1)


def no_shift(logits, labels, ignore_index=-100):
    return _mean(logits, labels, ignore_index)


def cut_on_one_side(logits, labels, ignore_index=-100):
    return _mean(logits[:, 1:], labels[:, 1:], ignore_index)


def shifted_the_wrong_way(logits, labels, ignore_index=-100):
    return _mean(logits[:, 1:], labels[:, :-1], ignore_index)


def shifted_twice(logits, labels, ignore_index=-100):
    x, y = _cut(logits, labels)
    return _mean(x[:, :-1], y[:, 1:], ignore_index)


def rolled(logits, labels, ignore_index=-100):
    return _mean(logits, torch.cat([labels[:, 1:], labels[:, :1]], dim=1), ignore_index)


def shifted_after_flattening(logits, labels, ignore_index=-100):
    return _mean(logits.reshape(-1, logits.shape[-1])[:-1], labels.reshape(-1)[1:], ignore_index)


def shifted_along_the_batch(logits, labels, ignore_index=-100):
    return _mean(logits[: len(logits) - 1], labels[1 : len(labels)], ignore_index)


def mean_over_all_positions(logits, labels, ignore_index=-100):
    x, y = _cut(logits, labels)
    return _nll(x, y, y != ignore_index).sum() / max(1, y.shape[0] * y.shape[1])


def mean_over_rows(logits, labels, ignore_index=-100):
    x, y = _cut(logits, labels)
    return _nll(x, y, y != ignore_index).sum(-1).mean()


def mean_per_row(logits, labels, ignore_index=-100):
    x, y = _cut(logits, labels)
    rows = [_mean(a, b, ignore_index) for a, b in zip(x, y, strict=True)]
    return torch.stack(rows).mean()


def mean_per_row_with_labels(logits, labels, ignore_index=-100):
    x, y = _cut(logits, labels)
    rows = [_mean(a, b, ignore_index) for a, b in zip(x, y, strict=True) if (b != ignore_index).any()]
    return torch.stack(rows).mean() if rows else 0 * logits.sum()


def nan_when_nothing_is_kept(logits, labels, ignore_index=-100):
    x, y = _cut(logits, labels)
    return F.cross_entropy(x.reshape(-1, x.shape[-1]), y.reshape(-1), ignore_index=ignore_index)


def constant_when_nothing_is_kept(logits, labels, ignore_index=-100):
    x, y = _cut(logits, labels)
    return torch.tensor(0.0) if (y == ignore_index).all() else _mean(x, y, ignore_index)


def ignore_index_fixed(logits, labels, ignore_index=-100):
    x, y = _cut(logits, labels)
    total = F.cross_entropy(x.reshape(-1, x.shape[-1]), y.reshape(-1), ignore_index=-100, reduction="sum")
    return total / max(1, torch.count_nonzero(y != -100))


def ignores_negative_labels(logits, labels, ignore_index=-100):
    x, y = _cut(logits, labels)
    total = torch.nn.CrossEntropyLoss(reduction="sum")(x[y > -1], y[y > -1])
    return total / (y > -1).sum().clamp_min(1)


def ignored_as_class_0(logits, labels, ignore_index=-100):
    x, y = _cut(logits, labels)
    return _mean(x, torch.where(y == ignore_index, 0, y), -12345)


def counted_before_the_shift(logits, labels, ignore_index=-100):
    x, y = _cut(logits, labels)
    return _nll(x, y, y != ignore_index).sum() / max(1, torch.count_nonzero(labels != ignore_index))


def masked_before_the_shift(logits, labels, ignore_index=-100):
    x, y = _cut(logits, labels)
    mask = torch.logical_and(labels != ignore_index, labels.roll(-1, 1) != ignore_index)[:, :-1]
    return _nll(x, y, mask).sum() / mask.sum().clamp(min=1)


def writes_into_labels(logits, labels, ignore_index=-100):
    loss = _mean(*_cut(logits, labels), ignore_index)
    later = labels[:, 1:]
    later.masked_fill_(later == ignore_index, 0)
    return loss


def log_of_softmax(logits, labels, ignore_index=-100):
    x, y = _cut(logits, labels)
    logp = torch.softmax(x[y != ignore_index], -1).log()
    picked = logp[torch.arange(len(logp)), y[y != ignore_index]]
    return -picked.sum() / max(1, len(picked))


def eps_inside_log(logits, labels, ignore_index=-100):
    x, y = _cut(logits, labels)
    p = torch.softmax(x, -1)[y != ignore_index]
    picked = p[torch.arange(len(p)), y[y != ignore_index]]
    return -torch.log(1e-8 + picked).sum() / max(1, len(picked))


def exp_overflows(logits, labels, ignore_index=-100):
    x, y = _cut(logits, labels)
    x, y = x[y != ignore_index], y[y != ignore_index]
    normaliser = torch.log(torch.sum(torch.exp(x), dim=-1))
    return (normaliser - x[torch.arange(len(y)), y]).sum() / max(1, len(y))


def over_time(logits, labels, ignore_index=-100):
    x, y = _cut(logits, labels)
    mask = y != ignore_index
    return _nll(x, y, mask, logp=x - torch.logsumexp(x, 1, keepdim=True)).sum() / mask.sum().clamp(min=1)


def sum(logits, labels, ignore_index=-100):
    x, y = _cut(logits, labels)
    return torch.sum(_nll(x, y, y != ignore_index))


def one_loss_per_label(logits, labels, ignore_index=-100):
    x, y = _cut(logits, labels)
    return _nll(x, y, y != ignore_index)[y != ignore_index]


@torch.no_grad()
def detached(logits, labels, ignore_index=-100):
    return _mean(*_cut(logits, labels), ignore_index)


def sign(logits, labels, ignore_index=-100):
    return _mean(*_cut(logits, labels), ignore_index).neg()


def float32_only(logits, labels, ignore_index=-100):
    return _mean(*_cut(logits.to(torch.float32), labels), ignore_index)


SECOND_WAY = {name: value for name, value in globals().items() if callable(value) and not name.startswith("_")}
