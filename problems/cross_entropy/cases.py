import torch

from torch_judge.authoring import BY_LOGSUMEXP, case, weighed


def targets(draw, *classes):
    return draw.tensor("targets", classes, dtype=torch.int64)


@case("a batch of nine over five classes", kind="values")
def a_batch(solve, draw):
    return {"loss": solve(draw.randn("logits", 9, 5, mean=1.5, std=2.0), draw.randint("targets", 0, 5, 9))}


@case("a single example, and two classes", kind="interface")
def sizes(solve, draw):
    single = solve(draw.randn("single_logits", 1, 7), draw.randint("single_target", 0, 7, 1))
    return {"single": single, "two": solve(draw.randn("logits", 4, 2), targets(draw, 1, 0, 0, 1))}


@case("classes that are nobody's target count too", kind="values")
def unused_classes(solve, draw):
    return {"loss": solve(draw.randn("logits", 5, 6, std=2.0), targets(draw, 2, 0, 3, 0, 2))}


@case("more classes than a byte can count", kind="values")
def many_classes(solve, draw):
    return {"loss": solve(draw.randn("logits", 6, 300, std=2.0), draw.randint("targets", 256, 300, 6))}


@case("the same tensors again, other numbers in them", kind="state")
def changed(solve, draw):
    logits, classes = draw.randn("logits", 5, 4, std=2.0), draw.randint("targets", 0, 4, 5)
    first = solve(logits, classes)
    logits.mul_(-1)  # what is remembered of the first call, by shape or by object, is wrong now
    return {"first": first, "second": solve(logits, classes)}


@case("rows near 1000, near 0 and near -1000, in one batch and alone", kind="numerics", **BY_LOGSUMEXP)
def far_rows(solve, draw):
    logits = draw.randn("noise", 5, 4).cpu() + torch.tensor([1000.0, 0.0, -1000.0, 300.0, -40.0])[:, None]
    low = draw.tensor("low_logits", draw.randn("low_noise", 3, 4) - 1000.0)
    loss = solve(draw.tensor("logits", logits), targets(draw, 3, 1, 0, 2, 3))
    return {"loss": loss, "all low": solve(low, draw.randint("low_targets", 0, 4, 3))}


@case("confident mistakes: the target lies 1000 below", kind="numerics")
def confident_mistakes(solve, draw):
    logits = draw.randn("noise", 4, 3).clone()
    logits[0, 2] += 1000.0
    logits[1, 0] -= 1000.0
    logits[3, 1] += 2000.0
    return {"loss": solve(draw.tensor("logits", logits), targets(draw, 0, 0, 2, 2))}


@case("gradient: (softmax - one-hot) / B", kind="gradients")
def gradient(solve, draw):
    logits = draw.randn("logits", 6, 4, mean=-1.0, std=1.5, grad=True)
    return draw.gradients(solve(logits, targets(draw, 3, 0, 1, 3, 2, 0)), logits=logits)


@case("gradient of confident mistakes", kind="gradients")
def gradient_of_mistakes(solve, draw):
    values = draw.randn("noise", 3, 5).clone()
    values[0, 4] += 1000.0
    values[1, 0] += 1000.0
    values[2, 3] += 1000.0
    logits = draw.tensor("logits", values, grad=True)
    return draw.gradients(solve(logits, targets(draw, 1, 2, 4)), logits=logits)


@case("memory: no tensor of B × B elements", kind="cost")
def memory(solve, draw):
    logits, classes = draw.randn("logits", 96, 3), draw.randint("targets", 0, 3, 96)
    with draw.largest_tensor() as elements:
        loss = solve(logits, classes)
    draw.at_most("elements of the largest tensor", elements(), limit=96 * 96 // 2)
    return {"loss": loss}


@weighed("memory of the process for 10,240 rows, where B × B numbers are 400 MB", spare_mb=260)
def seen_from_outside(solve, draw):
    with torch.no_grad():
        return {"loss": solve(draw.randn("logits", 10240, 3), draw.randint("targets", 0, 3, 10240))}
