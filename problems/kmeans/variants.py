import torch
import torch.nn.functional as F
from torch import Tensor

from torch_judge.authoring import accepted, mistake


@accepted
def distances_and_means(x: Tensor, centres: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """Plain: cdist, and the mean of each cluster in a loop."""
    assert x.shape[1] == centres.shape[1]
    centres = centres.clone()
    for step in range(steps):
        labels = torch.cdist(x, centres).argmin(dim=-1)
        for k in range(centres.shape[0]):
            members = x[labels == k]
            if len(members) > 0:
                centres[k] = members.mean(dim=0)
        print("step", step)
    return centres, torch.cdist(x, centres).argmin(dim=-1)


@accepted
def one_centre_at_a_time(x, centres, steps):
    """N·D numbers at a time; the best so far is kept."""

    def assign(c):
        best = torch.full((len(x),), float("inf"))
        label = torch.zeros(len(x), dtype=torch.long)
        for k, centre in enumerate(c):
            distance = ((x - centre) ** 2).sum(1)
            closer = distance < best
            best, label = torch.where(closer, distance, best), torch.where(closer, k, label)
        return label

    for _ in range(steps):
        labels = assign(centres)
        rows = [x[labels == k].mean(0) if (labels == k).any() else centres[k] for k in range(len(centres))]
        centres = torch.stack(rows)
    return centres, assign(centres)


@accepted
def one_hot_product(x, centres, steps):
    """Membership as a matrix: its product with the points is the sums. Stops once nothing moves."""

    def assign(c):
        square = (x * x).sum(1, keepdim=True) - 2 * torch.mm(x, c.t()) + (c * c).sum(1)
        return torch.min(square, dim=1).indices

    while steps > 0:
        member = F.one_hot(assign(centres), centres.size(0)).to(x.dtype)
        counts = member.sum(0)
        means = member.T @ x / counts.clamp(min=1).unsqueeze(-1)
        moved = torch.where((counts == 0)[:, None], centres, means)
        if torch.equal(moved, centres):
            break
        centres, steps = moved, steps - 1
    return [centres, assign(centres)]


@accepted
def scattered_means(x, centres, steps):
    """`scatter_reduce` leaves alone what nothing is scattered to."""

    def assign(c):
        return torch.argmax(x @ c.mT - c.pow(2).sum(-1) / 2, dim=1)

    for _ in range(steps):
        index = assign(centres)[:, None].expand_as(x)
        centres = centres.scatter_reduce(0, index, x, "mean", include_self=False)
    return centres, assign(centres)


@accepted
def point_by_point(x, centres, steps):
    """Python lists of members; distances of a single point to all centres; float64."""
    points, places = x.double(), centres.double()

    def label_of(point):
        return int((places - point).square().sum(-1).argmin())

    for _ in range(steps):
        members = [[] for _ in range(len(places))]
        for n, point in enumerate(points):
            members[label_of(point)].append(n)
        places = torch.stack([points[m].mean(0) if m else places[k] for k, m in enumerate(members)])
    return places.float(), torch.tensor([label_of(point) for point in points])


@accepted
def sorted_by_label(x, centres, steps):
    """Points in the order of their labels are cut into runs. Centres change in place, on a copy."""
    mean = x.mean(0)
    shifted, moving = (
        x - mean,
        centres - mean,
    )  # distances do not change, and the expanded square is exact to more digits

    def assign():
        return torch.addmm((moving**2).sum(1), shifted, moving.T, alpha=-2).topk(1, largest=False).indices.squeeze(1)

    for _ in range(steps):
        labels, order = torch.sort(assign(), stable=True)
        found, sizes = torch.unique_consecutive(labels, return_counts=True)
        runs = torch.split(shifted[order], sizes.tolist())
        moving[found] = torch.stack([run.sum(0) / len(run) for run in runs])
    # What has never moved comes back as it was given.
    still = (moving == centres - mean).all(1, keepdim=True)
    return torch.where(still, centres, moving + mean), assign()


@mistake(
    "You make N·K·D numbers: the differences of all points to all centres. Use the expanded square, |c|² - 2 x·c, or `torch.cdist`, "
    "or take one centre at a time."
)
def all_differences(x, centres, steps):
    for _ in range(steps):
        labels = (x.unsqueeze(1) - centres.unsqueeze(0)).square().sum(-1).argmin(1)
        centres = centres.scatter_reduce(0, labels[:, None].expand_as(x), x, "mean", include_self=False)
    return centres, (x.unsqueeze(1) - centres.unsqueeze(0)).square().sum(-1).argmin(1)
