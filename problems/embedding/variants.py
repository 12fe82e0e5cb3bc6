import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted


@accepted
class OneHotProduct(nn.Module):
    def __init__(self, num_embeddings: int, embedding_dim: int) -> None:
        super().__init__()
        self.num_embeddings = num_embeddings
        self.weight = nn.Parameter(torch.randn(num_embeddings, embedding_dim) * 0.02)

    def forward(self, indices: Tensor) -> Tensor:
        one_hot = F.one_hot(indices, self.num_embeddings).to(self.weight.dtype)
        print("one-hot:", one_hot.shape)
        return one_hot @ self.weight


@accepted
class IndexSelect(nn.Module):
    def __init__(self, num_embeddings, embedding_dim):
        super().__init__()
        self.embedding_dim = embedding_dim
        weight = torch.empty(num_embeddings, embedding_dim)
        nn.init.normal_(weight, std=embedding_dim**-0.5)
        self.register_parameter("weight", nn.Parameter(weight))

    def forward(self, indices):
        assert indices.dtype == torch.long
        rows = torch.index_select(self.weight, 0, indices.reshape(-1))
        return rows.view(indices.shape + (self.embedding_dim,))


@accepted
class Gather(nn.Module):
    def __init__(self, n, d):
        super(Gather, self).__init__()  # noqa: UP008
        self.n, self.d = n, d
        self.weight = nn.Parameter(torch.zeros(n, d))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, indices):
        flat = indices.view(-1, 1).expand(-1, self.d)
        return self.weight.gather(0, flat).view(*indices.size(), self.d)


@accepted
class RowByRow(nn.Module):
    def __init__(self, num_embeddings, embedding_dim):
        super().__init__()
        self.weight = nn.Parameter(torch.rand((num_embeddings, embedding_dim)) - 0.5)

    def forward(self, indices):
        if indices.dim() == 0:
            return self.weight[int(indices)]
        return torch.stack([self.forward(i) for i in indices])


class Lookup(torch.autograd.Function):
    @staticmethod
    def forward(ctx, weight, indices):
        ctx.save_for_backward(indices)
        ctx.rows = weight.shape[0]
        return weight[indices]

    @staticmethod
    def backward(ctx, grad):
        (indices,) = ctx.saved_tensors
        total = grad.new_zeros(ctx.rows, grad.shape[-1])
        return total.index_add_(0, indices.flatten(), grad.reshape(-1, grad.shape[-1])), None


@accepted
class OwnBackward(nn.Module):
    def __init__(self, num_embeddings, embedding_dim):
        super().__init__()
        self.weight = nn.Parameter(torch.normal(0.0, 1.0, (num_embeddings, embedding_dim)))

    def extra_repr(self):
        return ", ".join(map(str, self.weight.shape))

    def forward(self, indices):
        if (indices < 0).any() or (indices >= self.weight.shape[0]).any():
            raise ValueError("index out of range")
        return Lookup.apply(self.weight, indices)


@accepted
class TakeEinsumAndEye(nn.Module):
    """Rows of the identity matrix, then a contraction."""

    def __init__(self, vocab, dim):
        super().__init__()
        self.table = nn.Parameter(nn.init.trunc_normal_(torch.empty(vocab, dim), std=0.02))

    @property
    def weight(self):
        return self.table

    def forward(self, indices):
        eye = torch.eye(self.table.size(0), device=self.table.device)
        return torch.einsum("...v,vd->...d", eye[indices], self.table)


@accepted
class ScatteredOneHot(nn.Module):
    def __init__(self, num_embeddings, embedding_dim):
        super().__init__()
        self.weight = nn.Parameter(torch.distributions.Normal(0, 1).sample((num_embeddings, embedding_dim)))

    def forward(self, indices):
        flat = indices.flatten()
        one_hot = torch.zeros(len(flat), len(self.weight), device=flat.device).scatter_(1, flat.unsqueeze(1), 1.0)
        return F.linear(one_hot, self.weight.T).unflatten(0, indices.shape)


@accepted
class ComparedOneHot(nn.Module):
    def __init__(self, num_embeddings, embedding_dim):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(num_embeddings, embedding_dim))

    def forward(self, indices):
        one_hot = indices[..., None] == torch.arange(len(self.weight), device=indices.device)
        return one_hot.float() @ self.weight


@accepted
class RowAfterRow(nn.Module):
    """Each row of the table goes to all its places."""

    def __init__(self, num_embeddings, embedding_dim):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(num_embeddings, embedding_dim).uniform_(-0.1, 0.1))

    def forward(self, indices):
        out = torch.empty(*indices.shape, self.weight.shape[1], device=indices.device)
        for number, row in enumerate(self.weight):
            out[indices == number] = row
        return out


@accepted
class TakeAlongRows(nn.Module):
    def __init__(self, n, d):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n, d))

    def forward(self, indices):
        return torch.take_along_dim(self.weight, indices.reshape(-1, 1), dim=0).reshape(*indices.shape, -1)
