"""Pictures of where a matrix is wrong: what they show, and what has none."""

from __future__ import annotations

import pytest
import torch

from torch_judge import judge, show
from torch_judge.bank import find_bank
from torch_judge.cases.heat import LARGEST, heat

ONES = torch.ones(3, 4)

PICTURES = {
    "one element": (ONES + torch.eye(3, 4) * 0.5, ONES, (0, 0), ("9...", ".9..", "..9.")),
    "steps": (ONES + torch.arange(4), ONES, (2, 3), (".369", ".369", ".369")),
    "the slice of the worst": (torch.stack([ONES, ONES * 2]), torch.stack([ONES, ONES]), (1, 0, 0), ("9999",) * 3),
    "NaN": (ONES.clone().index_fill(1, torch.tensor([1]), float("nan")), ONES, (0, 1), (".9..",) * 3),
    "integers": (torch.arange(6).view(2, 3), torch.zeros(2, 3, dtype=torch.int64), (1, 2), (".24", "689")),
}


@pytest.mark.parametrize("name", PICTURES)
def test_what_a_picture_shows(name: str) -> None:
    got, want, index, rows = PICTURES[name]
    assert heat(got, want, index) == rows


NONE = {
    "a vector": (torch.zeros(9), torch.ones(9), (0,)),
    "a tiny matrix": (torch.zeros(2, 2), torch.ones(2, 2), (0, 0)),
    "another shape": (torch.zeros(3, 3), torch.ones(4, 4), (0, 0)),
}


@pytest.mark.parametrize("name", NONE)
def test_what_has_no_picture(name: str) -> None:
    assert heat(*NONE[name]) is None


def test_what_is_large_is_drawn_together_and_the_worst_stays() -> None:
    got = torch.zeros(100, 500)
    got[99, 499] = 1
    rows = heat(got, torch.zeros(100, 500), (99, 499))
    assert rows is not None and (len(rows), len(rows[0])) == (LARGEST, LARGEST)
    assert rows[-1][-1] == "9" and "".join(rows).count("9") == 1


def test_an_upper_triangle_is_seen_in_the_report() -> None:
    problem = find_bank().get("causal_attention")
    names: dict[str, object] = {}
    exec(problem.solution.replace("triu", "tril"), names)
    report = judge("causal_attention", names[problem.entry])
    assert report.failed
    page = show.render_html(report, title=problem.title, entry=problem.entry)
    drawn = any(m.heat for case in report.cases for m in case.mismatches)
    assert drawn and page.count("<svg") == page.count("</svg>") > 0 and "script" not in page
