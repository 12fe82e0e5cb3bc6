import torch

from torch_judge.authoring import case, integer, require


def built(solve, draw, rows, width, name="weight"):
    """A table with drawn values, and whether it has the shape for them."""
    embedding = solve(rows, width)
    draw.observed[f"{name}.shape"] = str(tuple(embedding.weight.shape))
    if embedding.weight.shape != (rows, width):
        return embedding, False
    embedding.weight.data.copy_(draw.randn(f"{name} values", rows, width))
    draw.keep(name, embedding.weight)
    return embedding, True


@case("weight: a trainable parameter of the module", kind="interface")
def parameter(solve, draw):
    rows, width = integer(draw, "num_embeddings", 6, 10), integer(draw, "embedding_dim", 3, 6)
    embedding = solve(rows, width)
    weight = embedding.weight
    return {
        "weight.shape": str(tuple(weight.shape)),
        "weight.dtype": str(weight.dtype),
        "weight is an nn.Parameter": isinstance(weight, torch.nn.Parameter),
        "weight is among parameters()": any(p is weight for p in embedding.parameters()),
        "weight.requires_grad": weight.requires_grad,
        "trainable numbers": sum(p.numel() for p in embedding.parameters() if p.requires_grad),
        "saved numbers": sum(t.numel() for t in embedding.state_dict().values()) >= rows * width,
    }


@case("a batch of sequences", kind="values")
def sequences(solve, draw):
    embedding, fits = built(solve, draw, 11, 4)
    return {"output": embedding(draw.randint("indices", 0, 11, 3, 5))} if fits else {}


@case("every row, the first and the last as well", kind="values")
def every_row(solve, draw):
    embedding, fits = built(solve, draw, 6, 5)
    return {"output": embedding(draw.tensor("indices", [5, 0, 3, 1, 4, 2, 0, 5], dtype=torch.int64))} if fits else {}


@case("a large table: indices beyond what a byte or a half-precision number holds", kind="values")
def large_table(solve, draw):
    embedding, fits = built(solve, draw, 2600, 2)
    return {"output": embedding(draw.randint("indices", 2049, 2600, 40))} if fits else {}


@case("indices with three and four dimensions, or only one; rows of one number", kind="interface")
def shapes(solve, draw):
    embedding, fits = built(solve, draw, 9, 4)
    narrow, narrow_fits = built(solve, draw, 9, 1, name="narrow weight")
    if not (fits and narrow_fits):
        return {}
    indices = [draw.randint(f"indices {n}", 0, 9, *(1, 3, 5, 1)[:n]) for n in (1, 3, 4)]
    seen = {"1-D": embedding(indices[0]), "3-D": embedding(indices[1]), "4-D": embedding(indices[2])}
    return seen | {"rows of one number": narrow(indices[1])}


@case("the table of the moment, in two calls; eval is alike", kind="state")
def overwritten(solve, draw):
    embedding, fits = built(solve, draw, 5, 3)
    if not fits:
        return {}
    embedding.eval()
    first = embedding(draw.randint("indices", 0, 5, 2, 4))
    # New memory, as in the statement's example: rows that were taken in the constructor do not see it.
    embedding.weight.data = draw.randn("later values", 5, 3).clone()
    second = draw.gradients(embedding(draw.randint("later indices", 0, 5, 7)), weight=embedding.weight)
    return {"first": first, "second": second}


@case("gradient of weight: a row adds up all its occurrences", kind="gradients")
def gradients(solve, draw):
    embedding, fits = built(solve, draw, 10, 5)  # the last rows are nobody's
    if not fits:
        return {}
    indices = draw.tensor("indices", [[2, 0, 2], [7, 2, 0], [5, 7, 1], [2, 5, 2]], dtype=torch.int64)
    return draw.gradients(embedding(indices), weight=embedding.weight)


def random_rows(seen, expected, draw):
    """Drawn rows of 250 floats are equal, or zero, with a chance far below 1e-9."""
    for path in ("first", "second"):
        table = seen[path]
        right = tuple(expected[path].shape)
        require(table.shape == right, "shape", f"`weight` has shape {tuple(table.shape)}; expected {right}.")
        constant = (table == table[60, 100]).float().mean() > 0.99
        require(not constant, "constant", "`weight` starts with the same number everywhere.")
        require(bool(table.isfinite().all()), "finite", "`weight` starts with NaN or infinity.")
        zero = [i for i in (0, 1, len(table) - 1) if not table[i].any()]
        require(not zero, f"zero: {zero}", f"Row {zero} of `weight` starts at zero: draw every row at random.")
        equal = sum(torch.equal(table[i], table[i + 1]) for i in range(20))
        require(not equal, "equal rows", "Rows of `weight` start with the same numbers: draw each of them at random.")
    alike = torch.equal(seen["first"], seen["second"])
    require(not alike, "alike", "Two new layers start with the same table: draw it at random, set no random seed.")


@case("initial values: random, no two rows alike", kind="property", verify=random_rows)
def initial(solve, draw):
    # Memory of this size comes fresh, as zeros, or as we leave it here: a table that nobody fills starts constant.
    rows = integer(draw, "num_embeddings", 100, 140)
    del [torch.full((rows, 250), 0.25) for _ in "12345678"][:]
    return {"first": solve(rows, 250).weight, "second": solve(rows, 250).weight}
