"""A drill: the reference of a problem with one of its known mistakes. Which line? What is wrong? Then the evidence.

Nothing is written for it: lines, sentences and evidence come from the mistakes and the cases of the problem.
"""

from __future__ import annotations

import random
import textwrap
from datetime import UTC, datetime

from torch_judge.bank import Problem
from torch_judge.errors import JudgeError
from torch_judge.learner.progress import DRILL, Store
from torch_judge.report import CaseResult, Report
from torch_judge.show.terminal import rendered
from torch_judge.show.text import print_failures
from torch_judge.show.words import View
from torch_judge.study import flaws, printing
from torch_judge.study.asking import Choice, Evidence, Question
from torch_judge.study.markdown import block
from torch_judge.study.record import last_answered
from torch_judge.verdict.known import Known, KnownMistake

LINE, WHAT, PRINT = "line", "what", "print"
WIDTH = 76
NEVER = datetime.min.replace(tzinfo=UTC)


def refuse_unseen(problem: Problem, store: Store) -> None:
    """Raise JudgeError unless the solution is known to the learner: a drill shows nearly all of it."""
    done = store.summary(problem.id)
    if done.state != "solved" and not done.peeked:
        raise JudgeError(
            f"A drill shows the solution of `{problem.id}` with a mistake in it.",
            f'Solve the problem first, or look at its solution: `solution("{problem.id}")`. '
            f'`drill("{problem.id}", unlock=True)` opens it at once.',
        )


def names(known: Known) -> tuple[str, ...]:
    """What a problem can be drilled in: the ids of its mistakes, and `print:1`, … for the programs of its example."""
    prints = (f"{PRINT}:{number}" for number, _ in enumerate(printing.programs(known), start=1))
    return (*(mistake.id for mistake in flaws.drillable(known)), *prints)


def next_drill(known: Known, store: Store, seed: int) -> tuple[Question, ...]:
    """The drill that was seen longest ago, of those never seen one drawn by ``seed``."""
    order = list(names(known))
    random.Random(f"{known.problem.id}/{seed}").shuffle(order)
    keys = {name: [key(known.problem, name, part) for part in (WHAT, PRINT)] for name in order}
    last = last_answered((key for both in keys.values() for key in both), store)
    order.sort(key=lambda name: max(last.get(key, NEVER) for key in keys[name]))
    for name in order:
        if questions := drill(known, name, seed):
            return questions
    raise JudgeError(f"`{known.problem.id}` has no drills.", "Its mistakes cannot be told apart by a question.")


def drill(known: Known, name: str, seed: int) -> tuple[Question, ...]:
    """One drill's questions; empty if there is nothing to ask, or no such drill (any more)."""
    dice = random.Random(f"{known.problem.id}/{name}/{seed}")
    part, _, number = name.partition(":")
    if part == PRINT:
        found = _printed(known, int(number), dice)
        return (found,) if found else ()
    mistake = next((mistake for mistake in flaws.drillable(known) if mistake.id == name), None)
    others = flaws.distractors(known, mistake, dice) if mistake else ()
    if mistake is None or len(others) < flaws.BESIDE:
        return ()
    line = _which_line(known, mistake, dice)
    return (*([line] if line else []), _what(known, mistake, others))


def of_key(known: Known, key: str, seed: int) -> tuple[Question, ...]:
    """The drill to which a question's key belongs."""
    return drill(known, key.split("/", 2)[2].removesuffix(f".{LINE}").removesuffix(f".{WHAT}"), seed)


def key(problem: Problem, name: str, part: str) -> str:
    """The name under which the answers to one question of a drill are kept."""
    return DRILL.format(problem.id) + (name if part == PRINT else f"{name}.{part}")


def _printed(known: Known, number: int, dice: random.Random) -> Question | None:
    programs = printing.programs(known)
    if number > len(programs):
        return None
    return printing.question(known, programs[number - 1], key(known.problem, f"{PRINT}:{number}", PRINT), dice)


def _which_line(known: Known, mistake: KnownMistake, dice: random.Random) -> Question | None:
    flawed = flaws.flawed(known, mistake)
    elsewhere = [flaws.flawed(known, other) for other in flaws.drillable(known)]
    likely = frozenset(other.right[n].strip() for other in elsewhere for n in other.places)
    asked = flawed.asked(likely, dice)
    if asked is None:
        return None
    text = {n: f"line {n}: `{flawed.wrong[n - 1].strip()}`" for n in asked.lines}
    right, *others = asked.lines
    ask = "Which of these lines is changed or added?"
    if asked.missing:
        ask = "Something is missing. Behind which of these lines?"
    found = "Behind it something is left out." if asked.missing else "It is not a line of the solution."
    beside = "Nothing is missing behind it." if asked.missing else "It stands in the solution just so."
    choices = [Choice(text[right], True, found), *(Choice(text[n], False, beside) for n in others)]
    return _question(known, key(known.problem, mistake.id, LINE), "which line?", "line", mistake, ask, choices)


def _what(known: Known, mistake: KnownMistake, others: tuple[KnownMistake, ...]) -> Question:
    result = flaws.evidence(known, mistake)
    choices = [Choice(mistake.message, True, _instead(known, mistake), _evidence(known, result))]
    choices += [Choice(other.message, False, _not_so(known, mistake, other)) for other in others]
    ask = "What is wrong with it?"
    return _question(known, key(known.problem, mistake.id, WHAT), "what is wrong?", "concept", mistake, ask, choices)


def _question(
    known: Known, key: str, title: str, kind: str, mistake: KnownMistake, ask: str, choices: list[Choice]
) -> Question:
    problem = known.problem
    code = block(flaws.flawed(known, mistake).numbered(), "python")
    prompt = f"This is the solution of `{problem.id}` with one mistake in it. {ask}\n\n{code}"
    return Question(key, f"{problem.title}: {title}", kind, "intermediate", prompt, tuple(choices))


def _evidence(known: Known, result: CaseResult) -> Evidence:
    """The case that fails, as a report has it, with its picture."""
    problem = known.problem
    number = next(n for n, case in enumerate(known.cases, start=1) if case.name == result.name)
    report = Report(problem.id, False, flaws.SEED, cases=(result,))
    view = View(report, problem.title, problem.entry, numbers={result.name: number}, unfold=True)
    text = rendered(lambda console: print_failures(console, view), WIDTH, False).strip("\n")
    heat = next((mismatch.heat for mismatch in result.mismatches if mismatch.heat), None)
    picture = ["", "Where it is off (`.` is right, 9 is farthest off):", *heat] if heat else []
    return Evidence(f'inputs = replay("{problem.id}", case={number})', "\n".join([text, *picture]))


def _instead(known: Known, mistake: KnownMistake) -> str:
    """What stands in the solution where the mistake was made."""
    flawed = flaws.flawed(known, mistake)
    lines = [line for _, first, last, _, _ in flawed.changes for line in flawed.right[first:last] if line.strip()]
    if not lines:
        return "The solution has nothing there."
    return f"The solution has:\n\n{block(textwrap.dedent(chr(10).join(lines)), 'python')}"


def _not_so(known: Known, mistake: KnownMistake, other: KnownMistake) -> str:
    """Why a sentence is not true of the code: what code with that mistake has wrong, and this code right."""
    point = flaws.apart(known, mistake, other)
    assert point is not None, "nothing confusable is a distractor"
    name, path = point
    if any(name == case for case, _ in flaws.points(known, mistake)) and path != "raises":
        return f"Not here. Code with that mistake has `{path}` wrong in the case “{name}”; this code has it right."
    return f"Not here. Code with that mistake fails the case “{name}”; this code passes it."
