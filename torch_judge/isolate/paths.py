"""Which files a learner's process may read: the interpreter and its libraries, minus what is protected."""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch

PACKAGE = str(Path(__file__).resolve().parents[1])
SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64", "/etc/ld.so.cache")
DEVICES = ("/dev/zero", "/dev/random", "/dev/urandom", "/proc/cpuinfo", "/sys/devices/system/cpu")
CUDA = ("/proc", "/sys", "/usr/local/cuda", "/usr/share/nvidia")
CUDA_DEVICES = ("/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia-caps")


@dataclass(frozen=True)
class Allowed:
    """What may be read (files, and folders with all below), listed only, and read and written."""

    read: tuple[str, ...]
    listed: tuple[str, ...]
    write: tuple[str, ...]


def allowed_paths(protected: Iterable[str], device: str) -> Allowed:
    """What a job on ``device`` may open. A protected folder inside a library folder is left out."""
    # An installed copy may lie beside the one that runs: a build for editing puts the problems alone in site-packages.
    copies = (os.path.join(folder, "torch_judge") for folder in library_folders())
    closed = {os.path.realpath(p) for p in (PACKAGE, *copies, *protected) if os.path.exists(p)}
    read: list[str] = []
    listed: list[str] = []
    cuda = device.startswith("cuda")
    for root in sorted({os.path.realpath(p) for p in (*library_folders(), *DEVICES, *(CUDA if cuda else ()))}):
        if os.path.exists(root) and root not in closed:
            _walk(root, closed, read, listed)
    write = ["/dev/null"]
    if cuda:
        write += [p for p in (*CUDA_DEVICES, *_gpus()) if os.path.exists(p)]
    return Allowed(tuple(read), tuple(listed), tuple(write))


@lru_cache(maxsize=1)
def library_folders() -> tuple[str, ...]:
    """Folders of libraries: never a checkout or a home, even where ``sys.path`` names one."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    found = [sysconfig.get_paths()[name] for name in names]
    found += [p for p in sys.path if os.path.basename(p.rstrip(os.sep)) in ("site-packages", "dist-packages")]
    found += [p for p in (site.getusersitepackages(), os.path.dirname(torch.__file__)) if p]
    found += [os.path.join(prefix, "lib") for prefix in {sys.base_prefix, sys.base_exec_prefix}]
    return tuple(dict.fromkeys(os.path.realpath(p) for p in (*found, *SYSTEM)))


def is_library(path: str) -> bool:
    """Whether ``path``, an entry of ``sys.path``, lies in a library folder."""
    real = os.path.realpath(path)
    return any(real == p or real.startswith(p + os.sep) for p in library_folders())


def _walk(root: str, closed: set[str], read: list[str], listed: list[str]) -> None:
    if not any(path.startswith(root.rstrip(os.sep) + os.sep) for path in closed):
        read.append(root)
        return
    listed.append(root)
    for entry in _entries(root):
        # A link would open whatever it leads to; what it leads to inside `root` is visited anyway.
        if not entry.is_symlink() and entry.path not in closed:
            _walk(entry.path, closed, read, listed)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _gpus() -> Iterator[str]:
    return (e.path for e in _entries("/dev") if e.name.startswith("nvidia") and e.name[6:].isdigit())
