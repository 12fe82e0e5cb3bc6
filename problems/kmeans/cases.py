import torch

from torch_judge.authoring import case, integer, number, permutation, weighed


def moves_and_lead(x, centres, steps):
    """How many of steps + 1 moves move a centre, and by how much at least a nearest centre leads, squared."""
    x, centres, moves, lead = x.double(), centres.double().clone(), 0, float("inf")
    for _ in range(steps + 1):
        distances = (x.unsqueeze(1) - centres).square().sum(-1)
        closest = distances.topk(min(2, len(centres)), dim=1, largest=False)
        if len(centres) > 1:
            lead = min(lead, (closest.values[:, 1] - closest.values[:, 0]).min().item())
        before, labels = centres.clone(), closest.indices[:, 0]
        for label in labels.unique().tolist():
            centres[label] = x[labels == label].mean(0)
        moves += not torch.equal(before, centres)
    return moves, lead


def clouds(draw, points, clusters, width, steps, *, moving=False, offset=0.0, lead=1e-3):
    """Points and centres where no point is nearly as far from two centres, so that no rounding decides a label.

    With ``moving``, one step more would still move a centre: the number of steps shows.
    """
    attempt = 0
    while True:
        attempt += 1
        middle = draw.randn(f"middle {attempt}", clusters, width, std=2.0)
        noise = draw.randn(f"noise {attempt}", points, width)
        x = middle[torch.arange(points, device=draw.device) % clusters] + noise + offset
        centres = draw.randn(f"start {attempt}", clusters, width, std=2.0) + offset
        moves, least = moves_and_lead(x, centres, steps)
        if least > lead and (moves == steps + 1 or not moving):
            return draw.keep("x", x), draw.keep("centres", centres)


def seen(result):
    """Both results by name; more or fewer of them show."""
    return dict(zip(("centres", "labels"), result, strict=False)) | {"how many": len(result)}


@case("one step", kind="values")
def one_step(solve, draw):
    return seen(solve(*clouds(draw, 30, 4, 3, 1, moving=True), 1))


@case("two and three steps, by name", kind="values")
def more_steps(solve, draw):
    x, centres = clouds(draw, 40, 5, 2, 3, moving=True)
    return {f"{steps} steps": seen(solve(x=x, centres=centres, steps=steps)) for steps in (2, 3)}


@case("eight steps", kind="values")
def eight_steps(solve, draw):
    return seen(solve(*clouds(draw, 50, 3, 4, 8), 8))


@case("a small move, then a large one", kind="values")
def small_then_large(solve, draw):
    # The left centre moves by 5e-5, to the middle of its 20 points. The border between the centres follows by half of
    # that and crosses 8 points: the next move is of 0.8. Who stops at moves below 1e-4, or below 1e-5 of where the
    # centre stands (`torch.allclose`), stops too soon.
    small = 5e-5
    near, far = draw.rand("near", 10, 2, low=-0.5, high=0.5), draw.rand("far", 6, 2, low=-0.5, high=0.5)
    heights = draw.rand("heights", 4, low=0.2, high=0.6)
    left = torch.cat([near, -near])
    at_the_border = torch.stack([torch.full_like(heights, 3.0 - small / 4), heights], dim=1).repeat(2, 1)
    at_the_border[4:, 1].neg_()
    right = torch.cat([far, -far]) + torch.tensor([8.0, 0.0], device=draw.device)

    start_left = torch.tensor([-small, 0.0], device=draw.device)
    start_right = torch.cat([at_the_border, right]).mean(0)  # where it is, it stays in the first step
    points, away = torch.cat([left, at_the_border, right]), torch.tensor([-5.5, 1.0], device=draw.device)
    x = draw.keep("x", points[permutation(draw, "order", len(points))] + away)
    centres = draw.keep("centres", torch.stack([start_left, start_right]).roll(integer(draw, "roll", 0, 2), 0) + away)
    return {f"{steps} steps": seen(solve(x, centres, steps)) for steps in (1, 2, 3)}


