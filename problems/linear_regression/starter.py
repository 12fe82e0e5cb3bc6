# %%
import torch
from torch import nn


class LinearRegression:
    def closed_form(self, X, y):
        """The least-squares w (D,) and b (0-d), without iterating."""
        pass

    def gradient_descent(self, X, y, lr=0.01, steps=1000):
        """Full-batch gradient descent from zeros, with gradients worked out by hand."""
        pass

    def nn_linear(self, X, y, lr=0.01, steps=1000):
        """An nn.Linear(D, 1), trained by autograd and an optimiser."""
        pass


# %%
# Look at your own work before you ask the judge: all three should come near the layer that made the data.
torch.manual_seed(0)
truth = nn.Linear(2, 1)
X = torch.randn(100, 2)
y = truth(X).detach().squeeze(1) + 0.01 * torch.randn(100)
print("truth            ", truth.weight.detach()[0], truth.bias.detach()[0])
model = LinearRegression()
for method in ("closed_form", "gradient_descent", "nn_linear"):
    print(f"{method:17s}", getattr(model, method)(X, y))
