import torch
from torch import Tensor

from torch_judge.authoring import accepted


@accepted
def deltas_first(
    rewards: Tensor, values: Tensor, dones: Tensor, last_value: Tensor, gamma: float = 0.99, lam: float = 0.95
) -> tuple[Tensor, Tensor]:
    """All surprises at once, then a list that is filled from behind."""
    values = values.detach()
    not_done = 1.0 - dones.type_as(values)
    next_values = torch.cat([values[1:], last_value.detach()[None]], dim=0)
    deltas = rewards.detach() + gamma * next_values * not_done - values
    found = []
    last = torch.zeros_like(deltas[0])
    for delta, mask in zip(deltas.flip(0), not_done.flip(0), strict=True):
        last = delta + gamma * lam * mask * last
        found.insert(0, last)
    advantages = torch.stack(found)
    return advantages, advantages + values


@accepted
def by_a_matrix(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    """The closed form: a weight for each pair of steps, 0 over the end of an episode."""
    with torch.no_grad():
        T = len(rewards)
        flat = [x.reshape(T, -1) for x in (rewards, values, dones.to(rewards.dtype))]
        r, v, d = flat
        after = torch.vstack([v[1:], last_value.reshape(1, -1)])
        delta = r + gamma * after * (1 - d) - v
        ended = torch.cat([torch.zeros_like(d[:1]), d.cumsum(0)[:-1]])  # ends before step t
        together = ended[None] == ended[:, None]
        distance = torch.arange(T, device=r.device)[None] - torch.arange(T, device=r.device)[:, None]
        weight = torch.where(distance >= 0, (gamma * lam) ** distance.clamp(min=0).to(r.dtype), 0.0)
        advantages = torch.einsum("ts,tsn,sn->tn", weight, together.to(r.dtype), delta).reshape(values.shape)
    return advantages, advantages + values.detach()


@accepted
def lambda_returns(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    """The returns by their own recursion; the advantages are what is left of them."""
    rewards, values, last_value = rewards.detach(), values.detach(), last_value.detach()
    dones = dones.bool()
    returns = torch.empty_like(rewards)
    following, after = last_value, last_value
    for t in range(len(rewards) - 1, -1, -1):
        mixed = (1 - lam) * after + lam * following
        returns[t] = rewards[t] + gamma * torch.where(dones[t], torch.zeros_like(mixed), mixed)
        following, after = returns[t], values[t]
    return [returns - values, returns]


@accepted
def one_environment_at_a_time(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    """A beginner's loops over plain numbers."""
    steps = len(rewards)
    columns = []
    ended = dones.reshape(steps, -1).tolist()
    r, v, last = (
        rewards.reshape(steps, -1).tolist(),
        values.reshape(steps, -1).tolist(),
        last_value.reshape(-1).tolist(),
    )
    for n in range(len(last)):
        column, advantage = [0.0] * steps, 0.0
        for t in reversed(range(steps)):
            if ended[t][n]:
                advantage = r[t][n] - v[t][n]
            else:
                next_value = last[n] if t == steps - 1 else v[t + 1][n]
                advantage = r[t][n] + gamma * next_value - v[t][n] + gamma * lam * advantage
            column[t] = advantage
        columns.append(column)
    print("environments:", len(columns))
    table = torch.tensor(columns, dtype=rewards.dtype, device=rewards.device).T.reshape(rewards.shape)
    return table, table + values.detach()


@accepted
def by_recursion(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    @torch.no_grad()
    def backwards(t):
        """The advantages from step t on, as a list in order."""
        if t == len(rewards):
            return []
        later = backwards(t + 1)
        going_on = torch.logical_not(dones[t])
        value = values[t + 1] if later else last_value
        ahead = gamma * value + (gamma * lam * later[0] if later else 0)
        return [rewards[t] - values[t] + going_on * ahead, *later]

    advantages = torch.stack(backwards(0))
    return advantages, advantages.add(values).detach()


@accepted
def by_doubling(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    """Each step is a map a -> δ + c·a; after log2 T rounds every step has been joined with all that follow."""
    rewards, values, last_value = (x.detach() for x in (rewards, values, last_value))
    alive = (dones == 0).to(rewards.dtype)
    sums = rewards + alive * gamma * torch.cat([values[1:], last_value.unsqueeze(0)]) - values
    decay = gamma * lam * alive
    reach = 1
    while reach < len(rewards):
        none = torch.zeros_like(sums[:reach])
        sums = sums + decay * torch.cat([sums[reach:], none])
        decay = decay * torch.cat([decay[reach:], none])
        reach *= 2
    return sums, sums + values


class Walker:
    def __init__(self, gamma, lam, value):
        self.gamma, self.lam = gamma, lam
        self.value, self.advantage = value, torch.zeros_like(value)

    def back(self, reward, value, done):
        target = reward + self.gamma * self.value.masked_fill(done, 0)
        self.advantage = target - value + self.gamma * self.lam * self.advantage.masked_fill(done, 0)
        self.value = value
        return self.advantage


@accepted
@torch.inference_mode()
def a_walker(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    walker = Walker(gamma, lam, last_value)
    steps = zip(rewards.unbind(), values.unbind(), dones.bool().unbind(), strict=True)
    advantages = torch.stack([walker.back(*step) for step in reversed(list(steps))]).flip(0)
    return advantages, advantages + values
