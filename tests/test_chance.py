"""Whether numbers may be independent: what must pass, and what must not."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from torch_judge.authoring import tie_between


def normal(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def signs(*shape: int) -> Tensor:
    return normal(*shape).sign()


def standard(values: Tensor, dim: int) -> Tensor:
    return (values - values.mean(dim, keepdim=True)) / values.std(dim, keepdim=True)


SHAPES = ((150, 64), (16, 250), (300, 4), (200, 15), (400, 2), (3, 5), (2, 7), (1, 9), (9, 1))


@pytest.mark.parametrize("shape", SHAPES)
def test_independent_numbers_pass(shape: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        drawn = torch.randn(*shape, generator=generator)
        assert tie_between(drawn) is None
        assert tie_between(drawn.sign(), normal=False) is None


HALF = normal(75, 64)
TIED = {
    "rows: the same numbers": torch.cat([HALF, HALF[torch.arange(74, -1, -1)]]),
    "rows: opposite numbers": torch.cat([HALF, -HALF]),
    "rows: numbers that go together": torch.cat([HALF, HALF + HALF.roll(1, 0)]),
    "rows: right angles": torch.linalg.qr(normal(64, 64)).Q,
    "columns: right angles": torch.linalg.qr(normal(300, 4)).Q,
    "columns: opposite numbers": torch.cat([normal(400, 6), -normal(400, 6)], 1)[:, :7],
    "rows: sums": standard(normal(400, 15), 1),
    "columns: sums": standard(normal(15, 400), 0),
    "rows: one length": HALF / HALF.norm(dim=1, keepdim=True),
    "columns: one length": HALF / HALF.norm(dim=0, keepdim=True),
}


@pytest.mark.parametrize("what", TIED)
def test_numbers_that_hang_together_do_not(what: str) -> None:
    tie = tie_between(TIED[what])
    assert tie is not None and tie.what == what


SIGNS = {
    "masks: the same numbers": torch.cat([signs(20, 200), signs(20, 200)]),
    "elements: the same numbers": torch.cat([signs(400, 8), signs(400, 8)[:, :1]], 1),
    "elements: opposite numbers": torch.cat([signs(400, 8), -signs(400, 8)[:, :1]], 1),
    "masks: sums": torch.cat([torch.ones(400, 8), -torch.ones(400, 8)], 1).gather(1, normal(400, 16).argsort(1)),
}


@pytest.mark.parametrize("what", SIGNS)
def test_signs_that_hang_together_do_not(what: str) -> None:
    tie = tie_between(SIGNS[what], rows="masks", columns="elements", normal=False)
    assert tie is not None and tie.what == what
