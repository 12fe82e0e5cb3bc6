"""``python -m torch_judge`` is ``torch-judge``."""

import os
import sys

# Python puts the current folder in front: a submission's `random.py` beside it would run here, in the judge.
if not sys.flags.safe_path and sys.path and os.path.abspath(sys.path[0]) == os.getcwd():
    judge_is_here = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) == os.getcwd()
    sys.path = [*sys.path[1:], sys.path[0]] if judge_is_here else sys.path[1:]

from torch_judge.cli.main import main  # noqa: E402

main()
