import torch

from torch_judge.authoring import case, number, require

NAMES = ("policy_chosen_logps", "policy_rejected_logps", "ref_chosen_logps", "ref_rejected_logps")


def pairs(draw, n, grad=False):
    """Log-probabilities of whole answers, in the order of the entry's arguments."""
    return [draw.randn(name, n, mean=-30.0, std=6.0, grad=grad and name.startswith("policy")) for name in NAMES]


@case("seven pairs, beta 0.1 by default", kind="values")
def defaults(solve, draw):
    return {"loss": solve(*pairs(draw, 7))}


@case("beta is obeyed", kind="interface")
def beta(solve, draw):
    chosen, rejected, ref_chosen, ref_rejected = pairs(draw, 5)
    # The first pair is wrong, so that the mean is no small number, of which log(1 + e^-z) has few digits.
    first = torch.arange(5, device=draw.device) == 0
    wrong = torch.where(first, rejected - ref_rejected + ref_chosen - 3.0, chosen)
    logps = draw.keep("policy_chosen_logps, the first wrong", wrong), rejected, ref_chosen, ref_rejected
    ranges = {"small": (0.02, 0.05), "medium": (0.2, 0.45), "large": (1.1, 1.6)}
    betas = {name: number(draw, f"{name} beta", low, high) for name, (low, high) in ranges.items()}
    return {f"{name} beta": solve(*logps, beta=beta) for name, beta in (betas | {"zero": 0.0}).items()}


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
    # Margins near -900, 670, 0, -290 and 150, halved by beta.
    near = [draw.randn(f"{name}, near", 5, std=2.0).cpu() for name in NAMES[:2]]
    chosen = draw.tensor(NAMES[0], near[0] + torch.tensor([-930.0, -30.0, -28.0, -330.0, -35.0]), grad=True)
    rejected = draw.tensor(NAMES[1], near[1] + torch.tensor([-33.0, -700.0, -28.0, -40.0, -185.0]), grad=True)
    reference = [draw.randn(name, 5, mean=-30.0, std=1.5) for name in NAMES[2:]]
    loss = solve(chosen, rejected, *reference, beta=0.5)
    return draw.gradients(loss, policy_chosen_logps=chosen, policy_rejected_logps=rejected)


def about(seen, expected, draw):
    """Through log(1 + e^-z) a small loss keeps few digits, and is right nevertheless."""
    chosen = seen["gradient of policy_chosen_logps"]
    flat = torch.is_tensor(chosen) and not chosen.any()
    require(not flat, "no gradient", "Pairs with z near 11 get a gradient of exactly 0; it is small, but not 0.")
    for name, want in expected.items():
        got = seen[name]
        right = (
            torch.is_tensor(got) and got.shape == want.shape and bool(((got - want).abs() <= 0.15 * want.abs()).all())
        )
        text = f"Of pairs with z near 11, `{name}` is {got}; expected {want}, give or take 15 %."
        require(right, f"{name} of right pairs", text)


@case("pairs that are right beyond doubt: a small loss, and still a gradient", kind="numerics", verify=about)
def beyond_doubt(solve, draw):
    reference = [draw.randn(name, 3, mean=-30.0, std=6.0) for name in NAMES[2:]]
    margin = draw.rand("margin", 3, low=105.0, high=115.0)  # times beta: z
    chosen = draw.keep(NAMES[0], (reference[0] + margin).requires_grad_())
    rejected = draw.keep(NAMES[1], reference[1].clone().requires_grad_())
    loss = solve(chosen, rejected, *reference)
    return draw.gradients(loss, policy_chosen_logps=chosen, policy_rejected_logps=rejected)
