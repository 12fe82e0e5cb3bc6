"""The mistakes of `int8_quantization`, each written as another learner would: the diagnosis must name them too."""

import torch
import torch.nn.functional as F
from torch import nn


class Right(nn.Module):
    """A right solution in steps that can go wrong one by one; its scales have the shape (out,)."""

    steps = 127

    def __init__(self, weight, bias=None):
        super().__init__()
        scale = self.step(weight)
        self.keep(self.codes(weight, scale), scale, weight)
        self.register_buffer("bias", self.offset(bias, scale))

    def largest(self, weight):
        return torch.stack([row.abs().max() for row in weight])

    def step(self, weight):
        return torch.maximum(self.largest(weight), torch.tensor(1e-10)) / self.steps

    def nearest(self, steps):
        return torch.round(steps)

    def in_range(self, codes):
        return codes

    def cast(self, codes):
        return codes.to(torch.int8)

    def codes(self, weight, scale):
        return self.cast(self.in_range(self.nearest(weight / scale.reshape(-1, 1))))

    def keep(self, codes, scale, weight):
        self.register_buffer("weight_int8", codes)
        self.register_buffer("scale", scale)

    def offset(self, bias, scale):
        return bias

    def restored(self):
        return self.weight_int8.float() * self.scale.reshape(-1, 1)

    def forward(self, x):
        return F.linear(x, self.restored(), self.bias)


class Clamped(Right):
    def in_range(self, codes):
        return codes.clip(-128, 127)


class OneScaleForAll(Right):
    def largest(self, weight):
        return torch.linalg.vector_norm(weight, float("inf"))


class OneScaleRepeated(Right):
    def largest(self, weight):
        return weight.flatten().abs().max().repeat(len(weight))


class OneScalePerColumn(Right):
    def largest(self, weight):
        return weight.T.abs().max(1).values[None]

    def codes(self, weight, scale):
        return torch.round(weight / scale).char()

    def restored(self):
        return self.weight_int8 * self.scale


class Truncated(Right):
    def nearest(self, steps):
        return torch.trunc(steps)


class Floored(Right):
    def nearest(self, steps):
        return steps // 1


class RoundedUp(Right):
    def nearest(self, steps):
        return -torch.floor(-steps)


class HalfAddedThenCast(Right):
    def nearest(self, steps):
        return (0.5 + steps).fix()


class DividedBy128(Clamped):
    steps = 128


class DividedBy128Wraps(Right):
    steps = 2**7


class DividedBy255(Clamped):
    steps = 255


class SignForgotten(Clamped):
    def largest(self, weight):
        return torch.max(weight, dim=-1)[0]


class SignForgottenWraps(Right):
    def largest(self, weight):
        return torch.max(weight, dim=-1)[0]


class CodesLeftFloat(Right):
    def cast(self, codes):
        return codes.clamp(-127, 127)


class CodesAsInt32(Right):
    def cast(self, codes):
        return codes.int()


class CodesUnsigned(Right):
    def cast(self, codes):
        return codes.byte()


class ScaleInverted(Right):
    def step(self, weight):
        return 1 / super().step(weight)

    def codes(self, weight, scale):
        return super().codes(weight, 1 / scale)

    def restored(self):
        return self.weight_int8 / self.scale[:, None]


class ScaleWithout127(Right):
    def keep(self, codes, scale, weight):
        super().keep(codes, self.largest(weight), weight)

    def restored(self):
        return self.weight_int8.float() / 127 * self.scale[:, None]


class ScaleInHalfPrecision(Right):
    def keep(self, codes, scale, weight):
        super().keep(codes, scale.to(torch.float16), weight)


class EpsilonAdded(Right):
    def step(self, weight):
        return 1e-6 + self.largest(weight) / self.steps


class ScaleForgotten(Right):
    def restored(self):
        return self.weight_int8.to(torch.float32)


class DividedByTheScale(Right):
    def restored(self):
        return torch.div(self.weight_int8, self.scale.unsqueeze(-1))


class FloatWeightUsed(Right):
    def keep(self, codes, scale, weight):
        super().keep(codes, scale, weight)
        self.original = [weight.clone()]

    def restored(self):
        return self.original[0]


class FloatWeightRegistered(Right):
    def keep(self, codes, scale, weight):
        super().keep(codes, scale, weight)
        self.register_buffer("original", weight.clone())

    def restored(self):
        return self.original


class FloatCopyKept(Right):
    """Quantises anew in each call."""

    def keep(self, codes, scale, weight):
        super().keep(codes, scale, weight)
        self.original = weight

    def restored(self):
        scale = self.step(self.original)
        return self.codes(self.original, scale).float() * scale[:, None]


class FloatCopyBeside(Right):
    def keep(self, codes, scale, weight):
        super().keep(codes, scale, weight)
        self.weight = nn.Parameter(weight, requires_grad=False)


class FloatCopyCached(Right):
    cache: torch.Tensor | None = None

    def restored(self):
        if self.cache is None:
            self.cache = super().restored()
        return self.cache


class PlainAttributes(Right):
    def keep(self, codes, scale, weight):
        self.__dict__.update(weight_int8=codes, scale=scale)


class ScalePlainAttribute(Right):
    def keep(self, codes, scale, weight):
        self.register_buffer("weight_int8", codes)
        self.scale = scale


class NotPersistent(Right):
    def keep(self, codes, scale, weight):
        for name, tensor in (("weight_int8", codes), ("scale", scale)):
            self.register_buffer(name, tensor, False)


class Parameters(Right):
    def keep(self, codes, scale, weight):
        self.register_parameter("weight_int8", nn.Parameter(codes, False))
        self.register_parameter("scale", nn.Parameter(scale))


