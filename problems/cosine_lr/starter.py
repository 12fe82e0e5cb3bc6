# %%
import math


def cosine_lr_schedule(step, total_steps, warmup_steps, max_lr, min_lr=0.0) -> float:
    """The learning rate at `step`: a linear warmup, then half a cosine."""
    pass


# %%
# Look at your own work before you ask the judge: up to 1 at step 4, then down to 0.1 at step 20.
for step in range(21):
    rate = cosine_lr_schedule(step, total_steps=20, warmup_steps=4, max_lr=1.0, min_lr=0.1)
    print(f"{step:2d}", "#" * math.ceil(50 * rate) if rate is not None else None, rate)
