"""Ledger, assignment, marks, statistics and exports, on a class that is written down here."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from torch_judge.bank import find_bank
from torch_judge.classroom.assignment import Assignment, Late, due_date, read_assignment
from torch_judge.classroom.exports import filled, gradescope, junit, nbgrader, tables
from torch_judge.classroom.feedback import feedback_page
from torch_judge.classroom.grading import Class, load_class, rule, save_class
from torch_judge.classroom.ledger import Judgement, Ledger, Ruling, opened, read_ledger
from torch_judge.classroom.marks import earned, status_of
from torch_judge.classroom.page import class_page
from torch_judge.classroom.statistics import NONE_KNOWN, correlation, items
from torch_judge.classroom.words import STATUSES, HandIn, Recognition, Student
from torch_judge.cli.main import main
from torch_judge.errors import JudgeError
from torch_judge.report import CaseResult, Diagnosis, ExceptionInfo, Frame, Mismatch, Report, Violation

BANK = find_bank()
SECRET = "0.7734001"
"""Stands for an expected value and for an input: it must not reach a student."""


def case(name: str, kind: str, passed: bool = False, **more: Any) -> CaseResult:
    return CaseResult(name, kind, passed, **more)


def report(problem: str = "softmax", **more: Any) -> Report:
    return Report(problem, more.pop("accepted", False), 0, isolated=True, **more)


WRONG = Mismatch("output", "values", f"is 0.5; expected {SECRET}", (0, 1), "0.5", SECRET, 1e-5, 3, 12)
RIGHT = (case("values", "values", True), case("grad", "gradients", True))
HALF = (case("values", "values", message=f"expected {SECRET}", mismatches=(WRONG,)), case("grad", "gradients", True))
RAISED = ExceptionInfo("ValueError", f"x is {SECRET}", (Frame("cell 2, line 3", "raise ValueError(x)"),))
REPORTS: dict[str, tuple[Report, float]] = {
    "accepted": (report(accepted=True, cases=RIGHT), 1.0),
    "rejected": (report(cases=HALF, diagnosis=(Diagnosis("no_max", "You forget the maximum."),)), 0.5),
    "crashed": (report(cases=(case("values", "values", message="Raised.", exception=RAISED, output=SECRET),)), 0.0),
    "over limit": (report(cases=(case("values", "values", message="The case did not end within 5 s."),)), 0.0),
    "missing entry": (report(error="`my_softmax` is not defined: nothing has this name.", fault="learner"), 0.0),
    "not judged": (report(error="The judge failed.", fault="judge"), 0.0),
}


@pytest.mark.parametrize("status", REPORTS)
def test_a_report_has_one_status_and_earns_its_share(status: str) -> None:
    found, share = REPORTS[status]
    assert status_of(found) == status and earned(found, "kinds") == share
    assert earned(found, "all") == (1.0 if status == "accepted" else 0.0)


def test_a_violation_earns_nothing_and_other_endings_are_crashes() -> None:
    assert earned(report(cases=RIGHT, violations=(Violation("torch.softmax", "call"),)), "kinds") == 0.0
    died = report(cases=(case("values", "values", message="The process ended by itself (exit status 0)."),))
    assert status_of(died) == status_of(report(error="cell 1, line 2: invalid syntax.", fault="learner")) == "crashed"


DUE = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATE = Late(0.1, timedelta(minutes=15), timedelta(days=7))
LATENESS = [
    (-60, 1.0),
    (0, 1.0),
    (15, 1.0),
    (16, 0.9),
    (24 * 60, 0.9),
    (24 * 60 + 1, 0.8),
    (7 * 1440, 0.3),
    (7 * 1440 + 1, 0.0),
]


@pytest.mark.parametrize(("minutes", "factor"), LATENESS)
def test_lateness_costs_what_the_assignment_says(minutes: int, factor: float) -> None:
    assert LATE.factor(timedelta(minutes=minutes)) == pytest.approx(factor)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of grades: a student for each status, one who has nothing, one whose mark was set by hand."""
    out = tmp_path / "grades"
    students = {
        name: Student(name.replace(" ", "_"), f"Ada {name.title()}", f"{name[0]}@example.org") for name in STATUSES
    }
    found = Recognition({s.id: s for s in students.values()})
    with opened(out) as pen:
        for name, student in students.items():
            if name == "missing":
                continue
            late = DUE + timedelta(hours=1) if name == "rejected" else DUE
            key = "" if name == "unreadable" else f"k-{name}"
            place = f"{student.id}/softmax.ipynb"
            found.hand_ins.append(
                HandIn(student.id, "softmax", place, Path(), late, key=key, fault="" if key else "cut off")
            )
            seen = REPORTS[name][0] if name in REPORTS else report(error="cut off", fault="learner")
            pen.write(Judgement(student.id, "softmax", key or place, place, name, dataclasses.asdict(seen), 0.25))
    save_class(out, Assignment("Week 1", {"softmax": 10.0}, DUE, late=LATE), found)
    return out


