"""`torch-judge replay ID CASE`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from torch_judge.cli.console import numbered, problems_option


@click.command()
@click.argument("id")
@click.argument("case", default="1")
@click.option("--seed", type=int, default=0, show_default=True, help="The seed that the report named.")
@problems_option
def replay(id: str, case: str, seed: int, problems: Path | None) -> None:
    """Print the inputs of a case (its number or name) and the calls that it makes."""
    from torch_judge.bank import find_bank
    from torch_judge.learner.replaying import replayed
    from torch_judge.verdict.known import known

    solutions = known(find_bank(problems).get(id))
    found = solutions.case(numbered(case))
    inputs, calls = replayed(solutions, found.name, seed, "cpu")
    click.echo(f"# {found.name}")
    for name, value in inputs.items():
        click.echo(f"\n# inputs[{name!r}]{_shape(value)}\n{value}")
    wanted = f", seed={seed}" if seed else ""
    click.echo("\n# In Python:\nfrom torch_judge import replay\n")
    click.echo(f"inputs = replay({solutions.problem.id!r}, case={numbered(case)!r}{wanted})")
    for call in calls:
        click.echo(call)


def _shape(value: Any) -> str:
    """Dtype and shape of a tensor."""
    if not hasattr(value, "shape"):
        return ""
    return f": {str(value.dtype).removeprefix('torch.')}, shape {tuple(value.shape)}"
