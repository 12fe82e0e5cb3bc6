"""The addresses below ``/torch-judge/``: authenticated and protected against forgery like JupyterLab's own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

from torch_judge.errors import JudgeError
from torch_judge_lab.answers import Answers

LARGEST_BODY = 64 << 10
FIELDS = {
    "open": ("problem",),
    "lesson": ("topic",),
    "review": (),
    "hint": ("problem",),
    "solution": ("problem",),
    "colab": ("problem",),
    "reset": ("problem", "path"),
}


class Handler(APIHandler):
    """Answers one address with JSON; what the learner can mend is a 400 with a sentence."""

    def initialize(self, action: str) -> None:
        """Take the name of the method of Answers."""
        self.action = action

    async def answer(self, work: Callable[[Answers], dict[str, Any]]) -> None:
        """Run blocking work in a thread and send what it returns."""
        root = Path(self.contents_manager.root_dir).expanduser()
        try:
            result = await asyncio.to_thread(lambda: work(Answers(root)))
        except JudgeError as error:
            self.refuse(str(error))
        except Exception as error:
            self.log.exception("torch-judge: %s failed", self.action)
            self.refuse(f"torch-judge itself failed: {type(error).__name__}: {error}. Please report it.", 500)
        else:
            await self.finish(json.dumps(result))

    def refuse(self, message: str, status: int = 400) -> None:
        """Answer with a sentence for the learner."""
        self.set_status(status)
        self.finish(json.dumps({"message": message}))


class Reading(Handler):
    """An address that is only read."""

    @web.authenticated
    async def get(self) -> None:
        """Send the answer."""
        await self.answer(lambda answers: getattr(answers, self.action)())


class Doing(Handler):
    """An address that does something, and takes a JSON object of strings."""

    @web.authenticated
    async def post(self) -> None:
        """Do it and send the answer."""
        if len(self.request.body) > LARGEST_BODY:
            self.refuse(f"A request of more than {LARGEST_BODY >> 10} KiB is none of ours.", 413)
            return
        body = self.get_json_body()
        values = [body.get(field) for field in FIELDS[self.action]] if isinstance(body, dict) else [None]
        if not all(isinstance(value, str) and value and "\0" not in value for value in values):
            self.refuse(f"`{self.action}` needs {' and '.join(FIELDS[self.action])}, as strings. Send a JSON object.")
            return
        await self.answer(lambda answers: getattr(answers, self.action)(*values))


def handlers(base_url: str) -> list[tuple[str, type[Handler], dict[str, str]]]:
    """The addresses, for the server at ``base_url``."""

    def at(action: str, kind: type[Handler]) -> tuple[str, type[Handler], dict[str, str]]:
        return url_path_join(base_url, "torch-judge", action), kind, {"action": action}

    return [at("problems", Reading), *(at(action, Doing) for action in FIELDS)]
