import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted


@accepted
def by_logsigmoid(logits, targets, weight=None, pos_weight=None):
    log_p = F.logsigmoid(logits)
    log_not_p = F.logsigmoid(-logits)
    if pos_weight is None:
        pos_weight = 1.0
    loss = -(pos_weight * targets * log_p + (1.0 - targets) * log_not_p)
    if weight is None:
        weight = 1.0
    return torch.mean(weight * loss)


@accepted
def by_logaddexp(
    logits: Tensor, targets: Tensor, weight: Tensor | None = None, pos_weight: Tensor | None = None
) -> Tensor:
    """softplus(z) is logaddexp(0, z); the factor of the shared term gathered once, as PyTorch's formula has it."""
    assert logits.shape == targets.shape
    factor = 1 if pos_weight is None else 1 + (pos_weight - 1) * targets
    zero = torch.zeros_like(logits)
    loss = (1 - targets) * logits + factor * torch.logaddexp(zero, -logits)
    return (loss if weight is None else loss * weight).sum() / loss.numel()


@accepted
def by_maximum(logits, targets, weight=None, pos_weight=None):
    """The well-known formula; torch.maximum shares its derivative at a tie, and log1p's argument is smooth enough."""
    zero = torch.zeros_like(logits)
    smaller = torch.minimum(logits, -logits)

    def softplus(z):
        return torch.maximum(z, zero) + smaller.exp().log1p()

    ones = torch.ones_like(logits)
    weight = ones if weight is None else weight.expand_as(logits)
    pos_weight = ones if pos_weight is None else pos_weight.expand_as(logits)
    total = weight * (pos_weight * targets * softplus(-logits) + (ones - targets) * softplus(logits))
    return total.flatten().mean(0)


@accepted
def two_columns(logits, targets, weight=None, pos_weight=None):
    """A softmax over the logits x and 0."""
    pair = torch.stack([logits, torch.zeros_like(logits)], dim=-1)
    log_probs = torch.log_softmax(pair, dim=-1)
    truth = torch.stack([targets if pos_weight is None else targets * pos_weight, 1 - targets], dim=-1)
    loss = -(truth * log_probs).sum(-1)
    if weight is not None:
        loss = torch.mul(loss, weight)
    return loss.mean()


@accepted
def element_by_element(logits, targets, weight=None, pos_weight=None):
    """A beginner's loop, with expanded weights."""
    w = torch.ones(logits.shape) if weight is None else weight.expand(logits.shape)
    pw = torch.ones(logits.shape) if pos_weight is None else pos_weight.expand(logits.shape)
    total = 0
    count = 0
    for x, y, a, b in zip(logits.reshape(-1), targets.reshape(-1), w.reshape(-1), pw.reshape(-1), strict=True):
        positive = F.softplus(-x)
        negative = F.softplus(x)
        total = total + a * (b * y * positive + (1 - y) * negative)
        count += 1
    print("elements:", count)
    return total / count


class StableBCE(torch.autograd.Function):
    """Research style: the gradient by hand."""

    @staticmethod
    def forward(ctx, x, y, w, p):
        ctx.save_for_backward(x, y, w, p)
        return (w * (p * y * F.softplus(-x) + (1 - y) * F.softplus(x))).mean()

    @staticmethod
    def backward(ctx, upstream):
        x, y, w, p = ctx.saved_tensors
        s = x.sigmoid()
        gradient = w * ((1 - y) * s - p * y * (1 - s)) / x.numel()
        return upstream * gradient, None, None, None


@accepted
def own_backward(logits, targets, weight=None, pos_weight=None):
    one = logits.new_ones(())
    return StableBCE.apply(
        logits, targets, one if weight is None else weight, one if pos_weight is None else pos_weight
    )


class BinaryCrossEntropy(nn.Module):
    def __init__(self, weight, pos_weight):
        super().__init__()
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)
        self.softplus = nn.Softplus()

    def forward(self, x, y):
        yes, no = self.softplus(x.neg()), self.softplus(x)
        if self.pos_weight is not None:
            yes = yes * self.pos_weight
        loss = torch.lerp(no, yes, y)
        return torch.mean(loss if self.weight is None else loss * self.weight)


@accepted
def through_a_module(logits, targets, weight=None, pos_weight=None):
    return BinaryCrossEntropy(weight, pos_weight)(logits, targets)
