"""Reading submissions: what must be read, and what must be refused with which sentence."""

import json
import os
import time
from pathlib import Path

import nbformat
import pytest

from torch_judge.bank import Bank
from torch_judge.errors import JudgeError, SubmissionError
from torch_judge.guard.concepts import matcher
from torch_judge.guard.source import scan_program
from torch_judge.submission import (
    LARGEST,
    Cell,
    Program,
    clean,
    defined_names,
    find_problem,
    missing_entry,
    read_program,
    syntax_check,
)
from torch_judge.submission.magics import inert


def program(*sources: str, name: str = "hw.ipynb", **more) -> Program:
    return Program(name, tuple(Cell(f"cell {i}", source) for i, source in enumerate(sources, 1)), **more)


def notebook(*cells: tuple[str, str | list[str]], **more) -> str:
    made = [{"cell_type": kind, "source": source, "metadata": {}} for kind, source in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made, **more})


# Magics

INERT = {
    "line magic": ("%matplotlib inline\nx = 1", "pass\nx = 1"),
    "shell": ("!pip install 'einops\nx = 1", "pass\nx = 1"),
    "shell with a triple quote": ("!echo '''\nx = '''a'''", "pass\nx = '''a'''"),
    "help before": ("?torch.nn\nx = 1", "pass\nx = 1"),
    "help after": ("torch.nn?\nx['a']??\n%time?", "pass\npass\npass"),
    "in a block": ("if x:\n    !ls\n    y = 1", "if x:\n    pass\n    y = 1"),
    "in a block, with tabs": ("if x:\n\t%cd ..", "if x:\n\tpass"),
    "continued": ("!pip install a \\\n  b\nx = 1", "pass\n\nx = 1"),
    "assigned shell": ("files = !ls\nx = 1", "files = None\nx = 1"),
    "assigned magic": ("x = %env HOME", "x = None"),
    "assigned to an item": ("x['a = !b'] = !ls", "x['a = !b'] = None"),
    "assigned to several": ("a, *b = !ls", "a = b = None"),
    "timed statement assigns": ("%time x = f()", "x = f()"),
    "timed nonsense": ("%time x = = f()", "pass"),
    "timed cell": ("%%time\nx = 1", "\nx = 1"),
    "captured and timed": ("\n%%capture out\n%%time\nx = 1\n!ls", "\n\n\nx = 1\npass"),
    "timed cell keeps the future": (
        "%%time\nfrom __future__ import annotations",
        "\nfrom __future__ import annotations",
    ),
    "indented cell": ("  %%time\n  x = 1\n  if x:\n    y = 2", "\nx = 1\nif x:\n  y = 2"),
    "after a string": ("s = '''\n%not a magic\n!nor this\n?'''\n!ls", "s = '''\n%not a magic\n!nor this\n?'''\npass"),
    "after brackets": ("x = [4\n% 3,\n]\n!ls", "x = [4\n% 3,\n]\npass"),
    "after a backslash": ("x = 4 \\\n% 3\n!ls", "x = 4 \\\n% 3\npass"),
    "after a continued string": ("s = 'a \\\n!b'\n!ls", "s = 'a \\\n!b'\npass"),
    "after brackets in strings": ("s = '(' + \"[\"  # {\n!ls", "s = '(' + \"[\"  # {\npass"),
    "after an escaped quote": ("s = 'it\\'s ('\n!ls", "s = 'it\\'s ('\npass"),
    "in a docstring": ('def f():\n    """\n    !x\n    """\n%cd', 'def f():\n    """\n    !x\n    """\npass'),
    "comment with a question": ("x = 1  # why?\n!ls", "x = 1  # why?\npass"),
    "lone escape": ("?\n%\nx = 1", "pass\npass\nx = 1"),
}


@pytest.mark.parametrize(("source", "expected"), INERT.values(), ids=INERT)
def test_inert(source, expected):
    assert inert(source) == (expected, "")
    assert expected.count("\n") == source.count("\n")
    compile(expected, "cell", "exec")


