"""The mistakes of `distillation` as another learner would write them."""

import torch
import torch.nn.functional as F


def _logs(logits, T, dim=-1):
    return logits / T - torch.logsumexp(logits / T, dim, keepdim=True)


def _soft(student, teacher, T, dim=-1):
    """The KL divergence of each row, without T²."""
    p, q = _logs(teacher.detach(), T, dim), _logs(student, T, dim)
    return F.kl_div(q, p, reduction="none", log_target=True).sum(-1)


def _hard(student, target):
    return -student.log_softmax(-1)[torch.arange(len(target)), target]


def _rows(student, teacher, target, T, alpha):
    return T * T * alpha * _soft(student, teacher, T) + (1 - alpha) * _hard(student, target)


def kl_reversed(student, teacher, target, temperature=2.0, alpha=0.5):
    p, q = _logs(teacher.detach(), temperature), _logs(student, temperature)
    soft = F.kl_div(p, q, reduction="batchmean", log_target=True)
    return alpha * soft * temperature**2 + (1 - alpha) * _hard(student, target).mean()


def no_t_squared(student, teacher, target, temperature=2.0, alpha=0.5):
    return (alpha * _soft(student, teacher, temperature) + (1 - alpha) * _hard(student, target)).mean()


def t_once(student, teacher, target, temperature=2.0, alpha=0.5):
    return (temperature * alpha * _soft(student, teacher, temperature) + (1 - alpha) * _hard(student, target)).mean()


def divided_by_t_squared(student, teacher, target, temperature=2.0, alpha=0.5):
    soft = _soft(student, teacher, temperature) * temperature**-2
    return (soft * alpha + _hard(student, target) * (1 - alpha)).mean()


def t_squared_on_everything(student, teacher, target, temperature=2.0, alpha=0.5):
    mixed = alpha * _soft(student, teacher, temperature) + (1 - alpha) * _hard(student, target)
    return mixed.mean() * temperature * temperature


def teacher_not_detached(student, teacher, target, temperature=2.0, alpha=0.5):
    p, q = _logs(teacher, temperature), _logs(student, temperature)
    soft = torch.einsum("nc,nc->n", p.exp(), p - q).mean()
    return alpha * soft * temperature**2 + (1 - alpha) * _hard(student, target).mean()


def mean_over_elements(student, teacher, target, temperature=2.0, alpha=0.5):
    p = torch.softmax(teacher.detach() / temperature, -1)
    soft = F.kl_div(_logs(student, temperature), p, reduction="none").mean()
    return alpha * soft * temperature**2 + (1 - alpha) * _hard(student, target).mean()


def sum_over_rows(student, teacher, target, temperature=2.0, alpha=0.5):
    p = torch.softmax(teacher.detach() / temperature, -1)
    soft = F.kl_div(_logs(student, temperature), p, reduction="sum")
    return alpha * soft * temperature**2 + (1 - alpha) * _hard(student, target).mean()


def sum_of_everything(student, teacher, target, temperature=2.0, alpha=0.5):
    return _rows(student, teacher, target, temperature, alpha).sum()


def one_loss_per_row(student, teacher, target, temperature=2.0, alpha=0.5):
    return _rows(student, teacher, target, temperature, alpha)


def hard_part_softened(student, teacher, target, temperature=2.0, alpha=0.5):
    hard = -_logs(student, temperature).gather(-1, target[:, None])[:, 0]
    return (alpha * temperature**2 * _soft(student, teacher, temperature) + (1 - alpha) * hard).mean()


def alpha_exchanged(student, teacher, target, temperature=2.0, alpha=0.5):
    return _rows(student, teacher, target, temperature, 1 - alpha).mean()


def hard_part_in_full(student, teacher, target, temperature=2.0, alpha=0.5):
    return (_hard(student, target) + alpha * temperature**2 * _soft(student, teacher, temperature)).mean()


def soft_part_in_full(student, teacher, target, temperature=2.0, alpha=0.5):
    return ((1 - alpha) * _hard(student, target) + temperature**2 * _soft(student, teacher, temperature)).mean()


def no_hard_part(student, teacher, target, temperature=2.0, alpha=0.5):
    return alpha * temperature**2 * _soft(student, teacher, temperature).mean()


def labels_of_the_teacher(student, teacher, target, temperature=2.0, alpha=0.5):
    return _rows(student, teacher, torch.max(teacher, dim=-1).indices, temperature, alpha).mean()


def log_of_softmax(student, teacher, target, temperature=2.0, alpha=0.5):
    p = F.softmax(teacher.detach() / temperature, -1)
    soft = (p * p.log() - p * _logs(student, temperature)).sum(-1)
    return (alpha * temperature**2 * soft + (1 - alpha) * _hard(student, target)).mean()


