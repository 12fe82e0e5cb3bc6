"""What a question and the reply to an answer say, in Markdown: the same in a notebook and in a terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from torch_judge.show.words import counted
from torch_judge.study.asking import Asked, Evidence, Question, Reply
from torch_judge.study.markdown import block

if TYPE_CHECKING:
    from torch_judge.study.quiz import Quiz

ATTEMPTS = {1: "one attempt", 2: "two attempts"}


def about(question: Question) -> str:
    """The line below a title: kind, level, time and attempts."""
    parts = [question.kind, question.level]
    if question.seconds is not None:
        parts.append(clock(question.seconds))
    if question.attempts > 1:
        parts.append(ATTEMPTS[question.attempts])
    return " · ".join(parts)


def clock(seconds: float) -> str:
    """Seconds as minutes and seconds: 1:05."""
    minutes, rest = divmod(max(round(seconds), 0), 60)
    return f"{minutes}:{rest:02d}"


def verdict(reply: Reply, question: Question) -> str:
    """The first sentence of a reply, with its symbol."""
    if reply.counts:
        return "✓ Right."
    if reply.late:
        said = "Right, but too late" if reply.right else "Not right, and too late"
        return f"✗ {said}: {clock(question.seconds or 0)} were allowed."
    rest = " You have one more attempt." if reply.left else f" The right answer is {reply.key}."
    return f"✗ {reply.letter} is not right.{rest}"


def reply(reply: Reply, asked: Asked) -> str:
    """What follows the first sentence: the misconception, the evidence, and, at the end of the question, the way."""
    parts = [reply.why, evidence(reply.evidence)]
    if reply.over:
        parts += [_key(reply, asked), *_ending(asked.question)]
    elif asked.question.hint:
        parts.append(f"**Hint:** {asked.question.hint}")
    return "\n\n".join(filter(None, parts))


def evidence(seen: Evidence | None) -> str:
    """Code and what came of it."""
    if seen is None:
        return ""
    if "\n" not in seen.code and "\n" not in seen.output and len(seen.code) + len(seen.output) < 90:
        return f"`{seen.code}` gives `{seen.output}`"
    gives = f"gives\n\n{block(seen.output, 'text')}" if seen.output else "prints nothing."
    return f"{block(seen.code, 'python')}\n\n{gives}"


def _key(reply: Reply, asked: Asked) -> str:
    """Which option is right, and why; after a right answer that was said already."""
    if reply.right:
        return ""
    right = asked.question.right
    parts = [f"**The right answer is {reply.key}:**", right.text, right.why]
    if right.evidence != reply.evidence:
        parts.append(evidence(right.evidence))
    return "\n\n".join(filter(None, parts))


def _ending(question: Question) -> list[str]:
    parts = []
    if question.steps:
        listed = "\n".join(f"{number}. {step}" for number, step in enumerate(question.steps, start=1))
        parts.append(f"**Step by step**\n\n{listed}")
    if question.mistakes:
        parts.append("**Common mistakes**\n\n" + "\n".join(f"- {mistake}" for mistake in question.mistakes))
    if question.check:
        parts.append(f"**Run it yourself**\n\n{block(question.check, 'python')}")
    if question.source:
        parts.append(f"Source: {question.source}")
    return parts


def summary(quiz: Quiz) -> str:
    """How the quiz went, "" while it goes on."""
    if quiz.current:
        return ""
    total = len(quiz.asked)
    if quiz.right == total:
        return f"All {total} right. {quiz.praise}".strip() if total > 1 else quiz.praise
    missed = total - quiz.right
    return (
        f"{quiz.right} of {total} right. {counted(missed, 'question')} to look at again: `review()` brings them back."
    )


def plain(markdown: str) -> str:
    """The words of a text in one line, for a screen reader's name of a button."""
    return " ".join(re.sub(r"```\w*|[`*$]", " ", markdown).split())
