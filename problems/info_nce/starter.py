# %%
import torch
import torch.nn.functional as F


def clip_loss(image, text, log_scale):
    """The mean of two cross-entropies: images that look for their text, and texts that look for their image."""
    pass


# %%
# Look at your own work before you ask the judge: three pairs, in order and in a wrong order.
image = torch.eye(3, requires_grad=True)
log_scale = torch.tensor(2.0, requires_grad=True)
for name, text in {
    "right": torch.eye(3),
    "wrong": torch.eye(3).roll(1, 0),
    "right, 50 times as long": 50 * torch.eye(3),
}.items():
    loss = clip_loss(image, text, log_scale)
    print(f"{name}:", loss)
    if loss is not None:
        print("gradient of log_scale:", torch.autograd.grad(loss, log_scale)[0])
