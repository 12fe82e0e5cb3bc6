"""Batchnorm's mistakes as another learner would make them."""

import torch


def normalised(x, gamma, beta, m, v, eps):
    return (x - m) * torch.rsqrt(v + eps) * gamma + beta


def blend(buffer, value, momentum):
    buffer.copy_(buffer * (1 - momentum) + value.detach() * momentum)


def stats(x):
    m = x.sum(0) / x.shape[0]
    return m, ((x - m) ** 2).sum(0) / x.shape[0]


def unbiased_output(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    if not training:
        return normalised(x, gamma, beta, running_mean, running_var, eps)
    m, v = stats(x)
    blend(running_mean, m, momentum)
    blend(running_var, v, momentum)
    return gamma * (x - m) / torch.sqrt(torch.var(x, 0) + eps) + beta


def unbiased_everywhere(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    if not training:
        return normalised(x, gamma, beta, running_mean, running_var, eps)
    v, m = torch.var_mean(x, dim=0)
    blend(running_mean, m, momentum)
    blend(running_var, v, momentum)
    return normalised(x, gamma, beta, m, v, eps)


def buffers_never_change(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    if training:
        m, v = stats(x)
        running_mean = torch.lerp(running_mean, m.detach(), momentum)
        running_var = torch.lerp(running_var, v.detach(), momentum)
        return normalised(x, gamma, beta, m, v, eps)
    return normalised(x, gamma, beta, running_mean, running_var, eps)


def updates_in_eval(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    m, v = stats(x)
    if training:
        out = normalised(x, gamma, beta, m, v, eps)
    else:
        out = normalised(x, gamma, beta, running_mean.clone(), running_var.clone(), eps)
    blend(running_mean, m, momentum)
    blend(running_var, v, momentum)
    return out


def detached_statistics(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    if not training:
        return normalised(x, gamma, beta, running_mean, running_var, eps)
    with torch.no_grad():
        m, v = stats(x)
        blend(running_mean, m, momentum)
        blend(running_var, v, momentum)
    return normalised(x, gamma, beta, m, v, eps)


def detached_variance(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    if not training:
        return normalised(x, gamma, beta, running_mean, running_var, eps)
    m, v = stats(x)
    blend(running_mean, m, momentum)
    blend(running_var, v, momentum)
    std = torch.sqrt(v + eps).data
    return gamma * ((x - m) / std) + beta


def buffers_in_graph(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    if not training:
        return normalised(x, gamma, beta, running_mean, running_var, eps)
    m, v = stats(x)
    running_mean.lerp_(m, momentum)
    running_var.lerp_(v, momentum)
    return normalised(x, gamma, beta, m, v, eps)


def eval_uses_batch(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    m, v = stats(x)
    if training:
        blend(running_mean, m, momentum)
        blend(running_var, v, momentum)
    return normalised(x, gamma, beta, m, v, eps)


def training_uses_buffers(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    if training:
        m, v = stats(x)
        blend(running_mean, m, momentum)
        blend(running_var, v, momentum)
    return normalised(x, gamma, beta, running_mean.clone(), running_var.clone(), eps)


def momentum_ignored(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    if not training:
        return normalised(x, gamma, beta, running_mean, running_var, eps)
    m, v = stats(x)
    blend(running_mean, m, 0.1)
    blend(running_var, v, 0.1)
    return normalised(x, gamma, beta, m, v, eps)


def momentum_swapped(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    if not training:
        return normalised(x, gamma, beta, running_mean, running_var, eps)
    m, v = stats(x)
    blend(running_mean, m, 1 - momentum)
    blend(running_var, v, 1 - momentum)
    return normalised(x, gamma, beta, m, v, eps)


def eps_outside(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    m, v = running_mean, running_var
    if training:
        m, v = stats(x)
        blend(running_mean, m, momentum)
        blend(running_var, v, momentum)
    return gamma * ((x - m) / (v**0.5 + eps)) + beta


def eps_ignored(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    m, v = running_mean, running_var
    if training:
        m, v = stats(x)
        blend(running_mean, m, momentum)
        blend(running_var, v, momentum)
    return normalised(x, gamma, beta, m, v, 0.00001)


def no_eps(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    m, v = running_mean, running_var
    if training:
        m, v = stats(x)
        blend(running_mean, m, momentum)
        blend(running_var, v, momentum)
    return gamma * ((x - m) / v.sqrt()) + beta


def stores_std(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    if not training:
        return normalised(x, gamma, beta, running_mean, running_var, eps)
    m, v = stats(x)
    blend(running_mean, m, momentum)
    blend(running_var, x.std(0, correction=0), momentum)
    return normalised(x, gamma, beta, m, v, eps)


def wrong_axis(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    if not training:
        return normalised(x, gamma, beta, running_mean, running_var, eps)
    m, v = stats(x)
    blend(running_mean, m, momentum)
    blend(running_var, v, momentum)
    rows = x.T
    return ((rows - rows.mean(0)) / (rows.var(0, unbiased=False) + eps).sqrt()).T * gamma + beta


def shift_before_scale(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    m, v = running_mean, running_var
    if training:
        m, v = stats(x)
        blend(running_mean, m, momentum)
        blend(running_var, v, momentum)
    return gamma * (beta + (x - m) / torch.sqrt(v + eps))


def buffers_grow(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    m, v = running_mean, running_var
    if training:
        m, v = stats(x)
        running_mean += momentum * m.detach()
        running_var += momentum * v.detach()
    return normalised(x, gamma, beta, m, v, eps)


def no_affine(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    m, v = running_mean, running_var
    if training:
        m, v = stats(x)
        blend(running_mean, m, momentum)
        blend(running_var, v, momentum)
    return (x - m) / torch.sqrt(v + eps) + gamma * 0 + beta * 0


def writes_into_x(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    m, v = running_mean, running_var
    if training:
        m, v = stats(x)
        blend(running_mean, m, momentum)
        blend(running_var, v, momentum)
    x -= m
    x /= torch.sqrt(v + eps)
    x *= gamma
    x += beta
    return x


def difference_of_moments(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    mean, var = running_mean, running_var
    if training:
        mean = x.sum(0) / len(x)
        var = (x * x).sum(0) / len(x) - mean * mean
        blend(running_mean, mean, momentum)
        blend(running_var, var, momentum)
    return normalised(x, gamma, beta, mean, var, eps)


def difference_of_moments_clamped(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    mean, var = running_mean, running_var
    if training:
        mean = x.sum(0) / len(x)
        var = torch.relu((x * x).sum(0) / len(x) - mean * mean)
        blend(running_mean, mean, momentum)
        blend(running_var, var, momentum)
    return normalised(x, gamma, beta, mean, var, eps)


def larger_of_the_two(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    mean, var = running_mean, running_var
    if training:
        mean, var = x.mean(0), x.var(0, correction=0)
        blend(running_mean, mean, momentum)
        blend(running_var, var, momentum)
    return normalised(x, gamma, beta, mean, torch.where(var > eps, var, torch.full_like(var, eps)), 0.0)


def eps_at_zero_only(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    mean, var = running_mean, running_var
    if training:
        mean, var = x.mean(0), x.var(0, correction=0)
        blend(running_mean, mean, momentum)
        blend(running_var, var, momentum)
    return normalised(x, gamma, beta, mean, torch.where(var == 0, torch.full_like(var, eps), var), 0.0)


def over_the_features(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    if not training:
        return normalised(x, gamma, beta, running_mean, running_var, eps)
    m = torch.mean(x, 1)
    v = torch.var(x, 1, correction=0)
    running_mean.mul_(1 - momentum).add_(m.detach() * momentum)
    running_var.mul_(1 - momentum).add_(v.detach() * momentum)
    return normalised(x, gamma, beta, m, v, eps)


def falsy_momentum(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    if not training:
        return normalised(x, gamma, beta, running_mean, running_var, eps)
    m, v = stats(x)
    share = momentum if momentum else 0.1
    blend(running_mean, m, share)
    blend(running_var, v, share)
    return normalised(x, gamma, beta, m, v, eps)


def squeezed(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    mean, var = running_mean, running_var
    if training:
        mean, var = stats(x)
        blend(running_mean, mean, momentum)
        blend(running_var, var, momentum)
    return torch.squeeze(normalised(x, gamma, beta, mean, var, eps))


SECOND_WAY = {
    name: value for name, value in globals().items() if callable(value) and name not in ("normalised", "blend", "stats")
}
