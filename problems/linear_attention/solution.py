import torch.nn.functional as F


def linear_attention(Q, K, V):
    phi_q = F.elu(Q) + 1
    phi_k = F.elu(K) + 1
    # All keys and values, summed up in one dk × dv table and one vector; every query reads the same two.
    table = phi_k.transpose(-2, -1) @ V
    total = phi_k.sum(dim=-2)
    return phi_q @ table / (phi_q @ total.unsqueeze(-1))
