"""Roads to a forbidden API that must be seen, and honest code that must not be accused."""

from __future__ import annotations

import linecache
import textwrap
from itertools import count

import pytest
import torch

from torch_judge.bank import find_bank
from torch_judge.guard.concepts import matcher
from torch_judge.guard.witness import _helpers
from torch_judge.report import Report
from torch_judge.verdict.judging import judge_live

SIGNATURE = "x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True"
HONEST = f"""
def my_batch_norm({SIGNATURE}):
    if training:
        mean, var = x.mean(0), x.var(0, unbiased=False)
        running_mean.copy_((1 - momentum) * running_mean + momentum * mean.detach())
        running_var.copy_((1 - momentum) * running_var + momentum * var.detach())
    else:
        mean, var = running_mean, running_var
    return gamma * (x - mean) / (var + eps).sqrt() + beta
"""
PRELUDE = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
CALL = "x, running_mean, running_var, gamma, beta, training, momentum, eps"
numbers = count(1)


def report_on(source: str, prelude: str = PRELUDE, id: str = "batchnorm") -> Report:
    """Run a learner's source as a notebook cell of its own and judge what it defines."""
    source = prelude + textwrap.dedent(source)
    filename = f"/tmp/ipykernel_1/{next(numbers)}.py"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace: dict[str, object] = {"__name__": "__main__"}
    exec(compile(source, filename, "exec"), namespace)
    problem = find_bank().get(id)
    return judge_live(problem, namespace[problem.entry])


def body(code: str) -> str:
    """A my_batch_norm with this body."""
    return f"def my_batch_norm({SIGNATURE}):\n" + textwrap.indent(textwrap.dedent(code), "    ")


ROADS = {
    "direct call": body(f"return F.batch_norm({CALL})"),
    "from import as": "from torch.nn.functional import batch_norm as bn\n" + body(f"return bn({CALL})"),
    "local import": body(f"from torch.nn.functional import batch_norm\nreturn batch_norm({CALL})"),
    "module alias": "fn = torch.nn.functional\n" + body(f"return fn.batch_norm({CALL})"),
    "function alias": "normalise = F.batch_norm\n" + body(f"return normalise({CALL})"),
    "module class": body(
        """
        layer = nn.BatchNorm1d(x.shape[1], eps=eps, momentum=momentum)
        layer.weight.data, layer.bias.data = gamma, beta
        layer.running_mean, layer.running_var = running_mean, running_var
        return layer.train(training)(x)
        """
    ),
    "subclass of the module": "class Mine(nn.BatchNorm1d):\n    pass\n"
    + body(
        """
        layer = Mine(x.shape[1], eps=eps, momentum=momentum)
        layer.running_mean, layer.running_var = running_mean, running_var
        return layer.train(training)(x)
        """
    ),
    "the entry is the torch callable": "my_batch_norm = F.batch_norm",
    "a partial of the torch callable": "import functools\nmy_batch_norm = functools.partial(F.batch_norm)",
    "the entry is a subclass": "class my_batch_norm(nn.BatchNorm1d):\n    pass",
    "torch.*": body(
        "return torch.batch_norm(x, gamma, beta, running_mean, running_var, training, momentum, eps, False)"
    ),
    "torch.ops.aten": body(
        """
        return torch.ops.aten.native_batch_norm(
            x, gamma, beta, running_mean, running_var, training, momentum, eps)[0]
        """
    ),
    "getattr with a built name": body(f'name = "_".join(["batch", "norm"])\nreturn getattr(F, name)({CALL})'),
    "getattr with a literal": body(f'return getattr(F, "batch" + "_norm")({CALL})'),
    "vars of the module": body(f'return vars(F)["batch_" + "norm"]({CALL})'),
    "exec of a built string": body(
        f"""
        scope = dict(locals(), F=F)
        exec("out = F.batch" + "_norm({CALL})", scope)
        return scope["out"]
        """
    ),
    "TorchScript": "@torch.jit.script\n"
    "def scripted(x: torch.Tensor, g: torch.Tensor, b: torch.Tensor, m: torch.Tensor, v: torch.Tensor,"
    " training: bool, momentum: float, eps: float):\n"
    "    return torch.batch_norm(x, g, b, m, v, training, momentum, eps, False)\n"
    + body("return scripted(x, gamma, beta, running_mean, running_var, training, momentum, eps)"),
    "a swallowed exception around it": body(
        f"""
        try:
            return F.batch_norm({CALL})
        except BaseException:
            return x
        """
    ),
    "a neighbour on the transpose": body(
        """
        if training:
            return F.layer_norm(x.T, (x.shape[0],), eps=eps).T * gamma + beta
        return (x - running_mean) / (running_var + eps).sqrt() * gamma + beta
        """
    ),
    "inside a custom autograd.Function": "class Op(torch.autograd.Function):\n"
    "    @staticmethod\n"
    "    def forward(ctx, x, g, b, m, v, training, momentum, eps):\n"
    "        return F.batch_norm(x, m, v, g, b, training, momentum, eps)\n"
    "    @staticmethod\n"
    "    def backward(ctx, grad):\n"
    "        return grad, None, None, None, None, None, None, None\n"
    + body("return Op.apply(x, gamma, beta, running_mean, running_var, training, momentum, eps)"),
    "in a helper of the learner's": f"def helper(*args):\n    return F.batch_norm(*args)\n{body(f'return helper({CALL})')}",
    "in a lambda kept in a dict": 'ways = {"bn": lambda *args: F.batch_norm(*args)}\n'
    + body(f'return ways["bn"]({CALL})'),
    "torch-function mode switched off": body(f"with torch._C.DisableTorchFunction():\n    return F.batch_norm({CALL})"),
}

