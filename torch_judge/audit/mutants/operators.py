"""The operators of mutation: each takes a spot of the syntax tree and yields what could stand there instead."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator

from torch_judge.audit.mutants.tree import Spot, called, changed, is_builtin, is_docstring, literal, number, without

Operator = Callable[[Spot], Iterator[ast.AST]]

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Div, ast.Mult),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
_PAIRS = """
    min max  minimum maximum  amin amax  argmin argmax  cummin cummax  clamp_min clamp_max  any all  mean sum  var std
    sqrt rsqrt  exp log  exp expm1  log log1p  sin cos  tanh sigmoid  floor ceil  round floor  cumsum cumprod
    zeros ones  zeros_like ones_like  rand randn  rand_like randn_like  tril triu  softmax log_softmax
    add_ sub_  mul_ div_  zero_ fill_  train eval  logical_and logical_or  cat stack  no_grad enable_grad
"""
SIBLINGS: dict[str, set[str]] = {}
for _a, _b in zip(_PAIRS.split()[::2], _PAIRS.split()[1::2], strict=True):
    SIBLINGS.setdefault(_a, set()).add(_b)
    SIBLINGS.setdefault(_b, set()).add(_a)
AXES = {"dim", "axis", "dims"}
SMALL = 1e-2
_NO_GRADIENT = """
    arange zeros ones full eye tensor empty linspace zeros_like ones_like full_like rand randn randint rand_like
    randn_like randperm bernoulli multinomial argmax argmin argsort one_hot long bool int item tolist size numel dim
    detach Generator no_grad enable_grad register_buffer nonzero unique searchsorted isnan isinf isfinite
