import torch

from torch_judge.authoring import ROUNDED_SCORES, case, integer, permutation, weighed
from torch_judge.meters import Costs


class NewTensors(Costs):
    """The largest tensor that comes into being; a view of what was given is none."""

    def __init__(self, *given):
        super().__init__()
        self.given = {tensor.untyped_storage().data_ptr() for tensor in given}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        largest = self.elements
        out = super().__torch_dispatch__(func, types, args, kwargs)
        for tensor in out if isinstance(out, (tuple, list)) else (out,):
            if isinstance(tensor, torch.Tensor) and tensor.untyped_storage().data_ptr() not in self.given:
                largest = max(largest, tensor.untyped_storage().nbytes() // tensor.element_size())
        self.elements = largest
        return out


def slots_in_use(table, lengths, pages, size):
    """Bool (pages, size): the slots that hold a token of some sequence."""
    used = torch.zeros(pages, size, dtype=torch.bool, device=table.device)
    for row, length in zip(table.tolist(), lengths, strict=True):
        for token in range(length):
            used[row[token // size], token % size] = True
    return used


def asked(draw, lengths, size, heads, width, *, pages=None, shared=0, spare=1, stale=None, scale=1.0):
    """The five arguments. Pages are dealt in an order of the seed's; the first ``shared`` ones are common to all.

    What is not in use holds ``stale``; the pool's last page, where an index of -1 leads, is nobody's. The table has
    ``spare`` entries more in a row than the longest sequence needs.
    """
    needed = [-(-length // size) for length in lengths]
    pages = sum(needed) + 3 if pages is None else pages
    free = permutation(draw, "pages", pages - 1).tolist()
    common = [free.pop() for _ in range(shared)]
    rows = [common[:n] + [free.pop() for _ in range(n - shared)] for n in needed]
    columns = max(needed) + spare
    table = torch.tensor([row + [-1] * (columns - len(row)) for row in rows], device=draw.device)
    k = draw.randn("drawn k", pages, size, heads, width, mean=0.3).clone()
    v = draw.randn("drawn v", pages, size, heads, width, mean=0.5).clone()
    if stale is not None:
        unused = ~slots_in_use(table, lengths, pages, size)
        k[unused], v[unused] = stale, stale
    q = draw.randn("q", len(lengths), heads, width, std=scale)
    lengths = torch.tensor(lengths, device=draw.device)
    kept = {"k_pages": k * scale, "v_pages": v, "table": table, "lengths": lengths}
    return (q, *(draw.keep(name, tensor) for name, tensor in kept.items()))


@case("pages of 4; three sequences", kind="values")
def three_sequences(solve, draw):
    lengths = [integer(draw, "length", 9, 12), 6, integer(draw, "other length", 2, 4)]
    return {"output": solve(*asked(draw, lengths, 4, 2, 5))}


@case("as many heads as numbers per head, as pages, as slots", kind="values")
def all_alike(solve, draw):  # what is transposed fits in silence
    lengths = [integer(draw, f"length {b}", 2, 5) for b in range(3)]
    return {"output": solve(*asked(draw, [*lengths, 4], 4, 4, 4, pages=5))}


@case("lengths that fill the last page, and one token more", kind="values")
def full_pages(solve, draw):
    return {"output": solve(*asked(draw, [6, 7, 3, integer(draw, "length", 1, 10)], 3, 2, 4))}


@case("a table without an entry to spare, and all pages full", kind="interface")
def full_table(solve, draw):
    # There is no entry behind the last one: who always looks one page further falls off the row.
    size = integer(draw, "size", 2, 5)
    return {"output": solve(*asked(draw, [3 * size, 3 * size], size, 2, 4, spare=0))}


@case("pages of one token; one page for all", kind="interface")
def page_sizes(solve, draw):
    q, k, v, table, lengths = asked(draw, [integer(draw, "length", 3, 7), 2], 1, 2, 3)
    # The same pool as a single page, of which both sequences have the beginning.
    k_page, v_page = k.reshape(1, -1, 2, 3), v.reshape(1, -1, 2, 3)
    first_page = torch.zeros(2, 1, dtype=torch.int64, device=q.device)
    lengths_in_it = torch.tensor([integer(draw, "other length", 5, 1 + len(k)), 4], device=q.device)
    return {
        "pages of one": solve(q, k, v, table, lengths),
        "one page": solve(q, k_page, v_page, first_page, lengths_in_it),
    }


@case("a single token each", kind="interface")
def single_tokens(solve, draw):
    return {"output": solve(*asked(draw, [1, 1], integer(draw, "size", 2, 6), 3, 4))}


@case("one sequence with one head, of one number", kind="interface")
def all_one(solve, draw):
    return {"output": solve(*asked(draw, [integer(draw, "length", 2, 9)], 3, 1, 1))}


@case("a common beginning: pages that two sequences share", kind="values")
def shared_pages(solve, draw):
    return {"output": solve(*asked(draw, [8, integer(draw, "length", 5, 12)], 4, 2, 3, shared=1))}


@case("left over: 50 in every slot that is not in use", kind="values")
def stale_numbers(solve, draw):
    return {"output": solve(*asked(draw, [10, 6, integer(draw, "length", 1, 8)], 4, 2, 5, stale=50.0))}


@case("left over: NaN in every slot that is not in use", kind="numerics")
def stale_nan(solve, draw):
    return {"output": solve(*asked(draw, [9, 5, integer(draw, "length", 1, 8)], 4, 2, 3, stale=float("nan")))}


@case("left over: infinity in every slot that is not in use", kind="numerics")
def stale_infinity(solve, draw):
    return {"output": solve(*asked(draw, [7, 3, integer(draw, "length", 1, 8)], 4, 2, 3, stale=float("inf")))}


@case("scores of several hundred", kind="numerics", **ROUNDED_SCORES)
def large_scores(solve, draw):
    return {"output": solve(*asked(draw, [11, 5, integer(draw, "length", 2, 9)], 4, 2, 6, scale=14.0))}


@case("all scores of a sequence far below zero", kind="numerics", **ROUNDED_SCORES)
def negative_scores(solve, draw):
    # Hidden by a score of -50, what is left over would be liked best.
    q, k, *others = asked(draw, [7, 3, integer(draw, "length", 1, 6)], 4, 2, 6, scale=14.0)
    q.abs_()
    return {"output": solve(q, draw.keep("negative k_pages", -k.abs() - 4), *others)}


@case("the pool changes; the next call sees what is there now", kind="state")
def next_call(solve, draw):
    q, k, v, table, lengths = asked(draw, [6, integer(draw, "length", 5, 7)], 4, 2, 3)
    first = solve(q, k, v, table, lengths)
    k.neg_()
    v.mul_(2)
    lengths.add_(1)
    return {"first": first, "second": solve(q, k, v, table, lengths)}


@case("memory: no tensor as large as the pool", kind="cost")
def memory(solve, draw):
    arguments = asked(draw, [8, integer(draw, "length", 2, 8)], 8, 2, 4, pages=500)
    with torch.no_grad(), NewTensors(*arguments) as meter:
        output = solve(*arguments)
    draw.at_most("elements of the largest tensor", meter.elements, 500 * 8 * 2 * 4 - 1)
    return {"output": output}


@weighed("memory of the process, where each half of the pool is 400 MB", spare_mb=260)
def seen_from_outside(solve, draw):
    # Never written, so it takes up no memory until somebody copies it.
    k, v = (torch.empty(12800, 16, 4, 128, device=draw.device) for _ in range(2))
    pages = permutation(draw, "pages", 12800)[:6].view(2, 3)
    for row, name in zip(pages, ("first", "second"), strict=True):
        k[row], v[row] = (draw.randn(f"{part} of the {name}", 3, 16, 4, 128) for part in "kv")
    with torch.no_grad():
        return {"output": solve(draw.randn("q", 2, 4, 128), k, v, pages, torch.tensor([40, 33], device=draw.device))}
