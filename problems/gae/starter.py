# %%
import torch


def gae(rewards, values, dones, last_value, gamma=0.99, lam=0.95):
    """Advantages A_t = δ_t + γλ(1 - d_t) A_{t+1} with δ_t = r_t + γ V_{t+1} (1 - d_t) - V_t, and returns A + V."""
    pass


# %%
# Look at your own work before you ask the judge: with γ = λ = 1 and values of 0 an advantage is the sum of the rewards to come.
rewards = torch.tensor([1.0, 2.0, 4.0, 8.0])
dones = torch.tensor([False, True, False, False])
made = gae(rewards, torch.zeros(4), dones, torch.tensor(100.0), gamma=1.0, lam=1.0)
print("expected 3, 2 (an episode ends here), 112, 108:", None if made is None else made[0])
