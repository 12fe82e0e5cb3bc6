"""What lies in a folder of grades for people: the marks as CSV, a page for the class, a page for each student."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from torch_judge.bank import Bank
from torch_judge.classroom.exports.tables import wide
from torch_judge.classroom.feedback import feedback_page
from torch_judge.classroom.grading import Class, write_whole
from torch_judge.classroom.marks import Mark
from torch_judge.classroom.page import class_page
from torch_judge.classroom.pairs import Pair, fingerprints, pairs, tokens, winnowed
from torch_judge.classroom.words import HandIn
from torch_judge.errors import JudgeError
from torch_judge.submission import read_program

PAGE, MARKS, FEEDBACK, PAIRS = "class.html", "marks.csv", "feedback", "pairs.json"


def publish(found: Class, folder: Path, bank: Bank) -> Path:
    """Write all of them; the path of the class page. Raises JudgeError if one cannot be written."""
    write_whole(folder / MARKS, wide(found))
    by: dict[str, list[Mark]] = defaultdict(list)
    for mark in found.marks:
        by[mark.student].append(mark)
    for id, student in found.recognition.students.items():
        page = feedback_page(student, by[id], found.assignment, bank)
        write_whole(folder / FEEDBACK / f"{file_name(id)}.html", page)
    write_whole(folder / PAGE, class_page(found, load_pairs(folder), bank))
    return folder / PAGE


def file_name(id: str) -> str:
    """A file name for a student: the id where it is plain, else what is plain in it and a hash that keeps it apart."""
    plain = re.sub(r"[^A-Za-z0-9._@-]+", "-", id).strip(".-")[:60]
    return (
        plain
        if plain == id
        else f"{plain or 'student'}-{hashlib.sha256(id.encode('utf-8', 'replace')).hexdigest()[:8]}"
    )


def save_pairs(folder: Path, hand_ins: Iterable[HandIn], bank: Bank) -> None:
    """Compare the hand-ins of each problem, while their files are there, and keep the pairs worth looking at."""
    prints: dict[str, dict[str, Sequence[int]]] = defaultdict(dict)
    for hand_in in hand_ins:
        if hand_in.fault:
            continue
        try:
            prints[hand_in.problem][hand_in.student] = fingerprints(read_program(hand_in.path))
        except JudgeError:
            continue
    alike = [
        pair
        for problem, own in sorted(prints.items())
        for pair in pairs(problem, own, winnowed(list(tokens(bank.get(problem).starter))))
    ]
    write_whole(folder / PAIRS, json.dumps([dataclasses.asdict(pair) for pair in alike], ensure_ascii=False, indent=1))


def load_pairs(folder: Path) -> Sequence[Pair]:
    """The pairs that were kept."""
    try:
        return [Pair(**fields) for fields in json.loads((folder / PAIRS).read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return []
