"""What is shipped: its size, its versions, its shortcuts, and that it loads nothing from elsewhere."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from running import ROOT

import torch_judge

pytestmark = [pytest.mark.slow, pytest.mark.lab]

EXTENSION = ROOT / "labextension"
BUILT = EXTENSION / "torch_judge_lab" / "labextension"
SOURCES = sorted([*(EXTENSION / "src").glob("*.ts"), *(EXTENSION / "torch_judge_lab").glob("*.py")])
JAVASCRIPT_BYTES = 100_000


def test_the_javascript_is_small_and_loads_nothing_from_elsewhere() -> None:
    scripts = list((BUILT / "static").glob("*.js"))
    assert scripts and sum(script.stat().st_size for script in scripts) < JAVASCRIPT_BYTES
    text = "".join(script.read_text(encoding="utf-8") for script in scripts)
    # The one link is followed only when its button is pressed.
    links = set(re.findall(r"https?://[\w.-]+", text)) - {"http://www.w3.org", "https://colab.research.google.com"}
    assert not links and "@import" not in text


def test_the_versions_are_in_step() -> None:
    package = json.loads((EXTENSION / "package.json").read_text())
    project = tomllib.loads((EXTENSION / "pyproject.toml").read_text())["project"]
    assert package["version"] == project["version"] == torch_judge.__version__
    assert f"torch-exercise-judge=={torch_judge.__version__}" in project["dependencies"]
    assert (EXTENSION / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def shortcuts(schema: Path) -> list[tuple[str, ...]]:
    """The keys of every shortcut of a settings schema, on each platform, modifiers in one order."""
    found = json.loads(schema.read_text(encoding="utf-8")).get("jupyter.lab.shortcuts", [])
    chords = [s.get(kind, []) for s in found for kind in ("keys", "winKeys", "macKeys", "linuxKeys")]
    return [tuple(" ".join(sorted(keys.lower().split())) for keys in chord) for chord in chords if chord]


def test_the_shortcuts_collide_with_none_of_jupyterlab() -> None:
    from jupyterlab.commands import get_app_dir

    theirs = [keys for schema in (Path(get_app_dir()) / "schemas").rglob("*.json") for keys in shortcuts(schema)]
    ours = shortcuts(EXTENSION / "schema" / "plugin.json")
    assert len(theirs) > 50 and len(ours) == 7
    assert not {keys[0] for keys in ours} & {keys[0] for keys in theirs}, "a chord counts by its first keys"
    assert len(set(ours)) == len(ours)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_modules_stay_small(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") <= 300


def test_nothing_names_a_registry() -> None:
    for name in ("yarn.lock", "package.json", ".yarnrc.yml", "pyproject.toml", "README.md"):
        assert not re.search(r"https?://|registry\.|npmjs|pypi", (EXTENSION / name).read_text(encoding="utf-8")), name
