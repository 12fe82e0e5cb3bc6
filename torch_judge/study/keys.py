"""Computes a question's key: edits are run, claims evaluated, outcomes compared with what the run did."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from torch_judge.errors import ProblemError
from torch_judge.study.asking import Choice, Evidence, Question
from torch_judge.study.drafts import Draft
from torch_judge.study.markdown import block, fault
from torch_judge.study.options import Option, edited, edits_of
from torch_judge.study.running import Ran, run, value_of

LONGEST_OUTPUT = 2000


def question(draft: Draft, seed: int = 0, *, told: bool = True) -> Question:
    """The question with its key, computed at a seed; raises ProblemError unless exactly one option is right.

    ``told`` False: without the sides of comparisons, which cost as much as the key itself.
    """
    choices = _choices(draft, seed, told)
    if (count := sum(choice.right for choice in choices)) != 1:
        fact = "no option is right" if not count else f"{count} options are right"
        fault(draft.path, draft.line, f"{fact} in `{draft.title}`.", "Exactly one must be.")
    texts = [choice.text for choice in choices]
    if len(set(texts)) < len(texts):
        same = next(text for text in texts if texts.count(text) > 1)
        fault(draft.path, draft.line, f"two options of `{draft.title}` look alike: {same!r}.", "Change one of them.")
    return Question(
        key=draft.key,
        title=draft.title,
        kind=draft.kind,
        level=draft.level,
        prompt=draft.prompt,
        choices=choices,
        hint=draft.fields.get("hint", "").strip(),
        steps=draft.listed("steps"),
        check=_to_run(draft) if draft.check else "",
        mistakes=draft.listed("mistakes"),
        source=draft.fields.get("source", "").strip(),
        seconds=draft.seconds,
        attempts=draft.attempts,
        path=draft.path,
        line=draft.line,
    )


def _choices(draft: Draft, seed: int, told: bool) -> tuple[Choice, ...]:
    try:
        if draft.sort == "edit":
            return _by_edits(draft, seed)
        shown = run(draft.shown, draft.setup, seed)
        return tuple(_judged(draft, item, shown, seed, told) for item in draft.options)
    except ProblemError:
        raise
    except Exception as error:
        fault(draft.path, draft.line, f"`{draft.title}`: {type(error).__name__}: {error}", "Mend its code.")


def _by_edits(draft: Draft, seed: int) -> tuple[Choice, ...]:
    """The output of the shown code is the key, that of each edited one a distractor."""
    right = run(draft.shown, draft.setup, seed)
    choices = [Choice(_printed(right), True, draft.fields.get("why", "").strip(), _evidence(draft.shown, right))]
    for item in draft.options:
        code = edited(draft.shown, item.edits, draft.path, item.line)
        ran = run(code, draft.setup, seed)
        choices.append(Choice(_printed(ran), False, item.why, _evidence(code, ran)))
    return tuple(choices)


def _judged(draft: Draft, item: Option, shown: Ran, seed: int, told: bool) -> Choice:
    if item.sort == "typed":
        return Choice(item.text, item.right, item.why or _why(draft, item.right))
    if item.sort == "claim":
        if shown.error is not None:
            raise shown.error
        value = value_of(item.code, draft.setup, draft.shown, seed)
        if not isinstance(value, bool):
            fault(draft.path, item.line, f"`{item.code}` is {value!r}, neither True nor False.", "Write a comparison.")
        said = _claimed(item.code, value, draft, seed) if told else str(value)
        evidence = Evidence(_explained(item.code, draft), said)
        return Choice(item.text or f"`{item.code}`", value, item.why or _why(draft, value), evidence)
    kind, *_ = item.code.split()
    right = JUDGES[kind](item.outcome[1] if item.outcome.groups() else "", item.outcome, shown, draft)
    text = item.text or WORDS[kind](item.outcome, draft)
    # What the run did is the key itself: a distractor must not show it while there is an attempt left.
    seen = _seen(kind, item, shown, draft) if right or kind == "order" else None
    return Choice(text, right, item.why or _why(draft, right), seen)


def _seen(kind: str, item: Option, shown: Ran, draft: Draft) -> Evidence | None:
    """What the run did, as far as the outcome speaks of it."""
    if kind == "order":
        code = f"{_ordered(item.outcome[1], draft)}\n{draft.check}"
        return _evidence(code, run(code, draft.setup))
    if kind in ("shape", "dtype") and shown.error is None:
        return Evidence(draft.shown, str(tuple(shown.value.shape) if kind == "shape" else shown.value.dtype))
    return _evidence(draft.shown, shown)


def _to_run(draft: Draft) -> str:
    """`check:` below the code that it is about, mended or put in order; below nothing if that code raises."""
    shown = draft.shown
    if "mend" in draft.fields:
        shown = edited(shown, edits_of(draft.fields["mend"], draft.path, draft.line), draft.path, draft.line)
    elif orders := [item.outcome[1] for item in draft.options if item.code.startswith("order ")]:
        shown = next(_ordered(order, draft) for order in orders if _order(order, None, Ran(""), draft))
    elif run(shown, draft.setup).error:
        shown = ""
    return _explained("\n".join(filter(None, (shown, draft.check))), draft)


def _explained(code: str, draft: Draft) -> str:
    """Code below the helpers of `setup` that it calls, so that a learner sees what they do."""
    kept: list[str] = []
    named = _names(ast.parse(code))
    for statement in reversed(ast.parse(draft.setup).body):  # what a helper calls stands above it
        made = {statement.name} if isinstance(statement, ast.FunctionDef) else _names(statement, ast.Store)
        if made & named:
            named |= _names(statement)
            kept.append(ast.get_source_segment(draft.setup, statement) or "")
    return "\n\n".join([*reversed(kept), code])


def _names(tree: ast.AST, use: type[ast.expr_context] = ast.Load) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, use)}


def _why(draft: Draft, right: bool) -> str:
    return draft.fields.get("why", "").strip() if right else ""


def _printed(ran: Ran) -> str:
    return block(ran.shown[:LONGEST_OUTPUT], "text") if ran.shown else "It prints nothing."


def _evidence(code: str, ran: Ran) -> Evidence | None:
    return Evidence(code, ran.shown[:LONGEST_OUTPUT]) if code else None


def _claimed(claim: str, value: bool, draft: Draft, seed: int) -> str:
    """A claim's value and, of a comparison, both sides: "False: 0.91 < 0.34"."""
    tree = ast.parse(claim, mode="eval").body
    if not isinstance(tree, ast.Compare) or len(tree.ops) != 1:
        return str(value)
    sides = [_side(ast.unparse(part), draft, seed) for part in (tree.left, tree.comparators[0])]
    if any("\n" in side or len(side) > 60 for side in sides):
        return str(value)
    sign = ast.unparse(ast.Compare(ast.Name("l"), tree.ops, [ast.Name("r")]))[1:-1].strip()
    return f"{value}: {sides[0]} {sign} {sides[1]}"


