"""A notebook that carries the judge: its set-up cell holds the wheel, with one problem's folder, as text."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

from torch_judge.errors import JudgeError

if TYPE_CHECKING:
    from torch_judge.bank import Problem

DISTRIBUTION = "torch-exercise-judge"
NEEDED = ("numpy", "platformdirs", "rich")  # what `check` in a kernel imports beside torch; Colab has all of it
LINE = 1000  # characters; an editor is slow with a single line of hundreds of thousands

SETUP = '''\
# @title Set-up: the judge, which this notebook carries along
import importlib.util
from pathlib import Path

spec = importlib.util.find_spec("torch_judge")
home = Path(spec.origin).parent if spec and spec.origin else None
if spec is None or (home and not any((at / "problems" / "{id}").is_dir() for at in (home, home.parent))):
    import atexit
    import base64
    import io
    import shutil
    import subprocess
    import sys
    import tempfile
    import zipfile

    if sys.version_info < (3, 11):
        raise RuntimeError("The judge needs Python 3.11 or later.")
    missing = [name for name in {needed} if importlib.util.find_spec(name) is None]
    if missing and subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *missing]).returncode:
        raise RuntimeError(f"pip could not install {{', '.join(missing)}}: its message above says why.")
    wheel = """
{wheel}
"""
    folder = tempfile.mkdtemp(prefix="torch-judge-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    zipfile.ZipFile(io.BytesIO(base64.b64decode(wheel))).extractall(folder)
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
'''


def setup(problem: Problem) -> str:
    """The source of a set-up cell that carries the judge and ``problem``; where they are installed it does nothing.

    Raises JudgeError if this torch_judge is not installed as a distribution.
    """
    text = base64.b64encode(wheel(problem)).decode()
    lines = "\n".join(text[at : at + LINE] for at in range(0, len(text), LINE))
    return SETUP.format(id=problem.id, needed=NEEDED, wheel=lines)


def wheel(problem: Problem) -> bytes:
    """A wheel of this torch_judge with the folder of ``problem`` alone, the same bytes each time; raises as `setup`."""
    content = dict(_files(problem))
    record = "".join(f"{name},sha256={_digest(data)},{len(data)}\n" for name, data in content.items())
    info = _info()
    content[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)  # without a date
    return out.getvalue()


def _files(problem: Problem) -> Iterator[tuple[str, bytes]]:
    own = Path(__file__).resolve().parents[1]
    for path in sorted(own.rglob("*")):
        inside = path.relative_to(own)
        if path.is_file() and "__pycache__" not in inside.parts and inside.parts[0] not in ("problems", "lessons"):
            yield f"torch_judge/{inside.as_posix()}", path.read_bytes()
    for path in sorted(problem.folder.iterdir()):
        if path.is_file():
            yield f"torch_judge/problems/{problem.id}/{path.name}", path.read_bytes()
    found, info = _distribution(), _info()
    for name in ("METADATA", "entry_points.txt"):
        yield f"{info}/{name}", (found.read_text(name) or "").encode()
    yield f"{info}/WHEEL", b"Wheel-Version: 1.0\nGenerator: torch-judge\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def _info() -> str:
    return f"{DISTRIBUTION.replace('-', '_')}-{_distribution().version}.dist-info"


def _distribution() -> Distribution:
    try:
        return distribution(DISTRIBUTION)
    except PackageNotFoundError:
        raise JudgeError(
            f"The distribution `{DISTRIBUTION}` is not installed, so that no wheel can be made of it.",
            "Install it; in a checkout, `make judge` does.",
        ) from None


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
