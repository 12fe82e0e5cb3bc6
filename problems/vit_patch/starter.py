# %%
import torch
from torch import nn


class PatchEmbedding(nn.Module):
    """Cuts an image into square patches and maps each to a token."""

    def __init__(self, img_size, patch_size, in_channels, embed_dim):
        super().__init__()
        pass  # self.num_patches = ..., and a projection

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map images (B, C, H, W) to tokens (B, num_patches, embed_dim)."""
        pass


# %%
# Look at your own work before you ask the judge: a change of one pixel may change one token only.
torch.manual_seed(0)
model, image = PatchEmbedding(img_size=6, patch_size=2, in_channels=1, embed_dim=8), torch.zeros(1, 1, 6, 6)
before = model(image)
if before is not None:
    print("output:", tuple(before.shape), "- expected (1, 9, 8)")
    for pixel in ((0, 0), (1, 1), (0, 2), (5, 5)):
        image.zero_()[0, 0][pixel] = 1.0
        changed = (model(image) != before).any(-1)[0].nonzero().flatten().tolist()
        print(f"pixel {pixel} changes the tokens {changed}")
    print("expected: [0], [0], [1], [8]")
