"""1,000 sequences in a buffer that is used again, through attention with and without a padding mask."""

import math

import torch
from torch import nn

from torch_judge.study.training import classify

TITLE = "1,000 sequences through attention with a padding mask"
INTRO = (
    "A sequence has 3 to 8 items of 12 numbers. One item is marked, and the class of that item is asked for. The "
    "buffer has 8 places and is used again: behind a short sequence lies the rest of an older one, with a mark of its "
    "own. One model hides that padding, the other does not. Both begin with the same weights and see the same "
    "sequences: plain SGD with a learning rate of 0.3, batches of 50."
)
INSIGHT = (
    "Attention takes what lies in the buffer. What is not part of the sequence must be hidden before the softmax; then "
    "its weight is exactly 0. Nobody raises an error if the mask is forgotten: the answers are only worse."
)
ROWS, PLACES, CLASSES, WIDTH, EPOCHS, RATE = 1000, 8, 4, 12, 6, 0.3


def data():
    """Items (1000, 8, 13), the last number says whether the item is real; classes (1000,) of the marked real item."""
    seeded = torch.Generator().manual_seed(0)
    centres = 2 * torch.eye(CLASSES, WIDTH)
    kinds = torch.randint(CLASSES, (ROWS, PLACES), generator=seeded)
    lengths = torch.randint(3, PLACES, (ROWS,), generator=seeded)
    marked = (torch.rand(ROWS, generator=seeded) * lengths).long()
    old = lengths + (torch.rand(ROWS, generator=seeded) * (PLACES - lengths)).long()
    x = centres[kinds] + 0.3 * torch.randn(ROWS, PLACES, WIDTH, generator=seeded)
    every = torch.arange(ROWS)
    x[every, marked, -1] += 4
    x[every, old, -1] += 4
    real = torch.arange(PLACES) < lengths[:, None]
    return torch.cat([x, real[..., None].float()], -1), kinds[every, marked]


class Attention(nn.Module):
    """One learned query; items in, scores of the classes out."""

    def __init__(self, masked):
        super().__init__()
        self.masked = masked
        self.query = nn.Parameter(0.1 * torch.randn(WIDTH))
        self.key, self.value = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, CLASSES)

    def scores(self, x):
        """Query times keys over the root of the width, (N, 8)."""
        return self.key(x[..., :-1]) @ self.query / math.sqrt(WIDTH)

    def weights(self, x):
        """What each item counts, (N, 8)."""
        scores = self.scores(x)
        return (scores.masked_fill(x[..., -1] == 0, -math.inf) if self.masked else scores).softmax(-1)

    def forward(self, x):
        return (self.weights(x)[:, None] @ self.value(x[..., :-1]))[:, 0]


def model(masked):
    """The model; the weights begin alike."""
    torch.manual_seed(1)
    return Attention(masked)


def trained(masked, epochs=EPOCHS):
    """A trained model and what it reached after each epoch."""
    net = model(masked)
    return net, classify(net, *data(), epochs=epochs, rate=RATE, batch=50)


def stages():
    """From items to the result, with weights that have learned nothing yet."""
    net, (x, _) = model(True), data()
    yield "items", "1,000 sequences in 8 places, 12 numbers each.", x[..., :-1]
    said = "The query times each key, divided by the root of 12: one score for each place."
    yield "scores", said, net.scores(x), "rows"
    hidden = x[..., -1] == 0
    yield "mask", "1 for a real item, 0 for what lies behind the end.", x[..., -1], "rows"
    weights = net.weights(x)
    said = f"Softmax over the places. Padding has {weights[hidden].max().item():.0f}; a row sums to 1."
    yield "weights", said, weights, "rows"
    yield "result", "The mean of the values under these weights: four scores, one for each class.", net(x)


def training():
    """Loss and accuracy over all sequences, before the first epoch and after each, with the mask and without."""
    yield "with the mask", trained(True)[1]
    yield "without it", trained(False)[1]


def prediction():
    """One sequence through the trained model."""
    net, (x, y) = trained(True)[0].eval(), data()
    row, kind = x[7:8], int(y[7])
    yield "items", f"The places of one sequence. The marked item is of class {kind}.", row[..., :-1]
    yield "mask", "1 for a real item.", row[..., -1]
    yield "weights", f"Place {int(net.weights(row).argmax())} (counted from 0) counts most.", net.weights(row)
    yield "scores", f"Four scores. The largest says class {int(net(row).argmax())}.", net(row)


def notices(runs):
    """Sentences and whether they hold in this run: what does not hold is not said."""
    good, bad = runs
    net, (x, _) = trained(False)[0], data()
    wasted = net.weights(x).detach()[x[..., -1] == 0].sum().item() / len(x)
    yield f"With the mask {good[-1].accuracy:.0%} of the sequences are right.", good[-1].accuracy > 0.9
    yield (
        f"Without it {bad[-1].accuracy:.0%} are right: more than by chance, and far fewer than with it.",
        0.3 < bad[-1].accuracy < good[-1].accuracy - 0.1,
    )
    yield f"Without it {wasted:.0%} of all weight goes to the padding.", wasted > 0.2
    yield "Before training the two are much alike.", abs(good[0].accuracy - bad[0].accuracy) < 0.1