UNTOUCHED = [
    "s = '''\n%time\n!ls\nobj?\n'''",
    "x = (7\n% 3)",
    "x = 7 \\\n% 3",
    "async def f():\n    await g()",
    "f = lambda: 0  # await",
    "# obj?\nx = '%%bash'",
    "",
    # Still broken: the learner must see their own text.
    "def f(:\n    pass",
    "x = y == !z",
    "print('x = !ls'",
    "f(x)?",
    "if x = %3:\n    pass",
    "    x = 1\ny = 2",
]


@pytest.mark.parametrize("source", UNTOUCHED)
def test_untouched(source):
    assert inert(source) == (source, "")


LEFT_OUT = {
    "%%bash\nls\necho 'x": ("pass\n\n", "`%%bash` is not run here: the whole cell is left out."),
    "%%writefile a.py\nx = 1": ("pass\n", "`%%writefile` is not run here: the whole cell is left out."),
    "%%time\n%%html\n<p>": ("pass\n\n", "`%%html` is not run here: the whole cell is left out."),
    "a = 1\nx = await f(\n    a)\nb = 2": ("a = 1\nx = None\n\nb = 2", "top-level `await` is not run here"),
    "async with f() as x:\n    y = 1\nz = 2": ("pass\n\nz = 2", "top-level `await` is not run here"),
    "x = [i async for i in f()]": ("x = None", "top-level `await` is not run here"),
    "!ls\nawait f()": ("pass\npass", "top-level `await` is not run here"),
}


@pytest.mark.parametrize(("source", "expected"), LEFT_OUT.items())
def test_left_out_with_a_note(source, expected):
    text, why = inert(source)
    assert text == expected[0]
    assert why.startswith(expected[1])


@pytest.mark.parametrize("source", ["(" * 5000, "-" * 5000 + "1", "+".join("1" * 5000), " " * 100_000 + "\n!ls", "\0"])
def test_hostile_source_is_survived(source):
    inert(source)
    defined_names(program(source))
    find = program(source, "my_relu = 1")
    assert "my_relu" in defined_names(clean(find, "my_relu"))


# Reading


def test_cells_are_counted_as_a_learner_counts_them(tmp_path):
    file = tmp_path / "hw.ipynb"
    cells = [
        ("markdown", "# Hi"),
        ("code", ["import a\n", "!ls"]),
        ("raw", "x"),
        ("code", " \n"),
        ("code", "b = 1\r\nc = 2"),
    ]
    file.write_text(notebook(*cells, metadata={"torch_judge": {"problem": "relu"}}))
    assert read_program(file) == Program(
        "hw.ipynb", (Cell("cell 1", "import a\npass"), Cell("cell 3", "b = 1\nc = 2")), "relu"
    )


def test_left_out_cells_are_noted(tmp_path):
    file = tmp_path / "hw.ipynb"
    file.write_text(notebook(("code", "x = 1"), ("code", "%%bash\nls")))
    assert read_program(file).notes == ("cell 2: `%%bash` is not run here: the whole cell is left out.",)


@pytest.mark.parametrize("metadata", [{}, {"torch_judge": 3}, {"torch_judge": {"problem": ["relu"]}}, [], None])
def test_metadata_that_names_no_problem(tmp_path, metadata):
    file = tmp_path / "hw.ipynb"
    file.write_text(notebook(("code", "x = 1"), metadata=metadata))
    assert read_program(file).problem is None


@pytest.mark.parametrize("minor", [0, 4, 5, 99, None])
def test_any_minor_of_version_4(tmp_path, minor):
    file = tmp_path / "HW.IPYNB"
    file.write_text(notebook(("code", "x = 1"), nbformat_minor=minor))
    assert read_program(file).cells == (Cell("cell 1", "x = 1"),)


def test_version_3_is_upgraded(tmp_path):
    file = tmp_path / "old.ipynb"
    made = nbformat.v3.new_notebook(
        worksheets=[
            nbformat.v3.new_worksheet(
                cells=[nbformat.v3.new_text_cell("markdown", "t"), nbformat.v3.new_code_cell("x = 1")]
            )
        ]
    )
    file.write_text(json.dumps(made))
    assert read_program(file).cells == (Cell("cell 1", "x = 1"),)


