import torch
from torch import nn

from torch_judge.authoring import case, integer, load_what_fits, number

INPUTS, WIDTH, CLASSES = 4, 5, 3
SHAPES = {
    "0.weight": (WIDTH, INPUTS),
    "0.bias": (WIDTH,),
    "1.linear.weight": (WIDTH, WIDTH),
    "1.linear.bias": (WIDTH,),
    "1.norm.weight": (WIDTH,),
    "1.norm.bias": (WIDTH,),
    "2.weight": (CLASSES, WIDTH),
    "2.bias": (CLASSES,),
}


def made(solve, draw, **options):
    """An experiment with drawn parameters. A probe watches no module: that would see the bugs of others."""
    with draw.device:  # so that also what is no buffer stands where the inputs are
        experiment = solve(INPUTS, WIDTH, CLASSES, **options)
    drawn = {name: draw.randn(name, *shape, mean=0.2, std=0.6) for name, shape in SHAPES.items()}
    load_what_fits(experiment.model, drawn)
    return experiment


def remembering(experiment, draw):
    """The same experiment with running statistics, as if it had been trained."""
    mean, var = draw.randn("running_mean", WIDTH), draw.rand("running_var", WIDTH, low=0.3, high=3.0)
    load_what_fits(experiment.model, {"1.norm.running_mean": mean, "1.norm.running_var": var})
    return experiment


def norm_like(experiment, draw, features, **options):
    """A fresh norm of the learner's class."""
    with draw.device:
        return type(experiment.model[1].norm)(features, **options)


def data(draw, name, *sizes):
    """Batches of inputs and targets."""
    return [
        (draw.randn(f"{name} {k}", rows, INPUTS, mean=0.5), draw.randint(f"targets of {name} {k}", 0, CLASSES, rows))
        for k, rows in enumerate(sizes)
    ]


def modes(experiment, run):
    """The modes in which the norm is seen while ``run()`` runs."""
    seen = set()
    norm = experiment.model[1].norm
    hook = norm.register_forward_hook(lambda module, inputs, output: seen.add(module.training))
    run()
    hook.remove()
    return ", ".join("training" if mode else "eval" for mode in sorted(seen)) or "the hook was not called"


def state(experiment):
    """Everything that a checkpoint would hold."""
    return {name: value.clone() for name, value in experiment.model.state_dict().items()}


# The probes: each sees one bug and no other.


@case("train_epoch after a validation: the mode in which the norm works", kind="mode")
def train_mode(solve, draw):
    experiment, batches = made(solve, draw), data(draw, "x", 5, integer(draw, "rows", 3, 7))
    experiment.model.eval()
    return {"mode": modes(experiment, lambda: experiment.train_epoch(batches))}


@case("evaluate after training: the mode in which the norm works", kind="mode")
def eval_mode(solve, draw):
    experiment, batches = made(solve, draw), data(draw, "x", 5, integer(draw, "rows", 3, 7))
    experiment.model.train()
    return {"mode": modes(experiment, lambda: experiment.evaluate(batches))}


@case("a norm's running statistics after one training batch", kind="state")
def momentum(solve, draw):
    experiment, x, seen = made(solve, draw), draw.randn("x", 6, 5, mean=1.5, std=2.0), {}
    given = {"momentum 0.3": {"momentum": 0.3}, "momentum by default": {}}
    for name, options in given.items():
        norm = norm_like(experiment, draw, 5, **options)
        norm.train()(x)
        seen |= {f"running_mean, {name}": norm.running_mean.clone()}
        seen |= {f"running_var, {name}": norm.running_var.clone()}
    return seen


@case("a Block in eval mode", kind="values")
def order(solve, draw):
    block = made(solve, draw).model[1]  # the running statistics are those of a fresh norm: 0 and 1
    return {"output": block.eval()(draw.randn("x", 4, WIDTH, std=2.0))}


@case("what is saved, and what is trained", kind="state")
def buffers(solve, draw):
    model = solve(INPUTS, integer(draw, "width", 3, 8), CLASSES).model
    shapes = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    return {
        "state_dict": ", ".join(f"{name} {shape}" for name, shape in sorted(shapes.items())),
        "buffers": ", ".join(sorted(name for name, _ in model.named_buffers())),
        "parameters": ", ".join(sorted(name for name, _ in model.named_parameters())),
    }


@case("one optimiser step on gradients of zero: what weight decay shrinks", kind="state")
def decay(solve, draw):
    options = {name: number(draw, name, 1.2, 2.5) for name in ("lr", "weight_decay")}
    experiment = made(solve, draw, **options)
    parameters = {name: p for name, p in experiment.model.named_parameters() if name in SHAPES}
    for p in parameters.values():
        p.grad = torch.zeros_like(p)
    experiment.optimizer.step()
    return {name: p.detach().clone() for name, p in parameters.items()}


