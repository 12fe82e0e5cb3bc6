"""1,000 rows of 10 badly scaled features through batch normalisation and a linear layer to 5 classes."""

from collections import OrderedDict

import torch
from torch import nn

from torch_judge.study.training import classify, helped, scored

TITLE = "1,000 rows through batch normalisation"
INTRO = (
    "Five kinds of rows are to be told apart by 10 features. The features have very different scales, as in a real "
    "table: one is measured in hundredths, one in hundreds. The model is `nn.BatchNorm1d(10)`, then `nn.Linear(10, 5)`."
    " It is compared with the linear layer alone. Both are trained alike: the same rows, the same first weights, plain "
    "SGD with a learning rate of 0.1 on batches of 50. Loss and accuracy are those of all 1,000 rows, in eval mode."
)
INSIGHT = (
    "The layer puts all features on one scale before the linear layer sees them. Then one learning rate suits all of "
    "its weights. For raw data you could do that yourself, once, before training. Inside a deep network you cannot: "
    "the numbers there change with every step, and so the layer does it anew for every batch."
)
ROWS, CLASSES, EPOCHS, RATE = 1000, 5, 5, 0.1
SCALE = torch.tensor([0.01, 0.1, 1.0, 100.0, 5.0, 20.0, 0.5, 2.0, 50.0, 1.0])
SHIFT = torch.tensor([1.0, -2.0, 0.0, 200.0, -10.0, 50.0, 3.0, -1.0, -40.0, 5.0])


def data():
    """The rows (1000, 10) and their classes (1000,): five clouds, stretched and moved feature by feature."""
    seeded = torch.Generator().manual_seed(0)
    y = torch.arange(ROWS) % CLASSES
    centres = 1.3 * torch.randn(CLASSES, 10, generator=seeded)
    return (centres[y] + torch.randn(ROWS, 10, generator=seeded)) * SCALE + SHIFT, y


def model(with_norm):
    """The model, or the same without its first layer; the weights of the linear layer begin alike."""
    torch.manual_seed(1)
    linear = nn.Linear(10, CLASSES)
    layers = {"norm": nn.BatchNorm1d(10), "linear": linear} if with_norm else {"linear": linear}
    return nn.Sequential(OrderedDict(layers))


def trained(with_norm, rate=RATE):
    """A trained model and what it reached after each epoch."""
    net = model(with_norm)
    return net, classify(net, *data(), epochs=EPOCHS, rate=rate, batch=50)


def stages():
    """What the rows look like on their way through the model before it has learned anything, in training mode."""
    net, (x, _) = model(True), data()
    yield "input", "The features as they come. Compare their deviations.", x
    x = net.norm(x)
    first = x.std(0, correction=0)[0].item()
    yield (
        "norm",
        "Batch normalisation: every feature now has mean 0 and deviation 1 over the rows. (The first one only has "
        f"{first:.2f}: its variance is so small that `eps` counts.)",
        x,
    )
    yield "linear", "The linear layer makes 5 scores of 10 features. They are small numbers of one size.", net.linear(x)


def training():
    """Loss and accuracy over all rows, before the first epoch and after each, with and without the layer."""
    yield "with BatchNorm1d", trained(True)[1]
    yield "without it", trained(False)[1]


def prediction():
    """One row through the trained model in eval mode, layer by layer."""
    net, (x, y) = trained(True)[0].eval(), data()
    row, kind = x[7:8], int(y[7])
    yield "input", f"One row alone. It is of class {kind}.", row
    row = net.norm(row)
    yield "norm", "Normalised with the running statistics from training: no other row is needed.", row
    yield from scored(net.linear, row)


def notices(runs):
    """Sentences and whether they hold in this run: what does not hold is not said."""
    good, bad = runs
    best = max(trained(False, rate)[1][-1].accuracy for rate in (1.0, 0.1, 0.01, 0.001, 0.0001))
    least, most = min(epoch.loss for epoch in bad[1:]), max(epoch.loss for epoch in bad[1:])
    sooner, falls, no_cure = helped(good, bad, best)
    yield sooner
    yield falls
    yield (
        f"Without it the loss jumps, between {least:,.0f} and {most:,.0f}: a step that suits the small features is far "
        "too long for the large ones.",
        any(later.loss > earlier.loss for earlier, later in zip(bad[1:], bad[2:], strict=False)),
    )
    yield no_cure
