"""1,000 rows through a linear layer, softmax and cross-entropy; and the same loss taken in two steps."""

import torch
from torch import nn

from torch_judge.study.training import classify

TITLE = "1,000 rows through softmax and cross-entropy"
INTRO = (
    "Five kinds of rows are to be told apart by 10 features. The model is `nn.Linear(10, 5)`. One training follows "
    "`F.cross_entropy`; the other takes the softmax first, and then its logarithm. On paper that is the same loss. "
    "Both begin with the same weights and see the same rows: plain SGD with a learning rate of 0.1, batches of 50."
)
INSIGHT = (
    "Softmax and logarithm belong together. Apart, a confident mistake has a probability that rounds to 0. Its "
    "logarithm is infinite and its gradient is no number; from then on no weight is one. Give the scores to the loss, "
    "and let it take the logarithm on paper."
)
ROWS, CLASSES, EPOCHS, RATE = 1000, 5, 5, 0.1


def data(size=20.0):
    """The rows (1000, 10) and their classes (1000,): five clouds of points, far apart."""
    seeded = torch.Generator().manual_seed(0)
    y = torch.arange(ROWS) % CLASSES
    centres = 1.2 * torch.randn(CLASSES, 10, generator=seeded)
    return (centres[y] + torch.randn(ROWS, 10, generator=seeded)) * size, y


def in_two_steps(scores, target):
    """Cross-entropy as a softmax and then a logarithm."""
    p = scores.softmax(1)
    return -p[torch.arange(len(target)), target].log().mean()


def trained(loss, size=20.0):
    """A trained model and what it reached after each epoch."""
    torch.manual_seed(1)
    net = nn.Linear(10, CLASSES)
    return net, classify(net, *data(size), epochs=EPOCHS, rate=RATE, batch=50, loss=loss)


def stages():
    """From scores to losses, with weights that have learned nothing yet."""
    torch.manual_seed(1)
    net, (x, y) = nn.Linear(10, CLASSES), data()
    scores = net(x)
    yield "scores", "The linear layer makes 5 scores of 10 features: any numbers.", scores, "rows"
    moved = scores - scores.max(1, keepdim=True).values
    yield "less the largest", "The largest score of each row is now 0. That changes no probability.", moved, "rows"
    yield "exp", "Exponentials: between 0 and 1, and none can be too large.", moved.exp(), "rows"
    p = moved.exp() / moved.exp().sum(1, keepdim=True)
    yield "softmax", "Divided by their sum: five probabilities. Their mean is always 1/5.", p, "rows"
    yield (
        "loss",
        "Minus the logarithm at the right class: one loss for each row.",
        -scores.log_softmax(1)[range(ROWS), y, None],
    )


def training():
    """Loss and accuracy over all rows, before the first epoch and after each, with one loss and with two steps."""
    yield "F.cross_entropy", trained(nn.functional.cross_entropy)[1]
    yield "softmax, then log", trained(in_two_steps)[1]


def prediction():
    """One row through the trained model."""
    net, (x, y) = trained(nn.functional.cross_entropy)[0].eval(), data()
    row, kind = x[7:8], int(y[7])
    yield "input", f"One row. It is of class {kind}.", row
    scores = net(row)
    yield "scores", "Five scores, one for each class, counted from 0.", scores
    p = scores.softmax(1)
    yield "softmax", f"Five probabilities. The largest says class {int(p.argmax())}.", p
    yield "loss", f"Minus the logarithm of the probability of class {kind}.", -scores.log_softmax(1)[:, kind, None]


def notices(runs):
    """Sentences and whether they hold in this run: what does not hold is not said."""
    good, bad = runs
    small = trained(in_two_steps, size=1.0)[1][-1].accuracy
    yield (
        f"With `F.cross_entropy` the model has {good[1].accuracy:.0%} of the rows right after one epoch.",
        good[1].accuracy > 0.8,
    )
    yield (
        "In two steps the loss is not a number (NaN) after the first epoch, and stays so.",
        all(epoch.loss != epoch.loss for epoch in bad[1:]),
    )
    yield (
        "Then every weight is NaN, and the model answers class 0 for each row: "
        f"{bad[-1].accuracy:.0%} right, by chance.",
        abs(bad[-1].accuracy - 1 / CLASSES) < 1e-6,
    )
    yield (
        f"With features a twentieth as large the two steps work ({small:.0%} right). So the mistake can sleep long.",
        small > 0.9,
    )
