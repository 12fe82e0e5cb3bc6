"""The mistakes of `lora`, each written as another learner would: the diagnosis must name them too."""

import torch
import torch.nn.functional as F
from torch import nn


class Right(nn.Module):
    """A right solution in steps that can go wrong one by one."""

    def __init__(self, in_features, out_features, rank, alpha=1.0):
        super().__init__()
        self.n_in, self.n_out, self.rank, self.alpha = in_features, out_features, rank, alpha
        self.linear = self.base()
        self.freeze()
        self.lora_A, self.lora_B = nn.Parameter(self.start_A()), nn.Parameter(self.start_B())

    def base(self):
        return nn.Linear(self.n_in, self.n_out)

    def freeze(self):
        for parameter in self.linear.parameters():
            parameter.requires_grad = False

    def start_A(self):
        return nn.init.kaiming_uniform_(torch.empty(self.rank, self.n_in), a=5**0.5)

    def start_B(self):
        return torch.zeros(self.n_out, self.rank)

    def factor(self):
        return self.alpha / self.rank

    def down(self, x):
        return F.linear(x, self.lora_A)

    def up(self, h):
        return F.linear(h, self.lora_B)

    def low(self, x):
        return self.factor() * self.up(self.down(x))

    def forward(self, x):
        return self.low(x) + self.linear(x)


class NoScaling(Right):
    def factor(self):
        return 1


class InvertedScaling(Right):
    def factor(self):
        return 1 / (self.alpha / self.rank)


class AlphaNotDivided(Right):
    def factor(self):
        return self.alpha


class AlphaIgnored(Right):
    def factor(self):
        return 1.0 / self.lora_A.shape[0]


class RootOfRank(Right):
    def factor(self):
        return self.alpha * self.rank**-0.5


class WholeDivision(Right):
    def factor(self):
        return int(self.alpha / self.rank)


class DividedByIn(Right):
    def factor(self):
        return self.alpha / self.lora_A.shape[1]


class ScaledTwice(Right):
    def down(self, x):
        return super().down(x) * self.alpha / self.rank


class AllScaled(Right):
    def forward(self, x):
        return F.linear(x, self.linear.weight + self.lora_B @ self.lora_A, self.linear.bias) * self.factor()


class OtherDefault(Right):
    def __init__(self, in_features, out_features, rank, alpha=16):
        super().__init__(in_features, out_features, rank, alpha)


class FalsyAlpha(Right):
    def __init__(self, in_features, out_features, rank, alpha=None):
        super().__init__(in_features, out_features, rank, alpha if alpha else 1)


class BothZero(Right):
    def start_A(self):
        return torch.zeros(self.rank, self.n_in)


class RolesExchanged(BothZero):
    def start_B(self):
        return nn.init.xavier_uniform_(torch.empty(self.n_out, self.rank))


class RandomB(Right):
    def start_B(self):
        return torch.rand(self.n_out, self.rank) / 1000


class ConstantA(Right):
    def start_A(self):
        return torch.full((self.rank, self.n_in), 0.01)


class UnfilledA(Right):
    def start_A(self):
        return torch.Tensor(self.rank, self.n_in)


