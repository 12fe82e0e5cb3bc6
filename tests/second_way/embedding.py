"""The mistakes of `embedding`, each written as another learner would: the diagnosis must name them too."""

import torch
import torch.nn.functional as F
from torch import nn


class Right(nn.Module):
    """A right solution in steps that can go wrong one by one."""

    def __init__(self, n, d):
        super().__init__()
        self.n, self.d = n, d
        self.make()

    def table(self):
        return torch.rand(self.n, self.d) * 2 - 1

    def make(self):
        self.weight = nn.Parameter(self.table())

    def rows(self, flat):
        return self.weight.index_select(0, flat)

    def forward(self, indices):
        return self.rows(indices.reshape(-1)).reshape(*indices.shape, self.d)


class PlainTensor(Right):
    def make(self):
        self.weight = self.table().requires_grad_(True)


class Buffer(Right):
    def make(self):
        self.register_buffer("weight", self.table())


class Frozen(Right):
    def make(self):
        super().make()
        self.weight.requires_grad_(False)


class InAList(Right):
    def make(self):
        self.list = [torch.rand(self.d, requires_grad=True) for _ in range(self.n)]
        self.weight = torch.stack(self.list)


class Transposed(Right):
    def table(self):
        return super().table().t().contiguous()

    def rows(self, flat):
        return self.weight[:, flat].t()


class ZeroTable(Right):
    def table(self):
        return torch.ones(self.n, self.d)


class OneRowForAll(Right):
    def table(self):
        return torch.stack([torch.rand(self.d)] * self.n)


class PaddingRowZeroed(Right):
    def make(self):
        super().make()
        with torch.no_grad():
            self.weight[0].zero_()


class Reseeds(Right):
    def table(self):
        return torch.randn(self.n, self.d, generator=torch.Generator().manual_seed(42))


class LastRowIsPadding(Right):
    def rows(self, flat):
        return super().rows(flat).masked_fill((flat == self.n - 1)[:, None], 0.0)


class FirstRowIsPadding(Right):
    def rows(self, flat):
        return torch.where(flat[:, None] == 0, 0.0, super().rows(flat))


class OffByOne(Right):
    def rows(self, flat):
        return self.weight[torch.sub(flat, 1)]


class RowAfter(Right):
    def rows(self, flat):
        return torch.roll(self.weight, -1, dims=0)[flat % self.n]


class BatchTransposed(Right):
    def forward(self, indices):
        flipped = indices.transpose(0, -1).contiguous()
        return self.rows(flipped.view(-1)).view(*indices.shape, self.d)


class FeaturesFirst(Right):
    def rows(self, flat):
        return self.weight.t()[:, flat]

    def forward(self, indices):
        return self.rows(indices.reshape(-1)).reshape(self.d, *indices.shape)


class OneHotTooNarrow(Right):
    def rows(self, flat):
        hot = torch.eye(int(flat.max()) + 1)[flat]
        return torch.matmul(hot, self.weight)


class Flattened(Right):
    def forward(self, indices):
        return self.rows(indices.reshape(-1))


class TwoDimensionsOnly(Right):
    def forward(self, indices):
        if indices.dim() == 1:
            return self.rows(indices)
        return self.rows(indices.reshape(-1)).reshape(indices.size(0), -1, self.d)


class Squeezed(Right):
    def forward(self, indices):
        return torch.squeeze(super().forward(indices))


class Summed(Right):
    def forward(self, indices):
        return torch.einsum("...sd->...d", super().forward(indices))


class Scaled(Right):
    def forward(self, indices):
        return super().forward(indices) * torch.sqrt(torch.tensor(float(self.d)))


class Normalised(Right):
    def rows(self, flat):
        return F.normalize(super().rows(flat), dim=1)


class DetachedLookup(Right):
    @torch.no_grad()
    def forward(self, indices):
        return super().forward(indices)


class Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx, weight, flat):
        ctx.n, ctx.flat = weight.shape[0], flat
        return weight[flat]

    @staticmethod
    def backward(ctx, grad):
        total = grad.new_zeros(ctx.n, grad.shape[1])
        for row, g in zip(ctx.flat.tolist(), grad, strict=True):
            total[row] = g
        return total, None


class GradientOnce(Right):
    def rows(self, flat):
        return Once.apply(self.weight, flat)


class Averaged(torch.autograd.Function):
    @staticmethod
    def forward(ctx, weight, flat):
        ctx.n, ctx.flat = weight.shape[0], flat
        return weight[flat]

    @staticmethod
    def backward(ctx, grad):
        one_hot = F.one_hot(ctx.flat, ctx.n).float()
        return (one_hot / one_hot.sum(0).clamp(min=1)).T @ grad, None


class GradientAveraged(Right):
    def rows(self, flat):
        return Averaged.apply(self.weight, flat)


class CopyFromConstruction(Right):
    def table(self):
        return torch.normal(0.0, 1.0, (self.n, self.d))

    def make(self):
        super().make()
        self.copy = torch.tensor(self.weight.tolist())

    def rows(self, flat):
        return self.copy[flat]


class RemembersTheFirstLookup(Right):
    memory = None

    def rows(self, flat):
        if self.memory is None:
            self.memory = self.weight * 1.0
        return self.memory[flat]


class SpareRow(Right):
    def make(self):
        self.n += 1
        super().make()


class WeightOverwritten(Right):
    def rows(self, flat):
        with torch.no_grad():
            self.weight[0] = 0.0
        return super().rows(flat)


SECOND_WAY = {
    "plain_tensor": PlainTensor,
    "buffer": Buffer,
    "frozen": Frozen,
    "in_a_list": InAList,
    "transposed": Transposed,
    "zero_table": ZeroTable,
    "one_row_for_all": OneRowForAll,
    "padding_row_zeroed": PaddingRowZeroed,
    "reseeds": Reseeds,
    "last_row_is_padding": LastRowIsPadding,
    "first_row_is_padding": FirstRowIsPadding,
    "off_by_one": OffByOne,
    "row_after": RowAfter,
    "batch_transposed": BatchTransposed,
    "features_first": FeaturesFirst,
    "one_hot_too_narrow": OneHotTooNarrow,
    "flattened": Flattened,
    "two_dimensions_only": TwoDimensionsOnly,
    "squeezed": Squeezed,
    "summed": Summed,
    "scaled": Scaled,
    "normalised": Normalised,
    "detached_lookup": DetachedLookup,
    "gradient_once": GradientOnce,
    "gradient_averaged": GradientAveraged,
    "copy_from_construction": CopyFromConstruction,
    "remembers_the_first_lookup": RemembersTheFirstLookup,
    "spare_row": SpareRow,
    "weight_overwritten": WeightOverwritten,
}
