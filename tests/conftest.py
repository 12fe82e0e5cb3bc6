"""What several files of tests use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from torch_judge.isolate import Worker


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    """One worker for all tests of a file: a submission must not disturb the next."""
    if why := Worker.available():
        pytest.skip(why)
    with Worker() as started:
        yield started
