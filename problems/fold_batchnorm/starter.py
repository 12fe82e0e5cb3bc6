# %%
import torch


def fold_batchnorm(conv_weight, conv_bias, running_mean, running_var, weight=None, bias=None, eps=1e-5):
    """Return (w, b) of the one layer that does what the layer and the batch norm after it do in eval mode."""
    pass


# %%
# Look at your own work before you ask the judge: two layers against one.
torch.manual_seed(0)
conv, norm = torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4)
norm(conv(torch.randn(8, 3, 6, 6)))  # in training mode, so that there is something to fold
images = torch.randn(2, 3, 6, 6)
expected = norm.eval()(conv(images))
folded = fold_batchnorm(conv.weight, conv.bias, norm.running_mean, norm.running_var, norm.weight, norm.bias)
if folded is not None:
    difference = torch.nn.functional.conv2d(images, *folded) - expected
    print("largest difference:", difference.abs().max().item())
