import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted


@accepted
def as_in_training_scripts(logits: Tensor, labels: Tensor, ignore_index: int = -100) -> Tensor:
    shift_logits = logits[..., :-1, :].contiguous()
    shift_labels = labels[..., 1:].contiguous()
    flat = shift_logits.view(-1, logits.size(-1)), shift_labels.view(-1)
    total = F.cross_entropy(*flat, ignore_index=ignore_index, reduction="sum")
    return total / (shift_labels != ignore_index).sum().clamp(min=1)


@accepted
def mean_unless_nothing_is_kept(logits, labels, ignore_index=-100):
    target = labels[:, 1:].flatten()
    if bool((target == ignore_index).all()):
        return logits.sum() * 0.0
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), target, ignore_index=ignore_index)


@accepted
def weighed_by_a_mask(logits, labels, ignore_index=-100):
    """By hand: log-probabilities of stand-in labels, times a mask."""
    mask = torch.ne(labels, ignore_index)[:, 1:]
    logp = torch.log_softmax(logits, dim=-1)[:, :-1]
    nll = -logp.gather(-1, (labels[:, 1:] * mask).unsqueeze(-1)).squeeze(-1)
    return torch.where(mask, nll, torch.zeros_like(nll)).sum() / max(1, int(mask.sum()))


@accepted
def labels_moved_and_filled(logits, labels, ignore_index=-100):
    """Nothing is cut: the labels move to the left, and the last position ignores."""
    moved = labels.roll(-1, dims=1)
    moved[:, -1] = ignore_index
    loss = F.cross_entropy(logits.transpose(1, 2), moved, ignore_index=ignore_index, reduction="none")
    return loss.sum() / max((moved != ignore_index).sum().item(), 1)


@accepted
def label_by_label(logits, labels, ignore_index=-100):
    """A beginner's loops, on a total that starts on the graph."""
    total, count = 0 * logits.sum(), 0
    for row, ids in zip(logits, labels.tolist(), strict=True):
        for t in range(1, len(ids)):
            if ids[t] != ignore_index:
                total = total + torch.logsumexp(row[t - 1], dim=0) - row[t - 1][ids[t]]
                count += 1
    print("kept:", count)
    return total / count if count else total


class SFTLoss(nn.Module):
    def __init__(self, ignore_index):
        super().__init__()
        self.ignore_index = ignore_index
        self.ce = nn.CrossEntropyLoss(ignore_index=ignore_index, reduction="none")

    def forward(self, logits, labels):
        losses = [self.ce(logits[:, t], labels[:, t + 1]).sum() for t in range(labels.shape[1] - 1)]
        count = torch.count_nonzero(labels[:, 1:] - self.ignore_index)
        return sum(losses, logits.sum() * 0) / count.clamp_min(1)


@accepted
def position_by_position(logits, labels, ignore_index=-100):
    return SFTLoss(ignore_index)(logits, labels)


class OfKept(torch.autograd.Function):
    """Research style: the gradient by hand, (softmax - one-hot) over the number of kept labels."""

    @staticmethod
    def forward(ctx, logits, rows, times, ids):
        logp = logits[rows, times].log_softmax(-1)
        ctx.save_for_backward(logp, rows, times, ids)
        ctx.shape = logits.shape
        return -logp[torch.arange(len(ids)), ids].sum() / max(len(ids), 1)

    @staticmethod
    def backward(ctx, upstream):
        logp, rows, times, ids = ctx.saved_tensors
        gradient = logp.new_zeros(ctx.shape)
        gradient[rows, times] = (logp.exp() - F.one_hot(ids, ctx.shape[-1])) / max(len(ids), 1)
        return upstream * gradient, None, None, None


@accepted
def own_backward(logits, labels, ignore_index=-100):
    rows, times = torch.nonzero(labels[:, 1:] != ignore_index, as_tuple=True)
    return OfKept.apply(logits, rows, times, labels[rows, times + 1])
