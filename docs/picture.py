"""Draws docs/report.svg, the README's picture: what `check` says of a batchnorm that is a little wrong.

python docs/picture.py                  judge and draw
python docs/picture.py REPORT.json      draw a stored report
python docs/picture.py --check          is the picture what this program would draw?
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from rich.console import Console

from torch_judge.report import Report
from torch_judge.show.text import print_report
from torch_judge.show.words import View

HERE = Path(__file__).resolve().parent
PICTURE = HERE / "report.svg"
COMMAND = "python docs/picture.py"
WIDTH = 88

# Rich's own template loads its fonts from another host; this one uses the viewer's.
TEMPLATE = """<!-- Written by docs/picture.py -->
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>check("batchnorm") says which mistake was made and which cases fail</title>
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, monospace; font-size: {char_height}px;
  line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def wrong_batch_norm(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    """Right but for one thing: the output uses the unbiased variance."""
    if training:
        mean, var = x.mean(dim=0), x.var(dim=0)
        with torch.no_grad():
            running_mean.mul_(1 - momentum).add_(momentum * mean)
            running_var.mul_(1 - momentum).add_(momentum * x.var(dim=0, unbiased=False))
    else:
        mean, var = running_mean, running_var
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta


def drawn(report: Report) -> str:
    """The picture of a report."""
    from torch_judge.bank import find_bank

    problem = find_bank().get(report.problem)
    console = Console(
        record=True, file=io.StringIO(), width=WIDTH, force_terminal=True, force_jupyter=False,
        color_system="truecolor", legacy_windows=False, _environ={},
    )  # fmt: skip
    print_report(console, View(report, problem.title, problem.entry, durations=False))
    svg = console.export_svg(title=f'check("{report.problem}")', code_format=TEMPLATE, unique_id="report")
    return "\n".join(line.rstrip() for line in svg.strip().split("\n")) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write or check the picture; the exit status."""
    stored = [Path(a) for a in arguments if a != "--check"]
    if stored:
        report = Report.from_json(stored[0].read_text(encoding="utf-8"))
    else:
        from torch_judge import judge

        report = judge("batchnorm", wrong_batch_norm)
    picture = drawn(report)
    if "--check" not in arguments:
        PICTURE.write_text(picture, encoding="utf-8")
        return 0
    if PICTURE.is_file() and PICTURE.read_text(encoding="utf-8") == picture:
        return 0
    print(f"{PICTURE.relative_to(HERE.parent)} is not what the judge says now. Run `{COMMAND}`.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
