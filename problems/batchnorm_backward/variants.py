import torch

from torch_judge.authoring import accepted


@accepted
def chain_rule_line_by_line(dy, x, gamma, eps=1e-5):
    """Every line of the forward pass has its line in the backward pass."""
    N, D = x.shape
    mu = x.sum(0) / N
    centred = x - mu
    squares = centred**2
    var = squares.sum(0) / N
    sigma = (var + eps) ** 0.5
    inverse = 1.0 / sigma
    x_hat = centred * inverse

    dbeta = dy.sum(0)
    dgamma = (dy * x_hat).sum(0)
    dx_hat = dy * gamma
    dinverse = (dx_hat * centred).sum(0)
    dcentred = dx_hat * inverse
    dsigma = -dinverse / sigma**2
    dvar = 0.5 * dsigma / sigma
    dsquares = torch.ones_like(x) * dvar / N
    dcentred = dcentred + 2 * centred * dsquares
    dmu = -dcentred.sum(0)
    return dcentred + dmu / N, dgamma, dbeta


@accepted
def averages(dy: torch.Tensor, x: torch.Tensor, gamma: torch.Tensor, eps: float = 1e-5):
    var, mean = torch.var_mean(x, dim=0, unbiased=False)
    rstd = torch.rsqrt(var + eps)
    x_hat = (x - mean) * rstd
    d = dy * gamma
    dx = rstd * (d - d.mean(0) - x_hat * (d * x_hat).mean(0))
    print("rows of dx:", dx.shape[0])
    return [dx, torch.sum(dy * x_hat, dim=0), torch.sum(dy, dim=0)]


@accepted
def as_in_the_paper(dy, x, gamma, eps=1e-5):
    """Ioffe and Szegedy's six equations."""
    m = x.size(0)
    mu_B = x.mean(dim=0, keepdim=True)
    var_B = ((x - mu_B) ** 2).mean(dim=0, keepdim=True)
    dl_dxhat = dy * gamma
    dl_dvar = (dl_dxhat * (x - mu_B) * -0.5 * (var_B + eps) ** -1.5).sum(0, keepdim=True)
    dl_dmu = (-dl_dxhat / torch.sqrt(var_B + eps)).sum(0, keepdim=True)
    dl_dmu = dl_dmu + dl_dvar * (-2 * (x - mu_B)).sum(0, keepdim=True) / m
    dl_dx = dl_dxhat / torch.sqrt(var_B + eps) + dl_dvar * 2 * (x - mu_B) / m + dl_dmu / m
    x_hat = (x - mu_B) / torch.sqrt(var_B + eps)
    return dl_dx, (dy * x_hat).sum(dim=0), dy.sum(dim=0)


@accepted
def jacobian_of_each_column(dy, x, gamma, eps=1e-5):
    """The N × N matrix that takes dx̂ back to dx, written down for each feature."""
    n, features = x.shape
    dx = torch.zeros_like(x)
    dgamma, dbeta = torch.zeros_like(gamma), torch.zeros_like(gamma)
    eye = torch.eye(n, dtype=x.dtype, device=x.device)
    for f in range(features):
        column = x[:, f]
        sigma = torch.sqrt(((column - column.mean()) ** 2).mean() + eps)
        x_hat = (column - column.mean()) / sigma
        jacobian = (eye - 1 / n - torch.outer(x_hat, x_hat) / n) / sigma
        dx[:, f] = jacobian @ (gamma[f] * dy[:, f])
        dgamma[f] = dy[:, f] @ x_hat
        dbeta[f] = dy[:, f].sum()
    return dx, dgamma, dbeta


@accepted
@torch.no_grad()
def einsum_form(dy, x, gamma, eps=1e-5):
    n = x.shape[0]
    centred = x - torch.einsum("nd->d", x) / n
    var = torch.einsum("nd,nd->d", centred, centred) / n
    dgamma = torch.einsum("nd,nd->d", dy, centred) * (var + eps).rsqrt()
    dbeta = torch.einsum("nd->d", dy)
    scale = gamma * (var + eps).rsqrt()
    dx = scale * (dy - dbeta / n) - scale * centred * (dgamma * (var + eps).rsqrt() / n)
    return dx, dgamma, dbeta


@accepted
def number_by_number(dy, x, gamma, eps=1e-5):
    """Loops over Python numbers, as on paper."""
    N, D = len(dy), len(gamma)
    dx = torch.empty(N, D, dtype=x.dtype, device=x.device)
    dgamma, dbeta = [], []
    for d in range(D):
        xs = [float(v) for v in x[:, d]]
        dys = [float(v) for v in dy[:, d]]
        mean = sum(xs) / N
        sigma = (sum((v - mean) ** 2 for v in xs) / N + eps) ** 0.5
        hats = [(v - mean) / sigma for v in xs]
        dgamma.append(sum(a * b for a, b in zip(dys, hats, strict=True)))
        dbeta.append(sum(dys))
        for i in range(N):
            dx[i, d] = float(gamma[d]) / (N * sigma) * (N * dys[i] - dbeta[d] - hats[i] * dgamma[d])
    return dx, torch.tensor(dgamma, dtype=x.dtype).to(x), torch.tensor(dbeta, dtype=x.dtype).to(x)
