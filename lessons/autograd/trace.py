"""1,000 rows forwards and backwards through a small network; trained with and without clearing the gradients."""

from collections import OrderedDict

import torch
from torch import nn

from torch_judge.study.training import classify

TITLE = "1,000 rows forwards, and their gradients backwards"
INTRO = (
    "Five kinds of rows are to be told apart by 10 features. The model is `nn.Linear(10, 16)`, a ReLU, "
    "`nn.Linear(16, 5)`. First you see what autograd records on the way forwards, and the gradients that come out on "
    "the way back. Then the model is trained twice, alike but for one line: one training clears `.grad` before each "
    "`backward()`, the other one forgets it. The same rows, the same first weights, plain SGD with a learning rate of "
    "0.3 on batches of 50."
)
INSIGHT = (
    "`backward()` adds to `.grad`; it never replaces it. That is useful when one batch comes in several pieces. In a "
    "training loop it means that each step must begin with empty gradients. If it does not, every step follows the sum "
    "of all gradients so far, most of which belong to weights that are long gone. Nothing raises an error."
)
ROWS, CLASSES, HIDDEN, EPOCHS, RATE, BATCH = 1000, 5, 16, 5, 0.3, 50


def data():
    """The rows (1000, 10) and their classes (1000,): five clouds of points."""
    seeded = torch.Generator().manual_seed(0)
    y = torch.arange(ROWS) % CLASSES
    centres = 1.3 * torch.randn(CLASSES, 10, generator=seeded)
    return centres[y] + torch.randn(ROWS, 10, generator=seeded), y


def model():
    """The network, with the same first weights each time."""
    torch.manual_seed(1)
    layers = {"first": nn.Linear(10, HIDDEN), "relu": nn.ReLU(), "second": nn.Linear(HIDDEN, CLASSES)}
    return nn.Sequential(OrderedDict(layers))


def trained(clear, epochs=EPOCHS, rate=RATE):
    """A trained model, what it reached after each epoch, and the size of `.grad` at each step.

    ``clear``: whether each step begins with empty gradients.
    """
    net, (x, y) = model(), data()
    order = torch.Generator().manual_seed(0)
    weights, sizes = list(net.parameters()), []
    reached = classify(net, x, y, epochs=0, rate=rate, batch=BATCH)
    for _ in range(epochs):
        for rows in torch.randperm(ROWS, generator=order).split(BATCH):
            if clear:
                net.zero_grad()
            nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
            sizes.append(sum(weight.grad.square().sum().item() for weight in weights) ** 0.5)
            with torch.no_grad():
                for weight in weights:
                    weight.sub_(weight.grad, alpha=rate)
        reached += classify(net, x, y, epochs=0, rate=rate, batch=BATCH)
    return net, reached, sizes


def node(value):
    """The name of the node that made a tensor."""
    return type(value.grad_fn).__name__


def stages():
    """Forwards: values and the nodes that are recorded. Backwards: the gradient at each place, and at the weights."""
    net, (x, y) = model(), data()
    yield "input", f"A leaf that wants no gradient: `grad_fn` is {x.grad_fn}, `requires_grad` {x.requires_grad}.", x
    hidden = net.first(x)
    yield "first", f"The weights want gradients, so the result does too. Its node is `{node(hidden)}`.", hidden
    active = net.relu(hidden)
    came = type(active.grad_fn.next_functions[0][0]).__name__
    yield "relu", f"Node `{node(active)}`. It points back to `{came}`: that is how the graph hangs together.", active
    scores = net.second(active)
    yield "second", f"Five scores. Node `{node(scores)}`, for the second linear layer.", scores
    loss = nn.functional.cross_entropy(scores, y, reduction="sum")
    said = f"One number, the losses of all rows summed. Node `{node(loss)}`: from here `backward()` sets out."
    yield "loss", said, loss.detach()[None]
    for value in (hidden, active, scores):
        value.retain_grad()
    loss.backward()
    yield "gradient of second", "Now backwards. Each score of each row gets a slope.", scores.grad
    yield (
        "gradient of relu",
        "The slopes of the scores, sent back through the weights of the second layer.",
        active.grad,
    )
    blocked = (hidden.grad == 0).float().mean().item()
    yield "gradient of first", f"Where the ReLU gave 0, it lets no slope through: {blocked:.0%} are 0 now.", hidden.grad
    weight = net.first.weight
    said = f"A leaf: its gradient stays in `.grad`, summed over the rows, in the weights' shape {tuple(weight.shape)}."
    yield "gradient of first.weight", said, weight.grad


def training():
    """Loss and accuracy over all rows, before the first epoch and after each, with and without clearing."""
    yield "with zero_grad", trained(True)[1]
    yield "without it", trained(False)[1]


def prediction():
    """One row through the trained model, with nothing recorded."""
    net, (x, y) = trained(True)[0], data()
    row, kind = x[7:8], int(y[7])
    yield "input", f"One row. It is of class {kind}. From here on everything runs under `torch.no_grad()`.", row
    with torch.no_grad():
        row = net.first(row)
        active = net.relu(row)
        scores = net.second(active)
    yield "first", f"No graph: `grad_fn` is {row.grad_fn}, `requires_grad` is {row.requires_grad}.", row
    yield "relu", f"Negative numbers become 0. `grad_fn` is {active.grad_fn} again.", active
    yield "second", "Five scores, one for each class, counted from 0.", scores
    p = scores.softmax(1)
    yield "softmax", f"Five probabilities. The largest says class {int(p.argmax())}.", p


def notices(runs):
    """Sentences and whether they hold in this run: what does not hold is not said."""
    good, bad = runs
    clean, summed = (trained(clear, epochs=1)[2] for clear in (True, False))
    slow = [trained(clear, epochs=1, rate=0.01)[1][-1].accuracy for clear in (True, False)]
    yield (
        f"With `zero_grad` the model has {good[-1].accuracy:.0%} of the rows right after {EPOCHS} epochs, without it "
        f"{bad[-1].accuracy:.0%}.",
        good[-1].accuracy > bad[-1].accuracy + 0.1,
    )
    yield (
        f"Without it the loss falls to {bad[1].loss:.2f} in the first epoch. In the end it is {bad[-1].loss:.1f}.",
        bad[1].loss < bad[0].loss < bad[-1].loss,
    )
    yield (
        f"The reason is in `.grad`. Its size (the root of the sum of all squares) is {clean[0]:.2f} at the first step "
        f"of both. When the first epoch ends it is {clean[-1]:.2f} with `zero_grad`, {summed[-1]:.2f} without it.",
        clean[0] == summed[0] and clean[-1] < clean[0] < summed[-1] / 3,
    )
    yield (
        f"The mistake can hide. With a learning rate of 0.01 the sum of the gradients even helps at first: after one "
        f"epoch {slow[1]:.0%} are right without `zero_grad`, {slow[0]:.0%} with it.",
        slow[1] > slow[0] + 0.1,
    )
