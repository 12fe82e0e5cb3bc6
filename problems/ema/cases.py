import torch
from torch import nn

from torch_judge.authoring import attributes_of, case, number, results_on_a_graph


def small_model(draw):
    """Two layers with a norm between them, whose running statistics are buffers; everything drawn."""
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    draw.fill("model", model, optional=(), free=["*.grad"])
    return model


def move(draw, time, model, std=1.0):
    """What an optimiser would do."""
    with torch.no_grad():
        for name, param in model.named_parameters():
            param.add_(draw.randn(f"move {time} of {name}", *param.shape, mean=0.3, std=std))


def weights(model):
    return {name: param.detach().clone() for name, param in model.named_parameters()}


def buffers(model):
    return {name: buffer.clone() for name, buffer in model.named_buffers()}


def averaged(ema, model):
    """The averages, as `apply` shows them."""
    ema.apply()
    seen = weights(model)
    ema.restore()
    return seen


@case("the average after one, two and three updates", kind="values")
def three_updates(solve, draw):
    model = small_model(draw)
    ema, seen = solve(model, decay=number(draw, "decay", 0.3, 0.8)), {}
    for time in (1, 2, 3):
        move(draw, time, model)
        ema.update()
        seen[f"average {time}"] = averaged(ema, model)
    return seen


@case(
    "the default decay is 0.999",
    kind="interface",
    widen=10.0,
    because="p + decay * (average - p) is right too, and errs by a float32 step of p where the average may be small",
)
def default_decay(solve, draw):
    model = small_model(draw)
    ema = solve(model)
    move(draw, 1, model, std=3.0)  # a thousandth of it must be seen
    ema.update()
    return {"average": averaged(ema, model)}


@case("apply before any update: the weights of the beginning", kind="state")
def from_the_beginning(solve, draw):
    model = small_model(draw)
    ema = solve(model, decay=0.6)
    move(draw, 1, model)
    ema.apply()
    return {"average": weights(model)}


@case("restore brings the weights back, bit for bit", kind="state")
def restored(solve, draw):
    model = small_model(draw)
    ema = solve(model, decay=number(draw, "decay", 0.2, 0.8))
    move(draw, 1, model)
    ema.update()
    with torch.no_grad():
        for param in model.parameters():
            param.mul_(1e-3)  # far below the averages: a difference that is kept and added again loses bits
    before = weights(model)
    ema.apply()
    ema.restore()
    return {"the same bits": all(torch.equal(before[name], now) for name, now in weights(model).items())}


@case("the parameters change between apply and restore", kind="state")
def changed_between(solve, draw):
    model = small_model(draw)
    ema = solve(model, decay=number(draw, "decay", 0.2, 0.8))
    move(draw, 1, model)
    ema.update()
    ema.apply()
    move(draw, 2, model)
    ema.restore()
    return {"after restore": weights(model), "average": averaged(ema, model)}


@case("training goes on after restore", kind="state")
def going_on(solve, draw):
    model = small_model(draw)
    ema, seen = solve(model, decay=number(draw, "decay", 0.2, 0.8)), {}
    for time in (1, 2, 3):
        move(draw, time, model)
        if time != 2:
            ema.update()
        ema.apply()
        seen[f"average {time}"] = weights(model)
        ema.restore()
        seen[f"model {time}"] = weights(model)
    return seen


@case("an optimiser that holds the parameters", kind="state")
def with_optimizer(solve, draw):
    model = small_model(draw)
    params = list(model.parameters())
    optimizer = torch.optim.SGD(params, lr=0.1)
    ema = solve(model, decay=number(draw, "decay", 0.2, 0.8))
    x, seen = draw.randn("x", 5, 3), {}
    for time in (1, 2):
        optimizer.zero_grad()
        (model.eval()(x) ** 2).mean().backward()
        optimizer.step()
        ema.update()
        ema.apply()
        seen[f"the same Parameters, applied {time}"] = all(
            a is b for a, b in zip(model.parameters(), params, strict=True)
        )
        seen[f"output of the average {time}"] = model(x).detach()
        ema.restore()
        seen[f"model {time}"] = weights(model)
    model.train()
    same = all(a is b for a, b in zip(model.parameters(), params, strict=True))
    return seen | {"the same Parameters at the end": same}