PYTHON = {
    "utf-8": "x = 'é'".encode(),
    "bom": "\ufeffx = 'é'".encode(),
    "latin-1": "# coding: latin-1\nx = 'é'".encode("latin-1"),
    "cookie in line two": "#!/usr/bin/env python\n# -*- coding: cp1252 -*-\nx = 'é'".encode("cp1252"),
    "crlf": b"y = 1\r\nx = '\xc3\xa9'\r\n",
    "magics": "%load_ext a\nx = 'é'".encode(),
}


@pytest.mark.parametrize("data", PYTHON.values(), ids=PYTHON)
def test_python_files(tmp_path, data):
    (tmp_path / "hw.py").write_bytes(data)
    (cell,) = read_program(tmp_path / "hw.py").cells
    assert cell.label == "hw.py"
    assert "\r" not in cell.source
    space: dict = {}
    exec(cell.source, space)
    assert space["x"] == "é"


UNREADABLE = {
    "cut off": ("a.ipynb", notebook(("code", "x = 1"))[:-9].encode(), "damaged or cut off: Unterminated string"),
    "merge conflict": (
        "a.ipynb",
        b'{\n"cells": [\n<<<<<<< HEAD\n=======\n>>>>>>> b\n]}',
        "merge conflict, the first in line 3",
    ),
    "empty file": ("a.ipynb", b"", "not a notebook: it is not JSON"),
    "html": ("a.ipynb", b"<!DOCTYPE html>", "not a notebook: it is not JSON"),
    "binary": ("a.ipynb", bytes(range(256)), "not a notebook: it is not JSON"),
    "json without cells": ("a.ipynb", b'{"a": 1}', "not a notebook: it is JSON without cells"),
    "a list": ("a.ipynb", b"[1]", "not a notebook: it is JSON without cells"),
    "cells are no list": ("a.ipynb", b'{"nbformat": 4, "cells": {}}', "damaged: its cells are no list"),
    "a cell is no object": ("a.ipynb", b'{"nbformat": 4, "cells": [1]}', "damaged: its cells are no list"),
    "source is a number": ("a.ipynb", notebook(("code", 3)).encode(), "damaged: the source of cell 1 is no text"),
    "worksheets are nonsense": ("a.ipynb", b'{"nbformat": 3, "worksheets": 5}', "damaged: version 3"),
    "version 5": ("a.ipynb", notebook(("code", ""), nbformat=5).encode(), "a notebook of version 5"),
    "nested too deeply": ("a.ipynb", b"[" * 100_000, "not a notebook"),
    "other suffix": ("a.txt", b"x = 1", "neither a notebook nor a Python file"),
    "not utf-8": ("a.py", "x = 1\n\n\ny = 'é'".encode("latin-1"), "not text in the encoding"),
    "utf-16": ("a.py", "x = 1".encode("utf-16"), "not text in the encoding"),
    "unknown encoding": ("a.py", b"# coding: klingon\nx = 1", "not text in the encoding"),
    "no text encoding": ("a.py", b"# coding: rot13\nx = 1", "not text in the encoding"),
    "null bytes": ("a.py", b"x = 1\0", "holds null bytes"),
}


