# %%
import math

import torch


def sinusoidal_encoding(length: int, dim: int, base: float = 10000.0) -> torch.Tensor:
    """The table (length, dim): sines in the even columns, cosines in the odd ones."""
    pass


# %%
# Look at your own work before you ask the judge: row 0 is 0, 1, 0, 1; row 1 is sin 1, cos 1, sin 0.01, cos 0.01.
print(sinusoidal_encoding(3, 4))
print("expected in row 1:", [round(f(x), 4) for x in (1, 0.01) for f in (math.sin, math.cos)])
