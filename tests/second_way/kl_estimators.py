"""The mistakes of `kl_estimators` as another learner would write them."""

import torch
import torch.nn.functional as F


def _k1(p, q):
    return p - q


def _k2(p, q):
    return 0.5 * (p - q).square()


def _k3(p, q):
    return torch.exp(q - p) - 1 + (p - q)


def _full(p, q):
    zero = torch.zeros_like(p)
    possible = torch.isfinite(p)
    return F.kl_div(
        torch.where(possible, q, zero), torch.where(possible, p, zero), reduction="none", log_target=True
    ).sum(-1)


def _kinds(default="k3", **changed):
    """A solution by a table of kinds, of which some are ``changed``."""
    table = {"k1": _k1, "k2": _k2, "k3": _k3, "full": _full} | changed

    def kl_estimate(logp, logq, kind=default):
        if kind not in table:
            raise ValueError(kind)
        return table[kind](logp, logq)

    return kl_estimate


def _all(change):
    """A solution whose arguments are changed first."""
    right = _kinds()
    return lambda logp, logq, kind="k3": right(*change(logp, logq), kind)


def _clean(p, q):
    """The two without infinities."""
    possible = p > float("-inf")
    return torch.where(possible, p, 0.0), torch.where(possible, q, 0.0)


def _by_formula(formula):
    return _kinds(full=lambda p, q: formula(*_clean(p, q)))


def _unknown_kind_accepted(logp, logq, kind="k3"):
    for name, estimate in {"k1": _k1, "k2": _k2, "k3": _k3, "full": _full}.items():
        if name == kind:
            return estimate(logp, logq)
    return None


def _key_error(logp, logq, kind="k3"):
    return {"k1": _k1, "k2": _k2, "k3": _k3, "full": _full}[kind](logp, logq)


def _writes_into_logq(logp, logq, kind="k3"):
    if kind == "full":
        return _full(logp, logq)
    gap = logq.sub_(logp)
    made = {"k1": gap.neg(), "k2": 0.5 * gap.square(), "k3": torch.exp(gap) - 1 - gap}
    if kind not in made:
        raise ValueError(kind)
    return made[kind]


def _masked_result(p, q):
    term = torch.exp(p) * (p - q)
    return torch.where(torch.isnan(term), torch.zeros_like(term), term).sum(-1)


def _weights_detached(p, q):
    with torch.no_grad():
        weights = p.exp()
    return torch.linalg.vecdot(weights, p - q)


SECOND_WAY = {
    "k1_sign": _kinds(k1=lambda p, q: q - p),
    "k1_clamped": _kinds(k1=lambda p, q: torch.relu(p - q)),
    "k1_absolute": _kinds(k1=lambda p, q: torch.abs(p - q)),
    "k1_as_a_ratio": _kinds(k1=lambda p, q: p.exp() / q.exp()),
    "k2_without_half": _kinds(k2=lambda p, q: (p - q).square()),
    "k2_of_the_ratio": _kinds(k2=lambda p, q: 0.5 * (torch.exp(q - p) - 1).square()),
    "k3_reversed": _kinds(k3=lambda p, q: torch.exp(p - q) - (p - q) - 1),
    "k3_without_one": _kinds(k3=lambda p, q: torch.exp(q - p) + (p - q)),
    "k3_plus_r": _kinds(k3=lambda p, q: torch.exp(q - p) - 1 - (p - q)),
    "k3_without_r": _kinds(k3=lambda p, q: torch.exp(q - p) - 1),
    "k3_negated": _kinds(k3=lambda p, q: 1 - torch.exp(q - p) + (q - p)),
    "k2_and_k3_exchanged": _kinds(k2=_k3, k3=_k2),
    "log_ratio_clamped": _kinds(
        k1=lambda p, q: torch.clip(p - q, -5.0, 5.0),
        k2=lambda p, q: torch.clip(p - q, -5.0, 5.0) ** 2 * 0.5,
        k3=lambda p, q: _k3(torch.clip(p - q, -5.0, 5.0), torch.zeros_like(q)),
    ),
    "mean": _kinds(**{k: lambda p, q, f=f: torch.mean(f(p, q)) for k, f in (("k1", _k1), ("k2", _k2), ("k3", _k3))}),
    "summed_over_the_last_dim": _kinds(
        **{k: lambda p, q, f=f: torch.sum(f(p, q), dim=-1) for k, f in (("k1", _k1), ("k2", _k2), ("k3", _k3))}
    ),
    "default_kind": _kinds(default="k1"),
    "unknown_kind_accepted": _unknown_kind_accepted,
    "key_error": _key_error,
    "full_reversed": _kinds(full=lambda p, q: _full(q, p)),
    "weighed_by_q": _by_formula(lambda p, q: torch.einsum("...v,...v->...", q.exp(), p - q)),
    "full_negated": _kinds(full=lambda p, q: _full(p, q).neg()),
    "full_without_weights": _by_formula(lambda p, q: p.sum(-1) - q.sum(-1)),
    "full_mean": _kinds(full=lambda p, q: _full(p, q) / p.shape[-1]),
    "full_sums_everything": _kinds(full=lambda p, q: torch.sum(_full(p, q))),
    "full_over_the_first_dim": _by_formula(lambda p, q: torch.einsum("v...,v...->...", p.exp(), p - q)),
    "nan_of_banned_tokens": _kinds(full=lambda p, q: F.kl_div(q, p, reduction="none", log_target=True).sum(-1)),
    "only_the_result_masked": _kinds(full=_masked_result),
    "weights_detached": _by_formula(_weights_detached),
    "normalised_again": _kinds(
        full=lambda p, q: _full(p - p.logsumexp(-1, keepdim=True), q - q.logsumexp(-1, keepdim=True))
    ),
    "logq_detached": _all(lambda p, q: (p, q.clone().detach())),
    "logp_detached": _all(lambda p, q: (p.clone().detach(), q)),
    "detached": torch.no_grad()(_kinds()),
    "float32_only": _all(lambda p, q: (p.to(torch.float32), q.to(torch.float32))),
    "writes_into_logq": _writes_into_logq,
}