HONEST_WORK = {
    "plain": HONEST,
    "the word in a comment": HONEST.replace("    if training:", "    # F.batch_norm(x) would do this\n    if training:"),
    "the word in a docstring": HONEST.replace("    if training:", '    """Like F.batch_norm and nn.BatchNorm1d."""\n    if training:'),
    "the word in a string": HONEST.replace("    if training:", '    name = "F.batch_norm"\n    if training:'),
    "a helper called batch_norm": HONEST.replace("def my_batch_norm", "def batch_norm")
    + f"def my_batch_norm({SIGNATURE}):\n"
    "    return batch_norm(x, gamma, beta, running_mean, running_var, eps, momentum, training)\n",
    "an import that is never used": "from torch.nn.functional import batch_norm, layer_norm\n" + HONEST,
    "a debug function that compares": HONEST + "\ndef debug():\n    return F.batch_norm(torch.ones(2, 2), None, None, training=True)\n",
    "a local variable called batch_norm": HONEST.replace("return gamma", "batch_norm = gamma").replace(
        "+ beta", "+ beta\n    return batch_norm"
    ),
    "an argument that shadows an import": "from torch.nn.functional import layer_norm\n"
    + HONEST
    + "def apply(layer_norm, *args):\n    return layer_norm(*args)\n",
    "a custom autograd.Function called BatchNorm": "class BatchNorm(torch.autograd.Function):\n"
    "    @staticmethod\n"
    "    def forward(ctx, x):\n"
    "        return x.clone()\n"
    "    @staticmethod\n"
    "    def backward(ctx, grad):\n"
    "        return grad\n" + HONEST.replace("return gamma", "x = BatchNorm.apply(x)\n    return gamma"),
    "allowed building blocks": HONEST.replace("x.var(0, unbiased=False)", "torch.var_mean(x, 0, correction=0)[0]"),
}  # fmt: skip


@pytest.mark.parametrize("road", ROADS)
def test_every_road_to_a_forbidden_api_is_seen(road: str) -> None:
    report = report_on(ROADS[road])
    assert report.violations, report
    assert not report.accepted


@pytest.mark.parametrize("name", HONEST_WORK)
def test_honest_work_is_not_accused(name: str) -> None:
    report = report_on(HONEST_WORK[name])
    assert report.accepted, (report.violations, [case.message for case in report.failed])


@pytest.mark.parametrize("road", ["direct call", "in a helper of the learner's", "exec of a built string"])
def test_a_violation_names_the_learners_line(road: str) -> None:
    report = report_on(ROADS[road])
    assert any("batch_norm" in v.api and "a cell, line" in v.line for v in report.violations), report.violations


def test_a_function_without_a_module_is_the_learners() -> None:
    namespace: dict[str, object] = {}
    exec(HONEST.replace("my_batch_norm", "batch_norm"), namespace)
    assert judge_live(find_bank().get("batchnorm"), namespace["batch_norm"]).accepted