@case("no step: the given centres and their labels", kind="interface")
def no_step(solve, draw):
    return seen(solve(*clouds(draw, 20, 4, 3, 0), 0))


@case("four points on a line: one changes its centre; a centre loses all", kind="values")
def line(solve, draw):
    # At 0, 2, 10, 12 with centres at 0 and 3: 2 belongs first to the one, then to the other.
    # At 1, 3, 10, 13 with centres at 0, 5 and 18: the one in the middle moves to 6.5, loses both points, and stays.
    factor = float(integer(draw, "factor", 1, 9))
    order = permutation(draw, "order", 4)
    x = draw.keep("x", torch.tensor([[0.0], [2.0], [10.0], [12.0]], device=draw.device)[order] * factor)
    centres = draw.tensor("centres", [[0.0], [3.0 * factor]])
    found = {f"{steps} steps": seen(solve(x, centres, steps)) for steps in (1, 2, 3)}
    others = draw.keep("others", torch.tensor([[1.0], [3.0], [10.0], [13.0]], device=draw.device)[order] * factor)
    three = draw.keep("three centres", torch.tensor([[0.0], [5.0], [18.0]], device=draw.device) * factor)
    return found | {f"loses all, {steps} steps": seen(solve(others, three, steps)) for steps in (2, 3)}


@case("a far centre without points stays: the first, one between, the last", kind="values")
def empty_cluster(solve, draw):
    x, centres = clouds(draw, 24, 3, 2, 2)
    far = draw.tensor("far", [[number(draw, "far away", 300, 500), -250.0]])
    found = {}
    for place in (0, 1, 3):
        start = draw.keep(f"centres {place}", torch.cat([centres[:place], far, centres[place:]]))
        found[f"place {place}"] = seen(solve(x, start, 2))
    return found


@case("all but one centre without points; no points at the origin either", kind="values")
def all_but_one_empty(solve, draw):
    x, _ = clouds(draw, 9, 2, 3, 0, offset=6.0)
    others = draw.randn("others", 3, 3, mean=-90.0, std=9.0)
    centres = draw.keep("all centres", torch.cat([others[:1], x.mean(0, keepdim=True) + 1, others[1:]]))
    return seen(solve(x, centres, 2))


@case("one centre; one point; more centres than points", kind="interface")
def sizes(solve, draw):
    one_centre = solve(draw.randn("cloud", 7, 3), draw.randn("one centre", 1, 3), 1)
    one_point = solve(draw.randn("one point", 1, 2), draw.tensor("two centres", [[5.0, 9.0], [0.0, -9.0]]), 1)
    more_centres = solve(*clouds(draw, 3, 6, 2, 2), 2)
    return {"one centre": seen(one_centre), "one point": seen(one_point), "K above N": seen(more_centres)}


@case("points near (30, 30, 30)", kind="numerics")
def far_from_the_origin(solve, draw):
    return seen(solve(*clouds(draw, 24, 3, 3, 2, offset=30.0, lead=0.05), 2))


@case("the total squared distance, step by step", kind="property")
def total(solve, draw):
    x, centres = clouds(draw, 30, 4, 2, 4)
    totals = []
    for steps in range(5):
        found, labels = solve(x, centres, steps)
        totals.append((x - found[labels]).square().sum().item())
    return {"totals": totals}


@case("memory: no tensor of N × K × D elements", kind="cost")
def memory(solve, draw):
    x, centres = clouds(draw, 60, 8, 16, 2)
    with draw.largest_tensor() as largest:
        result = solve(x, centres, 2)
    draw.at_most("elements of the largest tensor", largest(), 2 * 60 * 16)
    return seen(result)


@weighed("memory of the process with 10,240 points, where N × K × D numbers are 400 MB", spare_mb=260)
def seen_from_outside(solve, draw):
    centres = draw.randn("centres", 100, 100, std=4.0)
    labels = torch.arange(10240, device=draw.device) % 100
    return seen(solve(draw.keep("x", centres[labels] + draw.rand("noise", 10240, 100)), centres, 1))
