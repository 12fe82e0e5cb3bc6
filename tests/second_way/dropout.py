"""The mistakes of `dropout` as another learner would make them."""

# ruff: noqa: N801

import random

import torch
from torch import nn


class Base(nn.Module):
    """What all of them do alike; each overrides one step."""

    def __init__(self, p=0.5):
        super().__init__()
        self.p = p

    def forward(self, x):
        return self.drop(x) if self.training else self.idle(x)

    def idle(self, x):
        return x.clone()

    def drop(self, x):
        return torch.where(self.mask(x), x * self.factor(), torch.zeros_like(x))

    def mask(self, x):
        return torch.bernoulli(torch.full(x.shape, 1.0 - self.p)).bool()

    def factor(self):
        return 1 / (1 - self.p)


class no_scale(Base):
    def drop(self, x):
        return x.masked_fill(~self.mask(x), 0)


class scales_by_p(Base):
    def factor(self):
        return 1 / self.p


class multiplies_by_keep(Base):
    def factor(self):
        return 1 - self.p


class keep_probability(Base):
    def mask(self, x):
        return torch.bernoulli(torch.full(x.shape, self.p)).bool()

    def factor(self):
        return 1.0 / self.p


class mask_inverted(Base):
    def mask(self, x):
        return torch.rand(x.shape) <= self.p


class normal_numbers(Base):
    def mask(self, x):
        return torch.normal(0.0, 1.0, x.shape) > self.p


class p_ignored(Base):
    def drop(self, x):
        return 2 * x * torch.randint(0, 2, x.shape)


class default_p(Base):
    def __init__(self, p=0.2):
        super().__init__(p)


class one_draw_per_row(Base):
    def drop(self, x):
        keep = torch.tensor([random.random() >= self.p for _ in range(len(x))])
        return x * keep.view(-1, *[1] * (x.dim() - 1)) / (1 - self.p)


class one_draw_per_feature(Base):
    def mask(self, x):
        return (torch.rand(x.size(-1)) > self.p).expand_as(x)


class one_mask_for_the_batch(Base):
    def mask(self, x):
        return torch.stack([super().mask(x[0])] * len(x))


class one_draw_per_position(Base):
    def mask(self, x):
        return super().mask(x[..., :1])


class one_draw_per_call(Base):
    def drop(self, x):
        return torch.zeros_like(x) if random.random() < self.p else x / (1 - self.p)


class mask_remembered(Base):
    remembered = None

    def mask(self, x):
        if self.remembered is None:
            self.remembered = super().mask(x)
        return self.remembered


class reseeds_in_forward(Base):
    def mask(self, x):
        return torch.rand(x.shape, generator=torch.Generator().manual_seed(42)) > self.p


class reseeds_in_init(Base):
    def __init__(self, p=0.5):
        super().__init__(p)
        self.generator = torch.Generator().manual_seed(42)

    def mask(self, x):
        return torch.rand(x.shape, generator=self.generator) > self.p


class drops_in_eval(Base):
    def forward(self, x):
        return self.drop(x)


class scales_in_eval(no_scale):
    def idle(self, x):
        return (1 - self.p) * x


class enlarges_in_eval(Base):
    def forward(self, x):
        x = x / (1 - self.p)
        return x * self.mask(x) if self.training else x


class modes_swapped(Base):
    def forward(self, x):
        return self.idle(x) if self.training else self.drop(x)


class never_drops(Base):
    def forward(self, x):
        return x + 0


class rescales_by_survivors(Base):
    def drop(self, x):
        keep = self.mask(x).to(x)
        return x * keep * (keep.numel() / keep.sum())


class writes_into_x(Base):
    def drop(self, x):
        x[~self.mask(x)] = 0
        return x / (1 - self.p)


class no_gradient(Base):
    def drop(self, x):
        with torch.no_grad():
            return x * self.mask(x) / (1 - self.p)


class gradient_past_the_mask(Base):
    def drop(self, x):
        out = x.clone()
        out.data = x.data * self.mask(x) / (1 - self.p)
        return out


class no_super_init(nn.Module):
    def __init__(self, p=0.5):
        self.drop_probability = p

    def forward(self, x):
        if self.training:
            return x * torch.bernoulli(torch.full_like(x, 1 - self.drop_probability)) / (1 - self.drop_probability)
        return x


no_super_init.__name__ = "MyDropout"  # the error names the class


class fixed_number(Base):
    def mask(self, x):
        ranks = torch.rand(x.numel()).argsort().argsort()
        return (ranks >= int(self.p * x.numel())).view(x.shape)


class gaussian_noise(Base):
    def drop(self, x):
        return x * torch.normal(1.0, (self.p / (1 - self.p)) ** 0.5, x.shape)


class own_mode(Base):
    on = True

    def eval(self):
        self.on = False
        return self

    def train(self, mode=True):
        self.on = True
        return self

    def forward(self, x):
        return self.drop(x) if self.on else x


class half_a_mask_repeated(Base):
    def mask(self, x):
        half = torch.rand((x.numel() + 1) // 2) >= self.p
        return half.repeat(2)[: x.numel()].reshape(x.shape)


class half_a_mask_mirrored(Base):
    def mask(self, x):
        half = torch.rand((x.numel() + 1) // 2) >= self.p
        return torch.cat((half, half.flip(0)))[: x.numel()].reshape(x.shape)


class mask_symmetric(Base):
    def mask(self, x):
        drawn = torch.rand(x.shape)
        if x.dim() >= 2 and x.shape[-1] == x.shape[-2]:
            drawn = drawn.tril() + drawn.tril(-1).transpose(-1, -2)
        return drawn >= self.p


class squeezed(Base):
    def drop(self, x):
        return torch.squeeze(super().drop(x))


class follows_autograd(Base):
    def forward(self, x):
        active = self.training and torch.is_grad_enabled()
        return self.drop(x) if active else x


class ByZeros(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, keep, factor):
        out = x.masked_fill(~keep, 0) * factor
        ctx.save_for_backward(out)
        ctx.factor = factor
        return out

    @staticmethod
    def backward(ctx, grad):
        return grad.masked_fill(ctx.saved_tensors[0] == 0, 0) * ctx.factor, None, None


class mask_from_zeros(Base):
    def drop(self, x):
        return ByZeros.apply(x, self.mask(x), self.factor())


SECOND_WAY = {n: t for n, t in list(globals().items()) if isinstance(t, type) and t not in (Base, ByZeros)}
