import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted


@accepted
class Convolution(nn.Module):
    """The usual one: a convolution whose stride is its kernel."""

    def __init__(self, img_size=224, patch_size=16, in_channels=3, embed_dim=768):
        super().__init__()
        self.img_size = img_size
        self.num_patches = (img_size // patch_size) * (img_size // patch_size)
        self.proj = nn.Conv2d(in_channels, embed_dim, kernel_size=patch_size, stride=patch_size)

    def forward(self, x):
        B, C, H, W = x.shape
        assert H == W == self.img_size, f"expected {self.img_size} pixels"
        return self.proj(x).flatten(2).transpose(1, 2)


@accepted
class TensorUnfold(nn.Module):
    """Channels last within a patch, no bias, another name for the layer."""

    def __init__(self, img_size: int, patch_size: int, in_channels: int, embed_dim: int) -> None:
        super().__init__()
        self.p = patch_size
        self.patch_dim = patch_size * patch_size * in_channels
        self.to_token = nn.Linear(self.patch_dim, embed_dim, bias=False)
        self.side = img_size // patch_size

    @property
    def num_patches(self) -> int:
        return self.side**2

    def forward(self, x: Tensor) -> Tensor:
        patches = x.unfold(2, self.p, self.p).unfold(3, self.p, self.p)  # B, C, n, n, P, P
        print("patches", patches.shape)
        patches = patches.permute(0, 2, 3, 4, 5, 1).contiguous()
        return self.to_token(patches.view(x.size(0), -1, self.patch_dim))


@accepted
class FunctionalUnfold(nn.Module):
    def __init__(self, img_size, patch_size, in_channels, embed_dim):
        super().__init__()
        self.patch_size = patch_size
        self.num_patches = int((img_size / patch_size) ** 2)
        self.weight = nn.Parameter(torch.randn(in_channels * patch_size * patch_size, embed_dim) * 0.02)
        self.bias = nn.Parameter(torch.zeros(embed_dim))

    def forward(self, x):
        columns = F.unfold(x, kernel_size=self.patch_size, stride=self.patch_size)  # B, C·P·P, N
        return columns.mT @ self.weight + self.bias


@accepted
class PatchAfterPatch(nn.Module):
    """Loops over the tiles, as on a whiteboard."""

    def __init__(self, img_size, patch_size, in_channels, embed_dim):
        super().__init__()
        self.img_size, self.patch_size = img_size, patch_size
        self.num_patches = torch.tensor((img_size // patch_size) ** 2)
        self.embed = nn.Sequential(nn.Flatten(), nn.Linear(in_channels * patch_size**2, embed_dim), nn.Dropout(0.0))

    def forward(self, x):
        P, tokens = self.patch_size, []
        for top in range(0, self.img_size, P):
            for left in range(0, self.img_size, P):
                tokens.append(self.embed(x[:, :, top : top + P, left : left + P]))
        return torch.stack(tokens, dim=1)


@accepted
class Einsum(nn.Module):
    """Never flattens a patch: contracts channel and offsets with a weight of four dimensions."""

    def __init__(self, img_size, patch_size, in_channels, embed_dim):
        super().__init__()
        if img_size % patch_size:
            raise ValueError("img_size must be a multiple of patch_size")
        self.n, self.P = img_size // patch_size, patch_size
        self.num_patches = float(self.n * self.n)
        self.kernel = nn.Parameter(torch.empty(embed_dim, in_channels, patch_size, patch_size))
        nn.init.trunc_normal_(self.kernel, std=0.02)

    def forward(self, x):
        x = x.unflatten(3, (self.n, self.P)).unflatten(2, (self.n, self.P))
        return torch.einsum("bcipjq,ecpq->bije", x, self.kernel).flatten(1, 2)


@accepted
class SplitAndStack(nn.Module):
    def __init__(self, img_size, patch_size, in_channels, embed_dim):
        super(SplitAndStack, self).__init__()  # noqa: UP008
        self.patch_size = patch_size
        n = img_size // patch_size
        self.num_patches = n**2
        self.channels = nn.ModuleList(nn.Linear(patch_size**2, embed_dim, bias=c == 0) for c in range(in_channels))

    def forward(self, x):
        rows = torch.stack(x.split(self.patch_size, dim=2), dim=1)  # B, n, C, P, W
        tiles = torch.stack(rows.split(self.patch_size, dim=4), dim=2)  # B, n, n, C, P, P
        tiles = tiles.flatten(1, 2)
        return sum(layer(tiles[:, :, c].flatten(2)) for c, layer in enumerate(self.channels))


@accepted
class ConvolutionThenLinear(nn.Module):
    """Two layers in a row, with nothing between them, are one linear map."""

    def __init__(self, img_size, patch_size, in_channels, embed_dim):
        super().__init__()
        self.grid = img_size // patch_size
        self.num_patches = self.grid * self.grid
        self.patchify = nn.Conv2d(in_channels, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.to_tokens = nn.Linear(embed_dim, embed_dim)

    def forward(self, x):
        return self.to_tokens(self.patchify(x).flatten(2).permute(0, 2, 1))
