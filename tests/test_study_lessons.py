"""The lessons that come with torch-judge: whole, and their notebooks run from top to bottom."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from nbclient import NotebookClient

from torch_judge.bank import find_bank
from torch_judge.bank.lessons import FILES, find_lessons
from torch_judge.notebooks.lessons import lesson as notebook_of
from torch_judge.study.asking import ATTEMPTS, SETS
from torch_judge.study.cards import cards_of
from torch_judge.study.lessons import drafts_of, series, sets_of

BANK = find_bank()
LESSONS = find_lessons(BANK)
FEWEST = {"quick": 8, "practice": 10, "challenge": 5, "trace": 3}


def test_there_are_lessons() -> None:
    assert "batchnorm" in LESSONS.topics


@pytest.mark.parametrize("topic", LESSONS.topics)
def test_a_lesson_is_whole(topic: str) -> None:
    lesson = LESSONS.get(topic)
    assert all(lesson.has(name) for name in FILES)
    read = drafts_of(lesson)
    counts = Counter(draft.set for draft in read.drafts)
    assert not read.faults and all(counts[name] >= fewest for name, fewest in FEWEST.items()), counts
    assert len(cards_of(lesson)) >= 12
    assert re.search(r"^\|.*claim: ", lesson.text("lesson.md"), re.MULTILINE), "a comparison whose cells carry claims"
    assert lesson.problems and set(lesson.problems) <= set(BANK.ids)


@pytest.mark.parametrize("topic", LESSONS.topics)
def test_every_question_has_its_key(topic: str) -> None:
    lesson = LESSONS.get(topic)
    for name in sets_of(lesson):
        found = series(lesson, name)
        assert not found.faults
        for question in found.questions:
            assert question.attempts == ATTEMPTS[name] and (question.seconds is not None) == (name == "challenge")
            assert sum(choice.right for choice in question.choices) == 1


@pytest.mark.parametrize("topic", LESSONS.topics)
def test_practice_goes_from_easy_to_hard(topic: str) -> None:
    levels = ["easy", "intermediate", "advanced"]
    found = [levels.index(draft.level) for draft in drafts_of(LESSONS.get(topic)).drafts if draft.set == "practice"]
    assert found == sorted(found)


@pytest.mark.slow
@pytest.mark.parametrize("topic", LESSONS.topics)
def test_its_notebook_runs_from_top_to_bottom(topic: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_JUDGE_HOME", str(tmp_path))
    made = notebook_of(LESSONS.get(topic), BANK)
    NotebookClient(made, timeout=120, kernel_name="python3").execute()
    cells = {cell.metadata["torch_judge"]["role"]: cell for cell in made.cells if cell.cell_type == "code"}
    for role in (*SETS, "cards"):
        assert "application/vnd.jupyter.widget-view+json" in cells[role].outputs[0]["data"], role
    raised = [cell for cell in made.cells if any(o.output_type == "error" for o in cell.get("outputs", ()))]
    assert all("raises-exception" in cell.metadata.tags for cell in raised)
    for cell in made.cells:
        if cell.cell_type == "code" and "raises-exception" in cell.metadata.get("tags", ()):
            assert cell in raised
