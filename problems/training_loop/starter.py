# %%
import torch


def fit(model, batches, loss_fn, optimizer, epochs):
    """Train the model; return each epoch's mean loss over its samples, a list of floats."""
    pass


# %%
# Look at your own work before you ask the judge: the loss falls to the noise, which is 0.01.
torch.manual_seed(0)
x = torch.randn(50, 3)
y = x @ torch.tensor([[1.0], [-2.0], [0.5]]) + 0.1 * torch.randn(50, 1)
model = torch.nn.Linear(3, 1).eval()
batches = [(x[k : k + 16], y[k : k + 16]) for k in range(0, 50, 16)]
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
print(fit(model, batches, torch.nn.functional.mse_loss, optimizer, epochs=8))
print("mode afterwards:", "training" if model.training else "eval")
