"""Makes the IPython parts of a cell inert, line for line, without IPython."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator
from functools import lru_cache

SHORT = 20_000
"""Characters of a source whose tree is remembered: a larger one takes more memory than time."""
# Their body is Python that runs in the notebook's namespace; the body of any other cell magic is not.
BODY_KEPT = {"time", "timeit", "capture", "prun", "debug", "memit", "mprun", "lprun", "heat", "snakeviz"}

_CELL_MAGIC = re.compile(r"%%\s*(\S*)")
_TIMED = re.compile(r"%time\s+(?=\S)(.*)")
_ASSIGNED = re.compile(r"(?P<targets>.*?[^=!<>])=\s*(!|%{1,2}\s*[A-Za-z_])")
_WRITTEN = re.compile(
    r"%%(?:write)?file\s+(?P<append>-a\s+|--append\s+)?(?P<quote>[\"']?)(?P<path>[^{}$\"']+?)(?P=quote)\s*"
)
_RUN = re.compile(r"%run\s+(?:-\w+\s+)*(?P<quote>[\"']?)(?P<path>[\w./-]+)(?P=quote)(?:\s|$)")
_AIMPORT = re.compile(r"%aimport\s+([\w.]+(?:\s*,\s*[\w.]+)*)\s*")
_BINDING = re.compile(r"\s*(%(?:run|pylab|rerun|recall|macro)\b|%store\s+-r)")
_HELP = re.compile(r"[\w*\]]\?{1,2}\s*$")
_LEXEME = re.compile(r"""(?P<comment>\#.*)|(?P<quote>\"{3}|'{3}|"|')|(?P<open>[(\[{])|(?P<close>[)\]}])""")
_STRING_END = {
    "'": re.compile(r"(?:\\.|[^'\\])*'"),
    '"': re.compile(r'(?:\\.|[^"\\])*"'),
    "'''": re.compile(r"(?:\\.|[^\\])*?'''"),
    '"""': re.compile(r'(?:\\.|[^\\])*?"""'),
}
_OTHER_SCOPE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def parsed(source: str) -> ast.Module | None:
    """The syntax tree of ``source``, or None if it does not parse. Several ask for the same one: none may change it."""
    try:
        return _remembered(source) if len(source) < SHORT else _tree(source)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _tree(source: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


_remembered = lru_cache(maxsize=16)(_tree)


def inert(source: str) -> tuple[str, str]:
    """``source`` with magics, shell lines, help lines and top-level ``await`` made inert, and why code was left out.

    Line numbers never change, and source that parses keeps every line but those of a top-level ``await``.
    The second value is "" unless something that may matter (a whole cell, an awaited statement) was left out.
    """
    lost: list[str] = []
    if parsed(source) is None:
        source, magic = _without_cell_magic(_dedented(source))
        if magic:
            return source, f"`{magic}` is not run here: the whole cell is left out."
        if parsed(source) is None:
            lost = list(dict.fromkeys(_lost(source)))
            source = _without_line_magics(source)
    awaitless = _without_await(source)
    if awaitless != source:
        lost.append("top-level `await` is not run here: its statement is left out.")
    return awaitless, " ".join(lost)


def written(source: str) -> tuple[str, str, bool] | None:
    """The path and text that a ``%%writefile`` cell writes and whether it appends; None for any other cell."""
    first, _, body = source.lstrip("\n").partition("\n")
    found = _WRITTEN.fullmatch(first)
    return (found["path"], body if body.endswith("\n") else f"{body}\n", bool(found["append"])) if found else None


def _dedented(source: str) -> str:
    """As IPython does: indentation that all lines share is dropped."""
    first = next((line for line in source.split("\n") if line.strip()), "")
    return textwrap.dedent(source) if first[:1].isspace() else source


def _without_cell_magic(source: str) -> tuple[str, str]:
    """The source without its ``%%magic`` lines; if the body is no Python, nothing but line ends and the magic."""
    lines = source.split("\n")
    for i, line in enumerate(lines):
        if not line.strip():
            continue
        if not (magic := _CELL_MAGIC.match(line)):
            break
        if magic[1] not in BODY_KEPT:
            return "pass" + "\n" * (len(lines) - 1), f"%%{magic[1]}"
        lines[i] = ""  # not `pass`: a `from __future__ import` may follow
    return "\n".join(lines), ""


class _Scanner:
    """Reads line by line and knows whether the next line begins a statement."""

    def __init__(self) -> None:
        self.quote = ""
        self.depth = 0
        self.continued = False

    @property
    def fresh(self) -> bool:
        """Whether the next line is in no string, no bracket and no continuation."""
        return not (self.quote or self.depth or self.continued)

    def read(self, line: str) -> str:
        """The line with its strings and comments blanked out."""
        code, at = "", 0
        while at < len(line):
            if self.quote:
                end = self._string_end(line, at)
                code += " " * (end - at)
                at = end
                continue
            lexeme = _LEXEME.search(line, at)
            start = lexeme.start() if lexeme else len(line)
            code += line[at:start]
            at = lexeme.end() if lexeme else start
            if lexeme:
                code += self._enter(lexeme)
        self.continued = not self.quote and code.endswith("\\")
        return code

    def _string_end(self, line: str, at: int) -> int:
        """Where the open string ends. One of a single quote ends with its line, unless a backslash carries it on."""
        if found := _STRING_END[self.quote].match(line, at):
            self.quote = ""
            return found.end()
        backslashes = len(line) - len(line.rstrip("\\"))
        if len(self.quote) == 1 and backslashes % 2 == 0:
            self.quote = ""
        return len(line)

    def _enter(self, lexeme: re.Match[str]) -> str:
        match lexeme.lastgroup:
            case "quote":
                self.quote = lexeme[0]
            case "open":
                self.depth += 1
                return lexeme[0]
            case "close":
                self.depth = max(0, self.depth - 1)
                return lexeme[0]
        return " " * len(lexeme[0])


def _without_line_magics(source: str) -> str:
    scanner, out, swallowing = _Scanner(), [], False
    for line in source.split("\n"):
        if swallowing:
            swallowing = line.endswith("\\")
            out.append("")
            continue
        fresh = scanner.fresh
        code = scanner.read(line)
        replacement = _inert_line(line, code) if fresh else None
        if replacement is not None:
            scanner, swallowing = _Scanner(), line.endswith("\\")
        out.append(line if replacement is None else replacement)
    return "\n".join(out)


def _inert_line(line: str, code: str) -> str | None:
    """What stands for a line that only IPython understands; None for any other line. ``code`` has strings blanked."""
    text = line.lstrip()
    indent = line[: len(line) - len(text)]
    if timed := _TIMED.fullmatch(text):
        # `%time x = f()` does assign `x`.
        return indent + (timed[1] if parsed(timed[1]) else "pass")
    if text.startswith(("%", "!", "?")) or _HELP.search(code):
        return indent + _of_magic(text)
    if (assigned := _ASSIGNED.match(code)) and (nothing := _nothing(line[: assigned.end("targets")].strip())):
        return indent + nothing
    return None


def _of_magic(text: str) -> str:
    """What stands for a line magic: those that run a file or import a module do so, any other does nothing."""
    if (run := _RUN.match(text)) and (path := run["path"] if "." in run["path"] else f"{run['path']}.py").endswith(
        ".py"
    ):
        return f"exec(compile(open({path!r}).read(), {path!r}, 'exec'))"
    if (modules := _AIMPORT.fullmatch(text)) and parsed(f"import {modules[1]}"):
        return f"import {modules[1]}"
    return "pass"


def _lost(source: str) -> Iterator[str]:
    """A sentence for each line magic that would have bound names in the notebook and binds none here."""
    scanner = _Scanner()
    for line in source.split("\n"):
        fresh = scanner.fresh
        scanner.read(line)
        if fresh and (magic := _BINDING.match(line)) and _of_magic(line.lstrip()) == "pass":
            yield f"`{magic[1]}` is not run here: the names that it would bind are missing."


def _nothing(targets: str) -> str:
    """``targets`` set to None, each of them; "" if they are no targets."""
    tree = parsed(f"{targets} = None")
    if tree is None:
        return ""
    match tree.body:
        case [ast.Assign(targets=[ast.Tuple(elts=parts) | ast.List(elts=parts)])] if parts:
            each = (part.value if isinstance(part, ast.Starred) else part for part in parts)
            return " = ".join([*(ast.unparse(part) for part in each), "None"])
    return f"{targets} = None"


def _without_await(source: str) -> str:
    if "await" not in source and "async" not in source:
        return source
    tree = parsed(source)
    lines = source.split("\n")
    for statement in tree.body if tree else ():
        if not _awaits(statement):
            continue
        first, last = statement.lineno - 1, statement.end_lineno or statement.lineno
        instead = "pass"
        if isinstance(statement, ast.Assign):
            instead = "; ".join(_nothing(ast.unparse(target)) for target in statement.targets)
        lines[first:last] = [instead] + [""] * (last - first - 1)
    return "\n".join(lines)


def _awaits(statement: ast.stmt) -> bool:
    """Whether running ``statement`` at the top level awaits. Walks without recursion: learners' trees may be deep."""
    nodes: list[ast.AST] = [statement]
    while nodes:
        node = nodes.pop()
        if isinstance(node, _OTHER_SCOPE):
            continue
        if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith):
            return True
        if isinstance(node, ast.comprehension) and node.is_async:
            return True
        nodes.extend(ast.iter_child_nodes(node))
    return False
