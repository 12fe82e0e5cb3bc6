import torch

from torch_judge.authoring import case, require, same

# The names of the layers, the order of the numbers within a patch and the bias are the learner's to choose. So no case
# compares with the reference's tokens: by probing it finds out which map the learner's model is, and then asks whether
# it is that map everywhere.

# Most cases use a model of 3 × 3 patches of 2 × 2 pixels, 4 channels and 23 features; no size equals another.
IMAGE, PATCH, CHANNELS, WIDTH = 6, 2, 4, 23
PATCHES = 9
PER_PATCH = CHANNELS * PATCH**2  # the 16 numbers of a patch
PIXELS = CHANNELS * IMAGE**2  # the 144 numbers of an image


def filled_model(solve, draw):
    """A model of the sizes above with drawn parameters, whatever their names and shapes."""
    model = solve(img_size=IMAGE, patch_size=PATCH, in_channels=CHANNELS, embed_dim=WIDTH)
    draw.fill("model", model, optional=(), by="shape")
    return model


def flat_patches(images):
    """The numbers of each patch (B, PATCHES, PER_PATCH), patches row by row: cut out one by one."""
    starts = range(0, IMAGE, PATCH)
    patches = [images[..., top : top + PATCH, left : left + PATCH].flatten(1) for top in starts for left in starts]
    return torch.stack(patches, dim=1)


def tokens_of(seen, path, batch):
    """The tokens observed under ``path``, once it is sure that they are finite and (batch, PATCHES, WIDTH)."""
    tokens, shape = seen[path], (batch, PATCHES, WIDTH)
    good = torch.is_tensor(tokens) and tokens.shape == shape and tokens.isfinite().all()
    require(bool(good), f"{path} shape", f"`{path}` must be a finite tensor of shape {shape}.")
    return tokens


@case("num_patches, and the shape of the output", kind="interface")
def interface(solve, draw):
    seen = {}
    all_sizes = ((12, 3, 2, 7, 5), (8, 4, 3, 1, 2), (5, 5, 1, 4, 3), (4, 1, 2, 9, 1))
    for img_size, patch_size, channels, width, batch in all_sizes:
        model = solve(img_size=img_size, patch_size=patch_size, in_channels=channels, embed_dim=width)
        weights = sum(p.numel() for p in model.parameters() if p.requires_grad and p.dim() > 1)
        num_patches = getattr(model, "num_patches", None)
        sizes = f"img_size={img_size}, patch_size={patch_size}"
        seen[f"{sizes}: num_patches"] = None if num_patches is None else float(num_patches)  # a tensor is fine, too
        seen[f"{sizes}: weights made in the constructor"] = weights >= channels * patch_size**2 * width
        tokens = model(draw.randn(sizes, batch, channels, img_size, img_size))
        seen[f"{sizes}: output"] = torch.zeros_like(tokens)  # its shape only
    return seen


def one_token_per_pixel(seen, expected, draw):
    """Which tokens a pixel reaches, for every pixel of every channel: those that differ from a blank image's."""
    together, alone = tokens_of(seen, "together", 5), tokens_of(seen, "one by one", 5)
    same("batch", together, alone, "An image gives other tokens in a batch than alone: keep the images apart.")
    change = tokens_of(seen, "tokens", PIXELS) - tokens_of(seen, "blank", 1)
    reached = (change.abs() > 1e-6).any(-1)  # (PIXELS, PATCHES)
    right = flat_patches(expected["pixels"]).any(-1)
    if not torch.equal(reached, right):
        first_wrong = int((reached != right).any(1).nonzero()[0])
        channel, row, column = expected["pixels"][first_wrong].nonzero()[0].tolist()
        tokens, right_token = reached[first_wrong].nonzero().flatten().tolist(), int(right[first_wrong].nonzero())
        pixel = f"With 3 × 3 patches of 2 × 2 pixels, pixel ({row}, {column}) of channel {channel}"
        # The whole pattern is the check's identity: each wrong way of cutting has its own.
        pattern = hash(tuple(reached.flatten().tolist()))
        require(False, f"reach {pattern}", f"{pixel} reaches tokens {tokens}; expected [{right_token}].")


@case("each pixel reaches one token, that of its square", kind="property", verify=one_token_per_pixel)
def locality(solve, draw):
    """A batch of images, each with a single pixel that is not zero; five whole images, together and one by one."""
    model = filled_model(solve, draw)
    images = draw.randn("images", 5, CHANNELS, IMAGE, IMAGE)
    pixels = torch.eye(PIXELS).view(PIXELS, CHANNELS, IMAGE, IMAGE)
    zeros = draw.tensor("zeros", torch.zeros(1, CHANNELS, IMAGE, IMAGE))
    alone = torch.cat([model(image.clone()) for image in images.split(1)])
    return {
        "together": model(images),
        "one by one": alone,
        "blank": model(zeros),
        "pixels": pixels,
        "tokens": model(draw.tensor("pixels", pixels)),
    }


