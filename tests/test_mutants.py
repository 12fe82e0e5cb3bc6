import ast

import pytest

from torch_judge.audit.mutants import mutants


def changes(source, entry="f"):
    return {(m.operator, m.was, m.now) for m in mutants(source, entry)}


def body(line, before=""):
    return (
        f"import torch\nfrom torch.nn import functional as F\n\ndef f(x, y, n):\n    {before or 'pass'}\n    {line}\n"
    )


MADE = [
    ("z = x < y", "comparison", "z = x <= y"),
    ("z = x < y", "comparison", "z = x >= y"),
    ("z = x == y", "comparison", "z = x != y"),
    ("z = x is None", "comparison", "z = x is not None"),
    ("z = x + y", "arithmetic", "z = x - y"),
    ("z = x + y", "arithmetic", "z = x"),
    ("z = x @ y", "arithmetic", "z = x * y"),
    ("z = x // y", "arithmetic", "z = x / y"),
    ("z = -x", "arithmetic", "z = x"),
    ("z = not x", "arithmetic", "z = x"),
    ("x *= y", "arithmetic", "x /= y"),
    ("z = x and y", "boolean", "z = x or y"),
    ("z = x and y", "boolean", "z = y"),
    ("z = x ** 2", "constant", "z = x ** 3"),
    ("z = x ** 2", "constant", "z = x ** 0"),
    ("z = x + 1e-05", "constant", "z = x + 0.001"),
    ("z = x + 1e-05", "constant", "z = x + -1e-05"),
    ("z = x + 0.5", "constant", "z = x + 1.0"),
    ("z = (-2) ** x", "constant", "z = (-1) ** x"),
    ("z = (-2) ** x", "constant", "z = (-3) ** x"),
    ("z = x.var(0, unbiased=False)", "constant", "z = x.var(0, unbiased=True)"),
    ("z = x.sum(dim=-1)", "axis", "z = x.sum(dim=1)"),
    ("z = x.sum(dim=-1)", "constant", "z = x.sum(dim=0)"),
    ("z = x.sum(dim=-1)", "constant", "z = x.sum(dim=-2)"),
    ("z = x.sum(dim=0, keepdim=True)", "keyword dropped", "z = x.sum(dim=0)"),
    ("z = torch.where(n, x, y)", "call dropped", "z = y"),
    ("z = F.dropout(x)", "call dropped", "z = x"),
    ("z = x.view(3).clone()", "call dropped", "z = x.view(3)"),
    ("z = x.view(3).clone()", "call dropped", "z = x.clone()"),
    ("z = torch.exp(x).sum()", "call dropped", "z = torch.exp(x)"),
    ("z = self.proj(x)", "call dropped", "z = x"),
    ("z = self.mask.view(x)", "call dropped", "z = self.mask"),
    ("z = x.T", "call dropped", "z = x"),
    ("z = max(x, y)", "sibling called", "z = min(x, y)"),
    ("z = torch.zeros(3)", "sibling called", "z = torch.ones(3)"),
    ("z = x.exp()", "sibling called", "z = x.log()"),
    ("x = y", "statement dropped", "pass"),
    ("x[:, 0] = y", "statement dropped", "pass"),
    ("if x:\n        y()", "condition forced", "if True:"),
    ("if x:\n        y()", "condition forced", "if False:"),
    ("while x:\n        break", "condition forced", "while False:"),
    ("while x:\n        break", "statement dropped", "continue"),
    ("z = x if n else y", "condition forced", "z = x if True else y"),
    ("z = [a for a in x if a]", "condition forced", "z = [a for a in x if True]"),
    ("z = g(x, y, n)", "swapped", "z = g(x, n, y)"),
    ("return x, y", "swapped", "return (y, x)"),
    ("z = torch.cat([x, y])", "swapped", "z = torch.cat([y, x])"),
    ("z = x - y", "swapped", "z = y - x"),
    ("z = x.mean()", "detached", "z = x.mean().detach()"),
    ("return x * y", "detached", "return (x * y).detach()"),
    ("return x, n", "detached", "return (x.detach(), n)"),
    ("z = g(x * y)", "detached", "z = g((x * y).detach())"),
    ("x.add_(y)", "write lost", "x.add(y)"),
    ("x += y", "write lost", "x = x + y"),
    ("z = x[:, :n]", "bound moved", "z = x[:, :n + 1]"),
    ("z = x[:, :n]", "bound moved", "z = x[:, :]"),
    ("z = x[:, :n]", "bound moved", "z = x"),
    ("z = range(n)", "bound moved", "z = range(n - 1)"),
    ("with torch.no_grad():\n        x = y", "wrapper dropped", "if True:"),
]


