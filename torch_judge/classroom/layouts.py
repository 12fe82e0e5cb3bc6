"""Who handed a file in, by where it lies: the lay-outs of Canvas, Moodle, Gradescope and nbgrader, folders, flat names.

Each reader looks at one file and says who, or that the lay-out is another one. The first that knows it wins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from torch_judge.classroom.unpack import Found
from torch_judge.errors import JudgeError

CANVAS = re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d+)_(?P<submission>\d+)_(?P<file>.+)")
MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_[a-z]+(_(?P<file>.*))?")
SUBMISSION = re.compile(r"submission_\d+")
AGAIN = re.compile(r"(?: *\((?P<paren>\d{1,3})\)|-(?P<dash>\d{1,2})|[ _-]copy)$")
LATE = re.compile(r"(?:^|[ _-])LATE(?:$|[ _-])")
TOPS = {"submissions", "submitted", "export", "handins", "hand-ins"}


@dataclass(frozen=True)
class Who:
    """Whose file it is, as its lay-out says; ``stem`` is what is left of its name, where the problem may stand."""

    layout: str
    student: str
    stem: str
    name: str = ""
    email: str = ""
    keys: tuple[str, ...] = ()
    problem: str = ""
    submitted: datetime | None = None
    late: bool = False
    attempt: int = 0


@dataclass(frozen=True)
class Source:
    """What readers know of a whole source: Gradescope's metadata, nbgrader's times, and problems by their names."""

    gradescope: Mapping[str, Any]
    times: Mapping[tuple[str, ...], datetime]
    problems: Mapping[str, str]
    names: re.Pattern[str] | None = None


Reader = Callable[[Found, Source], Who | None]


def who(found: Found, source: Source) -> Who | None:
    """Whose file it is; None if no lay-out knows."""
    readers: Iterable[Reader] = (
        (_by_names,) if source.names else (_gradescope, _nbgrader, _moodle, _canvas, _folder, _flat)
    )
    return next((w for reader in readers if (w := reader(found, source)) is not None), None)


def stripped(files: list[Found]) -> list[Found]:
    """The files without a folder around all of them that names no student."""
    while files and all(len(found.parts) > 1 for found in files) and len({found.parts[0] for found in files}) == 1:
        (top,) = {found.parts[0] for found in files}
        directly = any(len(found.parts) == 2 for found in files)
        if (directly and top.lower() not in TOPS and not _many_names(files)) or SUBMISSION.fullmatch(top):
            break
        if top.lower() == "submitted" and not directly:
            break  # nbgrader's
        files = [replace(found, parts=found.parts[1:]) for found in files]
    return files


def _many_names(files: list[Found]) -> bool:
    """Whether the names of files that lie directly in the folder are a system's, which name students themselves."""
    return any(CANVAS.fullmatch(f.parts[1]) or MOODLE.match(f.parts[1]) for f in files if len(f.parts) == 2)


def names_pattern(text: str) -> re.Pattern[str]:
    """The pattern of ``--names``; raises JudgeError if it is none or lacks the group `student`."""
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise JudgeError(f"`--names` is no regular expression: {error}.", "Mend it.") from None
    if "student" not in pattern.groupindex:
        remedy = (
            r"Write it with the groups student and, if it is there, problem: `(?P<student>[^/]+)/(?P<problem>\w+)`."
        )
        raise JudgeError("`--names` has no group `student`.", remedy)
    return pattern


def split_name(stem: str, problems: Mapping[str, str]) -> tuple[str, str]:
    """A file's stem as (problem's id, what is left): the longest name of a problem that stands in it as a word."""
    lowered = stem.lower()
    for name in sorted(problems, key=len, reverse=True):
        if match := re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", lowered):
            rest = f"{stem[: match.start()]} {stem[match.end() :]}"
            rest = re.sub(r"(?i)(?<![a-z0-9])(solution|template|answer|homework)(?![a-z0-9])", " ", rest)
            return problems[name], rest.strip(" _-.")
    return "", stem.strip(" _-.")


def _by_names(found: Found, source: Source) -> Who | None:
    assert source.names is not None
    match = source.names.search(found.place)
    if match is None or not match["student"]:
        return None
    named = match.groupdict().get("problem") or ""
    stem, attempt, late = _plain(found.parts[-1])
    problem = source.problems.get(named.lower(), named)
    return Who("--names", match["student"], stem, problem=problem, attempt=attempt, late=late)


