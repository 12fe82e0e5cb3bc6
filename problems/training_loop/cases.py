import torch
from torch import nn

from torch_judge.authoring import case, choice, integer, number


class Louder(nn.Module):
    """Computes something else in training mode, as dropout does, but the same each time."""

    def forward(self, x):
        return 1.5 * x if self.training else x


class Loader:
    """Other batches at each walk; no length, no index. It counts how often it was walked."""

    def __init__(self, draw, sizes, epochs):
        self.walks = 0
        self.epochs = [
            [(draw.randn(f"x {e} {k}", size, 3), draw.randn(f"y {e} {k}", size, 2)) for k, size in enumerate(sizes)]
            for e in range(epochs)
        ]

    def __iter__(self):
        self.walks += 1
        yield from self.epochs[(self.walks - 1) % len(self.epochs)]


def linex(prediction, y):
    """A loss that is not symmetric: who exchanges its arguments gets another one."""
    error = 0.5 * (prediction - y)
    return (torch.exp(error) - error - 1).mean()


def trained(solve, draw, loader, epochs, training=True, momentum=0.0, stale=False):
    """What `fit` returns and leaves behind, on a small model whose parameters are drawn and watched."""
    model = nn.Sequential(nn.Linear(3, 4), Louder(), nn.Linear(4, 2))
    draw.fill("model", model, optional=(), free=["*.grad"])
    model.train(training)
    if stale:
        for name, p in model.named_parameters():
            p.grad = draw.randn(f"stale gradient of {name}", *p.shape).clone()  # it may be cleared in place
    optimizer = torch.optim.SGD(model.parameters(), lr=number(draw, "lr", 0.1, 0.3), momentum=momentum)
    steps = []
    optimizer.register_step_post_hook(lambda *_: steps.append(1))
    history = solve(model, loader, linex, optimizer, epochs)
    return {
        "history": history,
        "Python floats": all(isinstance(loss, float) for loss in history),
        "steps": len(steps),
        "mode afterwards": "training" if model.training else "eval",
        "parameters": {name: p.detach().clone() for name, p in model.named_parameters()},
    }


@case("a list of batches of one size", kind="values")
def plain(solve, draw):
    loader = Loader(draw, (4, 4, 4), epochs=1)
    return trained(solve, draw, loader.epochs[0], epochs=3)


@case("batches of several sizes, others in each epoch", kind="values")
def uneven(solve, draw):
    loader = Loader(draw, (4, integer(draw, "rows", 5, 9), 1), epochs=3)
    return trained(solve, draw, loader, epochs=3, momentum=0.8) | {"walks": loader.walks}


@case("batches of one sample", kind="values")
def single(solve, draw):
    loader = Loader(draw, (1, 1, 1), epochs=2)
    return trained(solve, draw, loader, epochs=2, momentum=0.5) | {"walks": loader.walks}


@case("the model comes in eval mode", kind="mode")
def from_eval(solve, draw):
    return trained(solve, draw, Loader(draw, (4, 2), epochs=2), epochs=2, training=False)


@case("the model comes in training mode", kind="mode")
def from_training(solve, draw):
    return trained(solve, draw, Loader(draw, (4, 2), epochs=2), epochs=2, training=True)


@case("gradients left in the model before", kind="state")
def stale_gradients(solve, draw):
    return trained(solve, draw, Loader(draw, (4, 2), epochs=1), epochs=1, stale=True)


@case("no epochs", kind="interface")
def no_epochs(solve, draw):
    loader = Loader(draw, (4,), epochs=1)
    seen = trained(solve, draw, loader, epochs=0, training=choice(draw, "mode", (True, False)))
    return {"entries": len(seen.pop("history")), "walks": loader.walks} | seen