MARKS = {"accepted": 10.0, "rejected": 4.5, "crashed": 0.0, "over_limit": 0.0, "missing_entry": 0.0, "unreadable": None,
         "missing": None, "not_judged": None}  # fmt: skip


def points(found: Class) -> dict[str, float | None]:
    return {mark.student: mark.points for mark in found.marks}


def test_every_status_has_its_mark_and_none_is_a_silent_zero(folder: Path) -> None:
    found = load_class(folder)
    assert points(found) == MARKS and {mark.status for mark in found.marks} == set(STATUSES)


def test_a_person_s_word_stands(folder: Path) -> None:
    rule(folder, Ruling("unreadable", "softmax", 7.5, "shown in the lab"))
    with opened(folder) as pen:  # judged again afterwards: the word stays
        again = dataclasses.asdict(REPORTS["accepted"][0])
        pen.write(Judgement("unreadable", "softmax", "unreadable/softmax.ipynb", "", "accepted", again))
    found = load_class(folder)
    assert points(found) == MARKS | {"unreadable": 7.5}
    assert "set by hand: shown in the lab" in class_page(found, [], BANK)
    for student, problem, words in (
        ("nobody", "softmax", "no student `nobody`"),
        ("missing", "relu", "no problem `relu`"),
    ):
        with pytest.raises(JudgeError, match=words):
            rule(folder, Ruling(student, problem, 1, "why"))


def test_ledgers_merge_by_concatenation_and_a_half_line_is_left_out(folder: Path) -> None:
    ledger = folder / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    expected = points(load_class(folder))
    ledger.unlink()
    for k in range(3):
        (folder / f"ledger-{k + 1}-of-3.jsonl").write_bytes(b"".join(lines[k::3]))
    assert points(load_class(folder)) == expected
    for k in range(3):
        (folder / f"ledger-{k + 1}-of-3.jsonl").unlink()
    ledger.write_bytes(b"".join(reversed(lines)) + lines[0][:40])
    again = read_ledger(folder)
    assert points(load_class(folder)) == expected and len(again.notes) == 1 and "no whole record" in again.notes[0]
    with opened(folder) as pen:
        pen.write(Ruling("missing", "softmax", 1.0, "late note"))
    assert not read_ledger(folder).notes, "the half line was cut off before the next was written"
    assert points(load_class(folder)) == expected | {"missing": 1.0}


@pytest.mark.parametrize(
    "line", ["[]", "{}", '{"version": 2, "what": "ruling"}', "\x00\x01", '{"version": 1, "what": "x"}', "[" * 100_000]
)
def test_a_line_that_is_no_record_is_left_out_with_a_note(folder: Path, line: str) -> None:
    with (folder / "ledger.jsonl").open("a") as file:
        file.write(line + "\n")
    ledger = read_ledger(folder)
    assert len(ledger.judgements) == 7 and len(ledger.notes) == 1


