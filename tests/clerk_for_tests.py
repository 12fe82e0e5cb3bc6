"""A clerk for the pool's own tests: imports nothing heavy, and fails on command."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from pathlib import Path


def main() -> None:
    lines = socket.socket(fileno=int(sys.argv[1])).makefile("rwb")
    greeting = json.loads(lines.readline())
    for line in lines:
        asked = json.loads(line)
        match asked.get("do"):
            case "die":
                os._exit(1)
            case "die once":
                if not (mark := Path(asked["mark"])).exists():
                    mark.touch()
                    os._exit(1)
            case "sleep":
                time.sleep(60)
            case "half":
                os.write(int(sys.argv[1]), b'{"n":')
                os._exit(0)
        lines.write(json.dumps({**asked, "hello": greeting["hello"], "pid": os.getpid()}).encode() + b"\n")
        lines.flush()


main()