PATCHED = [
    "torch.allclose",
    "torch.Tensor.equal",
    "torch.nn.functional.softmax",
    "torch.nn.Module.train",
]


@pytest.mark.parametrize("name", PATCHED)
def test_replaced_torch_functions_have_no_effect(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name, eval(name, {"torch": torch}))  # restores it afterwards
    patch = f"{name} = lambda *args, **kwargs: True\n"
    report = report_on(patch + HONEST)
    assert report.accepted and f"`{name}`" in report.notes[0] and "torch's own" in report.notes[0]
    wrong = HONEST + "\n_right = my_batch_norm\ndef my_batch_norm(*a, **k):\n    return _right(*a, **k) + 1\n"
    assert not report_on(patch + wrong).accepted


def test_a_helper_added_to_torch_is_no_patch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.nn.Module, "count_my_parameters", None, raising=False)
    monkeypatch.setattr(torch, "my_favourite", None, raising=False)
    added = "nn.Module.count_my_parameters = lambda self: 3\ntorch.my_favourite = lambda x: x\n"
    assert report_on(added + HONEST).accepted


INIT, CLIP = "def kaiming_init(weight):\n    ", "def clip_grad_norm(parameters, max_norm):\n    "
STD = "(2 / weight.shape[1]) ** 0.5"
# Plain Python functions of torch: what they call, `normal_` or `mul_`, tells nothing.
HELPER_ROADS = {
    "an initialiser": (INIT + "return nn.init.kaiming_normal_(weight, nonlinearity='relu')", "kaiming_normal_"),
    "a built name": (INIT + "return getattr(nn.init, '_'.join(['kaiming', 'normal', '']))(weight)", "kaiming_normal_"),
    "a local import as": (INIT + "from torch.nn.init import kaiming_normal_ as f\n    return f(weight)", "kaiming_normal_"),
    "the deprecated name": (INIT + "return vars(nn.init)['kaiming' + '_normal'](weight)", "kaiming_normal"),
    "exec of a string": (INIT + "exec('nn.init.xavier' + '_normal_(weight)')\n    return weight", "xavier_normal_"),
    "an alias from before": ("f = getattr(nn.init, ''.join(['kaiming', '_normal_']))\n" + INIT + "return f(weight)", "kaiming_normal_"),
    "the entry itself": ("kaiming_init = nn.init.kaiming_normal_", "kaiming_normal_"),
    "the clipping function": (CLIP + "return nn.utils.clip_grad_norm_(parameters, max_norm)", "clip_grad_norm_"),
    "of its own module": (CLIP + "return vars(nn.utils.clip_grad)['clip_' + 'grad_norm_'](parameters, max_norm)", "clip_grad_norm_"),
    "the norm alone": (
        CLIP + "grads = [p.grad for p in parameters if p.grad is not None]\n"
        "    norm = getattr(torch.nn.utils, 'get_total' + '_norm')(grads)\n"
        "    [g.mul_(max_norm / norm) for g in grads if norm > max_norm]\n    return norm",
        "get_total_norm",
    ),
    "a swallowed exception around it": (
        CLIP + "try:\n        getattr(nn.utils, 'clip_' + 'grad_value_')(None, None)\n"
        "    except Exception:\n        return 0.0",
        "clip_grad_value_",
    ),
}  # fmt: skip
HONEST_HELPERS = {
    "normal_ with its own std": INIT + f"return nn.init.normal_(weight, 0.0, {STD})",
    "calculate_gain": INIT + "std = nn.init.calculate_gain('relu') / weight.shape[1] ** 0.5\n"
    "    return nn.init.normal_(weight, std=std)",
    "an import that is never used": "from torch.nn.init import kaiming_normal_\n"
    + INIT
    + f"return nn.init.normal_(weight, std={STD})",
    "a comparison with torch's own, apart": "def debug(w):\n    nn.init.kaiming_normal_(w)\n\n"
    + INIT
    + f"return nn.init.normal_(weight, std={STD})",
    "a helper of that name": "def kaiming_normal_(w, std):\n    w.data.normal_(0, std)\n\n"
    + INIT
    + f"kaiming_normal_(weight, {STD})\n    return weight",
}


def helper_report(source: str) -> Report:
    return report_on(source, id="weight_init" if "kaiming_init" in source else "gradient_clipping")