def log_of_students_softmax(student, teacher, target, temperature=2.0, alpha=0.5):
    q = F.softmax(student / temperature, -1).log()
    p = F.softmax(teacher.detach() / temperature, -1)
    soft = F.kl_div(q, p, reduction="batchmean")
    return alpha * soft * temperature**2 + (1 - alpha) * _hard(student, target).mean()


def eps_inside_log(student, teacher, target, temperature=2.0, alpha=0.5):
    q = (1e-8 + F.softmax(student / temperature, -1)).log()
    p = F.softmax(teacher.detach() / temperature, -1)
    return alpha * F.kl_div(q, p, reduction="batchmean") * temperature**2 + (1 - alpha) * _hard(student, target).mean()


def student_not_softened(student, teacher, target, temperature=2.0, alpha=0.5):
    p = F.softmax(teacher.detach() / temperature, -1)
    soft = F.kl_div(F.log_softmax(student, -1), p, reduction="batchmean")
    return alpha * soft * temperature**2 + (1 - alpha) * _hard(student, target).mean()


def teacher_not_softened(student, teacher, target, temperature=2.0, alpha=0.5):
    p = F.softmax(teacher.detach(), -1)
    soft = F.kl_div(_logs(student, temperature), p, reduction="batchmean")
    return alpha * soft * temperature**2 + (1 - alpha) * _hard(student, target).mean()


def temperature_ignored(student, teacher, target, temperature=2.0, alpha=0.5):
    return _rows(student, teacher, target, 2, alpha).mean()


def alpha_ignored(student, teacher, target, temperature=2.0, alpha=0.5):
    return (temperature**2 * _soft(student, teacher, temperature) + _hard(student, target)).mean() / 2


def multiplied_by_t(student, teacher, target, temperature=2.0, alpha=0.5):
    soft = _soft(student, teacher, 1 / temperature)
    return (temperature**2 * alpha * soft + (1 - alpha) * _hard(student, target)).mean()


def default_temperature(student, teacher, target, temperature=1, alpha=0.5):
    return _rows(student, teacher, target, temperature, alpha).mean()


def default_alpha(student, teacher, target, temperature=2.0, alpha=0.9):
    return _rows(student, teacher, target, temperature, alpha).mean()


def cross_entropy_for_kl(student, teacher, target, temperature=2.0, alpha=0.5):
    soft = F.cross_entropy(student / temperature, F.softmax(teacher.detach() / temperature, -1))
    return alpha * temperature**2 * soft + (1 - alpha) * F.cross_entropy(student, target)


def probabilities_for_logs(student, teacher, target, temperature=2.0, alpha=0.5):
    q, p = F.softmax(student / temperature, -1), F.softmax(teacher.detach() / temperature, -1)
    soft = F.kl_div(q, p, reduction="batchmean")
    return alpha * temperature**2 * soft + (1 - alpha) * F.cross_entropy(student, target)


def log_target_forgotten(student, teacher, target, temperature=2.0, alpha=0.5):
    q, p = _logs(student, temperature), _logs(teacher.detach(), temperature)
    soft = torch.nn.KLDivLoss(reduction="sum")(q, p) / len(q)
    return alpha * temperature**2 * soft + (1 - alpha) * F.cross_entropy(student, target)


def distance_of_logits(student, teacher, target, temperature=2.0, alpha=0.5):
    soft = (student - teacher.detach()).square().sum() / len(student)
    return alpha * soft + (1 - alpha) * F.cross_entropy(student, target)


def over_the_batch_dim(student, teacher, target, temperature=2.0, alpha=0.5):
    soft = _soft(student, teacher, temperature, dim=0)
    return (temperature**2 * alpha * soft + (1 - alpha) * _hard(student, target)).mean()


def soft_part_detached(student, teacher, target, temperature=2.0, alpha=0.5):
    with torch.no_grad():
        soft = _soft(student, teacher, temperature)
    return (temperature**2 * alpha * soft + (1 - alpha) * _hard(student, target)).mean()


@torch.no_grad()
def detached(student, teacher, target, temperature=2.0, alpha=0.5):
    return _rows(student, teacher, target, temperature, alpha).mean()


def writes_into_teacher(student, teacher, target, temperature=2.0, alpha=0.5):
    loss = _rows(student, teacher, target, temperature, alpha).mean()
    teacher.data.div_(temperature)
    return loss


SECOND_WAY = {name: value for name, value in globals().items() if callable(value) and not name.startswith("_")}
