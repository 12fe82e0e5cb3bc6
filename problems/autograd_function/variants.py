import torch
import torch.nn.functional as F

from torch_judge.authoring import accepted


@accepted
class WithSetupContext(torch.autograd.Function):
    """The new style; the derivative as a sum of two parts."""

    @staticmethod
    def forward(x):
        return x * x.sigmoid()

    @staticmethod
    def setup_context(ctx, inputs, output):
        (x,) = inputs
        ctx.save_for_backward(x)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        sigma = torch.sigmoid(x)
        derivative = sigma + x * sigma * (1 - sigma)
        return grad_output * derivative


@accepted
class SavesTheResult(torch.autograd.Function):
    """x and the returned result are saved: y' = y + σ (1 - y)."""

    @staticmethod
    def forward(ctx, x):
        y = torch.sigmoid(x).mul(x)
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx, grad):
        x, y = ctx.saved_tensors
        return torch.mul(grad, torch.lerp(torch.sigmoid(x), torch.ones_like(y), y))


def logistic(x):
    return 0.5 + 0.5 * torch.tanh(x / 2)


@accepted
class ByTanh(torch.autograd.Function):
    """A helper outside of the class; asks whether a gradient is needed; a beginner's prints."""

    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        out = input * logistic(input)
        print("forward:", tuple(out.shape))
        return out

    @staticmethod
    def backward(ctx, grad_output):
        grad_input = None
        if ctx.needs_input_grad[0]:
            input = ctx.saved_tensors[0]
            s = logistic(input)
            one = torch.ones_like(s)
            grad_input = grad_output * (s * (one + input * (one - s)))
        return grad_input


class Sigmoid(torch.autograd.Function):
    """σ as a Function of its own, whose backward uses its own result."""

    @staticmethod
    def forward(ctx, x):
        s = 1 / (1 + torch.exp(-x))
        ctx.save_for_backward(s)
        return s

    @staticmethod
    def backward(ctx, grad):
        (s,) = ctx.saved_tensors
        return grad * s * (1 - s)


@accepted
class OfTwoFunctions(torch.autograd.Function):
    """backward calls another Function, so its derivative is that one's business."""

    @staticmethod
    def forward(ctx, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return x / (1 + torch.exp(-x))

    @staticmethod
    def backward(ctx, grad: torch.Tensor) -> torch.Tensor:
        x = ctx.saved_tensors[0]
        s, t = Sigmoid.apply(x), Sigmoid.apply(-x)
        return grad * (s + x * s * t)


@accepted
class ByLogsigmoid(torch.autograd.Function):
    """σ as exp(logsigmoid); vmap allowed; the gradient by addcmul."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return x * F.logsigmoid(x).exp()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        s = F.logsigmoid(x).exp()
        return torch.addcmul(g * s, g * s, x * (1 - s))


class Derivative(torch.autograd.Function):
    """The first derivative as a Function, whose own backward is recorded again."""

    @staticmethod
    def forward(ctx, x, grad):
        ctx.save_for_backward(x, grad)
        s = torch.sigmoid(x)
        return grad * s * (1 + x * (1 - s))

    @staticmethod
    def backward(ctx, g):
        x, grad = ctx.saved_tensors
        s = torch.sigmoid(x)
        first, second = s * (1 + x * (1 - s)), s * (1 - s) * (2 + x * (1 - 2 * s))
        return g * grad * second, g * first


@accepted
class WithSecondByHand(torch.autograd.Function):
    """The second derivative is written out too."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.where(
            x < 0, x * torch.exp(x.clamp(max=0)) / (1 + torch.exp(-x.abs())), x / (1 + torch.exp(-x.abs()))
        )

    @staticmethod
    def backward(ctx, grad):
        return Derivative.apply(*ctx.saved_tensors, grad)
