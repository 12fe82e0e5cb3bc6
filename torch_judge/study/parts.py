"""The audit of a lesson's other parts: what a trace says holds, and every answer of explain.md is read right."""

from __future__ import annotations

from collections.abc import Iterator

from torch_judge.bank.lessons import Lesson
from torch_judge.errors import JudgeError
from torch_judge.study.explain import prompts_of
from torch_judge.study.prompts import Answer, Prompt
from torch_judge.study.trace import traced

ANSWERS = 8  # a prompt needs at least so many, half of them written after its ways were finished
NOTHING = frozenset[int]()


def trace_faults(lesson: Lesson) -> Iterator[str]:
    """Runs the trace twice: every sentence holds, and the numbers are the same."""
    if not lesson.has("trace.py"):
        return
    path = lesson.folder / "trace.py"
    try:
        first, second = traced(lesson), traced(lesson)
    except JudgeError as error:
        yield str(error)
        return
    yield from (f"{path}: this does not hold: {sentence}" for sentence in first.unfounded)
    if repr(first) != repr(second):  # a loss that is NaN equals itself here
        yield f"{path}: a second run gives other numbers."


def explain_faults(lesson: Lesson) -> Iterator[str]:
    """Reads every answer; each concept is shown by some answer, and a copied question shows nothing."""
    if not lesson.has("explain.md"):
        return
    path = lesson.folder / "explain.md"
    try:
        found = prompts_of(lesson)
    except JudgeError as error:
        yield str(error)
        return
    for prompt in found:
        yield from (f"{path}:{answer.line}: {fact}" for answer in prompt.answers for fact in _misread(prompt, answer))
        yield from (f"{path}: `{prompt.question}` {fact}" for fact in _untested(prompt))


def _misread(prompt: Prompt, answer: Answer) -> Iterator[str]:
    shown = prompt.read(answer.text)
    for number, one in enumerate(shown, start=1):
        if one.ticked != (number in answer.shows):
            said = (
                f"by {', '.join(one.by)}" if one.ticked else f"against {', '.join(one.against)}" if one.against else ""
            )
            yield f"`{one.concept.name}` is {'ticked' if one.ticked else 'missed'} {said}".rstrip() + "."


def _untested(prompt: Prompt) -> Iterator[str]:
    """What the answers leave open."""
    answers = prompt.answers
    if len(answers) < ANSWERS:
        yield f"has {len(answers)} answers; write at least {ANSWERS}."
    if 2 * sum(answer.later for answer in answers) < len(answers):
        yield "needs as many answers that were written later as others."
    if sum(answer.shows == NOTHING for answer in answers) < 3:
        yield "needs at least three answers that show nothing: off topic, contradicting, the copied question."
    for number, concept in enumerate(prompt.concepts, start=1):
        if not any(number in answer.shows for answer in answers):
            yield f"has no answer that shows `{concept.name}`."
    for copied in (prompt.question, prompt.question.rstrip("?"), prompt.name):
        if any(one.ticked for one in prompt.read(copied)):
            yield f"is answered by its own words: {copied!r}."
