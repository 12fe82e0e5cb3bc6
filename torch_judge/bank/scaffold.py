"""Begins a new problem: a small exercise that works, to be replaced piece by piece."""

from __future__ import annotations

import keyword
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from string import Template

from torch_judge.errors import JudgeError

PLACEHOLDER = "[write: "
"""How a text begins that the author must replace; the audit refuses it."""

FILES = {
    "problem.toml": """\
number = $number
title = "$title"
difficulty = "Easy" # Easy, Medium or Hard
topic = "Fundamentals"
entry = "$id" # the function or class that the learner defines
forbidden = ["rms_norm"] # concepts of torch_judge/guard/concepts.py
hints = [
    "A nudge: what does the mean square of one row tell you about its scale?",
    "The approach: the mean of the squares over the last dimension, then a root, then a division.",
    "Nearly the answer: keep the reduced dimension so that it broadcasts, and add `eps` inside the root.",
]

# A mistake is an edit of solution.py (the old text occurs there exactly once) and what a teacher would say.
[[mistakes]]
id = "sum_for_mean"
message = "You summed the squares. A root mean square divides the sum by the length of the row."
edits = [["x.square().mean(", "x.square().sum("]]

[[mistakes]]
id = "whole_tensor"
message = "You took one mean over the whole tensor. Each row has its own: reduce the last dimension only."
edits = [["x.square().mean(dim=-1, keepdim=True)", "x.square().mean()"]]

[[mistakes]]
id = "eps_outside"
message = "You added `eps` to the root. It belongs inside, to the mean square."
edits = [["torch.sqrt(mean_square + eps)", "(torch.sqrt(mean_square) + eps)"]]

# A reading is another interpretation that the statement allows: `[[readings]]` with id, note and edits.
""",
    "statement.md": """\
## Why and what

[write: why somebody would need this, in two sentences]

[write: what it computes, around the formula]


$$$$\\text{$word}(x)_i = \\frac{x_i}{\\sqrt{\\frac{1}{D} \\sum_j x_j^2 + \\epsilon}}$$$$

## Signature

```python
def $id(x: torch.Tensor, eps: float = 1e-6) -> torch.Tensor
```

- `x`: float32, shape `(..., D)`.
- `eps`: added to the mean square, inside the root.
- Returns a new tensor with the shape and dtype of `x`.

## Rules

- Do not use `torch.nn.functional.rms_norm` or `torch.nn.RMSNorm`.
- Gradients must reach `x`.
- Do not change `x`.

## Example

```python
>>> $id(torch.tensor([[3.0, 4.0]]))
tensor([[0.8485, 1.1314]])
```

## Where it is used

[write: the models or papers in which the learner will meet it again]
""",
    "starter.py": """\
import torch


def $id(x: torch.Tensor, eps: float = 1e-6) -> torch.Tensor:
    raise NotImplementedError  # your code


# %%
# Try it here; this cell is not judged.
print($id(torch.tensor([[3.0, 4.0]])))
""",
    "solution.py": '''\
import torch


def $id(x: torch.Tensor, eps: float = 1e-6) -> torch.Tensor:
    """Scale each row of ``x`` to a root mean square of 1."""
    mean_square = x.square().mean(dim=-1, keepdim=True)
    return x / torch.sqrt(mean_square + eps)
''',
    "notes.md": """\
[write: why the solution works, in the order of its lines, and what a reader should take away]

## Common mistakes

- Adding `eps` outside the root: for rows near zero the result is another.
""",
    "variants.py": '''\
"""Right work in other styles (`@accepted`, at least five), and mistakes that are no edit of it (`@mistake`)."""

import torch

from torch_judge.authoring import accepted, mistake


@accepted
def with_a_power(x, eps=1e-6):
    return x * torch.pow((x * x).mean(-1, keepdim=True) + eps, -0.5)


@accepted
def by_the_norm(x, eps=1e-6):
    mean_square = torch.linalg.vector_norm(x, dim=-1, keepdim=True) ** 2 / x.shape[-1]
    return x / (mean_square + eps).sqrt()


@mistake("You divided by the standard deviation. A root mean square does not subtract the mean.")
def standard_deviation(x, eps=1e-6):
    return x / torch.sqrt(x.var(dim=-1, keepdim=True, unbiased=False) + eps)
''',
    "cases.py": '''\
"""The hidden cases. Each uses a candidate (``solve``) and returns what it observed; the reference is the oracle.

Draw all inputs from ``draw``, each by a name of its own, awkward on purpose: sizes that differ, a mean other than zero.
Where a case needs no tensor, draw its sizes and numbers (`integer`, `number`, `choice`).
"""

from torch_judge.authoring import case


@case("rows of a matrix", kind="values")
def rows(solve, draw):
    x = draw.randn("x", 3, 5, mean=1.0, std=2.0)
    return {"output": solve(x)}


@case("more leading dimensions, non-contiguous", kind="interface")
def leading_dimensions(solve, draw):
    x = draw.randn("x", 2, 3, 7, mean=-1.0, strided=True)
    return {"output": solve(x)}


@case("eps decides for rows near zero", kind="numerics")
def near_zero(solve, draw):
    x = draw.randn("x", 4, 6, std=1e-3)
    return {"default": solve(x), "large": solve(x, eps=1.5)}


@case("gradients reach x", kind="gradients")
def gradients(solve, draw):
    x = draw.randn("x", 3, 5, mean=1.0, grad=True)
    return draw.gradients(solve(x), x=x)
''',
}


def create(root: Path, id: str, taken: Collection[int] = ()) -> Path:
    """Write the folder of a new problem into ``root``, with a number that is free there and not ``taken``.

    Raises JudgeError if the name is bad or taken.
    """
    title = id.replace("_", " ").capitalize()
    number = max([0, *_numbers(root), *taken]) + 1
    return begin(root, id, "problem", FILES, id=id, title=title, word=title.replace(" ", "\\ "), number=str(number))


def begin(root: Path, name: str, what: str, files: Mapping[str, str], **values: str) -> Path:
    """Write a new folder ``name`` into ``root``, its ``files`` filled with ``values``; ``what`` is what it will be.

    Raises JudgeError if the name is bad or taken.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        fact = f"`{name}` is no name for a {what}."
        raise JudgeError(fact, "Use lower-case letters, digits and `_`, e.g. `layer_norm`.")
    folder = root / name
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise JudgeError(f"`{folder}` exists already; it was left as it is.", "Choose another name.") from None
    except OSError as error:
        remedy = "Name another folder of problems with `--problems`."
        raise JudgeError(f"`{folder}` cannot be made: {error.strerror}.", remedy) from None
    for file, text in files.items():
        (folder / file).write_text(Template(text).substitute(values), encoding="utf-8")
    return folder


def _numbers(root: Path) -> Iterator[int]:
    """The numbers of the problems in ``root``; a record that cannot be read has none."""
    for record in root.glob("*/problem.toml"):
        try:
            number = tomllib.loads(record.read_text(encoding="utf-8")).get("number")
        except (OSError, ValueError):
            continue
        if isinstance(number, int):
            yield number
