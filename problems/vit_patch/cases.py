import torch

from torch_judge.authoring import case, require, same


def built(solve, draw):
    """A model for 3 × 3 patches of 2 × 2 pixels, its parameters drawn, whatever their names and shapes."""
    model = solve(img_size=6, patch_size=2, in_channels=4, embed_dim=23)
    draw.fill("model", model, optional=(), by="shape")
    return model


def tiles_of(images, patch):
    """The pixels of each tile, (B, N, C·P·P), row by row: cut out one by one."""
    places = range(0, images.shape[-1], patch)
    return torch.stack([images[..., r : r + patch, c : c + patch].flatten(1) for r in places for c in places], dim=1)


def tokens(seen, path, batch):
    out, shape = seen[path], (batch, 9, 23)
    good = torch.is_tensor(out) and out.shape == shape and out.isfinite().all()
    require(bool(good), f"{path} shape", f"`{path}` must be a finite tensor of shape {shape}.")
    return out


@case("num_patches, and the shape of the output", kind="interface")
def interface(solve, draw):
    seen = {}
    for img, patch, channels, width, batch in ((12, 3, 2, 7, 5), (8, 4, 3, 6, 2), (5, 5, 1, 4, 3), (4, 1, 2, 9, 1)):
        model = solve(img_size=img, patch_size=patch, in_channels=channels, embed_dim=width)
        weights = sum(p.numel() for p in model.parameters() if p.requires_grad and p.dim() > 1)
        number, name = getattr(model, "num_patches", None), f"img_size={img}, patch_size={patch}"
        seen[f"{name}: num_patches"] = None if number is None else float(number)
        seen[f"{name}: weights made in the constructor"] = weights >= channels * patch**2 * width
        seen[f"{name}: output"] = torch.zeros_like(model(draw.randn(name, batch, channels, img, img)))
    return seen


def reaches(seen, expected, draw):
    """Which tokens a pixel reaches, for every pixel of every channel."""
    together, alone = tokens(seen, "together", 5), tokens(seen, "one by one", 5)
    same("batch", together, alone, "An image gives other tokens in a batch than alone: keep the images apart.")
    found = ((tokens(seen, "tokens", 144) - tokens(seen, "blank", 1)).abs() > 1e-6).any(-1)
    right = tiles_of(expected["pixels"], 2).any(-1)
    if not torch.equal(found, right):
        number = int((found != right).any(1).nonzero()[0])
        channel, row, column = expected["pixels"][number].nonzero()[0].tolist()
        mine, tile = found[number].nonzero().flatten().tolist(), int(right[number].nonzero())
        text = f"With 3 × 3 patches of 2 × 2 pixels, pixel ({row}, {column}) of channel {channel} reaches tokens {mine}"
        require(False, f"reach {hash(tuple(found.flatten().tolist()))}", f"{text}; expected [{tile}].")


@case("each pixel reaches one token, that of its square", kind="property", verify=reaches)
def locality(solve, draw):
    model, images = built(solve, draw), draw.randn("images", 5, 4, 6, 6)
    pixels, zeros = torch.eye(144).view(144, 4, 6, 6), draw.tensor("zeros", torch.zeros(1, 4, 6, 6))
    alone = torch.cat([model(image.clone()) for image in images.split(1)])
    seen = {"together": model(images), "one by one": alone, "blank": model(zeros)}
    return seen | {"pixels": pixels, "tokens": model(draw.tensor("pixels", pixels))}


def probed(solve, draw, **options):
    """A model, images, and what it makes of each of the 16 numbers of a patch, of nothing, of one image twice."""
    model, probes, image = built(solve, draw), torch.zeros(19, 4, 6, 6), draw.randn("image", 4, 6, 6)
    probes[:16, :, :2, :2] = torch.eye(16).view(16, 4, 2, 2)
    probes[17], probes[18] = image, 2 * image
    return model, draw.randn("images", 3, 4, 6, 6, **options), model(draw.tensor("probes", probes)).detach()


def map_of(seen):
    """The learner's own map of a patch: its weights (16, 23) and the tokens of an image of zeros."""
    probes = tokens(seen, "probes", 19)
    zeros, once, twice = probes[16:]
    same("twice the image", twice, 2 * once - zeros, "The map is linear: no normalisation, no activation.", widen=3)
    return probes[:16, 0] - zeros[0], zeros


def linear(seen, expected, draw):
    out = tokens(seen, "output", 3)
    require(torch.equal(out, tokens(seen, "again", 3)), "calls", "Two calls with the same images differ.")
    weight, zeros = map_of(seen)
    same("image of zeros", zeros, zeros[:1].expand(9, 23), "An image of zeros gives the same token everywhere.")
    rank = int(torch.linalg.matrix_rank(weight.double(), rtol=1e-4))
    text = f"Only {rank} of a patch's 16 numbers count on their own: each pixel of each channel has its own weights."
    by_channel = weight.view(4, 4, 23)  # channels, offsets, what they weigh: which mistake it is
    alike = [bool((by_channel - by_channel.mean(dim, keepdim=True)).abs().max() < 1e-4) for dim in (0, 1)]
    require(rank == 16, f"rank {rank}, alike {alike}, {int(weight.any(1).sum())} in use", text)
    right = tiles_of(expected["images"], 2) @ weight + zeros[0]
    same("output", out, right, "Every token is the same linear map of its patch.", widen=3)


@case("every token is the same linear map of its patch", kind="values", verify=linear)
def shared_map(solve, draw):
    model, images, probes = probed(solve, draw)
    return {"images": images, "probes": probes, "output": model(images), "again": model(images)}


def arrives(seen, expected, draw):
    (weight, _), gradient = map_of(seen), seen["gradient of images"]
    share, right = round(seen["share of the parameters"], 3), seen["share by doubling them"]
    text = "The parameters get another gradient than they should: use them as they are, without `detach` or `no_grad`."
    require(abs(share - right) < 2e-3, f"share {share}, images {torch.is_tensor(gradient)}", text)
    cotangent = draw.cotangent(tokens(seen, "output", 3))
    pixels = (cotangent @ weight.T).view(3, 3, 3, 4, 2, 2)  # image, tile row, tile column, channel, offsets
    same("gradient of images", gradient, pixels.permute(0, 3, 1, 4, 2, 5).reshape(3, 4, 6, 6), widen=3)


@case("gradients reach every pixel and the projection", kind="gradients", verify=arrives)
def gradients(solve, draw):
    model, images, probes = probed(solve, draw, grad=True)
    out, parameters = model(images), [p for p in model.parameters() if p.requires_grad]
    seen = draw.gradients(out, images=images) | {"probes": probes, "share of the parameters": 0.0}
    if parameters and out.requires_grad:
        along = torch.autograd.grad(model(images), parameters, out.detach(), allow_unused=True)
        share = sum((p * g).sum() for p, g in zip(parameters, along, strict=True) if g is not None)
        seen["share of the parameters"] = float(share / out.square().sum())
    # A form without constant term, linear or (two layers in a row) quadratic: at 1 its slope is half its value at 2.
    for parameter in parameters:
        parameter.data.mul_(2)
    return seen | {"share by doubling them": float((model(images) * out).sum() / (2 * out.square().sum()))}