class ScaleParameter(Right):
    def keep(self, codes, scale, weight):
        self.register_buffer("weight_int8", codes)
        self.register_parameter("scale", nn.Parameter(scale, requires_grad=False))


class CodesTransposed(Right):
    def keep(self, codes, scale, weight):
        super().keep(codes.T, scale, weight)

    def forward(self, x):
        out = x @ (self.weight_int8 * self.scale)
        return out if self.bias is None else out + self.bias


class ScaleAlongInputs(Right):
    def restored(self):
        return torch.mul(self.weight_int8.float(), self.scale)


class ScaleSqueezed(Right):
    def keep(self, codes, scale, weight):
        super().keep(codes, torch.squeeze(scale[:, None]), weight)

    def restored(self):
        return torch.mul(self.scale[:, None], self.weight_int8.float())


class BiasIgnored(Right):
    def forward(self, x):
        return torch.einsum("...i,oi->...o", x, self.restored())


class BiasScaled(Right):
    def forward(self, x):
        return F.linear(x, self.weight_int8.float(), self.bias) * self.scale


class BiasRounded(Right):
    def offset(self, bias, scale):
        return None if bias is None else (bias / scale).round() * scale


class Int8Linear(Right):
    """Named as the entry is: Python's message says the name."""

    def __init__(self, weight, bias):
        super().__init__(weight, bias)


class BiasNoneUnhandled(Right):
    def forward(self, x):
        return x @ self.restored().T + self.bias


class BiasTestedByTruth(Right):
    def offset(self, bias, scale):
        return bias.clone() if bias else None


class WeightOverwritten(Right):
    def codes(self, weight, scale):
        weight /= scale.reshape(-1, 1)
        return self.cast(weight.round_())


class CodesNotConverted(Right):
    def forward(self, x):
        return x.matmul(self.weight_int8.t()) * self.scale


class InputQuantised(Right):
    def forward(self, x):
        unit = x.detach().abs().amax() / 127
        return super().forward(unit * torch.round(x / unit))


class OutsideTheGraph(Right):
    @torch.no_grad()
    def forward(self, x):
        return super().forward(x)


class LeadingDimensionsLost(Right):
    def forward(self, x):
        return super().forward(x.flatten(0, -2))


class TwoDimensionsOnly(Right):
    def forward(self, x):
        out = x.mm(self.restored().t())
        return out if self.bias is None else out + self.bias


class ZeroPoint(Right):
    """Keeps the zero point as a whole number, in a byte."""

    def __init__(self, weight, bias=None):
        super().__init__(weight, bias)
        low, high = weight.amin(1), weight.amax(1)
        scale = ((high - low) / 255).clamp_min(1e-10)
        zero = torch.round(-128 - low / scale)
        self.scale = scale
        self.weight_int8 = (torch.round(weight / scale[:, None]) + zero[:, None]).clamp(-128, 127).char()
        self.register_buffer("zero", zero)

    def restored(self):
        return self.scale[:, None] * (self.weight_int8 - self.zero[:, None])


class ZerosDividedInPython(Right):
    def step(self, weight):
        return self.largest(weight) / 127

    def codes(self, weight, scale):
        rows = weight.tolist()
        return torch.tensor(
            [[round(w / s) for w in row] for row, s in zip(rows, scale.tolist(), strict=True)], dtype=torch.int8
        )


SECOND_WAY = {
    "one_scale_for_all": OneScaleForAll,
    "one_scale_repeated": OneScaleRepeated,
    "one_scale_per_column": OneScalePerColumn,
    "truncated": Truncated,
    "floored": Floored,
    "rounded_up": RoundedUp,
    "half_added_then_cast": HalfAddedThenCast,
    "divided_by_128": DividedBy128,
    "divided_by_128_wraps": DividedBy128Wraps,
    "divided_by_255": DividedBy255,
    "sign_forgotten": SignForgotten,
    "sign_forgotten_wraps": SignForgottenWraps,
    "codes_left_float": CodesLeftFloat,
    "codes_as_int32": CodesAsInt32,
    "codes_unsigned": CodesUnsigned,
    "scale_inverted": ScaleInverted,
    "scale_without_127": ScaleWithout127,
    "scale_in_half_precision": ScaleInHalfPrecision,
    "epsilon_added": EpsilonAdded,
    "scale_forgotten": ScaleForgotten,
    "divided_by_the_scale": DividedByTheScale,
    "float_weight_used": FloatWeightUsed,
    "float_weight_registered": FloatWeightRegistered,
    "float_copy_kept": FloatCopyKept,
    "float_copy_beside": FloatCopyBeside,
    "float_copy_cached": FloatCopyCached,
    "plain_attributes": PlainAttributes,
    "scale_plain_attribute": ScalePlainAttribute,
    "not_persistent": NotPersistent,
    "parameters": Parameters,
    "scale_parameter": ScaleParameter,
    "codes_transposed": CodesTransposed,
    "scale_along_inputs": ScaleAlongInputs,
    "scale_squeezed": ScaleSqueezed,
    "bias_ignored": BiasIgnored,
    "bias_scaled": BiasScaled,
    "bias_rounded": BiasRounded,
    "bias_without_default": Int8Linear,
    "bias_none_unhandled": BiasNoneUnhandled,
    "bias_tested_by_truth": BiasTestedByTruth,
    "weight_overwritten": WeightOverwritten,
    "codes_not_converted": CodesNotConverted,
    "input_quantised": InputQuantised,
    "outside_the_graph": OutsideTheGraph,
    "leading_dimensions_lost": LeadingDimensionsLost,
    "two_dimensions_only": TwoDimensionsOnly,
    "zero_point": ZeroPoint,
    "zeros_divided_in_python": ZerosDividedInPython,
}
