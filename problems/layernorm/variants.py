import torch

from torch_judge.authoring import accepted


@accepted
def by_hand_with_sums(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor, eps: float = 1e-5) -> torch.Tensor:
    d = x.shape[-1]
    assert gamma.shape == (d,) and beta.shape == (d,), "gamma and beta need one value per feature"
    mean = x.sum(-1, keepdim=True) / d
    centred = x - mean
    var = (centred * centred).sum(-1, keepdim=True) / d
    return centred * (var + eps) ** -0.5 * gamma + beta


@accepted
def mean_of_squares_less_square_of_mean_in_float64(x, gamma, beta, eps=1e-5):
    wide = x.double()
    mu = wide.mean(-1)
    var = (wide**2).mean(-1) - mu**2
    print("variance:", var)
    normalised = (wide - mu.unsqueeze(-1)) / torch.sqrt(var.unsqueeze(-1) + eps)
    return normalised.float() * gamma + beta


@accepted
def folded_affine(x, gamma, beta, eps=1e-5):
    var, mean = torch.var_mean(x, dim=-1, keepdim=True, correction=0)
    scale = gamma * torch.rsqrt(var + eps)
    return torch.addcmul(beta - mean * scale, x, scale)


@accepted
def row_by_row(x, gamma, beta, eps=1e-5):
    def one(row):
        mean = sum(row) / len(row)
        var = sum((value - mean) ** 2 for value in row) / len(row)
        return torch.stack([(value - mean) / torch.sqrt(var + eps) for value in row])

    rows = [one(row) * gamma + beta for row in x.view(-1, x.size(-1))]
    return torch.stack(rows).view(x.size())


@accepted
def einsum_and_matrix_of_means(x, gamma, beta, eps=1e-5):
    d = x.size(-1)
    averaging = torch.full((d, d), 1 / d, dtype=x.dtype, device=x.device)
    centred = x - x @ averaging
    variance = torch.einsum("...d,...d->...", centred, centred).div(d)[..., None]
    return torch.einsum("...d,d->...d", centred / (variance + eps).sqrt(), gamma) + beta


@accepted
def in_place_on_own_tensors(x, gamma, beta, eps=1e-5):
    out = x.clone()
    out -= x.mean(dim=-1, keepdim=True)
    out /= torch.sqrt(torch.std(x, dim=-1, keepdim=True, unbiased=False) ** 2 + eps)
    out *= gamma
    out += beta
    return out


@accepted
def last_axis_first(x, gamma, beta, eps=1e-5):
    """Move the features to the front, where statistics over dim 0 broadcast without keepdim."""
    features = x.movedim(-1, 0)
    mean, var = features.mean(0), features.var(0, unbiased=False)
    return ((features - mean) / (var + eps).sqrt()).movedim(0, -1) * gamma + beta


@accepted
def norm_of_the_deviations(x, gamma, beta, eps=1e-5):
    d = x.shape[-1]
    deviation = x - torch.mean(x, -1, True)
    length = torch.sqrt(deviation.square().sum(-1, keepdim=True) + d * eps)
    return deviation / length * d**0.5 * gamma + beta


@accepted
def mse_is_a_variance(x, gamma, beta, eps=1e-5):
    mean = x.mean(-1, keepdim=True).expand_as(x)
    var = torch.nn.functional.mse_loss(x, mean, reduction="none").mean(-1, keepdim=True)
    return gamma.view(*[1] * (x.dim() - 1), -1) * ((x - mean) / torch.exp(0.5 * torch.log(var + eps))) + beta
