"""The mistakes of `cross_entropy` as another learner would write them."""

import torch
import torch.nn.functional as F


def _picked(table, targets):
    return table[torch.arange(len(targets)), targets]


def _log_probs(logits):
    shifted = logits - logits.max(dim=1, keepdim=True).values
    return shifted - shifted.exp().sum(1, keepdim=True).log()


def log_of_softmax(logits, targets):
    probs = torch.softmax(logits, dim=-1)
    return -torch.log(_picked(probs, targets)).mean()


def eps_inside_log(logits, targets):
    probs = torch.softmax(logits, dim=-1)
    return torch.mean(-torch.log(_picked(probs, targets) + 1e-9))


def smaller_eps_inside_log(logits, targets):
    probs = torch.softmax(logits, dim=-1)
    return -_picked(probs, targets).clamp(min=1e-12).log().mean()


def maximum_not_added_back(logits, targets):
    shifted = logits - logits.max(dim=1, keepdim=True).values
    normaliser = torch.log(torch.exp(shifted).sum(dim=1))
    return (normaliser - _picked(logits, targets)).mean()


def global_max(logits, targets):
    x = logits - torch.max(logits)
    return torch.mean(torch.log(torch.exp(x).sum(-1)) - _picked(x, targets))


def magnitude_shift(logits, targets):
    peak = torch.max(torch.abs(logits), dim=1, keepdim=True).values.detach()
    x = logits - peak
    return torch.mean(torch.log(torch.exp(x).sum(-1)) - _picked(x, targets))


def shifts_only_large_logits(logits, targets):
    x = logits
    if (x > 85).any():
        x = x - x.max(dim=1, keepdim=True).values
    return torch.mean(torch.log(torch.exp(x).sum(-1)) - _picked(x, targets))


def no_shift(logits, targets):
    log_probs = logits - torch.log(torch.sum(torch.exp(logits), dim=1, keepdim=True))
    return -_picked(log_probs, targets).mean()


def no_shift_softmax(logits, targets):
    e = torch.exp(logits)
    probs = e / e.sum(dim=1, keepdim=True)
    return -torch.log(_picked(probs, targets)).mean()


def sums_over_the_batch(logits, targets):
    return -_picked(_log_probs(logits), targets).sum()


def mean_over_everything(logits, targets):
    onehot = F.one_hot(targets, logits.shape[1])
    return -(onehot * _log_probs(logits)).mean()


def columns_for_all_rows(logits, targets):
    return -_log_probs(logits)[:, targets].mean()


def square_matrix(logits, targets):
    return -_log_probs(logits)[:, targets].diagonal().mean()


def detached_normaliser(logits, targets):
    with torch.no_grad():
        norm = torch.logsumexp(logits, 1)
    return (norm - _picked(logits, targets)).mean()


def detached(logits, targets):
    return torch.tensor(-_picked(_log_probs(logits), targets).mean().item())


def clamped_logits(logits, targets):
    x = torch.clip(logits, min=-80, max=80)
    return -_picked(_log_probs(x), targets).mean()


def sign(logits, targets):
    return _picked(_log_probs(logits), targets).mean()


def over_the_batch_dim(logits, targets):
    return -_picked(_log_probs(logits.T).T, targets).mean()


def no_normaliser(logits, targets):
    return -torch.mean(torch.gather(logits, 1, targets[:, None]))


def no_logarithm(logits, targets):
    return -_picked(torch.softmax(logits, 1), targets).mean()


def softmax_twice(logits, targets):
    return -_picked(_log_probs(torch.softmax(logits, 1)), targets).mean()


def one_loss_per_example(logits, targets):
    return -_picked(_log_probs(logits), targets)


def keeps_a_dimension(logits, targets):
    return -_picked(_log_probs(logits), targets).sum().reshape(1) / len(targets)


def one_hot_too_narrow(logits, targets):
    onehot = F.one_hot(targets).float()
    return (torch.logsumexp(logits, 1) - (logits * onehot).sum(1)).mean()


def predicted_class(logits, targets):
    return -_log_probs(logits).max(dim=1).values.mean()


def shifts_in_place(logits, targets):
    logits.sub_(logits.max(dim=1, keepdim=True).values)
    return (logits.exp().sum(1).log() - _picked(logits, targets)).mean()


def base_two(logits, targets):
    shifted = logits - logits.max(dim=1, keepdim=True).values
    log_sum = torch.log2(shifted.exp().sum(1))
    return (log_sum - _picked(shifted, targets) / torch.log(torch.tensor(2.0))).mean()


def others_only(logits, targets):
    losses = []
    for row, target in zip(logits, targets, strict=True):
        others = torch.cat([row[:target], row[target + 1 :]])
        losses.append(torch.logsumexp(others, 0) - row[target])
    return torch.stack(losses).mean()


def softmax_over_everything(logits, targets):
    e = torch.exp(logits)
    return -torch.log((e / torch.sum(e))[range(len(targets)), targets]).mean()


SECOND_WAY = {name: value for name, value in globals().items() if callable(value) and not name.startswith("_")}
