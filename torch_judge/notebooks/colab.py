"""What a notebook needs to run in Colab: a set-up cell, and a badge that opens it there."""

INSTALL = """\
# @title Set-up: does nothing where the judge is installed
import importlib.util

if importlib.util.find_spec("torch_judge") is None:
    import subprocess
    import sys
    from importlib.metadata import distributions
    from pathlib import Path

    found = [wheel for place in (Path.cwd(), Path("/content")) for wheel in place.glob("torch_exercise_judge-*.whl")]
    SOURCE
    # Naming the installed version of torch keeps pip from replacing it.
    torch = [f"torch=={d.version}" for d in distributions(name="torch")][:1]
    if subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", source, *torch]).returncode:
        raise RuntimeError(f"pip could not install {source}: its message above says why.")
    importlib.invalidate_caches()
"""
FROM_WHEEL = """\
if not found:
        raise RuntimeError(
            "torch_judge is not installed: put its wheel (torch_exercise_judge-*.whl) beside this notebook,"
            " or upload it to /content, and run this cell again."
        )
    source = str(max(found, key=lambda path: path.stat().st_mtime))"""
FROM_REPOSITORY = """\
newest = max(found, key=lambda path: path.stat().st_mtime, default=None)
    source = str(newest or "git+https://github.com/{repository}")"""
HOST = "https://colab.research.google.com"


def install(repository: str | None) -> str:
    """The source of the set-up cell: it installs a wheel that lies at hand, else from the repository, if any."""
    source = FROM_REPOSITORY.format(repository=repository) if repository else FROM_WHEEL
    return INSTALL.replace("SOURCE", source)


def link(repository: str, path: str) -> str:
    """Where Colab opens a notebook of the repository."""
    return f"{HOST}/github/{repository}/blob/main/{path}"


def badge(repository: str | None, path: str) -> str:
    """The badge, as a Markdown paragraph; "" without a repository."""
    return f"[![Open in Colab]({HOST}/assets/colab-badge.svg)]({link(repository, path)})\n\n" if repository else ""
