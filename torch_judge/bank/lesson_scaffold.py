"""Begins a new lesson: a small one that proves itself, to be replaced piece by piece."""

from __future__ import annotations

from pathlib import Path

from torch_judge.bank.scaffold import begin

FILES = {
    "lesson.md": """\
---
title: $title
problems:
---
[write: what it does and why somebody needs it, in three short sentences]

```python setup
def after(layer, value):
    return layer(torch.tensor(value)).item()
```

## What it does

[write: one idea a section, a block that shows it, and what to notice]

```python show
x = torch.tensor([-1.0, 0.0, 2.0])
print(nn.ReLU()(x))
```

## What breaks

```python raises
nn.ReLU()("text")
```

## Compared with its neighbour

| | ReLU | SiLU |
| --- | --- | --- |
| below zero | always 0 `claim: after(nn.ReLU(), -1.0) == 0` | less `claim: after(nn.SiLU(), -1.0) < 0` |
""",
    "cards.md": """\
## What does `nn.ReLU` do to a negative number?

[write: one idea a card]

It becomes 0.

```python show
print(nn.ReLU()(torch.tensor(-3.0)))
```
""",
    "questions.md": """\
```python setup
def after(layer, value):
    return layer(torch.tensor(value)).item()
```

# Quick

## Below zero
concept · easy

[write: what does `nn.ReLU` make of a negative number?]

- Zero, whatever the number is.
  `after(nn.ReLU(), -3.0) == 0`
- The same number without its sign.
  `after(nn.ReLU(), -3.0) == 3.0` That is `abs`.
- A small negative number, here a hundredth.
  `after(nn.ReLU(), -3.0) == -0.03` That is `nn.LeakyReLU`.
why: Everything below zero is cut off.

# Practice

## Three numbers
predict · easy

What does this print?

```python show
x = torch.tensor([-1.0, 0.0, 2.0])
print(F.relu(x))
```

- `F.relu(x)` → `x.abs()` : That takes the sign away; ReLU cuts off.
- `F.relu(x)` → `x` : The layer is not the identity: look at the first number.
hint: Which of the numbers lie below zero?
why: The number below zero became 0; the others stay.
steps:
1. Look for what lies below zero.
2. Put 0 in its place and leave the others.
check:
```python
print(F.relu(torch.tensor([-1.0, 0.0, 2.0])))
```

# Challenge

## Not a tensor
error · easy · 1:00

What happens?

```python show
F.relu([-1.0, 2.0])
```

- `raises TypeError`
- It works: the list is made a tensor.
  `runs` Functions of torch make no tensors of lists.
- `raises ValueError` : The numbers are fine; what holds them is not.
hint: What sort of thing is handed in?
why: The argument must be a tensor.
steps:
1. Look at the type of the argument.
2. It is a list, and `F.relu` takes tensors.
""",
}


def create(root: Path, topic: str) -> Path:
    """Write the folder of a new lesson into ``root``; raises JudgeError if the name is bad or taken."""
    return begin(root, topic, "lesson", FILES, title=topic.replace("_", " ").capitalize())
