# %%
import torch


def lstm_cell(x, h, c, w_ih, w_hh, b_ih=None, b_hh=None):
    """One step of an LSTM: from the input x (B, I) and the states h and c (B, H) to the new states (h, c)."""
    pass


# %%
# Look at your own work before you ask the judge: with all weights 0 every gate is 1/2 and the candidate 0.
x, h, c = torch.randn(2, 3), torch.randn(2, 4), torch.ones(2, 4)
print(lstm_cell(x, h, c, torch.zeros(16, 3), torch.zeros(16, 4)))
print("expected: h", round(0.5 * torch.tensor(0.5).tanh().item(), 4), "and c 0.5 everywhere")
