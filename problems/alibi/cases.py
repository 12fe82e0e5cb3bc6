import torch

from torch_judge.authoring import case, integer

# Lengths of the cases are so chosen that what a solution keeps of one case makes no difference in another.


@case("8 heads, as many queries as keys", kind="values")
def eight_heads(solve, draw):
    length = integer(draw, "length", 9, 13)
    return {"output": solve(8, length, length)}


@case("other powers of two: 1, 2, 4 and 16 heads", kind="values")
def powers(solve, draw):
    length = integer(draw, "length", 3, 6)
    return {f"num_heads = {n}": solve(n, length, length) for n in (16, 4, 2, 1)}


@case("3, 5, 6, 7 and 12 heads", kind="values")
def other_numbers(solve, draw):
    length = integer(draw, "length", 6, 9)
    return {f"num_heads = {n}": solve(n, length, length) for n in (12, 7, 6, 5, 3)}


@case("fewer queries than keys: the queries are the last positions", kind="values")
def with_a_cache(solve, draw):
    k_len = integer(draw, "k_len", 6, 10)
    return {"3 queries": solve(4, 3, k_len), "all but one": solve(2, k_len - 1, k_len)}


@case("a single query, a single key", kind="interface")
def single(solve, draw):
    k_len, heads = integer(draw, "k_len", 4, 9), integer(draw, "heads", 2, 6)
    return {"one query": solve(8, 1, k_len), "one query, one key": solve(heads, 1, 1)}


@case("arguments by name; a plain float32 tensor without gradient", kind="interface")
def plain(solve, draw):
    q_len = integer(draw, "q_len", 2, 5)
    output = solve(num_heads=6, q_len=q_len, k_len=q_len + 2)
    return {"dtype": str(output.dtype), "requires a gradient": output.requires_grad, "shape": list(output.shape)}


@case("the last rows of a full table are those of a call with a cache", kind="property")
def last_rows(solve, draw):
    k_len = integer(draw, "k_len", 13, 17)
    full, rows = solve(5, k_len, k_len), solve(5, 2, k_len)
    return {"full": full[:, -2:], "cached": rows, "equal": torch.equal(full[:, -2:], rows)}


@case("hundreds of keys, 24 heads", kind="numerics")
def long(solve, draw):
    return {"output": solve(24, 2, integer(draw, "k_len", 150, 300))}


@case("calls of several sizes, in turn", kind="state")
def calls(solve, draw):
    # Whatever a table or its slopes are remembered by, if not by all three sizes, two of these share it.
    more = integer(draw, "more", 1, 5)
    sizes = ((4, 3, 5), (4, 3, 5 + more), (4, 5, 5), (6, 3, 5), (3, 3, 5), (4, 2, 5), (4, 3, 5))
    return {f"call {n}: {size}": solve(*size) for n, size in enumerate(sizes, start=1)}


@case("the caller changes a result; the next call returns the table again", kind="state")
def changed(solve, draw):
    sizes = (integer(draw, "heads", 2, 7), 3, integer(draw, "k_len", 6, 10))
    with torch.no_grad():
        solve(*sizes).zero_()
    return {"next call": solve(*sizes)}
