import torch

from torch_judge.authoring import case, number


def give(draw, time, params, mean=0.2, std=0.4):
    """Drawn gradients of one step, uneven and of changing sign, for those of ``params`` that are to have one."""
    for name, p in params.items():
        p.grad = draw.randn(f"gradient {time} of {name}", *p.shape, mean=mean, std=std)


def walk(draw, optimizer, params, steps):
    """The parameters after each of a few steps."""
    seen = {}
    for t in range(1, steps + 1):
        give(draw, t, params)
        optimizer.step()
        seen |= {f"{name} after step {t}": p.detach().clone() for name, p in params.items()}
    return seen


def on_graph(thing, depth=4):
    """How many tensors in ``thing`` (an object's attributes, containers) are results on an autograd graph."""
    if isinstance(thing, torch.Tensor):
        return int(thing.grad_fn is not None)
    if not depth or isinstance(thing, type):
        return 0
    items = (
        thing if isinstance(thing, (list, tuple)) else (thing if isinstance(thing, dict) else vars_of(thing)).values()
    )
    return sum(on_graph(item, depth - 1) for item in items)


def vars_of(thing):
    return getattr(thing, "__dict__", {})


@case("one tensor, five steps", kind="values")
def one_tensor(solve, draw):
    w = draw.randn("w", 3, 5, grad=True)
    # A large eps shows where it is added; two betas far apart show which is which.
    lr, eps = number(draw, "lr", 0.05, 0.2), number(draw, "eps", 0.03, 0.08)
    return walk(draw, solve([w], lr=lr, betas=(0.95, 0.4), eps=eps), {"w": w}, steps=5)


@case("lr and eps above 1", kind="interface")
def above_one(solve, draw):
    w, betas = draw.randn("w", 2, 3, grad=True), (number(draw, "beta 1", 0.3, 0.7), number(draw, "beta 2", 0.75, 0.97))
    lr, eps = number(draw, "lr", 2.0, 9.0), number(draw, "eps", 1.5, 4.0)
    return walk(draw, solve([w], lr=lr, betas=betas, eps=eps), {"w": w}, steps=2)


@case("defaults: lr 1e-3, betas (0.9, 0.999), eps 1e-8", kind="interface")
def defaults(solve, draw):
    w = draw.randn("w", 2, 6, std=0.05, grad=True)
    optimizer = solve([w])
    for t in (1, 2, 3):  # gradients near 1e-8 make the default eps count
        g = draw.randn(f"drawn {t}", 2, 6, mean=0.2)
        w.grad = draw.keep(f"gradient {t}", g * torch.tensor([[1.0], [1e-8]], device=draw.device))
        optimizer.step()
    return {"w after three steps": w}


@case("several tensors, from a generator", kind="state")
def several(solve, draw):
    shapes = {"a": (4,), "b": (2, 3), "c": (2, 3)}
    params = {name: draw.randn(name, *shape, grad=True) for name, shape in shapes.items()}
    optimizer = solve((p for p in params.values()), lr=0.05, betas=(0.8, 0.9))
    return walk(draw, optimizer, params, steps=3)


@case("gradients of zero move nothing, and give no NaN", kind="numerics")
def zero_gradients(solve, draw):
    w = draw.randn("w", 4, grad=True)
    optimizer = solve([w], lr=0.1)
    w.grad = draw.tensor("gradient", [0.0, 1.0, 0.0, -2.0])
    optimizer.step()
    return {"w": w}


@case("a parameter without a gradient is skipped, also by zero_grad", kind="state")
def without_gradient(solve, draw):
    never, sometimes, always = (draw.randn(name, 3, grad=True) for name in ("never", "sometimes", "always"))
    optimizer = solve([never, sometimes, always], lr=0.1, betas=(0.6, 0.9))
    seen = {}
    for t in (1, 2, 3):
        sometimes.grad = None
        give(draw, t, {"always": always} if t == 2 else {"always": always, "sometimes": sometimes})
        optimizer.step()
        seen |= {f"sometimes after step {t}": sometimes.detach().clone(), f"always {t}": always.detach().clone()}
    sometimes.grad, always.grad = torch.ones_like(always), torch.ones_like(always)
    optimizer.zero_grad()
    seen["zero_grad has cleared the others"] = all(p.grad is None or not p.grad.any() for p in (sometimes, always))
    never.grad = sometimes.grad = always.grad = None  # or zeros: both are right
    return seen


@case("two optimisers take turns", kind="state")
def turns(solve, draw):
    a, b = draw.randn("a", 4, grad=True), draw.randn("b", 4, grad=True)
    first, second = solve([a], lr=0.1, betas=(0.5, 0.8)), solve([b], lr=0.02)
    seen = {}
    for t in (1, 2):
        give(draw, t, {"a": a, "b": b})
        first.step()
        second.step()
        seen |= {f"a after step {t}": a.detach().clone(), f"b after step {t}": b.detach().clone()}
    return seen


@case("training a layer: zero_grad, backward, step", kind="state")
def training(solve, draw):
    layer = torch.nn.Linear(4, 2, device=draw.device)
    draw.fill("layer", layer, optional=(), free=["*.grad"])
    x, target = draw.randn("x", 6, 4), draw.randn("target", 6, 2, mean=1.0)
    optimizer = solve(layer.parameters(), lr=0.1, betas=(0.8, 0.9))
    seen = {}
    for t in (1, 2, 3):
        optimizer.zero_grad()
        cleared = [p.grad is None or not bool(p.grad.any()) for p in layer.parameters()]
        seen[f"cleared before step {t}"] = all(cleared)
        loss = ((layer(x) - target) ** 2).mean()
        loss.backward()
        optimizer.step()
        seen[f"loss {t}"] = loss.detach()
    return seen | {"averages that hang on an autograd graph": on_graph(vars_of(optimizer))}
