import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted


@accepted
def kl_div_of_probabilities(
    student: Tensor, teacher: Tensor, target: Tensor, temperature: float = 2.0, alpha: float = 0.5
) -> Tensor:
    with torch.no_grad():
        soft_targets = F.softmax(teacher / temperature, dim=-1)
    soft_prob = F.log_softmax(student / temperature, dim=-1)
    soft = F.kl_div(soft_prob, soft_targets, reduction="batchmean") * temperature**2
    return alpha * soft + (1.0 - alpha) * F.cross_entropy(student, target)


@accepted
def kl_div_of_logarithms(student, teacher, target, temperature=2.0, alpha=0.5):
    T = temperature
    kl = F.kl_div((student / T).log_softmax(1), (teacher.detach() / T).log_softmax(1), reduction="sum", log_target=True)
    nll = F.nll_loss(student.log_softmax(1), target)
    return torch.lerp(nll, T * T * kl / student.size(0), alpha)


@accepted
def cross_entropy_less_entropy(student, teacher, target, temperature=2.0, alpha=0.5):
    """KL is the cross-entropy with the teacher less its entropy; 0 log 0 by xlogy."""
    p = torch.softmax(teacher.detach() / temperature, dim=1)
    cross = F.cross_entropy(student / temperature, p)
    entropy = -torch.special.xlogy(p, p).sum(1).mean()
    return temperature**2 * alpha * (cross - entropy) + F.cross_entropy(student, target) * (1 - alpha)


@accepted
def by_logsumexp(student, teacher, target, temperature=2.0, alpha=0.5):
    """The logarithms taken on paper: the two normalisers, and the mean of the difference of the logits."""
    s, t = student / temperature, teacher.data / temperature
    p = (t - t.logsumexp(1, keepdim=True)).exp()
    soft = s.logsumexp(1) - t.logsumexp(1) + (p * (t - s)).sum(1)
    hard = student.logsumexp(1) - student.gather(1, target[:, None]).squeeze(1)
    return (alpha * temperature**2 * soft + (1 - alpha) * hard).mean()


@accepted
def row_by_row(student, teacher, target, temperature=2.0, alpha=0.5):
    """A beginner's loop, with probabilities of 0 left out."""
    total = 0
    for s, t, label in zip(student, teacher.detach(), target, strict=True):
        log_q = torch.log_softmax(s / temperature, dim=0)
        log_p = torch.log_softmax(t / temperature, dim=0)
        soft = 0
        for j in range(len(s)):
            p = torch.exp(log_p[j])
            if p > 0:
                soft = soft + p * (log_p[j] - log_q[j])
        hard = -torch.log_softmax(s, dim=0)[label]
        total = total + alpha * temperature**2 * soft + (1 - alpha) * hard
    print("rows:", len(student))
    return total / len(student)


class Distillation(nn.Module):
    def __init__(self, temperature, alpha):
        super().__init__()
        self.temperature, self.alpha = temperature, alpha
        self.kl = nn.KLDivLoss(reduction="batchmean", log_target=True)
        self.ce = nn.CrossEntropyLoss()

    def soften(self, logits):
        return nn.functional.log_softmax(logits.div(self.temperature), dim=-1)

    def forward(self, student, teacher, target):
        soft = self.kl(self.soften(student), self.soften(teacher).detach())
        return self.alpha * self.temperature**2 * soft + (1 - self.alpha) * self.ce(student, target)


@accepted
def through_a_module(student, teacher, target, temperature=2.0, alpha=0.5):
    return Distillation(temperature, alpha)(student, teacher, target)


class SoftPart(torch.autograd.Function):
    """Research style: the gradient by hand, T (q - p) / N, which leaves nothing for the teacher."""

    @staticmethod
    def forward(ctx, student, teacher, T):
        log_q, log_p = torch.log_softmax(student / T, 1), torch.log_softmax(teacher / T, 1)
        ctx.save_for_backward(log_q, log_p)
        ctx.T = T
        return T**2 * (log_p.exp() * (log_p - log_q)).sum() / len(student)

    @staticmethod
    def backward(ctx, upstream):
        log_q, log_p = ctx.saved_tensors
        return upstream * ctx.T * (log_q.exp() - log_p.exp()) / len(log_q), None, None


@accepted
def own_backward(student, teacher, target, temperature=2.0, alpha=0.5):
    hard = F.cross_entropy(student, target)
    return alpha * SoftPart.apply(student, teacher, temperature) + (1 - alpha) * hard
