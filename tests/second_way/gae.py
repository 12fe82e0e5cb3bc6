"""The mistakes of `gae` as another learner would write them."""

import torch


def _after(values, last_value):
    return torch.cat([values[1:], last_value[None]])


def _scan(delta, decay, start=None):
    """What a -> delta + decay * a makes of ``start`` (0), from behind."""
    carried, found = torch.zeros_like(delta[0]) if start is None else start, []
    for t in range(len(delta) - 1, -1, -1):
        carried = delta[t] + decay[t] * carried
        found.append(carried)
    return torch.stack(found[::-1])


def _gae(rewards, values, dones, last_value, gamma, lam, cut=None, trace=None, after=None, returns=None, **more):
    """The right thing, with parts of it replaced: what cuts the value and what the trace, the values that follow."""
    with torch.no_grad():
        alive = torch.where(dones > 0, 0.0, 1.0).to(rewards.dtype)
        cut, trace = alive if cut is None else cut(alive), alive if trace is None else trace(alive)
        after = _after(values, last_value) if after is None else after
        delta = rewards + gamma * cut * after - values if "delta" not in more else more["delta"](alive, after)
        decay = more.get("decay", gamma * lam) * trace
        advantages = _scan(delta, decay, more.get("start"))
        return advantages, values + advantages if returns is None else returns(advantages, alive)


