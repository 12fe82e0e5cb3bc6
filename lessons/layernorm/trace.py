"""1,000 rows, each with a level and a size of its own, through layer normalisation and a linear layer to 5 classes."""

from collections import OrderedDict

import torch
from torch import nn

from torch_judge.study.training import classify, helped, scored

TITLE = "1,000 rows through layer normalisation"
INTRO = (
    "Five patterns of 10 numbers are to be told apart. Each row has a level and a size of its own, like photographs of "
    "different brightness and contrast; they say nothing of the class. The model is `nn.LayerNorm(10)`, then "
    "`nn.Linear(10, 5)`. It is compared with the linear layer alone. Both are trained alike: the same rows, the same "
    "first weights, plain SGD with a learning rate of 0.1 on batches of 50. Loss and accuracy are those of all 1,000 "
    "rows."
)
INSIGHT = (
    "The layer takes from each row what all of its features share: the level and the size. What is left is the "
    "pattern, and the linear layer has to see nothing else. No other row is needed for that. So the layer does the "
    "same for one row and for a batch, in training and in evaluation."
)
ROWS, CLASSES, EPOCHS, RATE = 1000, 5, 5, 0.1


def data():
    """The rows (1000, 10) and their classes (1000,): a pattern and noise, times a size, plus a level, of each row."""
    seeded = torch.Generator().manual_seed(0)
    y = torch.arange(ROWS) % CLASSES
    patterns = 1.2 * torch.randn(CLASSES, 10, generator=seeded)
    size = 10 ** (2 * torch.rand(ROWS, 1, generator=seeded) - 1)
    level = 20 * torch.randn(ROWS, 1, generator=seeded)
    return (patterns[y] + 0.8 * torch.randn(ROWS, 10, generator=seeded)) * size + level, y


def model(norm):
    """The model, or the same without its first layer; the weights of the linear layer begin alike."""
    torch.manual_seed(1)
    linear = nn.Linear(10, CLASSES)
    return nn.Sequential(OrderedDict({"norm": norm, "linear": linear} if norm else {"linear": linear}))


def trained(norm, rate=RATE):
    """A trained model and what it reached after each epoch."""
    net = model(norm)
    return net, classify(net, *data(), epochs=EPOCHS, rate=rate, batch=50)


def stages():
    """What the rows look like on their way through the model before it has learned anything."""
    net, (x, _) = model(nn.LayerNorm(10)), data()
    yield "input", "The rows as they come. Compare the means and deviations of the first three.", x, "rows"
    x = net.norm(x)
    yield "norm", "Layer normalisation: every row now has mean 0 and deviation 1.", x, "rows"
    yield "linear", "The linear layer makes 5 scores of 10 features.", net.linear(x)


def training():
    """Loss and accuracy over all rows, before the first epoch and after each, with and without the layer."""
    yield "with LayerNorm", trained(nn.LayerNorm(10))[1]
    yield "without it", trained(None)[1]


def prediction():
    """One row through the trained model in eval mode, layer by layer."""
    net, (x, y) = trained(nn.LayerNorm(10))[0].eval(), data()
    row, kind = x[7:8], int(y[7])
    yield "input", f"One row alone. It is of class {kind}.", row
    row = net.norm(row)
    yield "norm", "Normalised with its own mean and deviation: nothing had to be remembered.", row
    yield from scored(net.linear, row)


def notices(runs):
    """Sentences and whether they hold in this run: what does not hold is not said."""
    good, bad = runs
    best = max(trained(None, rate)[1][-1].accuracy for rate in (1.0, 0.1, 0.01, 0.001, 0.0001))
    over_the_batch = trained(nn.BatchNorm1d(10))[1][-1].accuracy
    yield from helped(good, bad, best)
    yield (
        f"`nn.BatchNorm1d(10)` in its place reaches {over_the_batch:.0%}: it makes the features alike, and here it is "
        "the rows that differ.",
        over_the_batch < good[-1].accuracy - 0.1,
    )
