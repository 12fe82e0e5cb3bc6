from types import ModuleType

import torch

from torch_judge.authoring import case


def weights(draw, n_out, n_in, name="weight", **options):
    """Weights 0.1 to 0.4 steps off a whole number of steps, so that no rounding error decides a code.

    One entry of each row is ±127 steps; in the rows 0, 2, 4 … it is negative, and the row a hundred times smaller.
    """
    scale = draw.rand(f"{name}: largest of each row", n_out, 1, low=1.5, high=6.0) / 127
    scale[::2] /= 100
    codes = draw.randint(f"{name}: codes", -126, 127, n_out, n_in)
    side = draw.randint(f"{name}: side", 0, 2, n_out, n_in) * 2 - 1
    steps = codes + side * draw.rand(f"{name}: distance", n_out, n_in, low=0.1, high=0.4)
    for row, place in enumerate(draw.randint(f"{name}: place", 0, n_in, n_out).tolist()):
        steps[row, place] = 127 if row % 2 else -127
    return draw.tensor(name, steps * scale, **options)


def stored(model, n_out):
    """The codes and the scales, whether those are (out,) or (out, 1)."""
    scale = getattr(model, "scale", None)
    scale = scale[:, 0] if isinstance(scale, torch.Tensor) and scale.shape == (n_out, 1) else scale
    return {"weight_int8": getattr(model, "weight_int8", None), "scale": scale}


def kept_bytes(thing):
    """The bytes of all tensors that an object keeps in its attributes, each storage once."""
    storages, seen, work = {}, set(), [thing]
    while work:
        one = work.pop()
        if isinstance(one, torch.Tensor):
            storage = one.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
        elif id(one) not in seen and not isinstance(one, (type, ModuleType)):
            seen.add(id(one))
            inside = one if isinstance(one, (dict, list, tuple)) else getattr(one, "__dict__", {})
            work += inside.values() if isinstance(inside, dict) else inside
    return sum(storages.values())


@case("weight_int8 and scale: buffers that are stored with the module", kind="interface")
def buffers(solve, draw):
    model = solve(weights(draw, 5, 8), draw.randn("bias", 5))
    named, saved = dict(model.named_buffers()), model.state_dict()
    scale, codes = getattr(model, "scale", None), getattr(model, "weight_int8", None)
    seen = {f"{name} is a buffer": name in named for name in ("weight_int8", "scale")}
    seen |= {f"{name} is in state_dict()": name in saved for name in ("weight_int8", "scale")}
    seen["scale has shape (out,) or (out, 1)"] = tuple(getattr(scale, "shape", ())) in ((5,), (5, 1))
    return seen | {f"weight_int8.{name}": str(getattr(codes, name, None)) for name in ("dtype", "shape")}


@case("the codes and the scales, one scale per output row", kind="values")
def codes(solve, draw):
    model = solve(weights(draw, 5, 40), draw.randn("bias", 5))
    return stored(model, 5) | {"output": model(draw.randn("x", 4, 40, mean=0.3))}


@case("a square weight, without a bias", kind="values")
def square(solve, draw):
    model = solve(weights(draw, 6, 6))
    return stored(model, 6) | {"output": model(draw.randn("x", 4, 6, mean=0.3))}


@case("more leading dimensions; weight, bias and x not contiguous", kind="interface")
def leading(solve, draw):
    model = solve(weights(draw, 4, 7, strided=True), draw.randn("bias", 4, strided=True))
    deep, swapped = draw.randn("deep", 3, 2, 5, 7), draw.randn("x", 5, 3, 7).transpose(0, 1)
    seen = stored(model, 4) | {"4-D x": model(deep), "3-D x": model(draw.keep("transposed x", swapped))}
    return seen | {"x of one row": model(draw.randn("one row", 1, 7))}


@case("one output, one input", kind="interface")
def extremes(solve, draw):
    narrow = solve(weights(draw, 1, 9, "row"), draw.randn("one bias", 1))
    tall = solve(weights(draw, 7, 1, "column"), draw.randn("biases", 7))
    seen = {"one row": stored(narrow, 1), "one column": stored(tall, 7)}
    return seen | {"one output": narrow(draw.randn("x", 3, 9)), "one input": tall(draw.randn("scalars", 3, 1))}


@case("a row of zeros: the bias comes out, and nothing is NaN", kind="numerics")
def zeros(solve, draw):
    weight = weights(draw, 5, 8, "drawn").clone()
    weight[2] = 0
    model = solve(draw.keep("weight", weight), draw.randn("bias", 5))
    finite = torch.as_tensor(getattr(model, "scale", torch.nan)).isfinite()
    return {"scale is finite": bool(finite.all()), "output": model(draw.randn("x", 4, 8))}


@case("several calls: the codes and scales stay as they are", kind="state")
def calls(solve, draw):
    model, x = solve(weights(draw, 5, 8), draw.randn("bias", 5)), draw.randn("x", 4, 8)
    seen = {"x": model(x), "y": model(draw.randn("y", 2, 3, 8)), "x again": model(x)}
    return seen | {f"{name}, after the calls": tensor for name, tensor in stored(model, 5).items()}


@case("a module that loads another's state_dict computes what that one does", kind="state")
def loaded(solve, draw):
    bias, x = draw.randn("bias", 5), draw.randn("x", 4, 8)  # one bias: how it is kept is the learner's choice
    # A weight that is kept is overwritten here, which is not the learner's doing: the caller's is a copy.
    one, other = (solve(weights(draw, 5, 8, name).clone(), bias.clone()) for name in ("one", "other"))
    seen = {"one": one(x), "other": other(x)}
    other.load_state_dict({name: tensor.clone() for name, tensor in one.state_dict().items()})
    return seen | {"other, loaded": other(x)}


@case("gradient of x, in eval", kind="gradients")
def gradients(solve, draw):
    model, x = solve(weights(draw, 5, 8), draw.randn("bias", 5)), draw.randn("x", 3, 4, 8, grad=True)
    return draw.gradients(model.eval()(x), x=x)


@case("what the module keeps: bytes, no second copy of the weight", kind="cost")
def memory(solve, draw):
    model, allowed = solve(weights(draw, 6, 40), draw.randn("bias", 6)), 6 * 40 + 6 * 16
    draw.at_most("bytes kept", kept_bytes(model), allowed)
    seen = {"output": model(draw.randn("x", 2, 40))}
    draw.at_most("bytes kept after a call", kept_bytes(model), allowed)
    return seen
