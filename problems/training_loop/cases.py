import torch
import torch.nn.functional as F
from torch import nn

from torch_judge.authoring import case, integer, number


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


def small_model(draw):
    model = nn.Sequential(nn.Linear(3, 4), Louder(), nn.Linear(4, 2))
    draw.fill("model", model, optional=(), free=["*.grad"])
    return model


def modes(model):
    """The mode, where all parts agree."""
    found = {"training" if part.training else "eval" for part in model.modules()}
    return found.pop() if len(found) == 1 else "training in some parts, eval in others"


def trained(solve, draw, model, loader, epochs, loss_fn=linex, lr=0.2, momentum=0.0):
    """What `fit` returns and leaves behind."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    steps = []
    optimizer.register_step_post_hook(lambda *_: steps.append(1))
    history = solve(model, loader, loss_fn, optimizer, epochs)
    return {
        "history": history,
        "Python floats": all(isinstance(loss, float) for loss in history),
        "steps": len(steps),
        "mode afterwards": modes(model),
        "parameters": {name: p.detach().clone() for name, p in model.named_parameters()},
    }


@case("a list of batches of one size", kind="values")
def plain(solve, draw):
    loader = Loader(draw, (4, 4, 4), epochs=1)
    return trained(solve, draw, small_model(draw), loader.epochs[0], epochs=3, lr=number(draw, "lr", 0.1, 0.3))


@case("batches of several sizes, others in each epoch", kind="values")
def uneven(solve, draw):
    loader = Loader(draw, (4, integer(draw, "rows", 5, 9), 1), epochs=3)
    return trained(solve, draw, small_model(draw), loader, epochs=3, momentum=0.8) | {"walks": loader.walks}


@case("batches of one sample", kind="values")
def single(solve, draw):
    loader = Loader(draw, (1, 1, 1), epochs=2)
    return trained(solve, draw, small_model(draw), loader, epochs=2, momentum=0.5) | {"walks": loader.walks}


@case("large losses, which rise in between, with gradients of a length above 10", kind="values")
def steep(solve, draw):
    scales = (20, 40, 65, 90, 60)  # who stops after two epochs that were worse stops too soon
    loader = Loader(draw, (4, 3), epochs=len(scales))
    for batches, scale in zip(loader.epochs, scales, strict=True):
        batches[:] = [(x, draw.keep(f"y of scale {scale}, {k}", scale * y)) for k, (x, y) in enumerate(batches)]
    return trained(solve, draw, small_model(draw), loader, epochs=len(scales), loss_fn=F.mse_loss, lr=0.002)


@case("integers: ids for an embedding, classes for the cross-entropy", kind="interface")
def integers(solve, draw):
    model = nn.Sequential(nn.Embedding(6, 4), nn.Linear(4, 3))
    draw.fill("model", model, optional=(), free=["*.grad"])
    pairs = [(draw.randint(f"x {k}", 0, 6, size), draw.randint(f"y {k}", 0, 3, size)) for k, size in enumerate((5, 2))]
    return trained(solve, draw, model, pairs, epochs=2, loss_fn=F.cross_entropy)


@case("the model comes in eval mode", kind="mode")
def from_eval(solve, draw):
    return trained(solve, draw, small_model(draw).eval(), Loader(draw, (4, 2), epochs=2), epochs=2)


@case("the model comes in training mode", kind="mode")
def from_training(solve, draw):
    return trained(solve, draw, small_model(draw).train(), Loader(draw, (4, 2), epochs=2), epochs=2)


@case("gradients left in the model before", kind="state")
def stale_gradients(solve, draw):
    model = small_model(draw)
    for name, p in model.named_parameters():
        p.grad = draw.randn(f"stale gradient of {name}", *p.shape).clone()  # it may be cleared in place
    return trained(solve, draw, model, Loader(draw, (4, 2), epochs=1), epochs=1)


@case("no epochs, for a model in training mode and for one in eval mode", kind="interface")
def no_epochs(solve, draw):
    model, loader, seen = small_model(draw), Loader(draw, (4,), epochs=1), {}
    for mode in ("training", "eval"):
        found = trained(solve, draw, model.train(mode == "training"), loader, epochs=0)
        seen[f"comes in {mode} mode"] = {"entries": len(found.pop("history")), "walks": loader.walks} | found
    return seen