def test_two_runs_at_once_refuse(folder: Path) -> None:
    holding = (
        "import sys, pathlib\nfrom torch_judge.classroom.ledger import opened\n"
        "with opened(pathlib.Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    other = subprocess.Popen([sys.executable, "-c", holding, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout is not None and other.stdout.readline() == b"held\n"
    with pytest.raises(JudgeError, match="Another run is writing"), opened(folder):
        pass
    with opened(folder, "ledger-1-of-2"):
        pass
    other.send_signal(signal.SIGKILL)
    other.wait()
    with opened(folder):
        pass


def test_a_disk_that_is_full_is_said_and_loses_nothing(folder: Path) -> None:
    before, ledger = read_ledger(folder), folder / "ledger.jsonl"
    filling = (
        "import pathlib, resource, sys\nfrom torch_judge.classroom.ledger import Ruling, opened\n"
        "most = pathlib.Path(sys.argv[1], 'ledger.jsonl').stat().st_size + 40\n"  # half a line fits
        "resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))\n"
        "with opened(pathlib.Path(sys.argv[1])) as pen:\n    pen.write(Ruling('missing', 'softmax', 1.0, 'why'))\n"
    )
    size = ledger.stat().st_size
    done = subprocess.run([sys.executable, "-c", filling, folder], capture_output=True, text=True, check=False)
    assert "ledger.jsonl` cannot be written" in done.stderr and "What was judged before is kept." in done.stderr
    assert ledger.stat().st_size == size and read_ledger(folder) == before


ASSIGNMENTS = {
    "unknown key": ("titel = 'x'", "the key `titel` is unknown"),
    "unknown problem": ("[points]\nsoftmaxx = 3", "no problem `softmaxx`"),
    "credit": ("credit = 'some'", "`credit` is 'some'"),
    "points": ("[points]\nsoftmax = 'ten'", "`points.softmax` is 'ten'"),
    "negative": ("[points]\nsoftmax = -1", "`points.softmax` is -1"),
    "per day": ("[late]\nper_day = 10", "`late.per_day` is 10"),
    "grace": ("[late]\ngrace = 'soon'", "`late.grace` is 'soon'"),
    "due": ("due = 'tomorrow'", "due date is no date"),
    "no table": ("late = 3", "`late` is no table"),
    "full": ("[feedback]\nfull = 'yes'", "`feedback.full` is neither"),
    "no TOML": ("title = ", "is no TOML"),
}


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_a_bad_assignment_is_refused_with_its_remedy(tmp_path: Path, name: str) -> None:
    text, words = ASSIGNMENTS[name]
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(JudgeError, match=words) as caught:
        read_assignment(tmp_path / "a.toml", BANK)
    assert caught.value.remedy


def test_a_whole_assignment_is_read(tmp_path: Path) -> None:
    from torch_judge.classroom.assignment import EXAMPLE

    (tmp_path / "a.toml").write_text(EXAMPLE)
    found = read_assignment(tmp_path / "a.toml", BANK)
    assert found.points == {"batchnorm": 10, "layernorm": 5} and found.credit == "kinds" and found.late == LATE
    assert found.due == datetime(2026, 11, 20, 22, 59, tzinfo=UTC)
    assert due_date("2026-11-20").second == 59, "a day ends at midnight"


def test_numbers_of_a_class(folder: Path) -> None:
    (item,) = items(["softmax"], load_class(folder).marks)
    assert (item.handed_in, item.accepted, item.difficulty) == (7, 1, pytest.approx(0.3))
    assert item.mistakes == {"You forget the maximum.": 1, NONE_KNOWN: 2}
    assert item.discrimination is None, "one problem has no rest"
    assert correlation([(0, 0), (1, 2), (2, 4)]) == pytest.approx(1) and correlation([(1, 1), (1, 2)]) is None


def test_feedback_holds_no_expected_value_and_no_input(folder: Path) -> None:
    found = load_class(folder)
    for mark in found.marks:
        page = feedback_page(found.recognition.students[mark.student], [mark], found.assignment, BANK)
        assert SECRET not in page and "7734" not in page
        test = gradescope.results(found, mark.student, BANK)
        assert SECRET not in test and "7734" not in test
    told = feedback_page(found.recognition.students["rejected"], found.marks[1:2], found.assignment, BANK)
    assert "You forget the maximum." in told and "values differ" in told and "90% of the mark is left" in told
    full = dataclasses.replace(found.assignment, full=True)
    assert SECRET in feedback_page(found.recognition.students["rejected"], found.marks[1:2], full, BANK)


CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Implement Softmax (901),Essay (902),Week 1 (903),Final Score\n"
    "    Points Possible,,,,,10.00,5.00,10.00,(read only)\n"
    '"Accepted, Ada",11,accepted,,S1,,"1,5",,88.00\n'
    '"Rejected, Ada",12,,rejected,S1,9.00,3.00,,70.00\n'
    '"Ada Unreadable",13,,,S1,8.00,,2.00,\n'
    '"Stranger, A",14,x,,S1,7.00,,,\n'
)


