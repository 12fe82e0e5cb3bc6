import torch

from torch_judge.authoring import accepted


@accepted
def two_pass_by_hand(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    if not training:
        return (x - running_mean) * torch.rsqrt(running_var + eps) * gamma + beta
    n = x.shape[0]
    mean = x.sum(0, keepdim=True) / n
    centred = x - mean
    var = (centred**2).sum(0, keepdim=True) / n
    running_mean.copy_((1 - momentum) * running_mean + momentum * mean.detach().squeeze(0))
    running_var.copy_((1 - momentum) * running_var + momentum * var.detach().squeeze(0))
    return centred / (var + eps) ** 0.5 * gamma + beta


@accepted
def lerp_and_var_mean(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    if training:
        var, mean = torch.var_mean(x, dim=0, correction=0)
        running_mean.lerp_(mean.detach(), momentum)
        running_var.lerp_(var.detach(), momentum)
    else:
        mean, var = running_mean, running_var
    scale = gamma * (var + eps).rsqrt()
    return torch.addcmul(beta - mean * scale, x, scale)


@accepted
def slices_and_data(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    mean, std2 = (x.mean(0), torch.var(x, 0, unbiased=False)) if training else (running_mean, running_var)
    if training:
        running_mean[:] = running_mean * (1.0 - momentum) + mean.data * momentum
        running_var.data += momentum * (std2.data - running_var)
    normalised = (x - mean) / torch.sqrt(std2 + eps)
    return torch.einsum("nd,d->nd", normalised, gamma) + beta


@accepted
def feature_by_feature(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    columns = []
    for d in range(x.size(1)):
        column = x[:, d]
        if training:
            m = sum(column) / len(column)
            v = sum((value - m) ** 2 for value in column) / len(column)
            with torch.no_grad():
                running_mean[d] = (1 - momentum) * running_mean[d] + momentum * m
                running_var[d] = (1 - momentum) * running_var[d] + momentum * v
        else:
            m, v = running_mean[d], running_var[d]
        columns.append(gamma[d] * (column - m) / (v + eps).sqrt() + beta[d])
    return torch.stack(columns, dim=1)


@accepted
def in_place_on_own_tensors(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    out = x.clone()
    if training:
        wide = x.double()
        mu = torch.mean(wide, dim=0)
        sigma2 = (torch.mean(wide * wide, dim=0) - mu * mu).float()  # in float32 the two would cancel
        mu = mu.float()
        for buffer, value in ((running_mean, mu), (running_var, sigma2)):
            buffer.mul_(1 - momentum).add_(value.detach(), alpha=momentum)
    else:
        mu, sigma2 = running_mean.clone(), running_var.clone()
    out -= mu
    out /= torch.sqrt(sigma2 + eps)
    out *= gamma
    out += beta
    return out


@accepted
def matrix_of_means(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    """Centring as a matrix product, and helpers of the learner's own."""

    def update(buffer, value):
        torch.no_grad()(lambda: buffer.copy_(torch.lerp(buffer, value, momentum)))()

    if training:
        n = len(x)
        averaging = torch.full((1, n), 1 / n, dtype=x.dtype, device=x.device)
        mean = averaging @ x
        var = averaging @ (x - mean).pow(2)
        update(running_mean, mean[0])
        update(running_var, var[0])
    else:
        mean, var = running_mean.unsqueeze(0), running_var.unsqueeze(0)
    return gamma.unsqueeze(0) * ((x - mean) / torch.sqrt(var + eps)) + beta.expand_as(x)


@accepted
def unbiased_buffer_as_pytorch_stores_it(
    x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True
):
    if training:
        mean, var = x.mean(0), x.var(0, correction=0)
        running_mean.copy_((1 - momentum) * running_mean + momentum * mean.detach())
        running_var.copy_((1 - momentum) * running_var + momentum * x.detach().var(0))
    else:
        mean, var = running_mean, running_var
    return gamma * (x - mean) / (var + eps).sqrt() + beta


class WithOwnBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, gamma, beta, mean, var, eps, training):
        inverse = torch.rsqrt(var + eps)
        normalised = (x - mean) * inverse
        ctx.save_for_backward(normalised, gamma, inverse)
        ctx.through_statistics = training
        return gamma * normalised + beta

    @staticmethod
    def backward(ctx, upstream):
        normalised, gamma, inverse = ctx.saved_tensors
        inner = upstream * gamma
        if ctx.through_statistics:
            inner = inner - inner.mean(0) - normalised * (inner * normalised).mean(0)
        return inner * inverse, (upstream * normalised).sum(0), upstream.sum(0), None, None, None, None


@accepted
def backward_by_hand(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    mean, var = running_mean, running_var
    if training:
        data = x.detach()
        mean, var = data.mean(0), data.var(0, correction=0)
        running_mean += momentum * (mean - running_mean)
        running_var += momentum * (var - running_var)
    return WithOwnBackward.apply(x, gamma, beta, mean, var, eps, training)
