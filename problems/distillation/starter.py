# %%
import torch
import torch.nn.functional as F


def distillation_loss(student, teacher, target, temperature=2.0, alpha=0.5):
    """alpha * T² * KL(teacher at T, student at T) + (1 - alpha) * cross-entropy(student, target), a mean over the rows."""
    pass


# %%
# Look at your own work before you ask the judge: a student that agrees with its teacher has nothing left to learn from it.
teacher = torch.tensor([[2.0, 1.0, -1.0], [0.0, 3.0, 1.0]])
target = torch.tensor([0, 1])
print("equal logits, expected 0:", distillation_loss(teacher.clone(), teacher, target, alpha=1.0))
student = torch.zeros(2, 3, requires_grad=True)
for temperature in (1.0, 2.0, 4.0):
    loss = distillation_loss(student, teacher, target, temperature, alpha=1.0)
    print(f"T = {temperature}:", loss)
    if loss is not None:
        print("gradient:", torch.autograd.grad(loss, student)[0])