@pytest.mark.parametrize(("line", "operator", "now"), MADE)
def test_the_operators_make(line, operator, now):
    assert now in {to for name, _, to in changes(body(line)) if name == operator}


NOT_MADE = [
    ("z = torch.arange(n)", "z = torch.arange(n).detach()"),
    ("with torch.no_grad():\n        z = x.mean()", "z = x.mean().detach()"),
    ("z = range(n * 2)", "z = range((n * 2).detach())"),
    ("raise ValueError(f'{n + 1}')", "raise ValueError"),
    ("z: int = 3", "z: 3"),
    ("n += 1", "n = n + 1"),
    ("z = x + 0.0", "z = x + -0.0"),
    ("z = torch.sqrt(x)", "z = torch"),
    ("x[0] += y", "x[0] = x[0] + y"),
]


@pytest.mark.parametrize(("line", "now"), NOT_MADE)
def test_the_operators_do_not_make(line, now):
    made = changes(body(line))
    assert made
    assert all(to != now for _, _, to in made)


def test_an_own_tensor_may_be_written_either_way():
    assert ("write lost", "z += y", "z = z + y") not in changes(body("z += y", before="z = x.clone()"))


def test_strings_and_docstrings_stay():
    source = 'def f(x):\n    """Says 3."""\n    return g(x, "mean")\n'
    assert all('"""Says 3."""' in m.source and "'mean'" in m.source for m in mutants(source, "f") if "g(" in m.source)


def test_a_decorator_is_dropped():
    made = changes("import torch\n@torch.no_grad()\ndef f(x):\n    return x\n")
    assert ("wrapper dropped", "@torch.no_grad()", "def f(x):") in made


def test_defaults_of_parameters_change():
    made = changes("def f(x, p=0.5, training=True):\n    return x\n")
    lines = {now for operator, _, now in made if operator == "constant"}
    assert {"def f(x, p=1.0, training=True):", "def f(x, p=0.5, training=False):"} <= lines


def test_only_what_the_entry_reaches_changes():
    source = (
        "EPS = 1\ndef helper(x):\n    return x + EPS\ndef unused():\n    return 7\ndef f(x):\n    return helper(x)\n"
    )
    texts = {m.was for m in mutants(source, "f")}
    assert {"EPS = 1", "return x + EPS", "return helper(x)"} <= texts
    assert "return 7" not in texts


def test_every_mutant_is_valid_python_other_than_the_source_and_once():
    source = body("z = x[:, :n] + torch.cat([x, *y], dim=-1) if n else (x.add_(y), -3.5)")
    made = mutants(source, "f")
    texts = [m.source for m in made]
    assert len(set(texts)) == len(texts) > 25
    assert ast.unparse(ast.parse(source)) not in texts
    for text in texts:
        compile(text, "<mutant>", "exec")
    assert made == mutants(source, "f")


def test_a_mutant_knows_its_line_in_the_solution():
    source = "# a comment\n\ndef f(x):\n    # another\n    return x + 1\n"
    assert {m.line for m in mutants(source, "f") if m.was == "return x + 1"} == {5}
