"""The mistakes of `batchnorm_backward`, each written as another learner would: the diagnosis must name them too."""

import torch


def right(
    dy,
    x,
    gamma,
    eps=1e-5,
    *,
    var=lambda x: ((x - x.mean(0)) ** 2).mean(0),
    root=lambda v, eps: (v + eps) ** 0.5,
    mean=lambda x: x.mean(0),
    inner=lambda d, h, c, s: d - d.mean(0) - h * (d * h).mean(0),
    out=lambda d, s: d / s,
    scaled=lambda dy, gamma: dy * gamma,
    dgamma=lambda dy, h, x, gamma, s: (dy * h).sum(0),
    dbeta=lambda dy: dy.sum(0),
):
    """A right solution, whose steps can be exchanged one by one."""
    s = root(var(x), eps)
    c = x - mean(x)
    h = c / s
    return out(inner(scaled(dy, gamma), h, c, s), s), dgamma(dy, h, x, gamma, s), dbeta(dy)


def but(**steps):
    return lambda dy, x, gamma, eps=1e-5: right(dy, x, gamma, eps, **steps)


def chain(dy, x, gamma, eps, through_var=1.0, through_mean=1.0):
    N = x.shape[0]
    mu = x.mean(0)
    var = x.var(0, unbiased=False) + eps
    dh = dy * gamma
    dvar = through_var * (dh * (x - mu)).sum(0) * -0.5 * var**-1.5
    dmu = through_mean * -dh.sum(0) / var.sqrt()
    return dh / var.sqrt() + dvar * 2 * (x - mu) / N + dmu / N, (dy * (x - mu) / var.sqrt()).sum(0), dy.sum(0)


def statistics_constant(dy, x, gamma, eps=1e-5):
    return chain(dy, x, gamma, eps, 0, 0)


def variance_constant(dy, x, gamma, eps=1e-5):
    return chain(dy, x, gamma, eps, through_var=0)


def mean_constant(dy, x, gamma, eps=1e-5):
    return chain(dy, x, gamma, eps, through_mean=0)


def sign_of_the_mean_part(dy, x, gamma, eps=1e-5):
    return chain(dy, x, gamma, eps, through_mean=-1)


def sign_of_the_variance_part(dy, x, gamma, eps=1e-5):
    return chain(dy, x, gamma, eps, through_var=-1)


def dbeta_over_features(dy, x, gamma, eps=1e-5):
    dx, dgamma, _ = right(dy, x, gamma, eps)
    return dx, dgamma, torch.stack([row.sum() for row in dy])


def kept_dimension(dy, x, gamma, eps=1e-5):
    dx, _, _ = right(dy, x, gamma, eps)
    m, v = x.mean(0, keepdim=True), x.var(0, unbiased=False, keepdim=True)
    return dx, (dy * (x - m) * torch.rsqrt(v + eps)).sum(0, keepdim=True), dy.sum(0, keepdim=True)


def order_of_results(dy, x, gamma, eps=1e-5):
    dx, dgamma, dbeta = right(dy, x, gamma, eps)
    return dx, dbeta, dgamma


def float32_only(dy, x, gamma, eps=1e-5):
    return right(dy.to(torch.float32), x.to(torch.float32), gamma.to(torch.float32), eps)


def writes_into_dy(dy, x, gamma, eps=1e-5):
    m, s = x.mean(0), (x.var(0, unbiased=False) + eps).sqrt()
    h = (x - m) / s
    dgamma, dbeta = (dy * h).sum(0), dy.sum(0)
    dy *= gamma
    return (dy - dy.mean(0) - h * (dy * h).mean(0)) / s, dgamma, dbeta


def writes_into_x(dy, x, gamma, eps=1e-5):
    s = (x.var(0, unbiased=False) + eps).sqrt()
    x -= x.mean(0)
    h = x / s
    d = dy * gamma
    return (d - d.mean(0) - h * (d * h).mean(0)) / s, (dy * h).sum(0), dy.sum(0)


SECOND_WAY = {
    "statistics_constant": statistics_constant,
    "variance_constant": variance_constant,
    "mean_constant": mean_constant,
    "sums_for_averages_in_dx": but(inner=lambda d, h, c, s: d - d.sum(0) - h * (d * h).sum(0)),
    "unbiased_variance": but(var=lambda x: torch.var(x, dim=0)),
    "dx_averages_over_n_minus_one": but(
        inner=lambda d, h, c, s: d - d.sum(0) / (len(d) - 1) - h * (d * h).sum(0) / (len(d) - 1)
    ),
    "gamma_missing_in_dx": but(scaled=lambda dy, gamma: dy),
    "gamma_in_dgamma": but(dgamma=lambda dy, h, x, gamma, s: (dy * gamma * h).sum(0)),
    "gamma_twice_in_dx": lambda dy, x, gamma, eps=1e-5: right(
        dy, x, gamma, eps, inner=lambda d, h, c, s: d - d.mean(0) - h * (d * gamma * h).mean(0)
    ),
    "dgamma_with_x": but(dgamma=lambda dy, h, x, gamma, s: torch.einsum("nd,nd->d", dy, x)),
    "dgamma_with_centred_x": but(dgamma=lambda dy, h, x, gamma, s: (dy * (x - x.mean(0))).sum(0)),
    "averaged_gradients": but(dgamma=lambda dy, h, x, gamma, s: (dy * h).mean(0), dbeta=lambda dy: dy.mean(0)),
    "dbeta_over_features": dbeta_over_features,
    "dgamma_and_dbeta_over_features": but(
        dgamma=lambda dy, h, x, gamma, s: (dy * h).sum(-1), dbeta=lambda dy: dy.sum(-1)
    ),
    "not_summed": but(dgamma=lambda dy, h, x, gamma, s: h * dy, dbeta=lambda dy: dy.clone()),
    "kept_dimension": kept_dimension,
    "eps_ignored": but(root=lambda v, eps: torch.sqrt(1e-5 + v)),
    "no_eps": but(root=lambda v, eps: v.sqrt()),
    "eps_outside": but(root=lambda v, eps: v.sqrt() + eps),
    "divided_by_variance": but(out=lambda d, s: d / s / s),
    "not_divided_by_sigma": but(out=lambda d, s: d),
    "sign_of_the_mean_part": sign_of_the_mean_part,
    "sign_of_the_variance_part": sign_of_the_variance_part,
    "centred_for_normalised": but(inner=lambda d, h, c, s: d - d.mean(0) - c * (d * h).mean(0)),
    "statistics_over_features": but(
        var=lambda x: x.var(-1, unbiased=False)[:, None], mean=lambda x: x.mean(-1)[:, None]
    ),
    "order_of_results": order_of_results,
    "float32_only": float32_only,
    "writes_into_dy": writes_into_dy,
    "writes_into_x": writes_into_x,
    "squeezed": but(
        dgamma=lambda dy, h, x, gamma, s: (dy * h).sum(0, keepdim=True).squeeze(),
        dbeta=lambda dy: dy.sum(0, keepdim=True).squeeze(),
    ),
}
