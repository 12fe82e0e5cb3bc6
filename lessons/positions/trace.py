"""1,000 rows of 8 tokens through one attention layer that is asked for the first token, with and without positions."""

import torch
from torch import nn

from torch_judge.study.training import classify

TITLE = "1,000 rows of 8 tokens through attention, with and without positions"
INTRO = (
    "A row has 8 tokens out of 5 kinds. The question is always the same: which kind stands in the first place? The "
    "model is an embedding, one attention layer that reads from the last place, and a linear layer. One training adds "
    "sinusoidal positions to the embeddings, the other adds nothing. All else is alike: the same rows, the same first "
    "weights, plain SGD with a learning rate of 0.3 on batches of 50."
)
INSIGHT = (
    "Attention weighs what it finds by what it is, and not by where it stands. To it a row is a bag of tokens. If "
    "order matters, the position must be put in: here as a vector that is added to each embedding. Then the query can "
    "ask for a place as it asks for a word."
)
ROWS, KINDS, LENGTH, DIM, EPOCHS, RATE = 1000, 5, 8, 16, 6, 0.3


def data(length=LENGTH):
    """The rows (1000, length) of tokens, and their classes (1000,): the token in the first place."""
    seeded = torch.Generator().manual_seed(0)
    x = torch.randint(KINDS, (ROWS, length), generator=seeded)
    return x, x[:, 0]


def sinusoidal(length, dim):
    """The positions (length, dim) of Vaswani et al., 2017: sines in the even columns, cosines in the odd ones."""
    angles = torch.arange(length)[:, None] / 10000 ** (torch.arange(0, dim, 2) / dim)
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1)


class Reader(nn.Module):
    """An attention layer with one query, at the last place; scores (N, 5)."""

    def __init__(self, with_positions):
        super().__init__()
        self.with_positions = with_positions
        self.embed = nn.Embedding(KINDS, DIM)
        self.q, self.k, self.v = (nn.Linear(DIM, DIM, bias=False) for _ in "qkv")
        self.out = nn.Linear(DIM, KINDS)

    def embedded(self, x):
        """(N, L) tokens to (N, L, 16)."""
        e = self.embed(x)
        return e + sinusoidal(x.shape[1], DIM) if self.with_positions else e

    def weights(self, e):
        """The attention weights (N, L) of the last place."""
        scores = self.k(e) @ self.q(e[:, -1]).unsqueeze(-1) / DIM**0.5
        return scores.squeeze(-1).softmax(1)

    def mixed(self, e):
        """What the last place gets: the weighted mean (N, 16) of the values."""
        return (self.weights(e).unsqueeze(1) @ self.v(e)).squeeze(1)

    def forward(self, x):
        return self.out(self.mixed(self.embedded(x)))


def model(with_positions):
    """The model; both begin with the same weights."""
    torch.manual_seed(1)
    return Reader(with_positions)


def trained(with_positions, epochs=EPOCHS):
    """A trained model and what it reached after each epoch."""
    net = model(with_positions)
    return net, classify(net, *data(), epochs=epochs, rate=RATE, batch=50)


@torch.no_grad()
def right(net, length):
    """The share of rows of this length that a model has right."""
    x, y = data(length)
    return (net(x).argmax(1) == y).float().mean().item()


def commonest():
    """The share of rows whose first token is the commonest one of the row: all that a bag of tokens tells."""
    x, y = data()
    return (nn.functional.one_hot(x, KINDS).sum(1).argmax(1) == y).float().mean().item()


def stages():
    """The rows on their way through the trained model with positions."""
    net, (x, _) = trained(True)[0], data()
    yield "embedding", "A vector of 16 numbers for each token. Equal tokens have equal vectors.", net.embed(x)
    yield (
        "positions",
        "One row for each of the 8 places, the same in every text. The first is 0, 1, 0, 1, …",
        sinusoidal(LENGTH, DIM),
    )
    e = net.embedded(x)
    yield "sum", "The two added: now equal tokens differ if their places do.", e
    weights = net.weights(e)
    yield (
        "weights",
        f"How much the last place takes from each place. The first column has the mean {weights[:, 0].mean():.2f}.",
        weights,
    )
    mixed = net.mixed(e)
    yield "mixed", "The values, weighed and added up: 16 numbers for each row.", mixed
    yield "scores", "The linear layer makes 5 scores of them, one for each kind of token.", net.out(mixed)


def training():
    """Loss and accuracy over all rows, before the first epoch and after each, with and without positions."""
    yield "with positions", trained(True)[1]
    yield "without them", trained(False)[1]


def prediction():
    """One row through the trained model with positions."""
    net, (x, y) = trained(True)[0].eval(), data()
    row, kind = x[7:8], int(y[7])
    yield "input", f"One row of 8 tokens. The first one is {kind}.", row
    e = net.embedded(row)
    yield "sum", "Its embeddings with the positions added: one line for each place.", e
    weights = net.weights(e)
    yield (
        "weights",
        f"The most weight, {weights.max():.2f}, lies on place {int(weights.argmax())}, counted from 0.",
        weights,
    )
    scores = net.out(net.mixed(e))
    yield "scores", f"Five scores. The largest says {int(scores.argmax())}.", scores


def notices(runs):
    """Sentences and whether they hold in this run: what does not hold is not said."""
    good, bad = runs
    (net, _), (blind, _), best = trained(True), trained(False), commonest()
    long = right(net, 48)
    x, _ = data()
    shuffled = torch.cat([x[:, :-1].flip(1), x[:, -1:]], dim=1)
    with torch.no_grad():
        alike = (blind(x) - blind(shuffled)).abs().max().item() < 1e-4
    yield f"With positions {good[2].accuracy:.0%} of the rows are right after two epochs.", good[2].accuracy > 0.95
    yield (
        f"Without them it ends at {bad[-1].accuracy:.0%}. To guess the commonest token of each row gives {best:.0%}: "
        "about as much as a bag of tokens tells.",
        abs(bad[-1].accuracy - best) < 0.05,
    )
    yield "Without them the scores stay the same if the tokens before the last one are turned around.", alike
    yield (
        f"The positions do not carry over to longer rows. With 48 tokens the same trained model has {long:.0%} right.",
        long < 0.6,
    )
