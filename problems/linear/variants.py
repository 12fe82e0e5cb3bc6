import math

import torch
from torch import Tensor, nn

from torch_judge.authoring import accepted


@accepted
class ModuleWithParameters(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features) * in_features**-0.5)
        self.bias = nn.Parameter(torch.zeros(out_features))

    def forward(self, x):
        return torch.matmul(x, self.weight.t()) + self.bias


@accepted
class Initialisers(nn.Module):
    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty((out_features, in_features)))
        self.bias = nn.Parameter(torch.empty(out_features))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        nn.init.normal_(self.weight, mean=0.0, std=1 / math.sqrt(self.weight.size(1)))
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        assert x.dim() == 2 and x.shape[1] == self.weight.shape[1]
        print("forward on", tuple(x.shape))
        return torch.addmm(self.bias, x, self.weight.transpose(0, 1))


@accepted
class InPlaceWithoutGrad:
    def __init__(self, in_features, out_features):
        self.weight = torch.randn(out_features, in_features, requires_grad=True)
        with torch.no_grad():
            self.weight /= in_features**0.5
        self.bias = torch.zeros(out_features)
        self.bias.requires_grad = True

    def forward(self, x):
        y = x.mm(self.weight.T)
        y += self.bias
        return y

    __call__ = forward


@accepted
class Einsum:
    def __init__(self, in_features, out_features):
        scale = 1 / torch.sqrt(torch.tensor(float(in_features)))
        self.in_features, self.out_features = in_features, out_features
        self.weight = torch.normal(0.0, scale.item(), size=(out_features, in_features)).requires_grad_(True)
        self.bias = torch.zeros((out_features,), requires_grad=True)

    def forward(self, x):
        return torch.einsum("ni,oi->no", x, self.weight) + self.bias[None, :]


@accepted
class RowByRow:
    def __init__(self, in_features, out_features):
        rows = [torch.randn(in_features) / math.sqrt(in_features) for _ in range(out_features)]
        self.weight = torch.stack(rows).detach().requires_grad_()
        self.bias = torch.tensor([0.0] * out_features, requires_grad=True)

    def forward(self, x):
        return torch.stack([self._one(row) for row in x])

    def _one(self, row):
        return torch.stack([torch.dot(w, row) + b for w, b in zip(self.weight, self.bias, strict=True)])


@accepted
class Broadcast:
    def __init__(self, in_features, out_features):
        weight = torch.randn(in_features, out_features).mul_(in_features**-0.5).T.contiguous()
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.zeros(out_features))

    def forward(self, x):
        return (x.unsqueeze(1) * self.weight).sum(dim=-1) + self.bias


@accepted
class WeightFirst:
    def __init__(self, in_features, out_features):
        self.bias = torch.zeros(out_features).requires_grad_()
        self.weight = torch.distributions.Normal(0.0, in_features**-0.5).sample((out_features, in_features))
        self.weight.requires_grad_()

    def forward(self, x):
        return (self.weight @ x.T + self.bias.unsqueeze(-1)).T


@accepted
class BiasAsAColumn(nn.Module):
    """One product: x with a column of ones, weight with the bias beside it."""

    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = nn.Parameter(
            nn.init.kaiming_normal_(torch.empty(out_features, in_features), nonlinearity="linear")
        )
        self.register_parameter("bias", nn.Parameter(torch.zeros(out_features)))

    def forward(self, x):
        ones = x.new_ones(len(x), 1)
        both = torch.cat((self.weight, self.bias.reshape(-1, 1)), dim=1)
        return torch.cat((x, ones), dim=1) @ both.T
