import torch
from torch import Tensor, nn

from torch_judge.authoring import accepted


@accepted
def mask_times_x(x):
    mask = x > 0
    return x * mask


@accepted
def larger_of_x_and_zero(x: Tensor) -> Tensor:
    assert isinstance(x, torch.Tensor)
    print("x has shape", x.shape)
    return torch.maximum(x, torch.zeros_like(x))


@accepted
def half_of_x_and_its_size(x):
    return (x + torch.abs(x)) / 2


@accepted
def cleared_copy(x):
    out = x.clone()
    out[out < 0] = 0
    return out


@accepted
def masked_fill(x):
    return x.masked_fill(x <= 0, 0.0)


@accepted
def entry_by_entry(x):
    zero = torch.zeros((), dtype=x.dtype, device=x.device)
    kept = [value if value > 0 else zero for value in x.reshape(-1)]
    return torch.stack(kept).reshape(x.shape)


@accepted
def minus_the_negative_part(x):
    return x - torch.minimum(x, x.new_zeros(1))


@accepted
def larger_of_a_stack(x):
    return torch.stack((x, torch.zeros_like(x)), dim=-1).max(dim=-1).values


@accepted
def sign(x):
    return x * (torch.sign(x) + 1) * 0.5


@accepted
def gathered_and_put_back(x):
    out = torch.zeros_like(x)
    where = torch.nonzero(x > 0, as_tuple=True)
    return out.index_put(where, x[where])


class Rectify(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.where(x < 0, torch.zeros_like(x), x)

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        return upstream * (x >= 0).to(upstream.dtype)


@accepted
def own_backward(x):
    return Rectify.apply(x)


class Rectifier(nn.Module):
    def forward(self, x):
        return torch.fmax(x, torch.tensor(0.0, dtype=x.dtype, device=x.device))


@accepted
def module_inside(x):
    return Rectifier()(x)
