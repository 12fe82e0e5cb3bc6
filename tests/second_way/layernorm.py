"""The mistakes of `layernorm` as another learner would make them."""

import math

import torch


def unbiased_variance(x, gamma, beta, eps=1e-5):
    d = x.size(-1)
    centred = x - x.mean(-1, True)
    return centred * torch.rsqrt((centred**2).sum(-1, True) / (d - 1) + eps) * gamma + beta


def std_plus_eps_unbiased(x, gamma, beta, eps=1e-5):
    mean, std = x.mean(-1, keepdim=True), x.std(-1, keepdim=True)
    return gamma * ((x - mean) / (std + eps)) + beta


def dim_one(x, gamma, beta, eps=1e-5):
    n = x.shape[1]
    mu = x.sum(1, keepdim=True) / n
    sigma2 = ((x - mu) ** 2).sum(1, keepdim=True) / n
    return (x - mu) / (sigma2 + eps) ** 0.5 * gamma + beta


def batch_axis(x, gamma, beta, eps=1e-5):
    var, mean = torch.var_mean(x, 0, correction=0)
    return (x - mean) * (var + eps).rsqrt() * gamma + beta


def all_but_batch(x, gamma, beta, eps=1e-5):
    flat = x.reshape(len(x), -1)
    flat = flat - flat.mean(1, keepdim=True)
    flat = flat / torch.sqrt(flat.square().mean(1, keepdim=True) + eps)
    return flat.reshape(x.shape) * gamma + beta


def whole_tensor(x, gamma, beta, eps=1e-5):
    mean = torch.mean(x)
    var = torch.mean((x - mean) ** 2)
    return gamma * ((x - mean) / torch.sqrt(var + eps)) + beta


def no_keepdim(x, gamma, beta, eps=1e-5):
    mu = torch.mean(x, -1)
    centred = x - mu
    return centred / (centred.pow(2).mean(-1) + eps).sqrt() * gamma + beta


def eps_outside(x, gamma, beta, eps=1e-5):
    mean = x.mean(-1, keepdim=True)
    std = x.std(-1, keepdim=True, correction=0)
    return (x - mean) / (std + eps) * gamma + beta


def no_eps(x, gamma, beta, eps=1e-5):
    mean = x.mean(-1, keepdim=True)
    return gamma * (x - mean) / x.std(-1, keepdim=True, correction=0) + beta


def eps_ignored(x, gamma, beta, eps=1e-5):
    eps = 0.00001
    var, mean = torch.var_mean(x, -1, keepdim=True, correction=0)
    return (x - mean) * torch.rsqrt(var + eps) * gamma + beta


def default_eps(x, gamma, beta, eps=1e-6):
    var, mean = torch.var_mean(x, -1, keepdim=True, correction=0)
    return (x - mean) * torch.rsqrt(var + eps) * gamma + beta


def no_root(x, gamma, beta, eps=1e-5):
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True) + eps) * gamma + beta


def not_centred(x, gamma, beta, eps=1e-5):
    variance = x.var(-1, correction=0).unsqueeze(-1)
    return x * gamma * torch.rsqrt(variance + eps) + beta


def second_moment(x, gamma, beta, eps=1e-5):
    d = x.shape[-1]
    var = torch.einsum("...d,...d->...", x, x)[..., None] / d
    return gamma * ((x - x.mean(-1, keepdim=True)) / (var + eps).sqrt()) + beta


def no_affine(x, gamma, beta, eps=1e-5):
    var, mean = torch.var_mean(x, -1, keepdim=True, correction=0)
    return (x - mean) * torch.rsqrt(var + eps)


def no_beta(x, gamma, beta, eps=1e-5):
    var, mean = torch.var_mean(x, -1, keepdim=True, correction=0)
    return (x - mean) * torch.rsqrt(var + eps) * gamma


def gamma_beta_swapped(x, beta, gamma, eps=1e-5):
    var, mean = torch.var_mean(x, -1, keepdim=True, correction=0)
    return (x - mean) * torch.rsqrt(var + eps) * gamma + beta


