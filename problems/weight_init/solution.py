import math

import torch


def kaiming_init(weight: torch.Tensor) -> torch.Tensor:
    std = math.sqrt(2 / weight.shape[1])
    with torch.no_grad():  # a parameter may only be overwritten where autograd does not look
        weight.normal_(0.0, std)
    return weight
