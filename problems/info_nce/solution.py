import torch
import torch.nn.functional as F


def clip_loss(image: torch.Tensor, text: torch.Tensor, log_scale: torch.Tensor) -> torch.Tensor:
    image, text = F.normalize(image, dim=-1), F.normalize(text, dim=-1)
    logits = log_scale.exp() * image @ text.T
    # Row i has to pick column i, and column i row i: the same table, read twice.
    partner = torch.arange(len(logits), device=logits.device)
    of_images = F.cross_entropy(logits, partner)
    of_texts = F.cross_entropy(logits.T, partner)
    return (of_images + of_texts) / 2
