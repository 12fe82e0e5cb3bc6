from torch_judge.authoring import case

NAMES = ("policy_chosen_logps", "policy_rejected_logps", "ref_chosen_logps", "ref_rejected_logps")


def pairs(draw, n, grad=False):
    """Log-probabilities of whole answers, in the order of the entry's arguments."""
    return [draw.randn(name, n, mean=-30.0, std=6.0, grad=grad and name.startswith("policy")) for name in NAMES]


@case("seven pairs, beta 0.1 by default", kind="values")
def defaults(solve, draw):
    return {"loss": solve(*pairs(draw, 7))}


@case("beta is obeyed", kind="interface")
def beta(solve, draw):
    logps = pairs(draw, 5)
    return {f"beta {beta}": solve(*logps, beta=beta) for beta in (0.03, 0.25)}


@case("a single pair", kind="interface")
def single(solve, draw):
    return {"loss": solve(*pairs(draw, 1), beta=0.05)}


@case("policy and reference agree: ln 2, and a gradient", kind="gradients")
def first_step(solve, draw):
    reference = [draw.randn(name, 4, mean=-30.0, std=6.0) for name in NAMES[2:]]
    chosen, rejected = (draw.tensor(name, r, grad=True) for name, r in zip(NAMES[:2], reference, strict=True))
    loss = solve(chosen, rejected, *reference)
    return draw.gradients(loss, policy_chosen_logps=chosen, policy_rejected_logps=rejected)


@case("gradients of both policy inputs", kind="gradients")
def gradients(solve, draw):
    chosen, rejected, *reference = pairs(draw, 6, grad=True)
    loss = solve(chosen, rejected, *reference, beta=0.2)
    return draw.gradients(loss, policy_chosen_logps=chosen, policy_rejected_logps=rejected)


@case("very wrong and very right pairs: finite loss and gradients", kind="numerics")
def far_apart(solve, draw):
    chosen = draw.tensor(NAMES[0], [-930.0, -30.0, -28.0, -330.0, -35.0], grad=True)
    rejected = draw.tensor(NAMES[1], [-33.0, -700.0, -25.0, -40.0, -185.0], grad=True)
    reference = [draw.randn(name, 5, mean=-30.0, std=6.0) for name in NAMES[2:]]
    loss = solve(chosen, rejected, *reference, beta=0.5)
    return draw.gradients(loss, policy_chosen_logps=chosen, policy_rejected_logps=rejected)
