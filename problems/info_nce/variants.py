import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted


@accepted
def by_log_softmax(image: Tensor, text: Tensor, log_scale: Tensor) -> Tensor:
    a = image / image.norm(dim=1, keepdim=True)
    b = text / text.norm(dim=1, keepdim=True)
    logits = a @ b.t() * torch.exp(log_scale)
    rows = torch.log_softmax(logits, dim=1).diag()
    columns = torch.log_softmax(logits, dim=0).diag()
    return -(rows + columns).mean() / 2


@accepted
def by_logsumexp(image, text, log_scale):
    """Both normalisers of one table, less twice the diagonal."""
    cosine = F.cosine_similarity(image[:, None, :], text[None, :, :], dim=-1)
    logits = cosine.mul(log_scale.exp())
    n = logits.shape[0]
    total = logits.logsumexp(dim=0).sum() + logits.logsumexp(dim=1).sum() - 2 * torch.trace(logits)
    return total / (2 * n)


@accepted
def both_readings_in_one_batch(image, text, log_scale):
    """A batch of 2N classifications: the table and its transpose below each other."""
    a, b = (x * torch.rsqrt((x * x).sum(-1, keepdim=True)) for x in (image, text))
    logits = torch.einsum("id,jd->ij", a, b) * log_scale.exp()
    labels = torch.arange(len(a), device=a.device).repeat(2)
    return F.cross_entropy(torch.cat([logits, logits.mT]), labels)


@accepted
def pair_by_pair(image, text, log_scale):
    """A beginner's loops."""
    scale = torch.exp(log_scale)
    n = len(image)
    table = [[scale * F.cosine_similarity(image[i], text[j], dim=0) for j in range(n)] for i in range(n)]
    total = 0
    for i in range(n):
        row = torch.stack(table[i])
        column = torch.stack([table[j][i] for j in range(n)])
        total = total - torch.log_softmax(row, dim=0)[i] - torch.log_softmax(column, dim=0)[i]
    print("pairs:", n)
    return total / n / 2


class Contrastive(nn.Module):
    def __init__(self):
        super().__init__()
        self.loss = nn.CrossEntropyLoss()

    def forward(self, image_features, text_features, logit_scale):
        image_features = F.normalize(image_features, p=2, dim=-1)
        text_features = F.normalize(text_features, p=2, dim=-1)
        logits_per_image = logit_scale.exp() * image_features @ text_features.t()
        logits_per_text = logits_per_image.t()
        ground_truth = torch.arange(image_features.size(0), dtype=torch.long, device=image_features.device)
        return (self.loss(logits_per_image, ground_truth) + self.loss(logits_per_text, ground_truth)) / 2


@accepted
def through_a_module(image, text, log_scale):
    return Contrastive()(image, text, log_scale)


class OfTable(torch.autograd.Function):
    """Research style: the gradient of the table by hand, (row softmax + column softmax - 2 I) / 2N."""

    @staticmethod
    def forward(ctx, logits):
        rows, columns = torch.log_softmax(logits, 1), torch.log_softmax(logits, 0)
        ctx.save_for_backward(rows, columns)
        return -(rows.diagonal().mean() + columns.diagonal().mean()) / 2

    @staticmethod
    def backward(ctx, upstream):
        rows, columns = ctx.saved_tensors
        n = len(rows)
        identity = torch.eye(n, dtype=rows.dtype, device=rows.device)
        return upstream * (rows.exp() + columns.exp() - 2 * identity) / (2 * n)


@accepted
def own_backward(image, text, log_scale):
    scaled = F.normalize(image, dim=1) * log_scale.exp()
    return OfTable.apply(F.linear(scaled, F.normalize(text, dim=1)))


@accepted
def targets_as_probabilities(image, text, log_scale):
    """The diagonal as a table of one-hot targets, for both readings."""
    sizes = torch.linalg.vector_norm(torch.stack([image, text]), dim=-1)
    logits = (image @ text.T) / torch.outer(sizes[0], sizes[1]) * log_scale.exp()
    truth = torch.eye(len(image), dtype=image.dtype, device=image.device)
    return 0.5 * sum(F.cross_entropy(table, truth) for table in (logits, logits.T))