@pytest.mark.parametrize(("name", "data", "fact"), UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_files_are_refused(tmp_path, name, data, fact):
    (tmp_path / name).write_bytes(data)
    refused(tmp_path / name, JudgeError, fact)


def test_paths_without_a_file_are_refused(tmp_path):
    (tmp_path / "dir.ipynb").mkdir()
    os.mkfifo(tmp_path / "pipe.py")
    refused(tmp_path / "dir.ipynb", JudgeError, "is a directory")
    refused(tmp_path / "none.ipynb", JudgeError, "does not exist")
    refused(tmp_path / "pipe.py", JudgeError, "neither a notebook nor a Python file")
    refused(tmp_path / ("x" * 300 + ".py"), JudgeError, "cannot be read: File name too long")


def test_huge_file_is_refused(tmp_path):
    with (tmp_path / "big.ipynb").open("wb") as file:
        file.truncate(LARGEST + 1)
    refused(tmp_path / "big.ipynb", JudgeError, "is larger than 64 MiB")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_forbidden_file_is_refused(tmp_path):
    (tmp_path / "a.py").write_text("x = 1")
    (tmp_path / "a.py").chmod(0)
    refused(tmp_path / "a.py", JudgeError, "cannot be read: Permission denied")


EMPTY = {
    "no cell": ("a.ipynb", notebook()),
    "no code cell": ("a.ipynb", notebook(("markdown", "x"))),
    "blank cells": ("a.ipynb", notebook(("code", ""), ("code", [" \n", "\t"]))),
    "empty file": ("a.py", ""),
    "blank file": ("a.py", "\n \n"),
}


@pytest.mark.parametrize(("name", "text"), EMPTY.values(), ids=EMPTY)
def test_nothing_handed_in_is_the_learners_fault(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    refused(tmp_path / name, SubmissionError, "holds no code.")


def refused(path: Path, kind: type[JudgeError], fact: str) -> None:
    with pytest.raises(JudgeError) as caught:
        read_program(path)
    assert type(caught.value) is kind
    assert fact in caught.value.fact
    assert f"`{path.name}`" in caught.value.fact or f"`{path}`" in caught.value.fact
    assert caught.value.fact.endswith(".")
    assert caught.value.remedy


# Syntax

BROKEN = {
    "def f(:\n    pass": "cell 2, line 1: invalid syntax: `def f(:`.",
    "x = 1\nreturn x": "cell 2, line 2: 'return' outside function: `return x`.",
    "!ls\nx = (1,\ny = 2": "cell 2, line 2: ",
    "x = 1\n<<<<<<< HEAD\ny = 2": "cell 2, line 2: a merge conflict was left here; keep one of its two sides: `<<<<<<< HEAD`.",
    "x = '\0'": "cell 2: source code string cannot contain null bytes.",
    "x = '\ud800'": "cell 2: 'utf-8' codec can't encode",
    "x = " + "9" * 100 + " 1": "cell 2, line 1: invalid syntax",
}


@pytest.mark.parametrize(("source", "fact"), BROKEN.items())
def test_syntax_error_names_cell_line_and_text(source, fact):
    submission = program("x = 1", inert(source)[0])
    for refuse in (syntax_check, lambda submission: clean(submission, "my_relu")):
        with pytest.raises(SubmissionError) as caught:
            refuse(submission)
        assert caught.value.fact.startswith(fact)
        assert len(caught.value.fact) < 200
        assert caught.value.remedy == "Mend it and run again."


def test_broken_cell_is_skipped_where_the_entry_is_defined_elsewhere():
    submission = program("def my_relu(x): ...", "foo bar", "my_relu(1)", notes=("before",))
    cleaned = clean(submission, "my_relu")
    assert [cell.label for cell in cleaned.cells] == ["cell 1", "cell 3"]
    assert cleaned.notes == ("before", "cell 2, line 1: invalid syntax: `foo bar`: this cell was skipped.")


def test_the_broken_cell_that_would_define_the_entry_is_named():
    with pytest.raises(SubmissionError, match="^cell 3, line 1"):
        clean(program("x = 1", "foo bar", "def my_relu(x:\n    pass"), "my_relu")


@pytest.mark.parametrize("source", ["async def my_relu(x): ...", "def my_relu(x): ...\nasync def my_relu(x): ..."])
def test_an_async_entry_is_told(source):
    with pytest.raises(SubmissionError, match="is an `async def`"):
        clean(program("x = 1", source), "my_relu")
    other = program("async def helper(): ...\nasync def my_relu(): ...\ndef my_relu(x): ...")
    assert clean(other, "my_relu") is other


def test_sound_programs_are_left_alone(recwarn):
    submission = program("'\\d' is 3", "def f():\n    yield 1")
    syntax_check(submission)
    assert clean(submission, "my_relu") is submission
    assert not recwarn


# Which problem


@pytest.fixture(scope="module")
def bank(tmp_path_factory) -> Bank:
    root = tmp_path_factory.mktemp("problems")
    for number, id in enumerate(["relu", "softmax"], 1):
        (root / id).mkdir()
        (root / id / "problem.toml").write_text(
            f'number = {number}\ntitle = "{id}"\ndifficulty = "Easy"\ntopic = "Basics"\nentry = "my_{id}"\n'
            f'hints = ["a", "b", "c"]\nnotebook = "{"rectifier" if id == "relu" else id}"\n'
        )
        (root / id / "solution.py").write_text("")
    return Bank((root,))


RELU = "def my_relu(x): ..."

FOUND = {
    "metadata": (program('check("relu")', problem="relu"), "relu"),
    "metadata, and another's check beside": (program('check("softmax")', 'check("relu")', problem="relu"), "relu"),
    "file name": (program("x = 1", name="01_relu.ipynb"), "relu"),
    "file name of a copy": (program(RELU, name="relu_solution-Copy (2).ipynb"), "relu"),
    "file name in full": (program("x = 1", name="1_Rectifier v2.py"), "relu"),
    "file name that spells none": (program(RELU, name="softmax_vs_relu.ipynb"), "relu"),
    "file name and metadata": (program(RELU, problem="relu", name="relu.py"), "relu"),
    "check": (program("def my_softmax(x): ...", 'check("relu")'), "relu"),
    "check of the module": (program('import torch_judge\ntorch_judge.check("relu", seed=1)'), "relu"),
    "check of an alias": (program('import torch_judge as tj\nif 1:\n    tj.check("relu")'), "relu"),
    "check twice": (program('check("relu")', 'check("relu")'), "relu"),
    "check once in vain": (program('check("rleu")', 'check("relu")'), "relu"),
    "check beside a broken cell": (program("foo bar", 'check("relu")'), "relu"),
    "others' checks": (program(RELU, 'linter.check("softmax")\ncheck(x)\n# check("softmax")'), "relu"),
    "entry": (program(RELU, "x = my_softmax"), "relu"),
    "entry by assignment": (program("my_relu = lambda x: x"), "relu"),
}


@pytest.mark.parametrize(("submission", "id"), FOUND.values(), ids=FOUND)
def test_problem_is_found(bank, submission, id):
    assert find_problem(submission, bank) == id


SEVERAL = "Choose one with `--problem`, as in `--problem relu`."
UNKNOWN = {
    "unknown metadata": (program(RELU, problem="rleu"), "There is no problem `rleu`.", "Did you mean `relu`?"),
    "unknown check": (program(RELU, 'check("rleu")'), "There is no problem `rleu`.", "Did you mean `relu`?"),
    "metadata against check": (
        program(RELU, 'check("softmax")', problem="relu"),
        "`hw.ipynb` does not say clearly which problem it solves: its metadata names `relu`, "
        'its `check("softmax")` names `softmax`.',
        SEVERAL,
    ),
    "file name against metadata": (
        program(RELU, 'check("relu")', problem="relu", name="02_softmax.ipynb"),
        "`02_softmax.ipynb` does not say clearly which problem it solves: its file name names `softmax`, "
        "its metadata names `relu`.",
        "Choose one with `--problem`, as in `--problem softmax`.",
    ),
    "two checks": (
        program('check("relu")\ncheck("softmax")'),
        "`hw.ipynb` checks several problems: `relu`, `softmax`.",
        SEVERAL,
    ),
    "two entries": (
        program(RELU, "my_softmax = 1"),
        "`hw.ipynb` defines the entries of several problems: `my_relu` of `relu`, `my_softmax` of `softmax`.",
        SEVERAL,
    ),
    "nothing": (
        program("def foo():\n    my_relu = 1"),
        '`hw.ipynb` does not say which problem it solves: no `check("…")`, no problem\'s entry; it defines `foo`.',
        "Name the problem with `--problem ID`; `torch-judge list` shows the ids.",
    ),
}


@pytest.mark.parametrize(("submission", "fact", "remedy"), UNKNOWN.values(), ids=UNKNOWN)
def test_problem_is_asked_for(bank, submission, fact, remedy):
    with pytest.raises(JudgeError) as caught:
        find_problem(submission, bank)
    assert (caught.value.fact, caught.value.remedy) == (fact, remedy)
    assert not isinstance(caught.value, SubmissionError)


def test_a_broken_cell_is_named_before_the_problem_is_asked_for(bank):
    with pytest.raises(SubmissionError, match="cell 2, line 1: invalid syntax: `def my_relu"):
        find_problem(program("x = 1", "def my_relu(:"), bank)


MUCH = {
    "statements": "x = 1\n" * 700_000,
    "one line": "x = " + "1 + " * 60_000 + "1",
    "brackets": "x = a" + "()" * 60_000,
    "a string": f"x = '{'a' * (5 << 20)}'",
}


@pytest.mark.parametrize("source", MUCH.values(), ids=MUCH)
def test_too_much_code_is_refused_at_once(source, tmp_path):
    (tmp_path / "hw.py").write_text(source)
    began = time.process_time()
    with pytest.raises(SubmissionError, match="^`hw.py` holds too much code: more than "):
        read_program(tmp_path / "hw.py")
    assert time.process_time() - began < 5


@pytest.mark.parametrize("source", ["x = 1\n" * 8_000, f"x = '{'QUJD' * 250_000}'"], ids=["statements", "data"])
def test_much_code_is_read(source, tmp_path):
    (tmp_path / "hw.py").write_text(source)
    assert read_program(tmp_path / "hw.py").cells[0].source == source


BRANCHES = "".join(f"    elif x == {n}:\n        return {n}\n" for n in range(700))
DEEP = {
    "elif": f"def my_relu(x):\n    if x is None:\n        return 0\n{BRANCHES}",
    "sum": "def my_relu(x):\n    return " + "x + " * 700 + "x\n",
}


@pytest.mark.parametrize("source", DEEP.values(), ids=DEEP)
def test_deep_code_is_scanned(source):
    submission = clean(program(source), "my_relu")
    assert submission.notes == () and scan_program(submission, "my_relu", matcher(("softmax",))).violations == []


TOO_DEEP = {
    "signs": "x = " + "-" * 20_000 + "1",
    "attributes": "x = " + "a." * 20_000 + "a",
    "lambdas": "x = " + "lambda: " * 9_000 + "1",
    "sum": "x = " + "1 + " * 9_000 + "1",
}


@pytest.mark.parametrize("source", TOO_DEEP.values(), ids=TOO_DEEP)
def test_what_python_cannot_compile_is_the_learners_fault(source):
    with pytest.raises(SubmissionError, match="cell 1: too deeply nested"):
        clean(program(source), "my_relu")
    assert scan_program(program(source), "my_relu", matcher(("softmax",))).violations == []


# Names


def test_defined_names():
    source = """
import a.b, c as d
from e import f as g
def h(inner): local = 1
class I:
    attribute = 1
j, (k, *l) = m.n = 1
if True:
    o: int = 1
else:
    p = [q for q in x] + (r := x)
for s in t: pass
with u as v: pass
"""
    assert defined_names(program(source, "broken (", "w = 1")) == {*"adghIjklo", "p", "r", "s", "v", "w"}


MISSING = [
    ({"x", "F"}, False, "nothing at the top level of the submission has this name.", "Define `my_batch_norm` outside"),
    ({"my_batchnorm", "x"}, False, "nothing at", "`my_batchnorm` is: was it meant? Define"),
    ({"MyBatchNorm"}, False, "nothing at", "`MyBatchNorm` is: was it meant?"),
    ({"my_layer_norm", "normal"}, False, "nothing at", "Define"),
    ({"my_relu"}, True, "no cell that defines it has been run.", "Run the cell that defines it, then check again."),
    ({"batch_norm"}, True, "no cell that", "`batch_norm` is: was it meant? Run the cell that defines it"),
]


@pytest.mark.parametrize(("names", "live", "fact", "remedy"), MISSING)
def test_missing_entry(names, live, fact, remedy):
    error = missing_entry("my_batch_norm", names, live)
    assert isinstance(error, SubmissionError)
    assert error.fact.startswith(f"`my_batch_norm` is not defined: {fact}")
    assert error.remedy.startswith(remedy)


def test_two_near_names():
    error = missing_entry("my_batch_norm", ["my_batchnorm", "batch_norm"])
    assert error.remedy.startswith("`my_batchnorm` and `batch_norm` are: was one of them meant?")
