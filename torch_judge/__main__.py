"""``python -m torch_judge`` is ``torch-judge``."""

from torch_judge.cli.main import main

main()
