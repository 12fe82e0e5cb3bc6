import torch


def sinusoidal_encoding(length: int, dim: int, base: float = 10000.0) -> torch.Tensor:
    positions = torch.arange(length).unsqueeze(1)
    angles = positions / base ** (torch.arange(0, dim, 2) / dim)
    encoding = torch.empty(length, dim)
    encoding[:, 0::2] = angles.sin()
    # An odd dim has one cosine less: the last pair is a sine alone.
    encoding[:, 1::2] = angles.cos()[:, : dim // 2]
    return encoding