# The whole program: wrong mends, and new harm.


@case("a norm alone: two training batches, then eval with one row", kind="values")
def norm_alone(solve, draw):
    norm = norm_like(made(solve, draw), draw, 3, eps=0.05, momentum=0.4)
    draw.fill("norm", norm, optional=())
    with torch.no_grad():  # the mode is the norm's, not autograd's
        seen = {"first": norm(draw.randn("x", 5, 3, mean=1.5, std=2.0))}
    seen |= {"second": norm(draw.randn("second x", 4, 3))}
    on_graph = [name for name, buffer in norm.named_buffers() if buffer.requires_grad]
    seen |= {"running statistics on an autograd graph": len(on_graph)}
    return seen | {"one row in eval": norm.eval()(draw.randn("row", 1, 3))}


@case("gradients through a block, in training and in eval", kind="gradients")
def block_gradients(solve, draw):
    block = remembering(made(solve, draw), draw).model[1]
    x = draw.randn("x", 6, WIDTH, std=2.0, grad=True)
    wanted = {"x": x, "linear.weight": block.linear.weight, "norm.weight": block.norm.weight}
    modes = {"training": True, "eval": False}
    found = {name: draw.gradients(block.train(training)(x), **wanted) for name, training in modes.items()}
    return {f"{mode}: {what}": value for mode, seen in found.items() for what, value in seen.items()}


@case("train_epoch: parameters and buffers after two epochs", kind="values")
def trained(solve, draw):
    experiment, batches = remembering(made(solve, draw, lr=0.2, weight_decay=0.3), draw), data(draw, "x", 5, 3)
    for p in experiment.model.parameters():
        p.grad = torch.ones_like(p) if p.requires_grad else None  # left over from something else
    experiment.train_epoch(batches)
    first = state(experiment)
    experiment.train_epoch(batches[::-1])
    return {"after one epoch": first, "after two": state(experiment)}


@case("lr and weight decay by default", kind="interface")
def defaults(solve, draw):
    experiment = made(solve, draw)
    experiment.train_epoch(data(draw, "x", 6))
    return state(experiment)


@case("a norm of features that hardly vary: eps by default", kind="interface")
def default_eps(solve, draw):  # a spread of 0.003: its square is near 1e-5
    norm = norm_like(made(solve, draw), draw, 3)
    return {"output": norm(draw.randn("x", 6, 3, std=0.003))}


@case("evaluate changes no state", kind="state")
def evaluation(solve, draw):
    experiment = remembering(made(solve, draw), draw)
    draw.keep("model", experiment.model, free=["*.training"])  # the mode afterwards is free
    return {"share": experiment.evaluate(data(draw, "x", 8, 4, 3))}


@case("evaluate: the share of all rows, whatever the sizes of the batches", kind="values")
def share(solve, draw):
    experiment, favourite = remembering(made(solve, draw), draw), integer(draw, "class", 0, CLASSES)
    with torch.no_grad():
        experiment.model[2].bias[favourite] = 100.0  # what the model answers, always
    many, few = integer(draw, "right rows", 4, 9), integer(draw, "wrong rows", 1, 4)
    right = draw.randn("x", many, INPUTS), torch.full((many,), favourite, device=draw.device)
    wrong = draw.randn("second x", few, INPUTS), torch.full((few,), (favourite + 1) % CLASSES, device=draw.device)
    return {"share": experiment.evaluate([right, wrong])}


@case(
    "fit over three epochs: history, parameters, buffers",
    kind="values",
    widen=10,
    because="rounding errors of six steps of lr 0.3 add up through normalised batches",
)
def fitted(solve, draw):
    experiment = made(solve, draw, lr=0.3)
    history = experiment.fit(data(draw, "x", 6, 4), data(draw, "valid x", 7, 3), 3)
    return {"history": history, "state": state(experiment)}


@case("saved, and loaded into a new experiment: the same answers", kind="state")
def reloaded(solve, draw):
    experiment = made(solve, draw)
    experiment.train_epoch(data(draw, "x", 6, 4))
    with draw.device:
        other = solve(INPUTS, WIDTH, CLASSES)
    fits = load_what_fits(other.model, experiment.model.state_dict())
    return {"loading": fits, "answers": other.model.eval()(draw.randn("new x", 4, INPUTS))}


@case("two experiments share nothing", kind="state")
def two_experiments(solve, draw):
    first, batches = made(solve, draw), data(draw, "x", 5, 4)
    with draw.device:
        second = solve(INPUTS, WIDTH, CLASSES, weight_decay=0.5)
    load_what_fits(second.model, state(first))
    first.train_epoch(batches)
    second.fit(batches, batches, 1)
    return {"first": state(first), "second": state(second), "an nn.Module": isinstance(second.model, nn.Module)}
