import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted


@accepted
def weighed_by_a_mask(logits: Tensor, target: Tensor, eps: float = 0.1, ignore_index: int = -100) -> Tensor:
    """Nothing is cut out: ignored rows get a stand-in for their label and a weight of 0."""
    keep = (target != ignore_index).to(logits.dtype)
    label = torch.where(target == ignore_index, torch.zeros_like(target), target)
    logp = logits.log_softmax(-1)
    nll = -logp[torch.arange(len(label), device=logits.device), label]
    loss = torch.lerp(nll, -logp.mean(-1), eps)
    return (loss * keep).sum() / keep.sum().clamp(min=1)


@accepted
def a_table_of_targets(logits, target, eps=0.1, ignore_index=-100):
    """The smoothed target is built, one row of C probabilities for each label."""
    rows = (target != ignore_index).nonzero().flatten()
    x, y = logits[rows], target[rows]
    C = logits.size(1)
    q = F.one_hot(y, num_classes=C).to(x) * (1 - eps) + eps / C
    loss = -(q * F.log_softmax(x, dim=-1)).sum()
    return loss / rows.numel() if rows.numel() else loss


@accepted
def by_logsumexp(logits, target, eps=0.1, ignore_index=-100):
    """The logarithms taken on paper: logsumexp minus the smoothed mean of the logits."""
    mask = target.ne(ignore_index)
    x = logits[mask]
    label = x.gather(1, target[mask][:, None])[:, 0]
    smoothed = label * (1 - eps) + x.mean(1) * eps
    n = int(mask.sum())
    return (x.logsumexp(1) - smoothed).sum() / (n or 1)


@accepted
def row_by_row(logits, target, eps=0.1, ignore_index=-100):
    """A beginner's loop, on a total that starts on the graph."""
    total = (logits * 0).sum()
    count = 0
    for row, label in zip(logits, target.tolist(), strict=True):
        if label == ignore_index:
            continue
        centred = row - row.max()
        log_probs = centred - torch.log(torch.exp(centred).sum())
        total = total + (1 - eps) * -log_probs[label] + eps * -log_probs.sum() / len(row)
        count += 1
    print("kept:", count)
    return total if count == 0 else total / count


class Smoothed(torch.autograd.Function):
    """Research style: the gradient by hand, p - q over the number of kept rows."""

    @staticmethod
    def forward(ctx, x, q, weight):
        logp = x - torch.logsumexp(x, 1, keepdim=True)
        ctx.save_for_backward(logp, q, weight)
        return -((q * logp).sum(1) * weight).sum()

    @staticmethod
    def backward(ctx, upstream):
        logp, q, weight = ctx.saved_tensors
        return upstream * (logp.exp() - q) * weight[:, None], None, None


@accepted
def own_backward(logits, target, eps=0.1, ignore_index=-100):
    keep = target != ignore_index
    q = torch.full_like(logits, eps / logits.shape[1])
    q = q.scatter_add(1, (target * keep).unsqueeze(1), torch.full_like(q[:, :1], 1 - eps))
    weight = keep.to(logits) / max(1, keep.sum().item())
    return Smoothed.apply(logits, q, weight)


class LabelSmoothing(nn.Module):
    def __init__(self, eps, ignore_index):
        super().__init__()
        self.eps, self.ignore_index = eps, ignore_index
        self.log_softmax = nn.LogSoftmax(dim=-1)

    def forward(self, x, y):
        ignored = y == self.ignore_index
        logp = self.log_softmax(x)
        nll = logp.gather(-1, y.masked_fill(ignored, 0)[..., None]).squeeze(-1).neg()
        smooth = logp.mean(-1).neg()
        loss = ((1.0 - self.eps) * nll + self.eps * smooth).masked_fill(ignored, 0.0)
        return torch.sum(loss) / torch.clamp((~ignored).sum(), min=1)


@accepted
def through_a_module(logits, target, eps=0.1, ignore_index=-100):
    return LabelSmoothing(eps, ignore_index)(logits, target)


@accepted
def label_plus_share_of_each(logits, target, eps=0.1, ignore_index=-100):
    """The two numbers of the target, as they stand in the formula."""
    kept = torch.where(target != ignore_index)[0]
    if len(kept) == 0:
        return logits.sum() * 0.0
    logp = F.log_softmax(logits.index_select(0, kept), dim=1)
    C = logp.shape[1]
    picked = torch.einsum("nc,nc->n", logp, F.one_hot(target[kept], C).to(logp.dtype))
    others = logp.sum(1) - picked
    high, low = 1 - eps + eps / C, eps / C
    return -(high * picked + low * others).mean()