def shift_before_scale(x, gamma, beta, eps=1e-5):
    var, mean = torch.var_mean(x, -1, keepdim=True, correction=0)
    out = (x - mean) * torch.rsqrt(var + eps)
    out = out + beta
    return out * gamma


def detached_statistics(x, gamma, beta, eps=1e-5):
    with torch.no_grad():
        mu = x.mean(-1, keepdim=True)
        sigma = ((x - mu).square().mean(-1, keepdim=True) + eps).sqrt()
    return (x - mu) / sigma * gamma + beta


def detached_variance(x, gamma, beta, eps=1e-5):
    centred = x - x.mean(-1, keepdim=True)
    with torch.no_grad():
        scale = torch.rsqrt((centred**2).mean(-1, keepdim=True) + eps)
    return centred * scale * gamma + beta


def detached_x(x, gamma, beta, eps=1e-5):
    with torch.no_grad():
        var, mean = torch.var_mean(x, -1, keepdim=True, correction=0)
        normalised = (x - mean) / torch.sqrt(var + eps)
    return gamma * normalised + beta


def detached_beta(x, gamma, beta, eps=1e-5):
    var, mean = torch.var_mean(x, -1, keepdim=True, correction=0)
    out = (x - mean) / torch.sqrt(var + eps) * gamma
    out += beta.data
    return out


def detached_affine(x, gamma, beta, eps=1e-5):
    var, mean = torch.var_mean(x, -1, keepdim=True, correction=0)
    return torch.addcmul(beta.data, (x - mean) / torch.sqrt(var + eps), gamma.data)


@torch.no_grad()
def outside_the_graph(x, gamma, beta, eps=1e-5):
    var, mean = torch.var_mean(x, -1, keepdim=True, correction=0)
    return (x - mean) / torch.sqrt(var + eps) * gamma + beta


def writes_into_x(x, gamma, beta, eps=1e-5):
    mean, d = x.mean(-1, keepdim=True), x.shape[-1]
    x -= mean
    x /= torch.sqrt((x * x).sum(-1, keepdim=True) / d + eps)
    x *= gamma
    x += beta
    return x


def centres_x_in_place(x, gamma, beta, eps=1e-5):
    x.sub_(torch.mean(x, -1, True))
    length = torch.sqrt(x.square().sum(-1, True) + x.size(-1) * eps)
    return x / length * math.sqrt(x.size(-1)) * gamma + beta


def difference_of_moments(x, gamma, beta, eps=1e-5):
    mu = x.sum(-1, keepdim=True) / x.shape[-1]
    var = (x * x).sum(-1, keepdim=True) / x.shape[-1] - mu * mu
    return (x - mu) * (var + eps) ** -0.5 * gamma + beta


def difference_of_moments_clamped(x, gamma, beta, eps=1e-5):
    mu = x.sum(-1, keepdim=True) / x.shape[-1]
    var = torch.relu((x * x).sum(-1, keepdim=True) / x.shape[-1] - mu * mu)
    return (x - mu) * (var + eps) ** -0.5 * gamma + beta


def larger_of_the_two(x, gamma, beta, eps=1e-5):
    mu, var = x.mean(-1, keepdim=True), x.var(-1, keepdim=True, correction=0)
    return (x - mu) / torch.where(var > eps, var, torch.full_like(var, eps)).sqrt() * gamma + beta


def eps_at_zero_only(x, gamma, beta, eps=1e-5):
    mu, var = x.mean(-1, keepdim=True), x.var(-1, keepdim=True, correction=0)
    return (x - mu) / torch.where(var == 0, torch.full_like(var, eps), var).sqrt() * gamma + beta


def squeezed(x, gamma, beta, eps=1e-5):
    var, mean = torch.var_mean(x, -1, keepdim=True, correction=0)
    return torch.squeeze((x - mean) * torch.rsqrt(var + eps) * gamma + beta)


SECOND_WAY = {name: thing for name, thing in list(globals().items()) if callable(thing)}