class DependentA(Right):
    def start_A(self):
        pairs = torch.rand(self.rank, (self.n_in + 1) // 2) - 0.5
        return pairs.repeat_interleave(2, dim=1)[:, : self.n_in]


class EqualRowsInA(Right):
    def start_A(self):
        return torch.stack([torch.rand(self.n_in)] * self.rank)


class Reseeds(Right):
    def start_A(self):
        return torch.randn(self.rank, self.n_in, generator=torch.Generator().manual_seed(42))


class BaseTrainable(Right):
    def freeze(self):
        pass


class BiasTrainable(Right):
    def freeze(self):
        self.linear.weight.requires_grad = False


class WeightTrainable(Right):
    def freeze(self):
        self.linear.bias.requires_grad = False


class AllFrozen(Right):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for parameter in self.parameters():
            parameter.requires_grad = False


class OnlyBTrainable(Right):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.lora_A.requires_grad_(False)


class PlainTensors(Right):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        del self.lora_A, self.lora_B
        self.lora_A, self.lora_B = self.start_A().requires_grad_(True), self.start_B().requires_grad_(True)


class UntrackedTensors(Right):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        del self.lora_A, self.lora_B
        self.lora_A, self.lora_B = self.start_A(), self.start_B()


class ScaledAfterWrapping(Right):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        del self.lora_A
        self.lora_A = nn.Parameter(self.start_A()) * 0.01


class LayersForMatrices(Right):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        del self.lora_A, self.lora_B
        self.lora_A, self.lora_B = nn.Linear(self.n_in, self.rank, False), nn.Linear(self.rank, self.n_out, False)

    def low(self, x):
        return self.lora_B(self.lora_A(x)) * self.factor()


class StoredTransposed(Right):
    def start_A(self):
        return torch.randn(self.n_in, self.rank)

    def start_B(self):
        return torch.zeros(self.rank, self.n_out)

    def low(self, x):
        return self.factor() * (x @ (self.lora_A @ self.lora_B))


class FullSizeUpdate(Right):
    def start_A(self):
        return torch.eye(self.n_in)

    def start_B(self):
        return torch.zeros_like(self.linear.weight)


class BaseWithoutBias(Right):
    def base(self):
        return nn.Linear(self.n_in, self.n_out, False)


class SizesExchanged(Right):
    def base(self):
        return nn.Linear(self.n_out, self.n_in)


class TrainableScaling(Right):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.s = nn.Parameter(torch.ones(()) * self.alpha / self.rank)

    def factor(self):
        return self.s


class NewBias(Right):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.offset = nn.Parameter(torch.zeros(self.n_out))

    def up(self, h):
        return F.linear(h, self.lora_B, self.offset)


class BiasLeftOut(Right):
    def forward(self, x):
        return F.linear(x, self.linear.weight) + self.low(x)


class BiasScaledIn(Right):
    def up(self, h):
        return F.linear(h, self.lora_B, self.linear.bias)


class NoBase(Right):
    def forward(self, x):
        return self.low(x)


class NoUpdate(Right):
    def forward(self, x):
        lora_A, lora_B = nn.Parameter(self.start_A()), nn.Parameter(self.start_B())
        return self.linear(x) + self.factor() * (x @ lora_A.T @ lora_B.T).detach()


class Subtracted(Right):
    def factor(self):
        return -self.alpha / self.rank


class ActivationBetween(Right):
    def down(self, x):
        return super().down(x).clamp(min=0)


class UpdateOfOutput(Right):
    def low(self, x):
        delta = self.lora_B @ self.lora_A
        return self.factor() * (self.linear(x) @ delta @ delta.T)


class SkippedInEval(Right):
    def low(self, x):
        return super().low(x) if self.training else 0.0


class SkippedInTraining(Right):
    def low(self, x):
        return 0.0 if self.training else super().low(x)


class UntrackedInEval(Right):
    def low(self, x):
        with torch.set_grad_enabled(self.training):
            return super().low(x)


class SkippedWhileZero(Right):
    def forward(self, x):
        return self.linear(x) if torch.all(self.lora_B == 0) else super().forward(x)


class Dropout(Right):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.drop = nn.Dropout(0.1)

    def down(self, x):
        return super().down(self.drop(x))


class BaseUnderNoGrad(Right):
    def forward(self, x):
        with torch.no_grad():
            base = self.linear(x)
        return base + self.low(x)


class UpdateWithoutX(Right):
    def down(self, x):
        return super().down(x.data)


class DetachedInput(Right):
    def forward(self, x):
        return super().forward(x.detach().clone())


class DetachedA(Right):
    def down(self, x):
        return x @ self.lora_A.data.T


class DetachedB(Right):
    def up(self, h):
        return h @ self.lora_B.data.T


class DetachedMatrices(Right):
    def low(self, x):
        return x @ (self.factor() * self.lora_B @ self.lora_A).data.T


class DetachedUpdate(Right):
    @torch.no_grad()
    def low(self, x):
        return super().low(x)


class OutsideTheGraph(Right):
    @torch.no_grad()
    def forward(self, x):
        return super().forward(x)


class Squeezed(Right):
    def forward(self, x):
        return torch.squeeze(super().forward(x))


class MatricesOnly(Right):
    def low(self, x):
        return torch.transpose(self.lora_B @ (self.lora_A @ x.T), 0, 1) * self.factor()


class MergedInForward(Right):
    @torch.no_grad()
    def merge(self):
        self.linear.weight.add_(self.lora_B @ self.lora_A, alpha=self.factor())

    def forward(self, x):
        self.merge()
        return self.linear(x)


class ProductInConstructor(Right):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.product = torch.matmul(self.lora_B, self.lora_A)

    def low(self, x):
        return F.linear(x, self.product) * self.factor()


class BaseCopied(Right):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.register_buffer("W0", self.linear.weight.clone())
        self.register_buffer("b0", self.linear.bias.clone())

    def forward(self, x):
        return x @ self.W0.T + self.b0 + self.low(x)


class MergedInEval(Right):
    def change(self, sign):
        self.linear.weight.data.add_(sign * self.factor() * (self.lora_B @ self.lora_A).detach())

    def train(self, mode=True):
        if self.training and not mode:
            self.change(1)
        if mode and not self.training:
            self.change(-1)
        return super().train(mode)

    def low(self, x):
        return super().low(x) if self.training else torch.zeros(self.n_out)


class Kept(torch.autograd.Function):
    """The kept product's value, the live product's gradient."""

    @staticmethod
    def forward(ctx, live, kept):
        return kept.clone()

    @staticmethod
    def backward(ctx, grad):
        return grad, None


class ProductKept(Right):
    def low(self, x):
        live = self.factor() * self.lora_B @ self.lora_A
        if not hasattr(self, "kept"):
            self.kept = live.detach()
        return x @ Kept.apply(live, self.kept).T


SECOND_WAY = {
    "no_scaling": NoScaling,
    "inverted_scaling": InvertedScaling,
    "alpha_not_divided": AlphaNotDivided,
    "alpha_ignored": AlphaIgnored,
    "root_of_rank": RootOfRank,
    "whole_division": WholeDivision,
    "divided_by_in": DividedByIn,
    "scaled_twice": ScaledTwice,
    "all_scaled": AllScaled,
    "other_default": OtherDefault,
    "falsy_alpha": FalsyAlpha,
    "both_zero": BothZero,
    "roles_exchanged": RolesExchanged,
    "random_B": RandomB,
    "constant_A": ConstantA,
    "unfilled_A": UnfilledA,
    "equal_rows_in_A": EqualRowsInA,
    "dependent_A": DependentA,
    "reseeds": Reseeds,
    "base_trainable": BaseTrainable,
    "bias_trainable": BiasTrainable,
    "weight_trainable": WeightTrainable,
    "all_frozen": AllFrozen,
    "only_B_trainable": OnlyBTrainable,
    "plain_tensors": PlainTensors,
    "untracked_tensors": UntrackedTensors,
    "scaled_after_wrapping": ScaledAfterWrapping,
    "layers_for_matrices": LayersForMatrices,
    "stored_transposed": StoredTransposed,
    "full_size_update": FullSizeUpdate,
    "base_without_bias": BaseWithoutBias,
    "sizes_exchanged": SizesExchanged,
    "trainable_scaling": TrainableScaling,
    "new_bias": NewBias,
    "bias_left_out": BiasLeftOut,
    "bias_scaled_in": BiasScaledIn,
    "no_base": NoBase,
    "no_update": NoUpdate,
    "subtracted": Subtracted,
    "activation_between": ActivationBetween,
    "update_of_output": UpdateOfOutput,
    "skipped_in_eval": SkippedInEval,
    "skipped_in_training": SkippedInTraining,
    "untracked_in_eval": UntrackedInEval,
    "skipped_while_zero": SkippedWhileZero,
    "dropout": Dropout,
    "base_under_no_grad": BaseUnderNoGrad,
    "update_without_x": UpdateWithoutX,
    "detached_input": DetachedInput,
    "detached_A": DetachedA,
    "detached_B": DetachedB,
    "detached_matrices": DetachedMatrices,
    "detached_update": DetachedUpdate,
    "outside_the_graph": OutsideTheGraph,
    "squeezed": Squeezed,
    "matrices_only": MatricesOnly,
    "merged_in_forward": MergedInForward,
    "product_in_constructor": ProductInConstructor,
    "base_copied": BaseCopied,
    "merged_in_eval": MergedInEval,
    "product_kept": ProductKept,
}