def test_canvas_s_gradebook_is_filled_in_and_nothing_else_is_touched(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "canvas.csv").write_text(CANVAS)
    got = filled.canvas(load_class(folder), tmp_path / "canvas.csv", BANK, {})
    before, after = (list(csv.reader(io.StringIO(text))) for text in (CANVAS, got.text))
    changed = {
        (a[0], before[0][i]): (b[i], a[i]) for b, a in zip(before, after, strict=True) for i in range(9) if a[i] != b[i]
    }
    assert changed == {
        ("Accepted, Ada", "Implement Softmax (901)"): ("", "10.00"),
        ("Accepted, Ada", "Week 1 (903)"): ("", "10.00"),
        ("Rejected, Ada", "Implement Softmax (901)"): ("9.00", "4.50"),
        ("Rejected, Ada", "Week 1 (903)"): ("", "4.50"),
    }
    assert got.written == 4 and after[4][5] == "8.00", "who has no mark keeps what was there"
    named = filled.canvas(load_class(folder), tmp_path / "canvas.csv", BANK, {"Essay (902)": "softmax"})
    assert list(csv.reader(io.StringIO(named.text)))[2][6] == "10.00"


FOREIGN = {
    "another course's students": (CANVAS.replace("accepted", "q").replace("Accepted", "Q").replace("ejected", "q").replace("Unreadable", "Z"),
                                  "Nobody of this class"),
    "another course's columns": (CANVAS.replace("Softmax", "Poetry").replace("Week 1", "Week 9"), "No column of"),
    "no gradebook": ("a,b\n1,2\n", "is no Canvas gradebook"),
    "empty": ("", "its header begins with nothing"),
}  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_gradebook_is_refused(folder: Path, tmp_path: Path, name: str) -> None:
    text, words = FOREIGN[name]
    (tmp_path / "canvas.csv").write_text(text)
    with pytest.raises(JudgeError, match=words):
        filled.canvas(load_class(folder), tmp_path / "canvas.csv", BANK, {})


WORKSHEET = {
    "en": (
        "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Last modified (grade),Feedback comments",
        "Participant",
    ),
    "de": (
        "ID,Vollständiger Name,E-Mail-Adresse,Status,Bewertung,Bestwertung,Zuletzt geändert (Bewertung),Feedback als Kommentar",
        "Teilnehmer/in",
    ),
}