"""
NO_GRADIENT = set(_NO_GRADIENT.split())
QUIET = {"no_grad", "inference_mode"}


OPERATORS: dict[str, Operator] = {}


def operator(name: str) -> Callable[[Operator], Operator]:
    """Register an operator of mutation under ``name``."""

    def register(function: Operator) -> Operator:
        OPERATORS[name] = function
        return function

    return register


@operator("comparison")
def comparison(spot: Spot) -> Iterator[ast.AST]:
    """`<` to `<=` and `>=`, and so on."""
    if isinstance(node := spot.node, ast.Compare):
        for i, op in enumerate(node.ops):
            for other in COMPARISONS[type(op)]:
                yield changed(node, ops=[*node.ops[:i], other(), *node.ops[i + 1 :]])


@operator("arithmetic")
def arithmetic(spot: Spot) -> Iterator[ast.AST]:
    """`+` to `-`, and so on, also in augmented assignments; one operand alone; a minus or a not dropped."""
    node = spot.node
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        for other in ARITHMETIC.get(type(node.op), ()):
            yield changed(node, op=other())
    if isinstance(node, ast.BinOp):
        yield node.left
        yield node.right
    if isinstance(node, ast.UnaryOp) and number(node) is None:
        yield node.operand


@operator("boolean")
def boolean(spot: Spot) -> Iterator[ast.AST]:
    """`and` to `or` and back; one operand fewer."""
    if isinstance(node := spot.node, ast.BoolOp):
        yield changed(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
        for i in range(len(node.values)):
            rest = without(node.values, i)
            yield rest[0] if len(rest) == 1 else changed(node, values=rest)


@operator("constant")
def constant(spot: Spot) -> Iterator[ast.AST]:
    """Numbers to their neighbours, to zero, to twice, to minus; booleans flipped."""
    node = spot.node
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    value = number(node)
    if isinstance(value, int):
        for other in (value + 1, value - 1, 0):
            yield literal(other)
    elif value:
        # An infinity times two, or a minus before zero, changes nothing.
        finite = [value * 2, value * 100 if abs(value) < SMALL else 1.0 - value] if math.isfinite(value) else []
        for near in (*finite, 0.0, -value):
            yield literal(near)
    elif value is not None:
        yield literal(1.0)


@operator("axis")
def axis(spot: Spot) -> Iterator[ast.AST]:
    """The last axis to the second one; the neighbours and the first one are constants already."""
    named = isinstance(spot.parent, ast.keyword) and spot.parent.arg in AXES
    if (named or isinstance(spot.parent, ast.Call)) and number(spot.node) == -1:
        yield literal(1)


@operator("keyword dropped")
def keyword_dropped(spot: Spot) -> Iterator[ast.AST]:
    """`f(x, dim=0)` to `f(x)`."""
    if isinstance(node := spot.node, ast.Call):
        for i in range(len(node.keywords)):
            yield changed(node, keywords=without(node.keywords, i))


@operator("call dropped")
def call_dropped(spot: Spot) -> Iterator[ast.AST]:
    """`f(x, y)` to `x` and to `y`; `x.m(…)` and `x.T` to `x`."""
    node = spot.node
    if isinstance(node, ast.Attribute) and node.attr in {"T", "mT", "data"} and isinstance(node.ctx, ast.Load):
        yield node.value
    if not isinstance(node, ast.Call):
        return
    if _is_method(node, spot):
        assert isinstance(node.func, ast.Attribute)
        yield node.func.value
    elif len(node.args) <= 3:
        yield from (arg for arg in node.args if not isinstance(arg, ast.Starred))


@operator("sibling called")
def sibling(spot: Spot) -> Iterator[ast.AST]:
    """`max` to `min`, `sqrt` to `rsqrt`, and so on."""
    node = spot.node
    for other in sorted(SIBLINGS.get(called(node), ())):
        assert isinstance(node, ast.Call)
        if isinstance(node.func, ast.Attribute):
            yield changed(node, func=changed(node.func, attr=other))
        elif is_builtin(other):
            yield changed(node, func=ast.Name(other, ast.Load()))


@operator("statement dropped")
def statement_dropped(spot: Spot) -> Iterator[ast.AST]:
    """A statement to `pass`; `break` to `continue` and back."""
    node = spot.node
    if not isinstance(node, ast.stmt) or isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Pass)):
        return
    if not is_docstring(node) and not isinstance(spot.parent, ast.Module):
        yield ast.Pass()
    if isinstance(node, (ast.Break, ast.Continue)):
        yield ast.Continue() if isinstance(node, ast.Break) else ast.Break()


@operator("condition forced")
def condition_forced(spot: Spot) -> Iterator[ast.AST]:
    """A condition to True and to False; a `while` is only stopped, a filter only opened."""
    if spot.field == "test" and isinstance(spot.parent, (ast.If, ast.IfExp, ast.While)):
        yield ast.Constant(False)
        if not isinstance(spot.parent, ast.While):
            yield ast.Constant(True)
    if spot.field == "ifs":
        yield ast.Constant(True)


@operator("swapped")
def swapped(spot: Spot) -> Iterator[ast.AST]:
    """`f(a, b)` to `f(b, a)`; `(a, b)` to `(b, a)`; `a - b` to `b - a`."""
    node = spot.node
    if isinstance(node, ast.BinOp) and not isinstance(node.op, (ast.Add, ast.Mult, ast.BitAnd, ast.BitOr)):
        yield changed(node, left=node.right, right=node.left)
    for field in ("args", "elts"):
        items = getattr(node, field, None)
        if isinstance(node, (ast.Call, ast.Tuple, ast.List)) and items:
            for i in range(len(items) - 1):
                yield changed(node, **{field: [*items[:i], items[i + 1], items[i], *items[i + 2 :]]})


@operator("detached")
def detached(spot: Spot) -> Iterator[ast.AST]:
    """A value that is assigned, returned or handed on is cut off the autograd graph, where it can be on it."""
    node, parent = spot.node, spot.parent
    returned = isinstance(parent, ast.Return) or (isinstance(parent, ast.Tuple) and _within(spot, ast.Return))
    placed = isinstance(parent, (ast.Assign, ast.AugAssign)) and spot.field == "value"
    placed = placed or (isinstance(parent, ast.Call) and spot.field == "args" and not is_builtin(called(parent)))
    kinds = (ast.Call, ast.BinOp, ast.Name) if returned else (ast.Call, ast.BinOp)
    if (returned or placed) and isinstance(node, kinds) and _may_need_gradient(node) and not _quiet(spot):
        yield ast.Call(ast.Attribute(node, "detach", ast.Load()), [], [])


@operator("write lost")
def write_lost(spot: Spot) -> Iterator[ast.AST]:
    """`x.add_(y)` to `x.add(y)`; `x += y` to `x = x + y` where `x` may be the caller's."""
    node = spot.node
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        name = node.func.attr
        if name.endswith("_") and not name.endswith("__"):
            yield changed(node, func=changed(node.func, attr=name[:-1]))
    if isinstance(node, ast.AugAssign) and number(node.value) is None and not _own(node.target, spot):
        read = changed(node.target, ctx=ast.Load())
        yield ast.Assign([node.target], ast.BinOp(read, node.op, node.value), lineno=node.lineno)


