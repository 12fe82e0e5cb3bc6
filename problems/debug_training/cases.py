import torch
from torch import nn

from torch_judge.authoring import case, integer, number

MARK = 100.0  # stands in feature 0 of what is for validation, so that a model can tell what it is shown


def state_of(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def same_state(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


class Watching(nn.Module):
    """A linear model that notes how it is called, and what it held whenever validation saw it."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer
        self.modes = {"training": [], "validation": []}
        self.recorded, self.held = [], []

    def forward(self, x):
        validation = bool((x[..., 0] > MARK / 2).all())
        self.modes["validation" if validation else "training"].append("training" if self.training else "eval")
        if validation:
            self.recorded.append(torch.is_grad_enabled())
            self.held.append(state_of(self))
        return self.layer(x)

    def seen(self, part):
        return ", ".join(sorted(set(self.modes[part]))) or "not called"


class Louder(nn.Module):
    """Computes something else in training mode, as dropout does, but the same each time, and keeps a statistic."""

    def __init__(self):
        super().__init__()
        self.register_buffer("largest", torch.zeros(()))

    def forward(self, x):
        if self.training:
            self.largest.copy_(torch.maximum(self.largest, x.detach().abs().max()))
        return 1.5 * x if self.training else x


def linear(draw, features=3):
    layer = nn.Linear(features, 1, device=draw.device)
    for name, p in layer.named_parameters():
        p.data.copy_(draw.randn(name, *p.shape))
    return layer


def data(draw, name, *sizes, mean=0.0):
    return [
        (draw.randn(f"{name} {k}", rows, 3), draw.randn(f"targets of {name} {k}", rows, mean=mean, std=2.0))
        for k, rows in enumerate(sizes)
    ]


def for_validation(draw, rows=2):
    """Marked in feature 0."""
    ((x, y),) = data(draw, "valid x", rows)
    return [(torch.cat([torch.full_like(x[:, :1], MARK), x[:, 1:]], dim=1), y)]


def standing(model):
    """An optimiser that moves nothing, so that no step can show what another bug did to it."""
    return torch.optim.SGD(model.parameters(), lr=0.0)


def gradients_at_steps(optimizer, model):
    """A list that will hold, for each step, the gradients that it saw: one vector."""
    seen = []

    def note(*_):
        flat = [torch.zeros_like(p) if p.grad is None else p.grad for p in model.parameters()]
        seen.append(torch.cat([gradient.flatten() for gradient in flat]))

    optimizer.register_step_pre_hook(note)
    return seen


# The probes: each sees one bug and no other.


@case("the same row three times: the gradients that the steps see", kind="state")
def zero_grad(solve, draw):
    model, row = linear(draw), data(draw, "x", 1)
    optimizer = standing(model)
    seen = gradients_at_steps(optimizer, model)
    solve(model, optimizer, row * 3, data(draw, "valid x", 2), 1, max_norm=1e9)
    return {"gradients": seen}


@case("one row, one step: the norm of the gradient that it sees", kind="values")
def clip(solve, draw):
    model, row = linear(draw), data(draw, "x", 1, mean=20.0)
    optimizer = standing(model)
    seen = gradients_at_steps(optimizer, model)
    solve(model, optimizer, row, data(draw, "valid x", 2), 1, max_norm=number(draw, "max_norm", 0.01, 0.05))
    return {"norms": [gradient.norm() for gradient in seen]}


@case("the mode in which validation sees a model that came in training mode", kind="mode")
def eval_mode(solve, draw):
    model = Watching(linear(draw)).train()
    solve(model, standing(model), data(draw, "x", 3), for_validation(draw, integer(draw, "rows", 2, 6)), 1)
    return {"mode": model.seen("validation")}


@case("the mode in which the first epoch trains a model that came in eval mode", kind="mode")
def train_mode(solve, draw):
    model = Watching(linear(draw)).eval()
    solve(model, standing(model), data(draw, "x", 3, integer(draw, "rows", 2, 6)), for_validation(draw), 1)
    return {"mode": model.seen("training")}


@case("training loss of two batches of unlike sizes, the rows of each alike", kind="values")
def mean(solve, draw):
    model, valid = linear(draw), data(draw, "valid x", 2)
    few, many = data(draw, "x", 1, 1)
    alike = [tuple(part.repeat_interleave(rows, 0) for part in one) for one, rows in ((few, 1), (many, 3))]
    history, _ = solve(model, standing(model), alike, valid, 1)
    return {"training loss": history[0][0]}


@case("training loss of a single batch", kind="values")
def shape(solve, draw):
    model = linear(draw)
    history, _ = solve(
        model, standing(model), data(draw, "x", integer(draw, "rows", 4, 9)), data(draw, "valid x", 2), 1
    )
    return {"training loss": history[0][0]}


@case("validation gets worse: best is what the model held after the first epoch", kind="state")
def best_kept(solve, draw):
    """Every step pushes the bias up and validation wants it down, whichever other bugs are in."""
    model = Watching(linear(draw))
    before = state_of(model)
    optimizer = torch.optim.SGD([model.layer.bias], lr=number(draw, "lr", 0.001, 0.01))
    up = [(draw.randn("x", 1, 3), torch.full((1,), 1e4, device=draw.device))]
    ((x, _),) = for_validation(draw)
    down = [(x, model.layer(x).detach().squeeze(-1) - 1)]
    _, best = solve(model, optimizer, up, down, 3, max_norm=1e9)
    best, epochs = best or {}, []
    for held in model.held:  # validation may see the model several times in an epoch
        if not epochs or not same_state(held, epochs[-1]):
            epochs.append(held)
    known = {f"epoch {k}": held for k, held in enumerate(epochs, 1)} | {"the beginning": before}
    of = next((name for name, state in known.items() if same_state(best, state)), "no epoch")
    after = {name: value.clone() for name, value in best.items()}
    model.layer.bias.data.add_(1)
    return {"best is the state of": of, "best stays": same_state(best, after)}


# The whole program: wrong mends, and new harm.


def whole(solve, draw, sizes, valid_sizes, epochs, training=True, **options):
    """Everything that comes out, on a model that computes something else in eval mode."""
    model = nn.Sequential(nn.Linear(3, 4), Louder(), nn.Linear(4, 1)).to(draw.device)
    draw.fill("model", model, optional=(), free=["*.grad", "*.training"])
    model[0].bias.requires_grad_(False)
    model.train(training)
    for name, p in model.named_parameters():
        if p.requires_grad:
            p.grad = draw.randn(f"stale gradient of {name}", *p.shape).clone()  # it may be cleared in place
    groups = [{"params": layer.parameters()} for layer in (model[0], model[2])]
    optimizer = torch.optim.SGD(groups, lr=number(draw, "lr", 0.05, 0.2), momentum=0.5)
    valid = data(draw, "valid x", *valid_sizes)
    history, best = solve(model, optimizer, data(draw, "x", *sizes, mean=6.0), valid, epochs, **options)
    floats = all(isinstance(loss, float) for pair in history for loss in pair)
    return {"history": history, "Python floats": floats, "best": dict(best) if best else "None"}


@case("three epochs of two batches, from eval mode: history, best, parameters", kind="values")
def three_epochs(solve, draw):
    return whole(solve, draw, (5, 2), (4, 1), 3, training=False, max_norm=number(draw, "max_norm", 0.3, 0.8))


@case("max_norm above 1", kind="values")
def large_norm(solve, draw):
    return whole(solve, draw, (1, 4), (3,), 2, max_norm=number(draw, "max_norm", 1.5, 3.0))


@case("max_norm is 1 by default", kind="interface")
def default_norm(solve, draw):
    return whole(solve, draw, (3, 3), (2, 3), 2)


@case("max_norm beyond the gradient changes nothing", kind="values")
def no_clipping(solve, draw):
    return whole(solve, draw, (3, 2), (4,), 1, max_norm=1e6)


@case("the modes in all of three epochs, and gradients off in validation", kind="mode")
def all_modes(solve, draw):
    model = Watching(linear(draw)).eval()
    history, _ = solve(model, standing(model), data(draw, "x", 3, 2), for_validation(draw), 3)
    modes = {f"in {part}": model.seen(part) for part in model.modes}
    return modes | {"gradients on in validation": any(model.recorded), "history": history}


def bias_alone(solve, draw, wanted, lr, **options):
    """The bias moves by lr in each epoch, its gradient being cut to 1; validation wants it at ``wanted`` times lr."""
    model = nn.Linear(1, 1, device=draw.device)
    model.weight.data.zero_()
    model.bias.data.zero_()
    optimizer = torch.optim.SGD([model.bias], lr=lr, **options)
    x = torch.zeros(2, 1, device=draw.device)
    valid = [(x[:1], draw.tensor("wanted", [wanted * lr]))]
    history, best = solve(model, optimizer, [(x, torch.full_like(x[:, 0], 100.0))], valid, 6)
    return {"history": history, "best": dict(best) if best else "None", "bias": model.bias}


@case("validation gets better, then worse: best is the epoch in the middle", kind="state")
def best_in_the_middle(solve, draw):
    lr = number(draw, "lr", 0.002, 0.006)  # a gain is a gain, however small
    return bias_alone(solve, draw, 3.1, lr)


@case("validation gets better while training gets worse: best is the last epoch", kind="state")
def best_at_the_end(solve, draw):
    return bias_alone(solve, draw, -20.0, number(draw, "lr", 0.2, 0.6), maximize=True)


@case("no epochs", kind="interface")
def no_epochs(solve, draw):
    model, batches = linear(draw), data(draw, "x", 2)
    history, best = solve(model, standing(model), batches, batches, 0)
    return {"entries": len(history), "best is None": best is None}