@pytest.mark.parametrize("language", WORKSHEET)
def test_moodle_s_worksheet_holds_only_known_and_valid_rows(folder: Path, tmp_path: Path, language: str) -> None:
    header, word = WORKSHEET[language]
    rows = [f"{word}{100 + k},Ada {name},x{k}@e.org,,,{most},-," for k, (name, most) in enumerate(
        [("Accepted", "10,00"), ("Rejected", "4.00"), ("Not Judged", "10"), ("Stranger", "10"), ("Crashed", "10")])]  # fmt: skip
    (tmp_path / "m.csv").write_text(
        "\n".join([header, *(r if ",00" not in r else r.replace("10,00", '"10,00"') for r in rows)])
    )
    got = filled.moodle_worksheet(load_class(folder), tmp_path / "m.csv", "", None)
    written = {row[1]: row[4] for row in list(csv.reader(io.StringIO(got.text)))[1:]}
    assert written == {"Ada Accepted": "10.00", "Ada Crashed": "0.00"}
    assert any("above Moodle's maximum 4.00" in note for note in got.notes)
    (tmp_path / "m.csv").write_text("a,b\nx,1\n")
    with pytest.raises(JudgeError, match="no column of identifiers"):
        filled.moodle_worksheet(load_class(folder), tmp_path / "m.csv", "", None)


def test_moodle_s_import_has_only_those_with_a_mark(folder: Path) -> None:
    got = filled.moodle_import(load_class(folder), "softmax")
    rows = list(csv.DictReader(io.StringIO(got.text)))
    assert {row["ID number"]: row["softmax"] for row in rows} == {
        k: f"{v:.2f}" for k, v in MARKS.items() if v is not None
    }
    assert "Ada Missing" in got.notes[0]


def test_gradescope_s_results_follow_its_rules(folder: Path) -> None:
    found = load_class(folder)
    for student, expected in MARKS.items():
        data = json.loads(gradescope.results(found, student, BANK))
        assert data["score"] == (expected or 0) and isinstance(data["tests"], list)
        for test in data["tests"]:
            assert 0 <= test["score"] <= test["max_score"] and test["status"] in ("passed", "failed")
            assert test["visibility"] in ("visible", "hidden", "after_due_date", "after_published")
            assert test["output_format"] in ("text", "html", "simple_format", "md", "ansi")
        assert ("Without a mark yet" in data["output"]) == (expected is None)


def test_junit_is_read_by_its_own_reader(folder: Path) -> None:
    junitparser = pytest.importorskip("junitparser")
    found = load_class(folder)
    found.recognition.students["rejected"] = dataclasses.replace(
        found.recognition.students["rejected"], name="A\x1b[31m"
    )
    key = "crashed", "softmax", "k-crashed"
    report = found.ledger.judgements[key].report
    report["cases"][0]["message"] = "red \x1b[31m and \x00 \ufffe"
    found.ledger.judgements[key] = dataclasses.replace(found.ledger.judgements[key], written=report)
    suites = junitparser.JUnitXml.fromstring(junit.junit(found).encode())
    results = {
        c.name: (type(c.result[0]).__name__, c.result[0].type) if c.result else None for suite in suites for c in suite
    }
    assert results == {
        "accepted": None, "rejected": ("Failure", "no_max"), "crashed": ("Error", "crashed"),
        "over_limit": ("Error", "over limit"), "missing_entry": ("Error", "missing entry"),
        "unreadable": ("Error", "unreadable"), "missing": ("Skipped", None), "the judge itself": ("Error", "judge"),
    }  # fmt: skip
    assert r"red \x1b[31m and \x00 \ufffe" in junit.junit(found)


def test_a_name_is_no_formula_of_a_spreadsheet() -> None:
    assert tables.harmless(["=cmd()|x", "@a", "-1.50", "+1", "-x", "a=b", ""]) == [
        "'=cmd()|x", "'@a", "-1.50", "+1", "'-x", "a=b", "",
    ]  # fmt: skip


