import math

import torch


def paged_attention(q, k_pages, v_pages, table, lengths):
    size = k_pages.shape[1]
    outputs = []
    for query, row, length in zip(q, table, lengths.tolist(), strict=True):
        # Round up: the last page may be partial. What lies behind the length is stale, and never looked at.
        pages = row[: math.ceil(length / size)]
        k = k_pages[pages].flatten(0, 1)[:length]
        v = v_pages[pages].flatten(0, 1)[:length]
        scores = torch.einsum("hd,thd->ht", query, k) / math.sqrt(q.shape[-1])
        outputs.append(torch.einsum("ht,thd->hd", torch.softmax(scores, dim=-1), v))
    return torch.stack(outputs)
