"""The mistakes of `weight_init` as another learner would write them."""

import random

import torch


def fill(weight, std):
    weight.data.copy_(torch.randn(weight.shape) * std)
    return weight


def fan_out(weight):
    return fill(weight, (2 / len(weight)) ** 0.5)


def no_gain(weight):
    return fill(weight, weight.shape[1] ** -0.5)


def variance_as_std(weight):
    return fill(weight, 2 / weight.size(1))


def xavier(weight):
    return fill(weight, (2 / sum(weight.shape)) ** 0.5)


def fixed_std(weight):
    weight.data = 0.02 * torch.randn(weight.shape)
    return weight


def all_elements(weight):
    return fill(weight, (2 / (weight.shape[0] * weight.shape[1])) ** 0.5)


def gain_of_two(weight):
    return fill(weight, 2 * weight.shape[1] ** -0.5)


def not_scaled(weight):
    return fill(weight, 1)


def multiplied_by_fan(weight):
    return fill(weight, (2 * weight.shape[1]) ** 0.5)


def uniform(weight):
    bound = (6 / weight.shape[1]) ** 0.5
    weight.data = (2 * torch.rand(weight.shape) - 1) * bound
    return weight


def uniform_within_std(weight):
    bound = (2 / weight.shape[1]) ** 0.5
    weight.data = (2 * torch.rand(weight.shape) - 1) * bound
    return weight


def rand_for_randn(weight):
    weight.data.copy_(torch.rand(weight.shape) * (2 / weight.shape[1]) ** 0.5)
    return weight


def mean_not_zero(weight):
    std = (2 / weight.shape[1]) ** 0.5
    weight.data.copy_(0.2 * std + torch.randn(weight.shape) * std)
    return weight


def truncated(weight):
    z = torch.randn(weight.shape)
    while (far := z.abs() > 2.95).any():
        z[far] = torch.randn(int(far.sum()))
    weight.data.copy_(z * (2 / weight.shape[1]) ** 0.5)
    return weight


def one_row_for_all(weight):
    weight.data.copy_(torch.randn(len(weight), 1) * (2 / weight.shape[1]) ** 0.5)
    return weight


def one_number(weight):
    weight.data.fill_(random.gauss(0, (2 / weight.shape[1]) ** 0.5))
    return weight


def no_gradient_guard(weight):
    return weight.normal_(std=(2 / weight.shape[1]) ** 0.5)


def new_tensor(weight):
    return torch.normal(0.0, (2 / weight.shape[1]) ** 0.5, weight.shape)


def scales_what_was_there(weight):
    weight.data *= (2 / weight.shape[1]) ** 0.5
    return weight


def returns_nothing(weight):
    fill(weight, (2 / weight.shape[1]) ** 0.5)


def returns_data(weight):
    return fill(weight, (2 / weight.shape[1]) ** 0.5).data


def returns_clone(weight):
    return fill(weight, (2 / weight.shape[1]) ** 0.5) + 0


def gradient_switched_off(weight):
    weight.requires_grad = False
    return weight.normal_(0, (2 / weight.shape[1]) ** 0.5)


def gradient_switched_on(weight):
    fill(weight, (2 / weight.shape[1]) ** 0.5)
    weight.requires_grad = True
    return weight


def autograd_left_off(weight):
    torch.set_grad_enabled(False)
    weight.copy_(torch.randn(weight.shape) * (2 / weight.shape[1]) ** 0.5)
    return weight


def autograd_switched_on(weight):
    with torch.no_grad():
        fill(weight, (2 / weight.shape[1]) ** 0.5)
    torch.autograd.grad_mode.set_grad_enabled(True)
    return weight


def reseeds(weight):
    torch.random.manual_seed(42)
    return fill(weight, (2 / weight.shape[1]) ** 0.5)


def numbers_tied(weight):
    drawn = torch.randn(weight.shape[0], weight.shape[1]) * (2 / weight.shape[1]) ** 0.5
    half = drawn[: (len(drawn) + 1) // 2]
    weight.data.copy_(torch.cat([half, -half])[: len(drawn)])
    return weight


def standardised(weight):
    drawn = torch.randn(weight.shape)
    weight.data.copy_((drawn - drawn.mean()) / drawn.std() * (2 / weight.shape[1]) ** 0.5)
    return weight


SECOND_WAY = {name: f for name, f in list(globals().items()) if callable(f) and name != "fill"}