def _gradescope(found: Found, source: Source) -> Who | None:
    place = next((i for i, part in enumerate(found.parts) if part in source.gradescope), None)
    if place is None:
        return None
    record = source.gradescope[found.parts[place]]
    people = record.get(":submitters") or [{}]
    first = people[0] if isinstance(people[0], dict) else {}
    name, email = str(first.get(":name") or ""), str(first.get(":email") or "")
    keys = tuple(str(k) for k in (first.get(":sid"), email) if k)
    stem, attempt, _ = _plain(found.parts[-1])
    submitted = _time(record.get(":created_at"))
    id = keys[0] if keys else name or found.parts[place]
    return Who("Gradescope", id, stem, name, email, keys, submitted=submitted, attempt=attempt)


def _nbgrader(found: Found, source: Source) -> Who | None:
    if "submitted" not in found.parts[:-3]:
        return None
    start = found.parts.index("submitted")
    student = found.parts[start + 1]
    stem, attempt, late = _plain(found.parts[-1])
    return Who("nbgrader", student, stem, submitted=source.times.get(found.parts[:-1]), attempt=attempt, late=late)


def _moodle(found: Found, source: Source) -> Who | None:
    for part in found.parts:
        if match := MOODLE.fullmatch(part):
            last = match["file"] if part == found.parts[-1] and match["file"] else found.parts[-1]
            stem, attempt, late = _plain(last)
            name = match["name"].strip()
            number = match["id"]
            if name.lower() in ("participant", "teilnehmer/in", "teilnehmer", "participante", "participant(e)"):
                name = f"{name} {number}"
            return Who("Moodle", name, stem, name, keys=(number,), attempt=attempt, late=late)
    return None


def _canvas(found: Found, source: Source) -> Who | None:
    match = CANVAS.fullmatch(found.parts[-1]) or (CANVAS.fullmatch(found.parts[0]) if len(found.parts) > 1 else None)
    if match is None:
        return None
    last = match["file"] if match.string == found.parts[-1] else found.parts[-1]
    stem, attempt, late = _plain(last)
    return Who(
        "Canvas",
        match["id"],
        stem,
        match["name"],
        keys=(match["id"],),
        late=late or bool(match["late"]),
        attempt=attempt,
    )


def _folder(found: Found, source: Source) -> Who | None:
    if len(found.parts) < 2:
        return None
    top = found.parts[0]
    stem, attempt, late = _plain(found.parts[-1])
    problem, rest = split_name(top, source.problems)
    if problem and not rest:  # a folder for each problem: the file names the student
        _, student = split_name(stem, source.problems)
        return (
            Who("folder per problem", student, stem, problem=problem, attempt=attempt, late=late) if student else None
        )
    folder, again, folder_late = _plain(f"{top}.")
    return Who("folder per student", folder, stem, attempt=attempt or again, late=late or folder_late)


def _flat(found: Found, source: Source) -> Who | None:
    stem, attempt, late = _plain(found.parts[-1])
    problem, student = split_name(stem, source.problems)
    return Who("flat names", student, stem, problem=problem, attempt=attempt, late=late) if student else None


def _plain(name: str) -> tuple[str, int, bool]:
    """A file's name without its ending, the sign of a resubmission and LATE: (stem, attempt, late)."""
    stem, attempt, late = name.rpartition(".")[0] or name, 0, False
    stem = stem.strip()
    while match := AGAIN.search(stem):
        attempt = max(attempt, int(match["paren"] or match["dash"] or 1))
        stem = stem[: match.start()]
    if match := LATE.search(stem):
        stem, late = (stem[: match.start()] + "_" + stem[match.end() :]).strip(" _-"), True
    return stem, attempt, late


def _time(value: object) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip().replace(" Z", "+00:00").replace(" UTC", "+00:00"))
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def time_of(text: str) -> datetime | None:
    """A time as nbgrader writes it ("2026-02-03 15:30:00 UTC"), or in ISO 8601; without a zone it is UTC."""
    return _time(text)


def gradescope_record(text: str, place: str) -> dict[str, Any]:
    """`submission_metadata.yml`: each submission's folder to what is known of it; raises JudgeError if it is none."""
    try:
        import yaml
    except ImportError:
        raise JudgeError(
            f"`{place}` is YAML, and the package `pyyaml` is not installed.",
            "Run `pip install 'torch-exercise-judge[class]'`.",
        ) from None
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise JudgeError(f"`{place}` cannot be read: {str(error).splitlines()[0]}.", "Export it again.") from None
    return {str(k): v for k, v in data.items() if isinstance(v, dict)} if isinstance(data, dict) else {}
