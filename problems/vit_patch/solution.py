import torch
from torch import nn


class PatchEmbedding(nn.Module):
    def __init__(self, img_size, patch_size, in_channels, embed_dim):
        super().__init__()
        self.patch_size = patch_size
        self.num_patches = (img_size // patch_size) ** 2
        self.proj = nn.Linear(in_channels * patch_size**2, embed_dim)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, C, H, W = x.shape
        P = self.patch_size
        tiles = x.reshape(B, C, H // P, P, W // P, P)
        # Which tile comes first, row by row; what is in it comes last. Only then may the two be flattened.
        tiles = tiles.permute(0, 2, 4, 1, 3, 5)
        return self.proj(tiles.reshape(B, self.num_patches, C * P * P))