def _with(**changes):
    """A solution in which the named parts are replaced."""

    def gae(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
        return _gae(rewards, values, dones, last_value, gamma, lam, **changes)

    return gae


def _ones(alive):
    return torch.ones_like(alive)


def _done_of_the_next_step(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    later = torch.roll(dones.to(values.dtype), -1, 0)
    later[-1] = 0
    return _gae(rewards, values, later, last_value, gamma, lam)


def _done_inverted(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    return _gae(rewards, values, dones == 0, last_value, gamma, lam)


def _reward_cut_off(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    return _gae(rewards * (dones == 0), values, dones, last_value, gamma, lam)


def _value_cut_off(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    return _gae(rewards, values, dones, last_value, gamma, lam, delta=lambda a, v: rewards + a * (gamma * v - values))


def _forwards(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    with torch.no_grad():
        alive = 1 - dones.to(values.dtype)
        delta = rewards + gamma * alive * _after(values, last_value) - values
        advantages = _scan(delta.flip(0), gamma * lam * alive.flip(0)).flip(0)
        return advantages, advantages + values


def _lam_on_delta(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    changes = {"delta": lambda a, v: lam * (rewards + gamma * a * v - values), "decay": gamma}
    return _gae(rewards, values, dones, last_value, gamma, lam, **changes)


def _lam_ignored(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    return _gae(rewards, values, dones, last_value, gamma, 1)


def _no_trace(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    return _gae(rewards, values, dones, last_value, gamma, 0)


def _no_gamma_in_the_trace(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    return _gae(rewards, values, dones, last_value, gamma, lam, decay=lam)


def _no_gamma_in_delta(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    return _gae(rewards, values, dones, last_value, 1, lam, decay=gamma * lam)


def _factors_exchanged(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    return _gae(rewards, values, dones, last_value, lam, gamma)


def _default_gamma(rewards, values, dones, last_value, gamma=1, lam=0.95):
    return _gae(rewards, values, dones, last_value, gamma, lam)


def _default_lam(rewards, values, dones, last_value, gamma=0.99, lam=0.97):
    return _gae(rewards, values, dones, last_value, gamma, lam)


def _last_value_ignored(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    return _gae(rewards, values, dones, torch.zeros_like(last_value), gamma, lam)


def _wraps_around(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    return _gae(rewards, values, dones, last_value, gamma, lam, after=torch.roll(values, -1, 0))


def _last_value_through_done(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    earlier = torch.cat([dones[:-1], torch.zeros_like(dones[-1:])])
    return _gae(rewards, values, earlier, last_value, gamma, lam)


def _begins_with_last_value(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    return _gae(rewards, values, dones, last_value, gamma, lam, start=last_value)


@torch.no_grad()
def _advantage_for_value(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    alive = (dones == 0).to(values.dtype)
    found = [rewards[-1] + gamma * last_value * alive[-1] - values[-1]]
    for t in range(len(rewards) - 2, -1, -1):
        found.insert(0, rewards[t] - values[t] + gamma * alive[t] * (1 + lam) * found[0])
    return torch.stack(found), torch.stack(found) + values


def _own_value_for_the_next(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    same = torch.cat([values[:-1], last_value[None]])
    return _gae(rewards, values, dones, last_value, gamma, lam, after=same)


def _values_not_subtracted(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    return _gae(rewards, values, dones, last_value, gamma, lam, delta=lambda a, v: rewards + gamma * a * v)


def _returns_with_rewards(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    return _gae(rewards, values, dones, last_value, gamma, lam, returns=lambda made, alive: made + rewards)


def _returns_of_one_step(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    after = _after(values, last_value)
    return _gae(
        rewards, values, dones, last_value, gamma, lam, returns=lambda made, alive: gamma * alive * after + rewards
    )


def _monte_carlo_returns(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    return _gae(
        rewards, values, dones, last_value, gamma, lam, returns=lambda _, a: _scan(rewards, gamma * a, last_value)
    )


def _order_of_results(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    return _gae(rewards, values, dones, last_value, gamma, lam)[::-1]


def _normalises(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    made, returns = _gae(rewards, values, dones, last_value, gamma, lam)
    std, mean = torch.std_mean(made)
    return made.sub(mean).div(std + 1e-8), returns


def _carries_a_graph(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    alive = (dones == 0).to(values.dtype)
    made = _scan(rewards + gamma * alive * _after(values, last_value) - values, gamma * lam * alive)
    return made, made + values


def _returns_carry_a_graph(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    made, _ = _gae(rewards, values, dones, last_value, gamma, lam)
    return made, made + values


@torch.no_grad()
def _minus_of_a_bool(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    delta = rewards + gamma * (1.0 - dones) * _after(values, last_value) - values
    made = _scan(delta, gamma * lam * (1.0 - dones))
    return made, made + values


@torch.no_grad()
def _not_of_a_float(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    carried, found = torch.zeros_like(last_value), []
    for t in range(len(rewards) - 1, -1, -1):
        goes_on = ~dones[t]
        later = torch.where(goes_on, gamma * (last_value if t == len(rewards) - 1 else values[t + 1]), 0)
        carried = rewards[t] + later - values[t] + gamma * lam * carried * goes_on
        found.insert(0, carried)
    return torch.stack(found), torch.stack(found) + values


def _zero_is_default(rewards, values, dones, last_value, gamma=None, lam=None):
    return _gae(rewards, values, dones, last_value, gamma if gamma else 0.99, lam if lam else 0.95)


def _first_environment_for_all(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    first = torch.stack([torch.full_like(row, row.flatten()[0]) for row in dones]) if dones.ndim > 1 else dones
    return _gae(rewards, values, first, last_value, gamma, lam)


def _float32_only(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    return tuple(part.to(torch.float32) for part in _gae(rewards, values, dones, last_value, gamma, lam))


@torch.no_grad()
def _writes_into_rewards(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    alive = (dones == 0).to(values.dtype)
    rewards += gamma * alive * _after(values, last_value) - values
    for t in range(len(rewards) - 2, -1, -1):
        rewards[t] += gamma * lam * alive[t] * rewards[t + 1]
    return rewards, rewards + values


SECOND_WAY = {
    "bootstraps_through_done": _with(cut=_ones),
    "trace_through_done": _with(trace=_ones),
    "done_ignored": _with(cut=_ones, trace=_ones),
} | {
    name[1:]: value for name, value in globals().items() if callable(value) and name.startswith("_") and name[1] != "_"
}
for _helper in ("after", "scan", "gae", "with", "ones"):
    del SECOND_WAY[_helper]
