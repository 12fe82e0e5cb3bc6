import torch
from torch import nn

from torch_judge.authoring import ROUNDED_SCORES, case, integer, weights_of

NAMES = ("W_q", "W_dkv", "W_kr", "W_uk", "W_uv", "W_o")


def built(solve, draw, d_model=10, num_heads=3, head_dim=4, kv_rank=6, rope_dim=2):
    """A model with drawn weights."""
    sizes = {"num_heads": num_heads, "head_dim": head_dim, "kv_rank": kv_rank, "rope_dim": rope_dim}
    model = solve(d_model=d_model, **sizes)
    draw.fill("model", model, layers=NAMES)
    return model


def seen(result):
    out, cache = result
    return {"out": out, "cache": cache}


@case("the six layers", kind="interface")
def layers(solve, draw):
    model = solve(integer(draw, "d_model", 5, 9), 2, 3, integer(draw, "kv_rank", 2, 6), 4)
    found = {name: getattr(model, name, None) for name in NAMES}
    return {
        name: {
            "an nn.Linear": isinstance(layer, nn.Linear),
            "shape": list(layer.weight.shape) if isinstance(layer, nn.Linear) else "none",
            "a bias": getattr(layer, "bias", None) is not None,
        }
        for name, layer in found.items()
    }


@case("no cache: output, latent and rope key", kind="values")
def no_cache(solve, draw):
    return seen(built(solve, draw)(draw.randn("x", 2, 5, 10)))


@case("several pairs in the rope part", kind="values")
def wide_rope(solve, draw):
    return seen(built(solve, draw, rope_dim=6, head_dim=2)(draw.randn("x", 2, 7, 10)))


@case("one head, all sizes alike, all but rope_dim 1", kind="interface")
def one_head(solve, draw):
    single = built(solve, draw, num_heads=1)(draw.randn("x", 1, integer(draw, "length", 2, 6), 10))
    model = solve(4, 2, 2, 4, 2)
    draw.fill("other model", model, layers=NAMES)
    narrow = solve(1, 1, 1, 1, 2)
    draw.fill("narrow model", narrow, layers=NAMES)
    ones = seen(narrow(draw.randn("narrow x", 2, 3, 1)))
    return {"one head": seen(single), "alike": seen(model(draw.randn("other x", 4, 4, 4))), "ones": ones}


@case("3 tokens, then 3, then 1, then 2", kind="state")
def chunks(solve, draw):
    # Once as many new tokens as old ones: a table of scores that is square by chance.
    model, x = built(solve, draw, rope_dim=4), draw.randn("x", 2, 9, 10)
    calls, cache = {}, None
    for number, new in enumerate(x.split([3, 3, 1, 2], dim=1), start=1):
        result = model(new.contiguous(), cache=cache)
        calls[f"call {number}"], cache = seen(result), result[1]
    return calls | {"at once": seen(model(x))}


@case("one cache continued twice: it stays as it was", kind="state")
def branches(solve, draw):
    model = built(solve, draw)
    _, cache = model(draw.randn("prompt", 2, 3, 10))
    draw.keep("cache", cache)
    one, other = draw.randn("one", 2, 2, 10), draw.randn("other", 2, 1, 10)
    return {name: seen(model(x, cache=cache)) for name, x in (("one", one), ("other", other), ("one again", one))}


@case("two sequences take turns, in eval and under no_grad: nothing is kept in the module", kind="state")
@torch.no_grad()
def turns(solve, draw):
    model = built(solve, draw)
    model.eval()
    _, cache_a = model(draw.randn("a", 1, 3, 10))
    _, cache_b = model(draw.randn("b", 1, 3, 10))
    found = {
        "a": seen(model(draw.randn("next a", 1, 2, 10), cache=cache_a)),
        "b": seen(model(draw.randn("next b", 1, 1, 10), cache=cache_b)),
    }
    for layer in (model.W_uk, model.W_uv):
        layer.weight.data.mul_(-1)  # the weights of the moment count: a product with the old ones is wrong now
    return found | {"a, other weights": seen(model(draw.randn("last a", 1, 1, 10), cache=cache_a))}


@case("a hidden score near 1000, all visible ones near -1000", kind="numerics", **ROUNDED_SCORES)
def large_scores(solve, draw):
    """Feature 0 is all that queries and latents see, and the rope part is 0: it is 1 but for the last token.

    A mask of -1000, added or put in, lets the last key through; one of -10000 does not.
    """
    model, x = built(solve, draw), draw.randn("x", 2, 6, 10)
    signs = torch.tensor([1, 1, 1, 1, 1, -1], device=draw.device)
    x[..., 0] = signs * draw.rand("feature 0", 2, 6, low=1.02, high=1.04)
    with torch.no_grad():
        for layer in (model.W_q, model.W_dkv, model.W_kr):
            layer.weight[:, 1:] = 0
        model.W_kr.weight.zero_()
        model.W_dkv.weight[:, 0] = draw.randn("latent", 6)
        keys = (model.W_uk.weight @ model.W_dkv.weight[:, 0]).view(3, 4)
        queries = -1000 * 6**0.5 * keys / keys.square().sum(-1, keepdim=True)
        model.W_q.weight[:, 0] = torch.cat([queries, torch.zeros_like(queries[:, :2])], dim=1).flatten()
    return {"out": model(x)[0]}


@case("gradients of x and of the six weights, without a cache, in eval", kind="gradients")
def gradients(solve, draw):
    model, x = built(solve, draw), draw.randn("x", 2, 4, 10, grad=True)
    model.eval()
    return draw.gradients(model(x)[0], x=x, **weights_of(model, NAMES))


@case("a cache with other numbers: they count, whatever the old tokens were", kind="state")
def other_numbers(solve, draw):
    # Whoever computes the latents again, from whatever was kept, has those of the tokens.
    model = built(solve, draw)
    with torch.no_grad():
        _, cache = model(draw.randn("old x", 2, 4, 10).clone())
        for part in cache:
            part.add_(0.5)
        return {"out": model(draw.randn("x", 2, 3, 10), cache=cache)[0]}


@case("W_q, W_dkv and W_kr see the new tokens only; what is kept per token", kind="cost")
def work(solve, draw):
    model, x = built(solve, draw), draw.randn("x", 2, 9, 10)
    _, cache = model(x[:, :6].contiguous())
    draw.at_most("numbers kept per token", sum(part.numel() for part in cache) / (2 * 6), 6 + 2)
    for name in NAMES[:3]:
        draw.rows(name, getattr(model, name), limit=2 * 3)
    out, _ = model(x[:, 6:].contiguous(), cache=cache)
    return {"out": out}
