"""The mistakes of `kmeans`, each written as another learner would: the diagnosis must name them too."""

import torch


class Lloyd:
    """A right solution, cluster by cluster, in steps that can go wrong one by one."""

    def distances(self, x, centres):
        return torch.cdist(x, centres)

    def assign(self, x, centres):
        return self.distances(x, centres).min(dim=1).indices

    def moved(self, members, centre, x):
        return members.mean(0)

    def empty(self, centre, x):
        return centre

    def step(self, x, centres):
        labels = self.assign(x, centres)
        rows = []
        for k, centre in enumerate(centres):
            members = x[labels == k]
            rows.append(self.moved(members, centre, x) if len(members) else self.empty(centre, x))
        return torch.stack([row for row in rows if row is not None])

    def count(self, steps):
        return steps

    def result(self, centres, labels):
        return centres, labels

    def __call__(self, x, centres, steps):
        for _ in range(self.count(steps)):
            centres = self.step(x, centres)
        return self.result(centres, self.assign(x, centres))


def lloyd(**parts):
    """The algorithm with these parts of its own."""
    made = type("OwnLloyd", (Lloyd,), parts)()
    return lambda *args, **named: made(*args, **named)


def old_labels(x, centres, steps):
    labels = torch.cdist(x, centres).argmin(-1)
    while steps:
        labels = torch.cdist(x, centres).argmin(-1)
        centres = Lloyd().step(x, centres)
        steps -= 1
    return centres, labels


def empty_to_its_start(x, centres, steps):
    now = centres.clone()
    for _ in range(steps):
        labels, now = Lloyd().assign(x, now), centres.clone()
        for k in set(labels.tolist()):
            now[k] = x[labels == k].mean(0)
    return now, Lloyd().assign(x, now)


def stops_at_a_tolerance(x, centres, steps):
    moved = float("inf")
    while steps > 0 and moved > 1e-4:
        newer = Lloyd().step(x, centres)
        moved, centres = torch.linalg.norm(newer - centres).item(), newer
        steps -= 1
    return centres, torch.cdist(x, centres).argmin(1)


def in_place(x, centres, steps):
    for _ in range(steps):
        centres.copy_(Lloyd().step(x, centres))
    return centres, torch.cdist(x, centres).argmin(1)


def one_after_the_other(self, x, centres):
    centres = centres.clone()
    for k in range(len(centres)):
        members = x[torch.cdist(x, centres).argmin(1) == k]
        if members.numel():
            centres[k] = members.mean(0)
    return centres


def count_too_short(self, x, centres):
    labels = self.assign(x, centres)
    counts = labels.bincount()[:, None]
    sums = torch.zeros_like(centres).scatter_add_(0, labels[:, None].expand_as(x), x)
    return torch.where(counts == 0, centres, sums / counts)


def median(self, members, centre, x):
    return members.sort(dim=0).values[(len(members) - 1) // 2]


def all_differences(self, x, centres):
    return torch.sub(x[:, None, :], centres[None]).pow(2).sum(2).sqrt()


SECOND_WAY = {
    "nan_centre": lloyd(empty=lambda self, centre, x: centre * float("nan")),
    "centre_at_zero": lloyd(empty=lambda self, centre, x: torch.zeros_like(centre)),
    "old_labels": old_labels,
    "in_place": in_place,
    "one_step_too_many": lloyd(count=lambda self, steps: steps + 1),
    "one_step_too_few": lloyd(count=lambda self, steps: max(steps - 1, 0)),
    "steps_ignored": lloyd(count=lambda self, steps: 60),
    "farthest": lloyd(distances=lambda self, x, centres: -torch.cdist(x, centres)),
    "no_square_of_the_centre": lloyd(distances=lambda self, x, centres: -torch.einsum("nd,kd->nk", x, centres)),
    "city_blocks": lloyd(
        distances=lambda self, x, centres: torch.stack([(x - c).abs().sum(1) for c in centres], dim=1)
    ),
    "largest_difference": lloyd(
        distances=lambda self, x, centres: torch.stack([(x - c).abs().amax(1) for c in centres], dim=1)
    ),
    "one_after_the_other": lloyd(step=one_after_the_other),
    "median": lloyd(moved=median),
    "count_too_short": lloyd(step=count_too_short),
    "drops_empty_clusters": lloyd(empty=lambda self, centre, x: None),
    "stops_at_a_tolerance": stops_at_a_tolerance,
    "empty_to_its_start": empty_to_its_start,
    "half_way": lloyd(moved=lambda self, members, centre, x: torch.lerp(centre, members.mean(0), 0.5)),
    "old_centre_counted": lloyd(moved=lambda self, members, centre, x: torch.cat([members, centre[None]]).mean(0)),
    "divided_by_all": lloyd(moved=lambda self, members, centre, x: members.sum(0) / x.shape[0]),
    "sums_not_divided": lloyd(moved=lambda self, members, centre, x: members.sum(0)),
    "empty_to_a_point": lloyd(empty=lambda self, centre, x: x[0]),
    "labels_first": lloyd(result=lambda self, centres, labels: (labels, centres)),
    "only_centres": lloyd(result=lambda self, centres, labels: [centres]),
    "all_differences": lloyd(distances=all_differences),
}
