"""The mistakes of `sampling`, each written as another learner would: the diagnosis must name them too."""

import math

import torch
import torch.nn.functional as F


class Filter:
    """A right filter in steps that can go wrong one by one; each step gives a mask of what stays."""

    order = ("tempered", "topk", "topp", "minp")
    removed = -math.inf

    def softmax(self, z):
        return F.softmax(z, dim=-1)

    def tempered(self, z):
        return z.mul(1 / self.temperature) if self.temperature != 1 else z.clone()

    def cut(self, z, stays):
        return torch.where(stays, z, torch.tensor(self.removed))

    def topk(self, z):
        if not self.top_k or self.top_k >= z.shape[-1]:
            return z
        return self.cut(z, z >= z.sort(dim=-1).values[..., -self.top_k, None])

    def needed(self, probs):
        """Whether each token of the sorted row is needed to reach top_p."""
        needed = F.pad(probs.cumsum(-1), (1, -1)) < self.top_p
        needed[..., :1] = True
        return needed

    def back(self, needed, order):
        return needed.gather(-1, order.argsort(-1))

    def ordered(self, z):
        return z.argsort(dim=-1, descending=True)

    def topp(self, z):
        if self.top_p >= 1:
            return z
        order = self.ordered(z)
        return self.cut(z, self.back(self.needed(self.softmax(z).gather(-1, order)), order))

    def floor(self, probs):
        return probs.max(-1, keepdim=True).values * self.min_p

    def minp(self, z):
        if self.min_p == 0:
            return z
        probs = self.softmax(z)
        return self.cut(z, probs >= self.floor(probs))

    def result(self, z):
        return z

    def __call__(self, logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
        self.temperature, self.top_k, self.top_p, self.min_p = temperature, top_k, top_p, min_p
        z = logits
        for name in self.order:
            z = getattr(self, name)(z)
        return self.result(z)


def with_parts(**parts):
    """A filter with these parts of its own."""
    made = type("OwnFilter", (Filter,), parts)()
    return lambda *args, **named: made(*args, **named)


def drops_the_crossing_token(self, probs):
    needed = probs.cumsum(-1) <= self.top_p
    needed[..., 0] = True
    return needed


def one_too_many(self, probs):
    return F.pad(Filter.needed(self, probs)[..., :-1], (1, 0), value=True)


def sorted_logits(self, z):
    if self.top_p >= 1:
        return z
    z = z.gather(-1, z.argsort(dim=-1, descending=True))
    return self.cut(z, self.needed(self.softmax(z)))


class Uncut(Filter):
    def tempered(self, z):
        self.whole = super().tempered(z)
        return self.whole

    def topp(self, z):
        if self.top_p >= 1:
            return z
        order = self.ordered(self.whole)
        return self.cut(z, self.back(self.needed(self.softmax(self.whole).gather(-1, order)), order))


def over_the_batch(self, z):
    if not self.top_k:
        return z
    k = min(self.top_k, z.shape[-1])
    return self.cut(z, z >= z.reshape(-1).sort(descending=True).values[k - 1])


def above_the_floor(self, z):
    if not self.min_p:
        return z
    probs = self.softmax(z)
    return self.cut(z, probs > self.floor(probs))


def smallest_threshold(self, z):
    if not self.top_k or self.top_k >= z.shape[-1]:
        return z
    return self.cut(z, z >= z.sort(dim=-1).values[..., -self.top_k].amin())


def kth_dropped(self, z):
    if not self.top_k:
        return z
    ranks = z.argsort(dim=-1, descending=True).argsort(-1)
    return self.cut(z, ranks < min(self.top_k, z.shape[-1]) - 1)


def smallest_k(self, z):
    if not self.top_k:
        return z
    return self.cut(z, z <= z.sort(dim=-1).values[..., min(self.top_k, z.shape[-1]) - 1, None])


def top_k_too_large(self, z):
    if not self.top_k:
        return z
    return self.cut(z, z >= torch.topk(z, self.top_k)[0].min(-1, keepdim=True)[0])


def min_p_on_logits(self, z):
    return self.cut(z, z >= self.min_p * z.max(-1, keepdim=True).values) if self.min_p else z


def masked_in_place(self, z, stays):
    z[~stays] = -math.inf
    return z


def unstable(self, z):
    e = torch.exp(z)
    return e / e.sum(-1)[..., None]


def shifted_drop(self, z):
    """Top-p as it is written most: what lies above top_p, moved on by one."""
    if self.top_p >= 1:
        return z
    order = self.ordered(z)
    drop = self.softmax(z).gather(-1, order).cumsum(-1) > self.top_p
    drop[..., 1:] = drop[..., :-1].clone()
    drop[..., 0] = False
    return self.cut(z, ~self.back(drop, order))


def below_the_floor(self, z):
    probs = self.softmax(z)
    return self.cut(z, ~(probs < self.floor(probs)))


def divided_in_place(self, z):
    z /= self.temperature
    return z


def top_p_of_one_cuts(self, z):
    order = self.ordered(z)
    probs = self.softmax(z).gather(-1, order)
    drop = (probs.cumsum(-1) - probs) >= self.top_p
    drop[..., 0] = False
    return self.cut(z, self.back(~drop, order))


def lazily_tempered(self, z):
    return z if self.temperature == 1 else z / self.temperature


SECOND_WAY = {
    "drops_the_crossing_token": with_parts(needed=drops_the_crossing_token),
    "one_too_many": with_parts(needed=one_too_many),
    "sorted_mask": with_parts(back=lambda self, needed, order: needed),
    "gathered_mask": with_parts(back=lambda self, needed, order: torch.take_along_dim(needed, order, -1)),
    "sorted_logits": with_parts(topp=sorted_logits),
    "ascending": with_parts(ordered=lambda self, z: z.argsort(dim=-1)),
    "temperature_last": with_parts(order=("topk", "topp", "minp", "tempered")),
    "temperature_multiplied": with_parts(tempered=lambda self, z: z * self.temperature),
    "temperature_ignored": with_parts(order=("topk", "topp", "minp")),
    "temperature_twice": with_parts(softmax=lambda self, z: torch.exp(torch.log_softmax(z / self.temperature, -1))),
    "removed_is_zero": with_parts(removed=0.0),
    "removed_is_finite": with_parts(removed=-1e9),
    "removed_is_smallest": with_parts(removed=torch.finfo(torch.float32).min),
    "top_p_of_zero_is_off": with_parts(topp=lambda self, z: Filter.topp(self, z) if self.top_p else z),
    "nothing_left": with_parts(needed=lambda self, probs: F.pad(probs.cumsum(-1), (1, -1)) < self.top_p),
    "uncut_distribution": lambda *args, **named: Uncut()(*args, **named),
    "min_p_first": with_parts(order=("tempered", "topk", "minp", "topp")),
    "min_p_absolute": with_parts(floor=lambda self, probs: self.min_p),
    "min_p_of_one_removes_all": with_parts(minp=above_the_floor),
    "min_p_over_the_batch": with_parts(floor=lambda self, probs: probs.flatten().max() * self.min_p),
    "min_p_on_logits": with_parts(minp=min_p_on_logits),
    "min_p_ignored": with_parts(order=("tempered", "topk", "topp")),
    "top_k_over_the_batch": with_parts(topk=over_the_batch),
    "smallest_threshold_for_all": with_parts(topk=smallest_threshold),
    "top_k_too_large": with_parts(topk=top_k_too_large),
    "kth_dropped": with_parts(topk=kth_dropped),
    "smallest_k": with_parts(topk=smallest_k),
    "probabilities": with_parts(result=lambda self, z: torch.exp(z - z.logsumexp(-1, keepdim=True))),
    "log_probabilities": with_parts(result=lambda self, z: z - z.logsumexp(-1, keepdim=True)),
    "divided_in_place": with_parts(tempered=divided_in_place),
    "masked_in_place": with_parts(tempered=lazily_tempered, cut=masked_in_place),
    "exp_overflows": with_parts(softmax=unstable, topp=shifted_drop, minp=below_the_floor),
    "top_p_of_one_cuts": with_parts(topp=top_p_of_one_cuts),
}