@case("buffers stay out of update and apply", kind="state")
def with_buffers(solve, draw):
    model = small_model(draw)
    ema, seen = solve(model, decay=number(draw, "decay", 0.2, 0.8)), {}
    for time in (1, 2):
        move(draw, time, model)
        model(draw.randn(f"x {time}", 6, 3, mean=1.0))  # in training mode: the running statistics move
        ema.update()
        seen[f"after update {time}"] = buffers(model)
    ema.apply()
    return seen | {"after apply": buffers(model)}


@case("buffers that change between apply and restore stay as they are then", kind="state")
def buffers_between(solve, draw):
    model = small_model(draw)
    ema = solve(model, decay=number(draw, "decay", 0.2, 0.8))
    model(draw.randn("x", 6, 3, mean=1.0))
    ema.update()
    ema.apply()
    model.train()(draw.randn("x in between", 4, 3, mean=-1.0))
    ema.restore()
    return {"after restore": buffers(model)}


@case("the mode stays as it is, part by part", kind="mode")
def mode_stays(solve, draw):
    model = small_model(draw)
    model[1].eval()  # a norm that is frozen for fine-tuning
    ema, seen = solve(model, decay=number(draw, "decay", 0.2, 0.8)), {}
    for mode in ("the norm alone in eval mode", "the norm alone in training mode"):
        for name in ("update", "apply", "restore"):
            getattr(ema, name)()
            training = [path or "model" for path, part in model.named_modules() if part.training]
            seen[f"{mode}, in training mode after {name}"] = ", ".join(training)
        for part in model.modules():
            part.training = not part.training
    return seen


class TiedAndScaled(nn.Module):
    """Two layers that share one weight, and a factor without dimensions."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4, bias=False)
        self.second.weight = self.first.weight
        self.factor = nn.Parameter(torch.tensor(0.0))


@case("a weight that two layers share moves once; a 0-d parameter moves too", kind="values")
def tied(solve, draw):
    model = TiedAndScaled()
    draw.fill("model", model, optional=())
    ema, seen = solve(model, decay=number(draw, "decay", 0.3, 0.8)), {}
    for time in (1, 2):
        move(draw, time, model)
        ema.update()
        seen[f"average {time}"] = averaged(ema, model)
    return seen | {"model": weights(model), "still shared": model.first.weight is model.second.weight}


@case("a frozen parameter takes part", kind="state")
def frozen(solve, draw):
    model = small_model(draw)
    model[1].requires_grad_(False)
    model[0].bias.requires_grad_(False)
    ema = solve(model, decay=number(draw, "decay", 0.2, 0.8))
    move(draw, 1, model)
    ema.update()
    ema.apply()
    seen = {"average": weights(model)}
    seen["trainable, applied"] = ", ".join(name for name, p in model.named_parameters() if p.requires_grad)
    ema.restore()
    seen["model"] = weights(model)
    seen["trainable, restored"] = ", ".join(name for name, p in model.named_parameters() if p.requires_grad)
    return seen


@case("two averages of one model, and one of another", kind="state")
def several(solve, draw):
    model, other = small_model(draw), nn.Linear(4, 2)
    draw.fill("other", other, optional=())
    third, slow, fast = solve(other, decay=0.5), solve(model, decay=0.9), solve(model, decay=0.0)
    move(draw, 1, model)
    for ema in (slow, fast, third):
        ema.update()
    return {"slow": averaged(slow, model), "fast": averaged(fast, model), "other": averaged(third, other)}


@case("nothing hangs on an autograd graph", kind="property")
def off_the_graph(solve, draw):
    model = small_model(draw)
    ema = solve(model, decay=number(draw, "decay", 0.2, 0.8))
    counts = [results_on_a_graph(attributes_of(ema))]
    ema.update()
    ema.apply()
    counts.append(results_on_a_graph(attributes_of(ema)))
    ema.restore()
    return {"tensors on a graph": max(counts)}
