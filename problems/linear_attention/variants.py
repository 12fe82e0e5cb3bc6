import torch
import torch.nn.functional as F
from torch import einsum

from torch_judge.authoring import accepted, mistake


@accepted
def einsum_with_an_epsilon(Q: torch.Tensor, K: torch.Tensor, V: torch.Tensor, eps: float = 1e-6) -> torch.Tensor:
    B, S, dk = Q.shape
    assert K.shape == (B, S, dk), "queries and keys differ in shape"
    q, k = F.elu(Q) + 1.0, F.elu(K) + 1.0
    kv = einsum("bsd,bsv->bdv", k, V)
    z = 1 / (einsum("bsd,bd->bs", q, k.sum(dim=1)) + eps)
    print("table", kv.shape)
    return einsum("bsd,bdv,bs->bsv", q, kv, z)


@accepted
def bmm_and_where(Q, K, V):
    def phi(x):
        return torch.where(x > 0, x + 1, torch.exp(x))

    phi_q, phi_k = phi(Q), phi(K)
    numerator = torch.bmm(phi_q, torch.bmm(phi_k.permute(0, 2, 1), V))
    denominator = (phi_q * phi_k.sum(dim=1, keepdim=True)).sum(dim=-1, keepdim=True)
    return numerator / denominator.clamp(min=1e-6)


@accepted
def a_column_of_ones(Q, K, V):
    """The denominator is what a value of 1 everywhere would give."""
    phi_q, phi_k = torch.nn.ELU()(Q).add(1), torch.nn.ELU()(K).add(1)
    values = torch.cat([V, torch.ones_like(V[..., :1])], dim=-1)
    mixed = phi_q.matmul(phi_k.mT.matmul(values))
    return mixed[..., :-1] / mixed[..., -1:]


@accepted
def outer_products(Q, K, V):
    """B × S × dk × dv elements on the way: more than needed, but no S × S."""
    phi_q, phi_k = (x.clamp(min=0) + x.clamp(max=0).exp() for x in (Q, K))
    table = (phi_k[..., :, None] * V[..., None, :]).sum(1, keepdim=True)
    out = (phi_q[..., None] * table).sum(-2)
    return out / (phi_q * phi_k.sum(1)[:, None]).sum(-1)[..., None]


@accepted
def a_state_updated_key_by_key(Q, K, V):
    """As a recurrent network would: first all keys are read, then all queries answered."""
    B, S, dk = Q.shape
    state, norm = Q.new_zeros(B, dk, V.shape[-1]), Q.new_zeros(B, dk)
    for j in range(S):
        k = F.elu(K[:, j]) + 1
        state = state + k.unsqueeze(2) * V[:, j].unsqueeze(1)
        norm = norm + k
    rows = []
    for i in range(S):
        q = F.elu(Q[:, i]) + 1
        rows.append(torch.matmul(q.unsqueeze(1), state).squeeze(1) / (q * norm).sum(-1, keepdim=True))
    return torch.stack(rows, dim=1)


@accepted
def one_batch_element_at_a_time(Q, K, V):
    result = []
    for q, k, v in zip(Q, K, V, strict=True):
        q, k = F.elu(q).add_(1), F.elu(k).add_(1)
        result.append((q @ (k.T @ v)) / (q @ k.sum(0))[:, None])
    return torch.stack(result)


@accepted
def averages_and_scaled_features(Q, K, V):
    """The mean instead of the sum, above and below; a factor on the features cancels."""
    phi_q = (F.elu(Q) + 1) / Q.shape[-1] ** 0.5
    phi_k = (F.elu(K) + 1) / Q.shape[-1] ** 0.5
    table, mean = phi_k.transpose(1, 2) @ V / V.shape[1], phi_k.mean(1)
    return torch.vmap(lambda q, t, m: (q @ t) / (q @ m).unsqueeze(-1))(phi_q, table, mean)


@accepted
def normalised_keys(Q, K, V):
    """The division before the product with V: each query is divided by its own sum first."""
    phi_q = torch.where(Q < 0, torch.expm1(Q), Q) + 1
    phi_k = torch.where(K < 0, torch.expm1(K), K) + 1
    weights = phi_q / torch.einsum("bsd,btd->bs", [phi_q, phi_k]).unsqueeze(-1)
    return torch.matmul(weights, torch.matmul(phi_k.transpose(-1, -2), V))


@mistake(
    "You compute softmax attention. Replace the softmax by the feature map: "
    "weights φ(q) · φ(k) with φ(x) = elu(x) + 1, divided by their sum."
)
def softmax_attention(Q, K, V):
    scores = Q @ K.mT / Q.shape[-1] ** 0.5
    weights = (scores - scores.amax(-1, keepdim=True)).exp()
    return weights / weights.sum(-1, keepdim=True) @ V


@mistake("Only the first batch element is computed; the others repeat it. Keep the batch axis in every product.")
def first_batch_element(Q, K, V):
    q, k = F.elu(Q[0]) + 1, F.elu(K[0]) + 1
    return (q @ (k.T @ V[0]) / (q @ k.sum(0)).unsqueeze(-1)).expand(len(Q), -1, -1)
