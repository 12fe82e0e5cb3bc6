"""Questions of "what does this show?" from the example of a statement: each wrong option is what a mistake shows."""

from __future__ import annotations

import ast
import io
import random
import re
import tokenize
from collections.abc import Iterator

from torch_judge.errors import JudgeError
from torch_judge.study.asking import Choice, Question
from torch_judge.study.flaws import drillable
from torch_judge.study.markdown import block
from torch_judge.study.running import run
from torch_judge.verdict.known import Known

FEWEST, MOST = 2, 3
"""How many wrong outputs stand beside the right one."""
LONGEST = 400
TOO_NEAR = 0.05
"""Numbers that differ by less than this share of the larger cannot be told apart in the head."""

_NUMBER = re.compile(r"-?\d+\.?\d*(?:e[+-]?\d+)?")


def programs(known: Known) -> tuple[str, ...]:
    """The programs of the statement's example, without comments: each ends with a value that is shown."""
    found: list[str] = []
    section = known.problem.statement.partition("## Example")[2].partition("\n## ")[0]
    for source in re.findall(r"```python\n(.*?)```", section, flags=re.DOTALL):
        found += _programs(source)
    return tuple(found)


def question(known: Known, program: str, key: str, dice: random.Random) -> Question | None:
    """What a program prints with the reference, and with mistakes; None if that cannot be asked."""
    right = _output(program, known.problem.solution)
    if not right or len(right) > LONGEST or right != _output(program, known.problem.solution, seed=1):
        return None  # what chance decides cannot be known
    mistakes = list(drillable(known))
    dice.shuffle(mistakes)
    shown, choices = [right], [Choice(block(right, "text"), True, "That is what the solution gives.")]
    for mistake in mistakes:
        output = _output(program, known.problem.edited(*mistake.edits))
        if output and len(output) <= 2 * LONGEST and not any(alike(output, other) for other in shown):
            shown.append(output)
            choices.append(Choice(block(output, "text"), False, f"It would, with this mistake: {mistake.message}"))
        if len(choices) > MOST:
            break
    if len(choices) <= FEWEST:
        return None
    prompt = f"`{known.problem.entry}` does what the statement asks. What does this show?\n\n{block(program, 'python')}"
    return Question(key, f"{known.problem.title}: what is shown?", "predict", "intermediate", prompt, tuple(choices))


def alike(one: str, other: str) -> bool:
    """Whether two outputs look alike: the same words and numbers that are near."""
    if _NUMBER.sub("#", one).split() != _NUMBER.sub("#", other).split():
        return False
    numbers = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True)
    pairs = [(float(a), float(b)) for a, b in numbers]
    return all(abs(a - b) <= TOO_NEAR * max(abs(a), abs(b)) for a, b in pairs)


def _output(program: str, source: str, seed: int = 0) -> str:
    """What is shown; "" if anything raises."""
    try:
        ran = run(program, source, seed)
    except Exception:  # a mistake may keep the definition itself from running
        return ""
    return "" if ran.error else ran.output.rstrip()


def _programs(source: str) -> Iterator[str]:
    try:
        body = ast.parse(source).body
        bare = _without_comments(source).splitlines()
    except (SyntaxError, tokenize.TokenError, JudgeError):
        return
    for at, statement in enumerate(body):
        if isinstance(statement, ast.Expr):
            kept = [one for one in body[:at] if not _only_looks(one)] + [statement]
            lines = [line.rstrip() for one in kept for line in bare[one.lineno - 1 : one.end_lineno]]
            yield "\n".join(filter(None, lines))


def _only_looks(statement: ast.stmt) -> bool:
    """Whether a statement shows something and does nothing."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, (ast.Name, ast.Attribute))


def _without_comments(source: str) -> str:
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    return "\n".join(lines)
