"""The mistakes of `vit_patch`, each written as another learner would: the diagnosis must name them too."""

import torch
from torch import nn


class Right(nn.Module):
    """A right solution in steps that can go wrong one by one."""

    def __init__(self, img_size, patch_size, in_channels, embed_dim):
        super().__init__()
        self.p, self.n, self.c, self.e = patch_size, img_size // patch_size, in_channels, embed_dim
        self.num_patches = self.n * self.n
        self.make()

    def make(self):
        self.to_token = nn.Linear(self.p * self.p * self.c, self.e, bias=False)

    def patches(self, x):
        rows = [x[:, :, r * self.p : (r + 1) * self.p] for r in range(self.n)]
        tiles = [row[..., c * self.p : (c + 1) * self.p] for row in rows for c in range(self.n)]
        return torch.stack([tile.movedim(1, -1).flatten(1) for tile in tiles], dim=1)

    def token(self, patches):
        return self.to_token(patches)

    def forward(self, x):
        return self.token(self.patches(x))


class ReshapedDirectly(Right):
    def patches(self, x):
        return x.flatten().view(len(x), self.num_patches, -1)


class NotPermuted(Right):
    def patches(self, x):
        tiles = x.unfold(2, self.p, self.p).unfold(3, self.p, self.p)  # B, C, n, n, P, P
        return x.new_tensor(0) + tiles.transpose(3, 4).transpose(3, 4).reshape(len(x), self.num_patches, -1)


class RunsOfARow(Right):
    def patches(self, x):
        return torch.cat([channel.view(len(x), self.num_patches, -1) for channel in x.clone().unbind(1)], dim=-1)


class EveryNthPixel(Right):
    def patches(self, x):
        n = self.n
        return torch.stack([x[:, :, r::n, c::n].flatten(1) for r in range(n) for c in range(n)], dim=1)


class ColumnByColumn(Right):
    def patches(self, x):
        return super().patches(x).unflatten(1, (self.n, self.n)).transpose(1, 2).flatten(1, 2)


class HeightWithWidthOffsets(Right):
    def patches(self, x):
        x = x.view(len(x), self.c, self.n, self.p, self.n, self.p)
        return torch.einsum("bchpwq->bhpcwq", x).reshape(len(x), self.num_patches, -1)


class OneChannel(Right):
    def make(self):
        self.c = 1
        super().make()

    def patches(self, x):
        return super().patches(x.narrow(1, 0, 1))


class ChannelsAveraged(Right):
    def patches(self, x):
        return super().patches((x.sum(1) / self.c)[:, None].repeat(1, self.c, 1, 1))


class PixelsAveraged(Right):
    def patches(self, x):
        patches = super().patches(x)
        return torch.ones_like(patches) * patches.mean(-1)[..., None]


class PositionsAdded(Right):
    def make(self):
        super().make()
        self.pos_embed = nn.Parameter(torch.randn(self.num_patches, self.e) * 0.02)

    def token(self, patches):
        return self.pos_embed + super().token(patches)


class ClassToken(Right):
    def make(self):
        super().make()
        self.cls_token = nn.Parameter(torch.zeros(self.e))

    def forward(self, x):
        tokens = super().forward(x)
        return torch.cat((self.cls_token.expand(len(x), 1, self.e), tokens), 1)


class NotLinear(Right):
    def token(self, patches):
        return nn.functional.gelu(super().token(patches))


class ProjectionPerPatch(Right):
    def make(self):
        self.weight = nn.Parameter(torch.randn(self.num_patches, self.p**2 * self.c, self.e))
        self.bias = nn.Parameter(torch.zeros(self.num_patches, self.e))

    def token(self, patches):
        return torch.einsum("bnd,nde->bne", patches, self.weight) + self.bias


class NotProjected(Right):
    def token(self, patches):
        return patches


class NewProjectionEachCall(Right):
    def make(self):
        pass

    def token(self, patches):
        self.proj = nn.Linear(patches.shape[-1], self.e)
        return self.proj(patches)


class BatchMixed(Right):
    def patches(self, x):
        return torch.cat(super().patches(x).unbind(1)).view(len(x), self.num_patches, -1)


class NumPatchesOfOneSide(Right):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.num_patches = self.n


class NumPatchesMissing(Right):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        del self.num_patches


class FeaturesFirst(Right):
    def make(self):
        self.proj = nn.Conv2d(self.c, self.e, self.p, self.p)

    def forward(self, x):
        return self.proj(x).flatten(2)


class FeaturesByView(FeaturesFirst):
    def forward(self, x):
        return self.proj(x).contiguous().view(len(x), -1, self.e)


class DetachedInput(Right):
    @torch.no_grad()
    def patches(self, x):
        return super().patches(x)


class DetachedProjection(Right):
    def token(self, patches):
        return patches @ self.to_token.weight.detach().T


class OutsideTheGraph(Right):
    @torch.no_grad()
    def forward(self, x):
        return super().forward(x)


SECOND_WAY = {
    "reshaped_directly": ReshapedDirectly,
    "not_permuted": NotPermuted,
    "runs_of_a_row": RunsOfARow,
    "every_nth_pixel": EveryNthPixel,
    "column_by_column": ColumnByColumn,
    "height_with_width_offsets": HeightWithWidthOffsets,
    "one_channel": OneChannel,
    "channels_averaged": ChannelsAveraged,
    "pixels_averaged": PixelsAveraged,
    "positions_added": PositionsAdded,
    "class_token": ClassToken,
    "not_linear": NotLinear,
    "projection_per_patch": ProjectionPerPatch,
    "not_projected": NotProjected,
    "new_projection_each_call": NewProjectionEachCall,
    "batch_mixed": BatchMixed,
    "num_patches_of_one_side": NumPatchesOfOneSide,
    "num_patches_missing": NumPatchesMissing,
    "features_first": FeaturesFirst,
    "features_by_view": FeaturesByView,
    "detached_input": DetachedInput,
    "detached_projection": DetachedProjection,
    "outside_the_graph": OutsideTheGraph,
}
