"""The mistakes of `info_nce` as another learner would write them."""

import torch
import torch.nn.functional as F


def _unit(x):
    return x / torch.sqrt((x * x).sum(-1, keepdim=True))


def _table(image, text, scale):
    return torch.einsum("id,jd->ij", _unit(image), _unit(text)) * scale


def _rows(table):
    return torch.logsumexp(table, 1) - torch.diagonal(table)


def _both(table):
    return (_rows(table).mean() + _rows(table.mT).mean()) * 0.5


def images_only(image, text, log_scale):
    table = _table(image, text, log_scale.exp())
    return (_rows(table) + _rows(table)).mean() / 2


def texts_only(image, text, log_scale):
    return _rows(_table(text, image, log_scale.exp())).mean()


def sum_of_directions(image, text, log_scale):
    table = _table(image, text, log_scale.exp())
    return torch.mean(_rows(table) + _rows(table.mT))


def sum_over_pairs(image, text, log_scale):
    table = _table(image, text, log_scale.exp())
    return torch.sum(_rows(table) + _rows(table.mT)) / 2


def one_loss_per_pair(image, text, log_scale):
    table = _table(image, text, log_scale.exp())
    return (_rows(table) + _rows(table.mT)) / 2


def not_normalised(image, text, log_scale):
    return _both(torch.mm(image, text.t()) * log_scale.exp())


def only_images_normalised(image, text, log_scale):
    return _both(torch.mm(_unit(image), text.t()) * log_scale.exp())


def only_texts_normalised(image, text, log_scale):
    return _both(torch.mm(image, _unit(text).t()) * log_scale.exp())


def normalised_over_the_batch(image, text, log_scale):
    return _both(torch.mm(_unit(image.T).T, _unit(text.T)) * log_scale.exp())


def normalised_as_a_whole(image, text, log_scale):
    lengths = torch.linalg.norm(image) * torch.linalg.norm(text)
    return _both(torch.mm(image, text.T) / lengths * log_scale.exp())


def divided_by_squared_length(image, text, log_scale):
    a, b = (x / torch.linalg.vector_norm(x, dim=-1, keepdim=True).square() for x in (image, text))
    return _both(torch.mm(a, b.T) * log_scale.exp())


def log_scale_as_scale(image, text, log_scale):
    return _both(_table(image, text, log_scale))


def divided_by_the_scale(image, text, log_scale):
    return _both(_table(image, text, 1 / log_scale.exp()))


def no_scale(image, text, log_scale):
    return _both(_table(image, text, 1.0))


def scale_limited(image, text, log_scale):
    return _both(_table(image, text, torch.clamp_max(torch.exp(log_scale), 100.0)))


def scale_detached(image, text, log_scale):
    return _both(_table(image, text, 2.718281828459045 ** log_scale.item()))


def images_detached(image, text, log_scale):
    with torch.no_grad():
        a = _unit(image)
    return _both(a @ _unit(text).T * log_scale.exp())


def texts_detached(image, text, log_scale):
    with torch.no_grad():
        b = _unit(text)
    return _both(_unit(image) @ b.T * log_scale.exp())


def lengths_detached(image, text, log_scale):
    with torch.no_grad():
        lengths = torch.outer(image.norm(dim=1), text.norm(dim=1))
    return _both(image @ text.T / lengths * log_scale.exp())


@torch.no_grad()
def detached(image, text, log_scale):
    return _both(_table(image, text, log_scale.exp()))


def eps_inside_log(image, text, log_scale):
    table = _table(image, text, log_scale.exp())
    return -sum((F.softmax(table, d).diag() + 1e-8).log().mean() for d in (0, 1)) / 2


def exp_overflows(image, text, log_scale):
    table = _table(image, text, log_scale.exp())
    e = torch.exp(table)
    return (torch.log(e.sum(1)) + torch.log(e.sum(0)) - 2 * table.diag()).mean() / 2


def log_of_softmax(image, text, log_scale):
    table = _table(image, text, log_scale.exp())
    return -sum(F.softmax(table, d).diag().log().mean() for d in (0, 1)) / 2


def pair_left_out_of_the_sum(image, text, log_scale):
    table = _table(image, text, log_scale.exp())
    others = table + torch.diag(torch.full((len(table),), -1e9, dtype=table.dtype))
    return (torch.logsumexp(others, 1) + torch.logsumexp(others, 0) - 2 * table.diag()).mean() / 2


def one_softmax_of_all(image, text, log_scale):
    table = _table(image, text, log_scale.exp())
    return -F.log_softmax(table.reshape(-1), 0).view_as(table).diag().mean()


def each_pair_alone(image, text, log_scale):
    table = _table(image, text, log_scale.exp())
    sign = 2 * torch.eye(len(table), dtype=table.dtype) - 1
    return -F.logsigmoid(table * sign).mean()


def equal_texts_left_out(image, text, log_scale):
    table = _table(image, text, log_scale.exp())
    same = torch.isclose(text[:, None], text[None]).all(-1).to(table.dtype)
    others = same - torch.eye(len(same), dtype=table.dtype)
    return _both(table - 1e9 * others)


def sign(image, text, log_scale):
    return _both(_table(image, text, log_scale.exp())).neg()


def float32_only(image, text, log_scale):
    return _both(_table(*(x.to(torch.float32) for x in (image, text)), log_scale.exp().to(torch.float32)))


def normalises_in_place(image, text, log_scale):
    for x in (image, text):
        x.div_(torch.sqrt((x * x).sum(-1, keepdim=True)))
    return _both(torch.mm(image, text.t()) * log_scale.exp())


SECOND_WAY = {name: value for name, value in globals().items() if callable(value) and not name.startswith("_")}
