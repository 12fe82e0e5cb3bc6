import torch


def clip_grad_norm(parameters, max_norm: float) -> float:
    # A list, since a generator can be walked through only once, and there are two walks to make.
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = torch.sqrt(sum((g * g).sum() for g in grads)).item()
    if norm > max_norm:
        for grad in grads:
            grad.mul_(max_norm / norm)
    return norm
