import torch

from torch_judge.authoring import case, integer, load_what_fits, permutation

VOCAB, DIM, BLOCK = 7, 6, 5
QKV = "blocks.0.attention.qkv"


def shapes(layers, vocab=VOCAB, dim=DIM, block=BLOCK):
    """What the state_dict holds: name to shape."""
    layer = {f"{norm}.{part}": (dim,) for norm in ("norm1", "norm2") for part in ("weight", "bias")}
    for name, (rows, columns) in {
        "attention.qkv": (3 * dim, dim),
        "attention.out": (dim, dim),
        "mlp.0": (4 * dim, dim),
        "mlp.2": (dim, 4 * dim),
    }.items():
        layer |= {f"{name}.weight": (rows, columns), f"{name}.bias": (rows,)}
    found = {"tokens.weight": (vocab, dim), "positions.weight": (block, dim), "head.weight": (vocab, dim)}
    found |= {f"norm.{part}": (dim,) for part in ("weight", "bias")}
    return found | {f"blocks.{k}.{name}": shape for k in range(layers) for name, shape in layer.items()}


def drawn(draw, layers=1, **sizes):
    return {name: draw.randn(name, *shape, std=0.8) for name, shape in shapes(layers, **sizes).items()}


def made(solve, draw, state, heads=1, layers=1, vocab=VOCAB, dim=DIM, block=BLOCK):
    """A model that holds ``state``, as far as its names allow."""
    with draw.device:  # so that also what is no buffer stands where the ids are
        model = solve(vocab, dim, heads, layers, block)
    load_what_fits(model, state)
    return model


def of_two_layers(solve, draw):
    return made(solve, draw, drawn(draw, 2), heads=2, layers=2)


def talkative(solve, draw):
    """Two layers of which each id calls for another one: drawn as they come, they would soon repeat one id for ever."""
    state = drawn(draw, 2)
    for name in state:  # what is the same for all texts is made small
        if "mlp.2" in name or name.endswith(".bias"):
            state[name] = 0.1 * state[name]
    state["positions.weight"] = 0.4 * state["positions.weight"]
    state["tokens.weight"] = 6 * torch.nn.functional.normalize(state["tokens.weight"])  # else the longest always wins
    state["head.weight"] = state["tokens.weight"][permutation(draw, "next", VOCAB)]
    state["norm.weight"] = torch.ones_like(state["norm.weight"])
    return made(solve, draw, state, heads=2, layers=2)


def texts(draw, name, count, length):
    return draw.randint(name, 0, VOCAB, count, length)


def parameters(model):
    return {name: p for name, p in model.named_parameters() if name in shapes(2)}


# The probes: each sees one bug and no other.


@case("one head: the logits at the last position, which sees everything", kind="values")
def scale(solve, draw):
    return {"last logits": made(solve, draw, drawn(draw))(texts(draw, "ids", 3, BLOCK))[:, -1]}


@case("queries of zero, so attention is a mean of what is visible: the logits before the last", kind="values")
def mask(solve, draw):
    state = drawn(draw)
    for part in ("weight", "bias"):  # scores of 0, whatever they are divided by
        rows = state[f"{QKV}.{part}"]
        state[f"{QKV}.{part}"] = torch.cat([torch.zeros_like(rows[:DIM]), rows[DIM:]])
    return {"logits": made(solve, draw, state)(texts(draw, "ids", 3, BLOCK))[:, :-1]}


@case("three heads, one id again and again, positions of zero: the logits", kind="values")
def merge(solve, draw):
    """All values of a head are alike, and so is every mean of them, whatever the weights."""
    state = drawn(draw)
    state["positions.weight"] = torch.zeros_like(state["positions.weight"])
    return {"logits": made(solve, draw, state, heads=3)(texts(draw, "id", 2, 1).repeat(1, BLOCK))}


@case("no layers: the loss of three texts", kind="values")
def shift(solve, draw):
    return {"loss": made(solve, draw, drawn(draw, 0), layers=0).loss(texts(draw, "ids", 3, BLOCK))}


# The whole program: wrong mends, and new harm.


@case("two layers, two heads: the logits of a long text, then of short ones", kind="values")
def logits(solve, draw):
    model, few = of_two_layers(solve, draw), integer(draw, "few", 2, BLOCK)
    sizes = [(2, BLOCK), (2, few), (1, 1)] if few < BLOCK else [(2, BLOCK), (1, 1)]
    return {f"{length} ids": model(texts(draw, f"{length} ids", count, length)) for count, length in sizes}


@case("three heads, other sizes: the logits of a short text, then of a long one", kind="values")
def other_sizes(solve, draw):
    sizes = {"vocab": 9, "dim": 15, "block": 8}
    model = made(solve, draw, drawn(draw, 1, **sizes), heads=3, **sizes)
    return {f"{length} ids": model(draw.randint(f"{length} ids", 0, 9, 2, length)) for length in (3, 8)}


@case(
    "two layers, two heads: the loss and its gradients",
    kind="gradients",
    widen=10,
    because="rounding errors of two layers add up where the gradients of twelve positions nearly cancel",
)
def gradients(solve, draw):
    model = of_two_layers(solve, draw)
    return draw.gradients(model.loss(texts(draw, "ids", 3, 4)), **parameters(model))


@case("two steps of gradient descent on the loss, and a text after each: the parameters", kind="state")
def trained(solve, draw):
    model, ids = of_two_layers(solve, draw), texts(draw, "ids", 4, BLOCK)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    losses = []
    for _ in range(2):
        optimizer.zero_grad()
        loss = model.loss(ids)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
        model.generate(ids[:, :2], 1)  # who leaves gradients switched off, or weights frozen, learns no more
    return {"losses": losses} | {name: p.detach().clone() for name, p in parameters(model).items()}


@case("generate grows beyond `block`", kind="values")
def generated(solve, draw):
    return {"ids": talkative(solve, draw).generate(texts(draw, "ids", 8, 2), BLOCK + 4)}


@case("generate goes on from a text longer than `block`", kind="values")
def long_prompt(solve, draw):
    return {"ids": talkative(solve, draw).generate(texts(draw, "ids", 12, BLOCK + 3), 4)}


@case("generate of nothing, and of one id", kind="interface")
def little(solve, draw):
    model, ids = talkative(solve, draw), texts(draw, "ids", 3, 3)
    return {f"n = {n}": model.generate(ids, n) for n in (0, 1)}


@case("a checkpoint of the right program loads, with nothing missing and nothing unknown", kind="interface")
def checkpoint(solve, draw):
    layers, heads = integer(draw, "layers", 1, 4), integer(draw, "heads", 2, 5)
    sizes = {"vocab": 9, "dim": 3 * heads, "block": 4}
    with draw.device:
        model = solve(sizes["vocab"], sizes["dim"], heads, layers, sizes["block"])
    state, own = drawn(draw, layers, **sizes), model.state_dict()
    unfit = [name for name, value in state.items() if name not in own or own[name].shape != value.shape]
    unknown = {name.rpartition(".")[0] or "the model itself" for name in own.keys() - state.keys()}
    trainable = [name for name, p in model.named_parameters() if p.requires_grad and name in state]
    return {
        "missing, or of another shape": ", ".join(sorted(unfit)) or "nothing",
        "unknown entries, in": ", ".join(sorted(unknown)) or "nothing",
        "trainable": ", ".join(sorted(trainable)),
    }
