import torch
import torch.nn.functional as F
from torch import Tensor

from torch_judge.authoring import accepted


@accepted
def one_line_each(logp: Tensor, logq: Tensor, kind: str = "k3") -> Tensor:
    if kind not in ("k1", "k2", "k3", "full"):
        raise ValueError(kind)
    log_ratio = logq - logp
    if kind == "k1":
        return logp - logq
    if kind == "k2":
        return 0.5 * log_ratio.square()
    if kind == "k3":
        return log_ratio.exp() - 1 - log_ratio
    possible = torch.isfinite(logp)
    zero = torch.zeros_like(logp)
    logp, logq = torch.where(possible, logp, zero), torch.where(possible, logq, zero)
    return torch.where(possible, torch.exp(logp) * (logp - logq), zero).sum(-1)


def _full(logp, logq):
    """Infinities become the smallest finite number, whose exponential is 0: what follows is finite."""
    low = torch.finfo(logp.dtype).min
    logp, logq = logp.clamp(min=low), logq.clamp(min=low)
    return torch.linalg.vecdot(logp.exp(), logp - logq)


KINDS = {
    "k1": lambda logp, logq: logp - logq,
    "k2": lambda logp, logq: (logq - logp).pow(2).div(2),
    "k3": lambda logp, logq: torch.expm1(logq - logp) + (logp - logq),
    "full": _full,
}


@accepted
def a_table_of_kinds(logp, logq, kind="k3"):
    try:
        estimate = KINDS[kind]
    except KeyError:
        raise ValueError(f"unknown kind: {kind}") from None
    return estimate(logp, logq)


@accepted
def matched(logp, logq, kind="k3"):
    match kind:
        case "k1":
            return -(logq - logp)
        case "k2":
            return torch.mul(logq - logp, logq - logp) * 0.5
        case "k3":
            ratio = torch.exp(logq - logp)
            return (ratio - 1) - (logq - logp)
        case "full":
            keep = logp > -torch.inf
            logq = logq.masked_fill(~keep, 0)
            logp = logp.masked_fill(~keep, 0)
            return F.kl_div(logq, logp, reduction="none", log_target=True).sum(dim=-1)
        case _:
            raise ValueError("kind must be one of k1, k2, k3, full")


@accepted
def only_possible_tokens(logp, logq, kind="k3"):
    """The banned ones are left out: rows of the possible ones, one after the other."""
    r = logq - logp
    if kind == "full":
        rows_p, rows_q = logp.reshape(-1, logp.shape[-1]), logq.reshape(-1, logq.shape[-1])
        total = []
        for p, q in zip(rows_p, rows_q, strict=True):
            possible = p != float("-inf")
            total.append((p[possible].exp() * (p[possible] - q[possible])).sum())
        print("distributions:", len(total))
        return torch.stack(total).view(logp.shape[:-1])
    if kind == "k1":
        return -1 * r
    if kind == "k2":
        return r * r / 2.0
    if kind == "k3":
        return torch.exp(r) - (1 + r)
    raise ValueError("no such kind")


class K3(torch.autograd.Function):
    """Research style: the gradient by hand, e^r - 1 for r."""

    @staticmethod
    def forward(ctx, r):
        excess = torch.expm1(r)
        ctx.save_for_backward(excess)
        return excess - r

    @staticmethod
    def backward(ctx, upstream):
        (excess,) = ctx.saved_tensors
        return upstream * excess


@accepted
def own_backward(logp, logq, kind="k3"):
    if kind == "full":
        banned = torch.isneginf(logp)
        p = logp.exp()
        r = torch.where(banned, 0.0, logq.masked_fill(banned, 0.0) - logp.masked_fill(banned, 0.0))
        return -(p * r).sum(-1)
    r = logq.sub(logp)
    if kind == "k3":
        return K3.apply(r)
    if kind in ("k1", "k2"):
        return r.neg() if kind == "k1" else r.pow(2).mul(0.5)
    raise ValueError(kind)


class Estimator:
    def __init__(self, kind):
        self.estimate = getattr(self, f"_{kind}", None)
        if self.estimate is None:
            raise ValueError(f"{kind} is no estimator")

    def _k1(self, p, q):
        return p - q

    def _k2(self, p, q):
        return (p - q) ** 2 / 2

    def _k3(self, p, q):
        return self._k1(p, q) + (q - p).exp() - 1.0

    def _full(self, p, q):
        p, q = (torch.nan_to_num(x, neginf=-1e4) for x in (p, q))
        return torch.einsum("...v,...v->...", p.exp(), p - q)


@accepted
def methods_by_name(logp, logq, kind="k3"):
    return Estimator(kind).estimate(logp, logq)
