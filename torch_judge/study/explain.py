"""`explain("batchnorm", "…")`: which concepts a text shows, by which words, and which it lacks."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from torch_judge import show
from torch_judge.bank.lessons import Lesson
from torch_judge.errors import JudgeError
from torch_judge.show.page import esc, prose, tag, wrapped
from torch_judge.show.terminal import BAD, DIM, GOOD, indented, message, plain, put
from torch_judge.study.lessons import lessons
from torch_judge.study.prompts import Prompt, prompts
from torch_judge.study.session import told
from torch_judge.study.terminal import as_text
from torch_judge.study.wording import Shown

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

LONGEST = 5000
LIMITS = "Words are compared, not understood. A right thought in unusual words may be missed: say it more plainly."


@dataclass(frozen=True)
class Explained:
    """What a text shows of a prompt's concepts, in their order."""

    lesson: Lesson
    prompt: Prompt
    shown: tuple[Shown, ...]

    @property
    def score(self) -> int:
        """How many concepts the text shows."""
        return sum(one.ticked for one in self.shown)

    @property
    def verdict(self) -> str:
        """k of n, and for what."""
        return f"{self.score} of {len(self.shown)}: {self.prompt.question}"


def explain(topic: str, text: str = "", prompt: str | int = 1) -> None:
    """Show which concepts an explanation in your own words has, and which it lacks; without a text, what to explain.

    Parameters
    ----------
    topic: a lesson's topic, e.g. "batchnorm".
    text: your explanation: some sentences in plain English.
    prompt: which of the topic's prompts you answer: its number or its name.
    """

    def tell() -> None:
        lesson = lessons().get(topic)
        if text.strip():
            found = explained(lesson, text, prompt)
            show.publish(as_text(explained_text(found)), lambda: explained_html(found))
        else:
            show.show_message(*listed(lesson, f'explain("{lesson.topic}", "…", prompt={{}})'))

    told(tell)


def explained(lesson: Lesson, text: str, prompt: str | int = 1) -> Explained:
    """Read a text as the answer to one of a lesson's prompts (a number from 1, or a name).

    Raises JudgeError for an unknown prompt and for a text that is too long.
    """
    if len(text) > LONGEST:
        raise JudgeError(f"The text has {len(text):,} characters.", f"Explain it in at most {LONGEST:,}.")
    found = chosen(lesson, prompt)
    return Explained(lesson, found, found.read(text))


def prompts_of(lesson: Lesson) -> tuple[Prompt, ...]:
    """What a lesson asks to explain; raises JudgeError if nothing, ProblemError if its file cannot be read."""
    if not lesson.has("explain.md"):
        raise JudgeError(f"The lesson `{lesson.topic}` asks for no explanation.", f"See `lesson({lesson.topic!r})`.")
    return _prompts_in(lesson.text("explain.md"), str(lesson.folder / "explain.md"))


@lru_cache(maxsize=16)
def _prompts_in(source: str, where: str) -> tuple[Prompt, ...]:
    return prompts(source, where)


def chosen(lesson: Lesson, prompt: str | int) -> Prompt:
    """The prompt with this number or name; raises JudgeError with what there is."""
    found = prompts_of(lesson)
    name = str(prompt).strip().lower()
    if name.isdecimal() and 1 <= int(name) <= len(found):
        return found[int(name) - 1]
    names = [one.name for one in found]
    if name in names:
        return found[names.index(name)]
    near = difflib.get_close_matches(name[:60], names, n=1)
    offered = ", ".join(f"{n} or `{one}`" for n, one in enumerate(names, start=1))
    remedy = f"Did you mean `{near[0]}`?" if near else f"There is {offered}."
    raise JudgeError(f"The lesson `{lesson.topic}` has no prompt `{name[:60]}`.", remedy)


def listed(lesson: Lesson, call: str) -> tuple[str, str]:
    """The prompts as a message, and what to type; ``call`` has `{}` where the prompt's number goes."""
    found = prompts_of(lesson)
    asked = "".join(f"\n{n}. {one.question} ({len(one.concepts)} concepts)" for n, one in enumerate(found, start=1))
    calls = " or ".join(f"`{call.format(n)}`" for n in range(1, len(found) + 1))
    return f"Explain in your own words:{asked}", f"\nType your text in {calls}."


def explained_text(found: Explained) -> Callable[[Console], None]:
    """Writes the result on a console."""

    def write(console: Console) -> None:
        for line in _lines(found):
            put(console, line)

    return write


def _lines(found: Explained) -> Iterator[RenderableType]:
    yield plain(found.verdict, "bold")
    for one in found.shown:
        mark = plain("✓ ", GOOD) if one.ticked else plain("✗ ", BAD)
        yield indented(mark.append(one.concept.name, "default bold").append(f"  {by(one)}", f"default not bold {DIM}"))
        if not one.ticked:
            yield indented(message(one.concept.sentence), 4)
    if found.score < len(found.shown):
        yield plain(LIMITS, DIM)


def explained_html(found: Explained) -> str:
    """The result as one HTML element."""
    items = []
    for one in found.shown:
        mark = tag("span", "✓ shown: " if one.ticked else "✗ lacking: ", class_="tj-good" if one.ticked else "tj-bad")
        said = tag("span", f" {esc(by(one))}", class_="tj-soft")
        more = "" if one.ticked else tag("div", prose(one.concept.sentence), class_="tj-inside")
        items.append(tag("li", mark, tag("strong", esc(one.concept.name)), said, more))
    rest = tag("p", esc(LIMITS), class_="tj-soft") if found.score < len(found.shown) else ""
    return wrapped("Your explanation", tag("p", esc(found.verdict), class_="tj-verdict"), tag("ul", *items), rest)


def by(one: Shown) -> str:
    """The words that show a concept, or that say the opposite of it."""
    if one.against:
        return f"your text says the opposite: {_quoted(one.against)}"
    return f"by {_quoted(one.by)}" if one.by else ""


def _quoted(words: tuple[str, ...]) -> str:
    return f"“{' … '.join(words)}”"
