import torch

from torch_judge.authoring import case, integer, number, permutation


def rollout(draw, *shape, ends=0.3, boolean=False, grad=False, dtype=torch.float32):
    """Rewards, values, dones, of which a share ``ends`` is set, at least one where there is room, and last values."""
    rewards = draw.randn("rewards", *shape, mean=0.5, dtype=dtype, grad=grad)
    values = draw.randn("values", *shape, mean=1.0, dtype=dtype, grad=grad)
    last_value = draw.rand("last_value", *shape[1:], low=1.0, high=3.0, dtype=dtype, grad=grad)
    ended = draw.rand("where episodes end", *shape) < ends
    if shape[0] > 2:
        ended[-1] = False  # so that last_value counts, where a case does not end the last step itself
        ended[1].view(-1)[0] = ends > 0
    dones = draw.keep("dones", ended if boolean else ended.to(dtype))
    return rewards, values, dones, last_value


def both(made):
    advantages, returns = made
    return {"advantages": advantages, "returns": returns}


def factors(draw):
    return {"gamma": number(draw, "gamma", 0.7, 0.95), "lam": number(draw, "lam", 0.3, 0.8)}


@case("three environments whose episodes end in between", kind="values")
def several(solve, draw):
    return both(solve(*rollout(draw, 8, 3), **factors(draw)))


@case("dones as bools", kind="interface")
def bools(solve, draw):
    return both(solve(*rollout(draw, 6, 4, boolean=True), **factors(draw)))


@case("one environment, (T,) and (T, 1); gamma and lam by position", kind="interface")
def single(solve, draw):
    rewards, values, dones, last_value = rollout(draw, integer(draw, "steps", 6, 10))
    gamma, lam = factors(draw).values()
    column = [part.unsqueeze(-1) for part in (rewards, values, dones, last_value)]
    return {
        "(T,)": both(solve(rewards, values, dones, last_value, gamma, lam)),
        "(T, 1)": both(solve(*column, gamma, lam)),
    }


@case("defaults: gamma 0.99, lam 0.95, over fifty steps", kind="values")
def defaults(solve, draw):
    return both(solve(*rollout(draw, 50, 2, ends=0.04)))


@case("as many environments as steps", kind="values")
def square(solve, draw):
    return both(solve(*rollout(draw, 4, 4), **factors(draw)))


@case("environments in two axes, (T, 2, 3)", kind="interface")
def two_axes(solve, draw):
    return both(solve(*rollout(draw, 5, 2, 3), **factors(draw)))


@case("no episode ends; every step is an episode", kind="values")
def extremes(solve, draw):
    rewards, values, dones, last_value = rollout(draw, 6, 2, ends=0)
    all_dones = draw.keep("all dones", torch.ones_like(dones))
    no_end = solve(rewards, values, dones, last_value, **factors(draw))
    all_ends = solve(rewards, values, all_dones, last_value, gamma=0.9, lam=0.7)
    return {"no end": both(no_end), "all ends": both(all_ends)}


@case("some episodes end with the last step: there a last_value of 100 does not count", kind="values")
def ends_at_the_last_step(solve, draw):
    rewards, values, dones, last_value = rollout(draw, 5, 4, ends=0.2)
    ended = dones.clone()
    ended[-1] = permutation(draw, "order", 4) < 2  # two of the four environments
    draw.keep("dones at the last step", ended)
    high = draw.keep("high last_value", last_value + 100)
    return both(solve(rewards, values, ended, high, **factors(draw)))


@case("lam 0 and lam 1", kind="values")
def border_lams(solve, draw):
    given, gamma = rollout(draw, 7, 2), number(draw, "gamma", 0.7, 0.95)
    return {f"lam {lam:g}": both(solve(*given, gamma=gamma, lam=lam)) for lam in (0.0, 1.0)}


@case("gamma 0 and gamma 1", kind="values")
def border_gammas(solve, draw):
    given, lam = rollout(draw, 7, 2), number(draw, "lam", 0.3, 0.8)
    return {f"gamma {gamma:g}": both(solve(*given, gamma=gamma, lam=lam)) for gamma in (0.0, 1.0)}


@case("a rollout of one step", kind="interface")
def one_step(solve, draw):
    rewards, values, dones, last_value = rollout(draw, 1, 3, ends=0)
    dones[0, 0] = 1
    return both(solve(rewards, values, dones, last_value, **factors(draw)))


@case("the results carry no graph, whatever requires a gradient", kind="gradients")
def no_graph(solve, draw):
    advantages, returns = solve(*rollout(draw, 5, 2, grad=True), **factors(draw))
    seen = both((advantages.detach(), returns.detach()))
    return seen | {"advantages carry a graph": advantages.requires_grad, "returns carry one": returns.requires_grad}


@case("float64 in, float64 out, with dones as bools", kind="numerics", float64=True)
def double(solve, draw):
    return both(solve(*rollout(draw, 6, 2, boolean=True, dtype=torch.float64), **factors(draw)))


@case("the same tensors again, other numbers in them", kind="state")
def changed(solve, draw):
    rewards, values, dones, last_value = rollout(draw, 5, 2)
    first = both(solve(rewards, values, dones, last_value))
    rewards.mul_(-1)  # what is remembered of the first call is wrong now
    first = {name: value.clone() for name, value in first.items()}  # before the second call can write into it
    return {"first": first, "second": both(solve(rewards, values, dones, last_value))}
