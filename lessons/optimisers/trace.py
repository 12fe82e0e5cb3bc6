"""1,000 rows of 10 badly scaled features through a linear layer, trained by plain SGD and by Adam."""

import torch
from torch import nn

from torch_judge.study.training import classify

TITLE = "One step of Adam, and five epochs beside SGD"
INTRO = (
    "Five kinds of rows are to be told apart by 10 features. Some features are measured in tenths, some in tens. The "
    "model is `nn.Linear(10, 5)`. The stages show the first step of Adam: what becomes of a gradient. Then the model "
    "is trained twice, with the same rows in batches of 50 and the same first weights: by plain SGD with a learning "
    "rate of 0.01, and by Adam with 0.05. Loss and accuracy are those of all 1,000 rows."
)
INSIGHT = (
    "SGD has one learning rate for all weights. It must suit the weights with the largest gradients, and then it is "
    "far too small for the others. Adam divides by the size of each weight's own gradients, so all weights move at "
    "about one speed. It pays with two further numbers for each weight."
)
ROWS, CLASSES, EPOCHS, BATCH = 1000, 5, 5, 50
SGD_RATE, ADAM_RATE = 0.01, 0.05
RATES = (1.0, 0.1, 0.03, 0.01, 0.003, 0.001)
BETA1, BETA2, EPS = 0.9, 0.999, 1e-8
SCALE = torch.tensor([0.2, 10.0, 0.3, 20.0, 0.5, 1.0, 0.2, 2.0, 5.0, 0.3])


def data():
    """The rows (1000, 10) and their classes (1000,): five clouds, stretched feature by feature."""
    seeded = torch.Generator().manual_seed(0)
    y = torch.arange(ROWS) % CLASSES
    centres = 1.3 * torch.randn(CLASSES, 10, generator=seeded)
    return (centres[y] + torch.randn(ROWS, 10, generator=seeded)) * SCALE, y


def model():
    """The model; its weights begin alike each time."""
    torch.manual_seed(1)
    return nn.Linear(10, CLASSES)


def sgd(slope, state, t, rate):
    """Plain SGD: how far a weight moves. It keeps nothing in `state`."""
    return -rate * slope


def adam(slope, state, t, rate):
    """Adam: how far a weight moves in step `t`, counted from 1. It keeps `m` and `v` in `state`."""
    state["m"] = BETA1 * state.get("m", 0.0) + (1 - BETA1) * slope
    state["v"] = BETA2 * state.get("v", 0.0) + (1 - BETA2) * slope**2
    m, v = state["m"] / (1 - BETA1**t), state["v"] / (1 - BETA2**t)
    return -rate * m / (v.sqrt() + EPS)


def trained(rule, rate, epochs=EPOCHS):
    """A trained model and what it reached before the first epoch and after each."""
    net, (x, y) = model(), data()
    order = torch.Generator().manual_seed(0)
    weights = list(net.parameters())
    states = [{} for _ in weights]
    reached, t = [measured(net)], 0
    for _ in range(epochs):
        for rows in torch.randperm(ROWS, generator=order).split(BATCH):
            t += 1
            slopes = torch.autograd.grad(nn.functional.cross_entropy(net(x[rows]), y[rows]), weights)
            with torch.no_grad():
                for weight, slope, state in zip(weights, slopes, states, strict=True):
                    weight += rule(slope, state, t, rate)
        reached.append(measured(net))
    return net, reached


def measured(net):
    """Loss and accuracy over all rows."""
    return classify(net, *data(), epochs=0, rate=0.0, batch=ROWS)[0]


def first_step():
    """The first batch's gradient of the weights (5, 10), what Adam keeps of it, and how far the weights move."""
    net, (x, y) = model(), data()
    rows = torch.randperm(ROWS, generator=torch.Generator().manual_seed(0))[:BATCH]
    (slope,) = torch.autograd.grad(nn.functional.cross_entropy(net(x[rows]), y[rows]), [net.weight])
    state = {}
    update = adam(slope, state, 1, ADAM_RATE)
    return slope, state["m"], state["v"], update


def stages():
    """What becomes of the first batch's gradient. A column is a feature, a row a class."""
    slope, m, v, update = first_step()
    largest, smallest = slope.abs().max().item(), slope.abs().min().item()
    yield (
        "gradient",
        f"The gradient of the 5 x 10 weights. The largest is {largest:.1f}, the smallest {smallest:.4f}: that is the "
        "scale of the features.",
        slope,
    )
    yield "m", "The average of the gradients. It began at 0, and so it is a tenth of the first one.", m
    yield "root of v", "The root of the average of the squares. v is a thousandth of the first square.", v.sqrt()
    m, v = m / (1 - BETA1), v / (1 - BETA2)
    yield "m corrected", "Divided by 1 - 0.9: the gradient itself, as nothing else is in the average yet.", m
    yield "root of v corrected", "Divided by 1 - 0.999, and the root: the size of the gradient.", v.sqrt()
    yield (
        "update",
        f"One divided by the other, times -{ADAM_RATE}: each weight moves by {ADAM_RATE}, against its gradient.",
        update,
    )


def training():
    """Loss and accuracy over all rows, before the first epoch and after each, by Adam and by SGD."""
    yield "Adam", trained(adam, ADAM_RATE)[1]
    yield "plain SGD", trained(sgd, SGD_RATE)[1]


def prediction():
    """One row through the model that Adam trained."""
    net, (x, y) = trained(adam, ADAM_RATE)[0], data()
    row, kind = x[7:8], int(y[7])
    yield "input", f"One row. It is of class {kind}. The optimiser has no part in a prediction.", row
    row = net(row)
    yield "linear", "Five scores, one for each class, counted from 0.", row
    row = row.softmax(1)
    yield "softmax", f"Five probabilities. The largest says class {int(row.argmax())}.", row


def notices(runs):
    """Sentences and whether they hold in this run: what does not hold is not said."""
    good, bad = runs
    update = first_step()[-1].abs()
    lasts = {rate: trained(sgd, rate)[1][-1] for rate in RATES}
    best = min(lasts, key=lambda rate: lasts[rate].loss)
    yield (
        f"In the first step of Adam all weights move equally far, by {update.mean().item():.3f}.",
        (update - ADAM_RATE).abs().max().item() < 1e-4,
    )
    yield (
        f"After one epoch Adam has {good[1].accuracy:.0%} of the rows right, SGD {bad[1].accuracy:.0%}.",
        good[1].accuracy > bad[1].accuracy + 0.02,
    )
    yield (
        f"After five epochs the loss is {good[-1].loss:.2f} with Adam and {bad[-1].loss:.2f} with SGD.",
        good[-1].loss < 0.8 * bad[-1].loss,
    )
    yield (
        f"It is not the choice of the rate. We tried six for SGD; {best} is the best of them.",
        best == SGD_RATE,
    )
    yield (
        f"With a rate of {RATES[0]} the loss of SGD ends at {lasts[RATES[0]].loss:.1f}: its steps are too long.",
        lasts[RATES[0]].loss > 2 * bad[-1].loss,
    )
