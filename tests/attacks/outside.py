"""Programs that reach beyond their process, or hold more than their limit. Each says in `SAYS` how far it got."""

ENTRY = "\n\ndef my_batch_norm(x, *a, **k):\n    return x\n"

OUTSIDE = {
    "memory in memfds": '''
import os

held = 0
try:
    for _ in range(40):
        fd = os.memfd_create("x")
        os.posix_fallocate(fd, 0, 16 << 20)
        held += 16
except OSError:
    pass
assert held == 0, held
''',
    "memory in SysV segments": '''
import ctypes

c = ctypes.CDLL(None, use_errno=True)
assert c.shmget(0x7801, 64 << 20, 0o1600) < 0, "a segment was made"
''',
    "memory in children": '''
import mmap
import os

if os.fork() == 0:
    mmap.mmap(-1, 1 << 28, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
    os._exit(0)
raise AssertionError("a child was made")
''',
    "a socket to an accomplice": '''
import socket

socket.socketpair()
raise AssertionError("a socket was made")
''',
    "a compiled module of one's own": '''
import importlib.util
import shutil

shutil.copyfile(importlib.util.find_spec("_ctypes").origin, "own.so")
spec = importlib.util.spec_from_file_location("_ctypes", "own.so")
importlib.util.module_from_spec(spec)
raise AssertionError("it was loaded")
''',
    "another program": '''
import subprocess

subprocess.run(["/bin/true"])
raise AssertionError("a program was run")
''',
    "a library opened by cffi": '''
import importlib

importlib.import_module("cffi").FFI().dlopen(None)
raise AssertionError("a library was opened")
''',
    "another interpreter": '''
import _xxsubinterpreters

_xxsubinterpreters.create()
raise AssertionError("an interpreter was made")
''',
    "a library opened as a compiled model": '''
import glob
import os

import torch

torch._C._aoti.AOTIModelContainerRunnerCpu(glob.glob(os.path.dirname(torch.__file__) + "/lib/libtorch_cpu*")[0], 1)
raise AssertionError("a library was opened")
''',
}  # fmt: skip
