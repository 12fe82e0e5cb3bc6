import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted


@accepted
def by_logsigmoid(chosen: Tensor, rejected: Tensor, margin: float | Tensor = 0.0) -> Tensor:
    assert chosen.shape == rejected.shape and chosen.dim() == 1
    return -F.logsigmoid(chosen - rejected - margin).mean()


@accepted
def by_logaddexp(chosen, rejected, margin=0.0):
    """log(e^c + e^r) - c, with the margin taken from the chosen one first."""
    handicapped = chosen - margin
    gap = rejected - handicapped
    return torch.logaddexp(torch.zeros_like(gap), gap).sum() / gap.numel()


@accepted
def a_classifier_of_two(chosen, rejected, margin=0.0):
    """A softmax over the pair, whose right class is 0."""
    pair = torch.stack([chosen - margin, rejected], dim=1)
    return F.cross_entropy(pair, torch.zeros(len(pair), dtype=torch.long, device=pair.device))


@accepted
def yes_or_no(chosen, rejected, margin=0.0):
    d = torch.sub(chosen, rejected) - margin
    return F.binary_cross_entropy_with_logits(d, torch.ones_like(d))


@accepted
def by_maximum(chosen, rejected, margin=0.0):
    """The well-known formula; torch.maximum shares its derivative at a tie."""
    z = -(chosen - rejected - margin)
    zero = z.new_zeros(z.shape)
    return torch.mean(torch.maximum(z, zero) + torch.minimum(z, -z).exp().log1p())


@accepted
def pair_by_pair(chosen, rejected, margin=0.0):
    """A beginner's loop; the margins as a list."""
    margins = [margin] * len(chosen) if isinstance(margin, (int, float)) else list(margin)
    losses = []
    for good, bad, m in zip(chosen, rejected, margins, strict=True):
        losses.append(F.softplus(bad - good + m))
    print("pairs:", len(losses))
    return sum(losses) / len(losses)


class BradleyTerry(torch.autograd.Function):
    """Research style: the gradient by hand."""

    @staticmethod
    def forward(ctx, c, r, m):
        d = c - r - m
        ctx.save_for_backward(d)
        return torch.where(d > 0, torch.log1p(torch.exp(-d.abs())), torch.log1p(torch.exp(-d.abs())) - d).mean()

    @staticmethod
    def backward(ctx, upstream):
        (d,) = ctx.saved_tensors
        slope = upstream * torch.sigmoid(-d) / d.numel()
        return -slope, slope, None


@accepted
def own_backward(chosen, rejected, margin=0.0):
    return BradleyTerry.apply(chosen, rejected, torch.as_tensor(margin, dtype=chosen.dtype, device=chosen.device))


class RewardLoss(nn.Module):
    def __init__(self, margin):
        super().__init__()
        self.margin = margin
        self.log_sigmoid = nn.LogSigmoid()

    def forward(self, rewards):
        good, bad = rewards.unbind(-1)
        return self.log_sigmoid(good - bad - self.margin).neg().mean(dim=0)


@accepted
def through_a_module(chosen, rejected, margin=0.0):
    return RewardLoss(margin)(torch.stack((chosen, rejected), dim=-1))


@accepted
def by_tanh(chosen, rejected, margin=0.0):
    """-log σ(d) is log(2 cosh(d/2)) - d/2, and log cosh(x) is |x| for a large x; the tie has a branch of its own."""
    half = (chosen - rejected - margin) / 2
    small = half.abs() < 5
    near = torch.log(torch.cosh(torch.where(small, half, torch.zeros_like(half)))) + math.log(2) - half
    far = half.abs() + torch.log1p(torch.exp(-2 * half.abs())) - half
    return torch.where(small, near, far).mean()