def _side(expression: str, draft: Draft, seed: int) -> str:
    value = value_of(expression, draft.setup, draft.shown, seed)
    return f"{value:.4g}" if isinstance(value, float) else repr(value)


def _raises(name: str, match: Any, shown: Ran, draft: Draft) -> bool:
    error = shown.error
    return error is not None and type(error).__name__ == name and (match[2] or "") in str(error)


def _shape(text: str, match: Any, shown: Ran, draft: Draft) -> bool:
    return shown.error is None and tuple(shown.value.shape) == ast.literal_eval(text)


def _value(text: str, match: Any, shown: Ran, draft: Draft) -> bool:
    return shown.error is None and repr(shown.value) == text.strip()


def _line(text: str, match: Any, shown: Ran, draft: Draft) -> bool:
    """The line that raises; with `mend:`, the one whose change lets `check:` pass, which before it does not."""
    if "mend" not in draft.fields:
        return shown.line == int(text)
    mended = edits_of(draft.fields["mend"], draft.path, draft.line)
    code = edited(draft.shown, mended, draft.path, draft.line)
    if run(f"{draft.shown}\n{draft.check}", draft.setup).error is None:
        fault(draft.path, draft.line, "`check:` passes without `mend:`.", "Make it fail for the code as shown.")
    if error := run(f"{code}\n{draft.check}", draft.setup).error:
        fault(draft.path, draft.line, f"`check:` fails after `mend:`: {error!r}.", "Mend the edit or the check.")
    changed = [
        n for n, (a, b) in enumerate(zip(draft.shown.splitlines(), code.splitlines(), strict=False), 1) if a != b
    ]
    return changed[:1] == [int(text)]


def _order(text: str, match: Any, shown: Ran, draft: Draft) -> bool:
    return run(f"{_ordered(text, draft)}\n{draft.check}", draft.setup).error is None


def _ordered(numbers: str, draft: Draft) -> str:
    lines = draft.shown.splitlines()
    wanted = [int(number) for number in numbers.split()]
    if sorted(wanted) != list(range(1, len(lines) + 1)):
        fault(draft.path, draft.line, f"`order {numbers}` does not name each of the {len(lines)} lines once.")
    return "\n".join(lines[number - 1] for number in wanted)


def _numbered_line(match: Any, draft: Draft) -> str:
    lines = draft.shown.splitlines()
    number = int(match[1])
    if not 1 <= number <= len(lines):
        fault(draft.path, draft.line, f"there is no line {number}.", f"The shown code has {len(lines)}.")
    return f"Line {number}: `{lines[number - 1].strip()}`"


JUDGES: dict[str, Callable[[str, Any, Ran, Draft], bool]] = {
    "raises": _raises,
    "runs": lambda text, match, shown, draft: shown.error is None,
    "shape": _shape,
    "dtype": lambda text, match, shown, draft: shown.error is None and str(shown.value.dtype) == f"torch.{text}",
    "value": _value,
    "prints": lambda text, match, shown, draft: shown.error is None and shown.output == text.strip(),
    "line": _line,
    "order": _order,
}
WORDS: dict[str, Callable[[Any, Draft], str]] = {
    "raises": lambda match, draft: f"`{match[1]}: {match[2]}`" if match[2] else f"It raises `{match[1]}`.",
    "runs": lambda match, draft: "It runs without an error.",
    "shape": lambda match, draft: f"`{match[1]}`",
    "dtype": lambda match, draft: f"`torch.{match[1]}`",
    "value": lambda match, draft: f"`{match[1]}`",
    "prints": lambda match, draft: block(match[1], "text"),
    "line": _numbered_line,
    "order": lambda match, draft: block(_ordered(match[1], draft), "python"),
}
