import torch

from torch_judge.authoring import case


class Model(torch.nn.Module):
    """Two layers; notes how many rows each forward pass brings. In eval mode it computes something else."""

    def __init__(self, draw, events):
        super().__init__()
        self.hidden, self.out = torch.nn.Linear(3, 4), torch.nn.Linear(4, 2)
        self.events = events
        draw.fill("model", self, optional=(), free=["*.grad"])

    def forward(self, x):
        self.events.append(f"forward({len(x)})")
        hidden = torch.tanh(self.hidden(x))
        return self.out(hidden if self.training else hidden / 2)


class Momentum(torch.optim.Optimizer):
    """Gradient descent with momentum; notes its steps. (The base class's own constructor imports half of torch.)"""

    def __init__(self, params, events, lr=0.1):
        self.param_groups = [{"params": list(params), "lr": lr}]
        self.defaults, self.state, self.events = {"lr": lr}, {}, events

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else torch.enable_grad()(closure)()
        self.events.append("step")
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    old = self.state.get(p, {}).get("velocity", 0.0)
                    self.state[p] = {"velocity": 0.5 * old + p.grad}
                    p.sub_(group["lr"] * self.state[p]["velocity"])
        return loss

    def zero_grad(self, set_to_none=True):
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None


def setting(draw, lr=0.1):
    """A model, an optimiser and a loss that all write to one log of events."""
    events = []
    model = Model(draw, events)

    def loss_fn(prediction, target):
        # Not symmetric: exchanged arguments have another loss.
        loss = (prediction.exp() - prediction * target).mean()
        if loss.requires_grad:
            loss.register_hook(lambda _: events.append("backward"))
        return loss

    return model, Momentum(model.parameters(), events, lr), loss_fn, events


def micro_batches(draw, n, size, name=""):
    shape = [(draw.randn(f"{name}x{i}", size, 3, mean=0.5), draw.randn(f"{name}y{i}", size, 2)) for i in range(n)]
    return draw.keep(f"{name}micro_batches", shape)


def number(value):
    """The returned loss, if it is a Python float; else what it is."""
    if isinstance(value, float):
        return {"type of the result": "float", "loss": float(value)}
    return {"type of the result": type(value).__name__}


@case("three micro-batches: one update, the mean loss", kind="values")
def three(solve, draw):
    model, optimizer, loss_fn, _ = setting(draw)
    return number(solve(model, optimizer, loss_fn, micro_batches(draw, n=3, size=2)))


@case("a single micro-batch", kind="interface")
def single(solve, draw):
    model, optimizer, loss_fn, _ = setting(draw)
    return number(solve(model, optimizer, loss_fn, micro_batches(draw, n=1, size=5)))


@case("gradients that were there before do not count", kind="state")
def stale(solve, draw):
    model, optimizer, loss_fn, _ = setting(draw)
    for name, p in model.named_parameters():
        p.grad = 5 * draw.randn(f"old gradient of {name}", *p.shape)
    return number(solve(model, optimizer, loss_fn, micro_batches(draw, n=2, size=3)))


@case("two steps in a row; a model in eval mode stays in it, and a part in training mode", kind="mode")
def twice(solve, draw):
    model, optimizer, loss_fn, _ = setting(draw, lr=0.3)
    model.eval()
    model.hidden.train()
    first = number(solve(model, optimizer, loss_fn, micro_batches(draw, n=6, size=1, name="first ")))
    second = number(solve(model, optimizer, loss_fn, micro_batches(draw, n=2, size=4)))
    return {"first": first, "second": second, "the hidden layer is in training mode": model.hidden.training}


@case("memory: forward and backward by turns, one step at the end", kind="cost")
def order(solve, draw):
    model, optimizer, loss_fn, events = setting(draw)
    solve(model, optimizer, loss_fn, micro_batches(draw, n=3, size=4))
    return {"events": " ".join(events)}