def test_tables_leave_blank_what_has_no_mark(folder: Path) -> None:
    found = load_class(folder)
    wide = {row["student"]: row["softmax"] for row in csv.DictReader(io.StringIO(tables.wide(found)))}
    assert wide == {k: "" if v is None else f"{v:.2f}" for k, v in MARKS.items()}
    long = {row["student"]: row for row in csv.DictReader(io.StringIO(tables.long(found)))}
    assert (
        long["rejected"]["mistakes"] == "no_max"
        and long["rejected"]["late"] == "yes"
        and long["missing"]["points"] == ""
    )
    assert len(json.loads(tables.as_json(found))["marks"]) == len(MARKS)
    rows = list(csv.DictReader(io.StringIO(nbgrader.grades(found))))
    assert tuple(rows[0]) == nbgrader.COLUMNS and {r["student_id"] for r in rows} == {
        k for k, v in MARKS.items() if v is not None
    }
    late = next(r for r in rows if r["student_id"] == "rejected")
    assert (late["raw_score"], late["late_submission_penalty"], late["score"]) == ("5.00", "0.50", "4.50")


EXPORTS = ["--csv", "--long", "--json", "--junit", "--nbgrader", "--moodle-import"]


@pytest.mark.parametrize("option", EXPORTS)
def test_export_writes_what_was_asked(folder: Path, tmp_path: Path, option: str) -> None:
    done = CliRunner().invoke(main, ["export", str(folder), option, "--to", str(tmp_path / "out")])
    assert done.exit_code == 0 and (tmp_path / "out").stat().st_size > 100, done.output


def test_export_says_what_it_needs(folder: Path, tmp_path: Path) -> None:
    run = CliRunner()
    assert "Say for whom" in run.invoke(main, ["export", str(folder)]).output
    assert "it holds no grades" in run.invoke(main, ["export", str(tmp_path), "--csv"]).output
    assert (
        "no problem `relu`" in run.invoke(main, ["export", str(folder), "--moodle-import", "--problem", "relu"]).output
    )
    assert run.invoke(main, ["report", str(folder)]).exit_code == 0 and (folder / "feedback" / "accepted.html").exists()


def test_an_empty_ledger_is_no_mark(tmp_path: Path) -> None:
    found = Recognition({"a": Student("a")}, [HandIn("a", "softmax", "a.py", Path(), key="k")])
    assert points(Class(Assignment(points={"softmax": 1.0}), found, Ledger())) == {"a": None}


@pytest.mark.slow
def test_the_autograder_s_own_script_always_writes_results(tmp_path: Path) -> None:
    rules, wheel = tmp_path / "rules.toml", tmp_path / "judge.whl"
    rules.write_text('title = "Week 1"\n[points]\nsoftmax = 10\n', encoding="utf-8")
    wheel.write_bytes(b"")
    source, submission, results = (tmp_path / name for name in ("source", "submission", "results"))
    asked = ["--gradescope-autograder", str(source), "--assignment", str(rules), "--wheel", str(wheel)]
    done = CliRunner().invoke(main, ["export", str(tmp_path), *asked])
    assert done.exit_code == 0, done.output
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "bin" / "torch-judge").symlink_to(Path(sys.executable).with_name("torch-judge"))

    def graded(file: str, text: str) -> dict[str, Any]:
        submission.mkdir(exist_ok=True)
        for old in submission.iterdir():
            old.unlink()
        (submission / file).write_text(text, encoding="utf-8")
        (results / "results.json").unlink(missing_ok=True)
        subprocess.run(
            ["bash", str(source / "run_autograder")], env={**os.environ, "AUTOGRADER": str(tmp_path)}, check=True
        )
        return dict(json.loads((results / "results.json").read_text(encoding="utf-8")))

    softmax = BANK.get("softmax")
    right = graded("softmax.py", softmax.solution)
    assert right["score"] == 10 and right["tests"][0]["status"] == "passed"
    mistake = softmax.mistakes[0]
    wrong = graded("my answer.py", softmax.edited(*mistake.edits))
    assert wrong["score"] < 10 and mistake.message in wrong["tests"][0]["output"]
    assert graded("notes.txt", "nothing here")["score"] == 0
    (source / "assignment.toml").write_text("[points]\nno_such_problem = 1\n", encoding="utf-8")
    assert "no fault of yours" in graded("softmax.py", softmax.solution)["output"]