@operator("bound moved")
def bound_moved(spot: Spot) -> Iterator[ast.AST]:
    """Bounds of slices and of `range` by one, or dropped; a subscript dropped."""
    node, parent = spot.node, spot.parent
    if isinstance(node, ast.Slice):
        for field in ("lower", "upper", "step"):
            if getattr(node, field) is not None:
                yield changed(node, **{field: None})
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield node.value
    in_range = called(parent) == "range" and spot.field == "args"
    in_slice = isinstance(parent, ast.Slice) and spot.field != "step"
    if (in_range or in_slice) and isinstance(node, ast.expr) and number(node) is None:
        yield ast.BinOp(node, ast.Add(), ast.Constant(1))
        yield ast.BinOp(node, ast.Sub(), ast.Constant(1))


@operator("wrapper dropped")
def wrapper_dropped(spot: Spot) -> Iterator[ast.AST]:
    """`with f():` to its bare body; a decorator dropped."""
    node = spot.node
    if isinstance(node, ast.With) and all(item.optional_vars is None for item in node.items):
        yield ast.If(ast.Constant(True), node.body, [])
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        for i in range(len(node.decorator_list)):
            yield changed(node, decorator_list=without(node.decorator_list, i))


def _is_method(node: ast.Call, spot: Spot) -> bool:
    """Whether a call is a method of a value: not of a module, not of self or super()."""
    if not isinstance(node.func, ast.Attribute) or called(base := node.func.value) == "super":
        return False
    while isinstance(base, ast.Attribute) and not (isinstance(base.value, ast.Name) and base.value.id == "self"):
        base = base.value
    return not (isinstance(base, ast.Name) and (base.id == "self" or base.id in _modules(spot.above[0])))


def _modules(tree: ast.AST) -> set[str]:
    imports = [n for n in ast.walk(tree) if isinstance(n, (ast.Import, ast.ImportFrom))]
    return {(alias.asname or alias.name).split(".")[0] for node in imports for alias in node.names}


def _within(spot: Spot, kind: type[ast.AST]) -> bool:
    return len(spot.above) >= 2 and isinstance(spot.above[-2], kind)


def _may_need_gradient(node: ast.AST) -> bool:
    name = called(node)
    if not name:
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and is_builtin(name):
        return name in {"sum", "max", "min", "abs"}
    return name not in NO_GRADIENT and not name[0].isupper()


def _quiet(spot: Spot) -> bool:
    """Whether the spot lies under `torch.no_grad()`, where detaching changes nothing."""
    for node in spot.above:
        wrappers = [item.context_expr for item in node.items] if isinstance(node, ast.With) else []
        wrappers += getattr(node, "decorator_list", [])
        if any(called(w) in QUIET or getattr(w, "attr", "") in QUIET for w in wrappers):
            return True
    return False


def _own(target: ast.expr, spot: Spot) -> bool:
    """Whether an augmented assignment's target was bound to something of the function's own, or is written by item."""
    if isinstance(target, ast.Subscript):
        return True
    function = next((n for n in reversed(spot.above) if isinstance(n, ast.FunctionDef)), None)
    bound = [t for n in ast.walk(function) if isinstance(n, ast.Assign) for t in n.targets] if function else []
    return isinstance(target, ast.Name) and any(isinstance(n, ast.Name) and n.id == target.id for n in bound)