def probed_model(solve, draw, **options):
    """A model, three images, and the tokens of the probes, from which `map_of` reads the model's map."""
    model, image = filled_model(solve, draw), draw.randn("image", CHANNELS, IMAGE, IMAGE)
    probes = torch.zeros(PER_PATCH + 3, CHANNELS, IMAGE, IMAGE)
    probes[:PER_PATCH, :, :PATCH, :PATCH] = torch.eye(PER_PATCH).view(PER_PATCH, CHANNELS, PATCH, PATCH)
    # Behind these, an image of zeros, an image, and twice that image.
    probes[PER_PATCH + 1], probes[PER_PATCH + 2] = image, 2 * image
    images = draw.randn("images", 3, CHANNELS, IMAGE, IMAGE, **options)
    return model, images, model(draw.tensor("probes", probes)).detach()


def map_of(seen):
    """The learner's own map of a patch: its weights (PER_PATCH, WIDTH), and the tokens of an image of zeros."""
    probes = tokens_of(seen, "probes", PER_PATCH + 3)
    zeros, once, twice = probes[PER_PATCH:]
    linear = "The map is linear: no normalisation, no activation."
    same("twice the image", twice, 2 * once - zeros, linear, widen=3)
    return probes[:PER_PATCH, 0] - zeros[0], zeros


def one_map(seen, expected, draw):
    """The map that the first patch shows is linear, has weights for each of the 16 numbers, and is used everywhere."""
    output = tokens_of(seen, "output", 3)
    require(torch.equal(output, tokens_of(seen, "again", 3)), "calls", "Two calls with the same images differ.")
    weight, zeros = map_of(seen)
    everywhere = "An image of zeros gives the same token everywhere."
    same("image of zeros", zeros, zeros[:1].expand(PATCHES, WIDTH), everywhere)

    rank = int(torch.linalg.matrix_rank(weight.double(), rtol=1e-4))
    # If weights are shared, whether all channels or all offsets have the same ones tells which mistake it is.
    by_channel = weight.view(CHANNELS, PATCH**2, WIDTH)
    alike = [bool((by_channel - by_channel.mean(dim, keepdim=True)).abs().max() < 1e-4) for dim in (0, 1)]
    in_use = int(weight.any(1).sum())
    text = f"Only {rank} of a patch's 16 numbers count on their own: each pixel of each channel has its own weights."
    require(rank == PER_PATCH, f"rank {rank}, alike {alike}, {in_use} in use", text)

    right = flat_patches(expected["images"]) @ weight + zeros[0]
    same("output", output, right, "Every token is the same linear map of its patch.", widen=3)


@case("every token is the same linear map of its patch", kind="values", verify=one_map)
def shared_map(solve, draw):
    model, images, probes = probed_model(solve, draw)
    return {"images": images, "probes": probes, "output": model(images), "again": model(images)}


def gradients_arrive(seen, expected, draw):
    (weight, _), gradient = map_of(seen), seen["gradient of images"]
    share, right_share = round(seen["share of the parameters"], 3), seen["share by doubling them"]
    text = "The parameters get another gradient than they should: use them as they are, without `detach` or `no_grad`."
    identity = f"share {share}, images {torch.is_tensor(gradient)}"
    require(abs(share - right_share) < 2e-3, identity, text)

    # The gradient of each patch, put back in its place: image, tile row, tile column, channel, row and column in it.
    cotangent = draw.cotangent(tokens_of(seen, "output", 3))
    side = IMAGE // PATCH
    tiles = (cotangent @ weight.T).view(3, side, side, CHANNELS, PATCH, PATCH)
    right = tiles.permute(0, 3, 1, 4, 2, 5).reshape(3, CHANNELS, IMAGE, IMAGE)
    same("gradient of images", gradient, right, widen=3)


@case("gradients reach every pixel and the projection, in eval", kind="gradients", verify=gradients_arrive)
def gradients(solve, draw):
    """The images' gradient; and, as names and shapes are free, one number for all of the parameters together.

    That is the slope of the output when all parameters grow alike, as a share of the output: once by the gradients that
    arrive, once by looking at the output for doubled parameters.
    """
    model, images, probes = probed_model(solve, draw, grad=True)
    output = model.eval()(images)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    seen = draw.gradients(output, images=images) | {"probes": probes, "share of the parameters": 0.0}
    size = output.square().sum()
    if parameters and output.requires_grad:
        arrived = torch.autograd.grad(model(images), parameters, output.detach(), allow_unused=True)
        slopes = [(p * gradient).sum() for p, gradient in zip(parameters, arrived, strict=True) if gradient is not None]
        seen["share of the parameters"] = float(sum(slopes) / size)
    # A form without constant term, linear or (two layers in a row) quadratic: at 1 its slope is half its value at 2.
    for parameter in parameters:
        parameter.data.mul_(2)
    doubled = model(images)
    return seen | {"share by doubling them": float((doubled * output).sum() / (2 * size))}
