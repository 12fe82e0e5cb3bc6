import math

import torch

from torch_judge.authoring import case, choice, integer, nine_digits, permutation, refusal

# Differences of less than 0.1 are avoided: there right forms of k3 differ by their rounding.


def tokens(draw, *shape, low=0.2, high=2.0, grad=True, **options):
    """Log-probabilities of drawn tokens whose difference is between ``low`` and ``high``, some more likely under q."""
    logp = draw.rand("logp", *shape, low=-6.0, high=-2.5, grad=grad, **options)
    gap = draw.rand("gap", *shape, low=low, high=high, **options)
    sign = draw.randint("sign", 0, 2, *shape) * 2 - 1
    if len(shape):
        sign.view(-1)[:2] = torch.tensor([1, -1])  # whatever the seed, both are there
    logq = (logp.detach() + gap * sign).requires_grad_(grad)
    return logp, draw.keep("logq", logq)


def distributions(draw, *shape, banned=None, grad=True, **options):
    """Two complete log-distributions over the last dim; tokens where ``banned`` is True are possible in neither."""
    made = []
    for name in ("logp", "logq"):
        logits = draw.randn(f"logits of {name}", *shape, std=1.5, **options)
        if banned is not None:
            logits = logits.masked_fill(banned, -math.inf)
        log_probs = logits - logits.logsumexp(-1, keepdim=True)
        made.append(draw.keep(name, log_probs.requires_grad_(grad)))
    return made


def with_gradients(solve, draw, logp, logq, *kind):
    return draw.gradients(solve(logp, logq, *kind), logp=logp, logq=logq)


def gradients_by_kind(solve, draw, logp, logq, *kinds):
    found = {kind: with_gradients(solve, draw, logp, logq, kind) for kind in kinds}
    return {f"{kind}: {name}": value for kind, seen in found.items() for name, value in seen.items()}


@case("k1, with gradients", kind="values")
def k1(solve, draw):
    return with_gradients(solve, draw, *tokens(draw, 6), "k1")


@case("k2, with gradients", kind="values")
def k2(solve, draw):
    return with_gradients(solve, draw, *tokens(draw, 6), "k2")


@case("k3, with gradients", kind="values")
def k3(solve, draw):
    return with_gradients(solve, draw, *tokens(draw, 6), "k3")


@case("the default kind is k3", kind="interface")
def default(solve, draw):
    return {"estimates": solve(*tokens(draw, integer(draw, "size", 3, 8)))}


@case("estimates of any shape: (2, 4), (2, 3, 2) and ()", kind="interface")
def shapes(solve, draw):
    logp, logq = tokens(draw, 2, 3, 2, grad=False)
    given = {
        "(2, 3, 2)": (logp, logq),
        "(2, 4)": (logp.flatten()[:8].view(2, 4), logq.flatten()[:8].view(2, 4)),
        "()": (logp[0, 0, 0], logq[0, 0, 0]),
    }
    return {f"{kind}, {shape}": solve(*pair, kind=kind) for shape, pair in given.items() for kind in ("k1", "k2", "k3")}


@case("large differences of either sign", kind="numerics")
def large(solve, draw):
    logp, logq = tokens(draw, 2, 4, low=4.0, high=12.0)
    likely = draw.rand("likely under p", 4, low=-4.0, high=-2.5)  # others limit the log-ratio to ±20
    rare = draw.keep("rare under q", likely - draw.rand("far", 4, low=22.0, high=60.0))
    found = {kind: solve(logp, logq, kind=kind) for kind in ("k1", "k2", "k3")}
    return found | {f"{kind} of rare": solve(likely, rare, kind=kind) for kind in ("k1", "k2", "k3")}


@case("full, with gradients", kind="values")
def full(solve, draw):
    return with_gradients(solve, draw, *distributions(draw, 2, 3, 5), "full")


@case("full of a single distribution, of one row, and of four", kind="interface")
def full_shapes(solve, draw):
    logp, logq = distributions(draw, 4, integer(draw, "tokens", 6, 9), grad=False)
    return {
        "(V,)": solve(logp[0], logq[0], kind="full"),
        "(1, V)": solve(logp[:1], logq[:1], kind="full"),
        "(4, V)": solve(logp, logq, kind="full"),
    }


@case("full as a square: as many distributions as tokens", kind="values")
def full_square(solve, draw):
    return {"divergences": solve(*distributions(draw, 4, 4, grad=False), "full")}


@case("full with banned tokens, with gradients", kind="numerics")
def banned_tokens(solve, draw):
    banned = torch.stack([permutation(draw, f"order {row}", 6) < row for row in (1, 2, 4)])
    return with_gradients(solve, draw, *distributions(draw, 3, 6, banned=banned), "full")


@case("p and q are the same: 0 of every kind", kind="values")
def equal(solve, draw):
    logp, _ = distributions(draw, 3, 5, grad=False)
    return {kind: solve(logp, logp.clone(), kind) for kind in ("k1", "k2", "k3", "full")}


@case("p and q are the same: the gradients of k1, k2 and k3", kind="gradients")
def equal_gradients(solve, draw):
    logp = draw.rand("logp", 5, low=-4.0, high=-1.0)
    p, q = logp.clone().requires_grad_(), logp.clone().requires_grad_()
    return gradients_by_kind(solve, draw, p, q, "k1", "k2", "k3")


@case("another kind is refused", kind="interface")
def unknown(solve, draw):
    logp, logq = tokens(draw, 3, grad=False)
    unknown_kind = choice(draw, "kind", ["k4", "k0", "kl", "mse", "k"])
    return {f"kind={kind!r}": refusal(solve, logp, logq, kind) for kind in (unknown_kind, "K3", "")}


@case("weighed with p, k1 and k3 of all tokens add up to the full divergence", kind="property")
def expectation(solve, draw):
    logp, logq = distributions(draw, 3, 7, grad=False)
    means = {kind: (logp.exp() * solve(logp, logq, kind)).sum(-1) for kind in ("k1", "k3")}
    return means | {"full": solve(logp, logq, "full")}


@case("float64 in, float64 out", kind="numerics", float64=True)
def double(solve, draw):
    logp, logq = tokens(draw, 5, dtype=torch.float64)
    logits = draw.randn("logits of two rows", 2, 5, dtype=torch.float64)
    p, q = logits - logits.logsumexp(-1, keepdim=True)
    return {"k3": solve(logp, logq), "full": solve(p, q, "full")}


@case("gradients in float64: exact to nine digits", kind="gradients", float64=True, verify=nine_digits)
def double_gradients(solve, draw):
    p, q = distributions(draw, 2, 5, dtype=torch.float64)
    return gradients_by_kind(solve, draw, p, q, "k1", "k2", "k3", "full")


@case("the same tensors again, other numbers in them", kind="state")
def changed(solve, draw):
    logp, logq = tokens(draw, 5, grad=False)
    first = solve(logp, logq)
    logp.sub_(3)  # what is remembered of the first call is wrong now
    return {"first": first, "second": solve(logp, logq)}