@pytest.mark.parametrize("road", HELPER_ROADS)
def test_every_road_to_a_forbidden_python_helper_is_seen(road: str) -> None:
    source, name = HELPER_ROADS[road]
    report = helper_report(source)
    assert not report.accepted
    assert name in {v.api.rsplit(".", 1)[1] for v in report.violations}, report.violations


@pytest.mark.parametrize("name", HONEST_HELPERS)
def test_honest_use_of_helpers_is_not_accused(name: str) -> None:
    report = helper_report(HONEST_HELPERS[name])
    assert report.accepted and not report.violations, (report.violations, [case.message for case in report.failed])


@pytest.mark.parametrize("road", ["an initialiser", "a swallowed exception around it"])
def test_watched_helpers_are_restored(road: str) -> None:
    import torch

    modules = (torch.nn.init, torch.nn.utils, torch.nn.utils.clip_grad)
    before = [dict(vars(module)) for module in modules]
    helper_report(HELPER_ROADS[road][0])
    assert [dict(vars(module)) for module in modules] == before


NEIGHBOURS = {
    "relu": "def relu(x):\n    return torch._foreach_clamp_min([x], 0)[0]",
    "cross_entropy": "from torch.distributions import Multinomial\n\n"
    "def cross_entropy_loss(logits, targets):\n"
    "    one_hot = torch.zeros_like(logits).scatter(1, targets[:, None], 1.0)\n"
    "    return -Multinomial(1, logits=logits).log_prob(one_hot).mean()",
}


@pytest.mark.parametrize("id", NEIGHBOURS)
def test_a_neighbour_that_does_the_same_job_is_seen(id: str) -> None:
    report = report_on(NEIGHBOURS[id], id=id)
    assert report.violations and not report.accepted


def test_no_helper_is_touched_where_none_is_forbidden() -> None:
    assert not _helpers(matcher(("softmax", "attention", "gelu")))
    assert _helpers(matcher(("kaiming",)))


CONCEPT_NAMES = {
    # concept: names that are forbidden, names that are not
    "autograd": (
        "backward grad vjp jacobian hessian jacrev make_dual gelu_backward _softmax_backward_data",
        "requires_grad_ no_grad enable_grad grad_mode vmap unpack_dual functional_call Function register_full_backward_hook",
    ),
    "fuse_norm": ("fuse_conv_bn_weights fuse_conv_bn_eval fuse_linear_bn_weights fuse_modules", "batch_norm conv2d"),
    "silu": ("silu silu_ SiLU hardswish silu_backward", "sigmoid mul"),
    "bce": (
        "binary_cross_entropy binary_cross_entropy_with_logits BCELoss BCEWithLogitsLoss soft_margin_loss MultiLabelSoftMarginLoss",
        "softplus logsigmoid logaddexp cross_entropy",
    ),
    "sgd": ("sgd SGD _fused_sgd_ _single_tensor_sgd _multi_tensor_sgd", "Optimizer Adam"),
    "averaging": ("swa_utils AveragedModel get_ema_multi_avg_fn update_bn", "lerp_ deepcopy"),
    "lstm": ("lstm lstm_cell LSTMCell GRU RNNCell rnn_tanh gru_cell _thnn_fused_lstm_cell", "rnn pad_sequence sigmoid tanh"),
    "max_pool": ("max_pool2d max_pool2d_with_indices MaxPool1d adaptive_max_pool2d fractional_max_pool2d", "amax unfold max"),
    "clustering": ("sklearn scipy KMeans k_means kmeans2 vq", "kmeans cdist argmin bincount"),
    "kl_div": ("kl_div KLDivLoss kl_divergence", "log_softmax xlogy"),
    "distributions": ("distributions kl_divergence", "kl_div"),
    "batch_norm": (
        "batch_norm_gather_stats batch_norm_gather_stats_with_counts batch_norm_backward_reduce native_batch_norm_backward",
        "var_mean std_mean",
    ),
    "softmax": ("special_softmax _safe_softmax", "logsumexp softplus"),
}  # fmt: skip


@pytest.mark.parametrize("concept", CONCEPT_NAMES)
def test_a_concept_names_what_does_it_and_no_building_block(concept: str) -> None:
    forbidden, free = (names.split() for names in CONCEPT_NAMES[concept])
    matches = matcher((concept,))
    assert [name for name in forbidden if not matches(name)] == []
    assert [name for name in free if matches(name)] == []
