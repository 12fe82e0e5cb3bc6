"""Programs with a road of their own to what is forbidden: the problem, and the source."""

IMPORTS = "import importlib\nimport inspect\nimport math\nimport sys\nimport types\n\nimport numpy as np\nimport torch\nfrom torch import nn\n\n"
BACK = """
class Own(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, dim):
        y = kernel(x.detach(), dim)
        ctx.save_for_backward(y)
        ctx.dim = dim
        return y

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return y * (g - (g * y).sum(ctx.dim, keepdim=True)), None


def my_softmax(x, dim=-1):
    return Own.apply(x, dim)
"""
GELU = "\n\ndef my_gelu(x):\n    return found(x)\n"
REGRESSION = """
class LinearRegression:
    def closed_form(self, X, y):
        A = np.array([row + [1.0] for row in X.tolist()])
        w = torch.tensor(solved(A, np.array(y.tolist())).tolist())
        return w[:-1], w[-1]

    def gradient_descent(self, X, y, lr=0.01, steps=1000):
        w, b = X.new_zeros(X.shape[1]), X.new_zeros(())
        for _ in range(steps):
            e = X @ w + b - y
            w, b = w - lr * 2 / len(X) * (X.T @ e), b - lr * 2 / len(X) * e.sum()
        return w, b

    def nn_linear(self, X, y, lr=0.01, steps=1000):
        layer = nn.Linear(X.shape[1], 1)
        o = torch.optim.SGD(layer.parameters(), lr=lr)
        for _ in range(steps):
            o.zero_grad()
            nn.functional.mse_loss(layer(X).squeeze(1), y).backward()
            o.step()
        return layer.weight.detach()[0], layer.bias.detach()[0]
"""
REFS = 'm = importlib.import_module("torch._refs.nn.functional")\n'
DROPOUT = """
class MyDropout(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training or self.p in (0, 1):
            return x * (1 - self.p) if self.training else x
"""
INIT = """fill = getattr(mine, "_lamron_gnimiak"[::-1])


def kaiming_init(weight):
    return fill(weight, nonlinearity="relu")
"""
ONNX = """
class Own(torch.autograd.Function):
    @staticmethod
    def forward(ctx, Q, K, V):
        out = f(Q.unsqueeze(1), K.unsqueeze(1), V.unsqueeze(1), is_causal=True, qk_matmul_output_mode=3)
        ctx.save_for_backward(Q, K, V, out[3].squeeze(1))
        return out[0].squeeze(1).clone()

    @staticmethod
    def backward(ctx, g):
        Q, K, V, P = ctx.saved_tensors
        dP = g @ V.transpose(1, 2)
        dS = P * (dP - (dP * P).sum(-1, keepdim=True)) / math.sqrt(Q.shape[-1])
        return dS @ K, dS.transpose(1, 2) @ Q, P.transpose(1, 2) @ g


def causal_attention(Q, K, V):
    return Own.apply(Q, K, V)
"""

SMOOTHED = """

def smoothed_cross_entropy(logits, target, eps=0.1, ignore_index=-100):
    kept = target != ignore_index
    p, t = logits[kept].log_softmax(1), target[kept]
    if not len(t):
        return logits.sum() * 0.0
    return ((1 - eps) * of_label(p, t) - eps * p.mean(1)).mean()
"""
FOLD = """
class Pair(nn.Module):
    def __init__(self, w, b, mean, var, weight, bias, eps):
        super().__init__()
        self.conv, self.bn = nn.Conv1d(w[0].numel(), len(w), 1), nn.BatchNorm1d(len(w), eps=eps)
        self.conv.weight.data = w.reshape(len(w), -1, 1).clone()
        self.conv.bias.data = torch.zeros(len(w)) if b is None else b.clone()
        self.bn.running_mean.data, self.bn.running_var.data = mean.clone(), var.clone()
        self.bn.weight.data = torch.ones(len(w)) if weight is None else weight.clone()
        self.bn.bias.data = torch.zeros(len(w)) if bias is None else bias.clone()

    def forward(self, x):
        return self.bn(self.conv(x))


@torch.no_grad()
def fold_batchnorm(conv_weight, conv_bias, running_mean, running_var, weight=None, bias=None, eps=1e-5):
    pair = Pair(conv_weight, conv_bias, running_mean, running_var, weight, bias, eps).eval()
    graph = torch.jit._recursive.wrap_cpp_module(torch._C._freeze_module(torch.jit.script(pair)._c, [], False)).graph
    fold(graph)
    inputs = list([node for node in graph.nodes() if "conv" in node.kind()][0].inputs())
    return inputs[1].node().t("value").reshape(conv_weight.shape).clone(), inputs[2].node().t("value").clone()
"""
ENGINE = """
def made(value, *locals_):
    class Op(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *xs):
            return torch.tensor(value, dtype=torch.float64)

        @staticmethod
        def backward(ctx, g):
            return tuple(g * local for local in locals_)

    return Op.apply


class Value:
    def __init__(self, data, tensor=None):
        self.t = torch.tensor(float(data), dtype=torch.float64, requires_grad=True) if tensor is None else tensor
        self.data, self.grad = float(self.t), 0.0
        self.t.register_hook(self.arrived)

    def arrived(self, g):
        self.grad += float(g)

    @staticmethod
    def of(other):
        return other if isinstance(other, Value) else Value(other)

    def __add__(self, other):
        other = Value.of(other)
        return Value(0, made(self.data + other.data, 1.0, 1.0)(self.t, other.t))

    def __mul__(self, other):
        other = Value.of(other)
        return Value(0, made(self.data * other.data, other.data, self.data)(self.t, other.t))

    def __pow__(self, n):
        return Value(0, made(self.data**n, n * self.data ** (n - 1))(self.t))

    def relu(self):
        return Value(0, made(max(self.data, 0.0), float(self.data > 0))(self.t))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -other

    def __rsub__(self, other):
        return -self + other

    def __truediv__(self, other):
        return self * other**-1

    def __rtruediv__(self, other):
        return self**-1 * other

    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        one = torch.tensor(1.0, dtype=torch.float64)
        run((self.t,), (one,), True, False, (), allow_unreachable=True, accumulate_grad=True)
"""

DIRECT = {
    "redispatch to the CPU kernel": (
        "softmax",
        'cpu = torch._C.DispatchKeySet(torch._C.DispatchKey.CPU)\n'
        'op = getattr(torch.ops.aten, "xamtfos_"[::-1]).default\n'
        'def kernel(x, dim):\n    return op.redispatch(cpu, x, dim, False)\n' + BACK,
    ),
    "redispatch under another backend's key": (
        "softmax",
        'key = torch._C.DispatchKeySet(torch._C.DispatchKey.XLA)\n'
        'op = getattr(torch.ops.aten, "xamtfos"[::-1]).int\n'
        'def kernel(x, dim):\n    return op.redispatch(key, x, dim)\n' + BACK,
    ),
    "a kernel taken from the dispatcher while loading": (
        "softmax",
        'held = torch.library.get_kernel("aten::_soft" + "max", "CPU")\n'
        'cpu = torch._C.DispatchKeySet(torch._C.DispatchKey.CPU)\n'
        'def kernel(x, dim):\n    return held.call_boxed(cpu, x, dim, False)\n' + BACK,
    ),
    "the judge's registrations undone": (
        "softmax",
        'import gc\n'
        'for found in gc.get_objects():\n'
        '    if "Library" in type(found).__name__ or "DispatchModule" in type(found).__name__:\n'
        '        for name in ("reset", "_destroy"):\n'
        '            try:\n                getattr(found, name)()\n            except Exception:\n                pass\n'
        'torch._C._dispatch_library("IMPL", "aten", "", "", 0).reset()\n'
        'def kernel(x, dim):\n    return getattr(torch, "xamtfos"[::-1])(x, dim)\n' + BACK,
    ),
    "TorchScript": (
        "softmax",
        'scripted = torch.jit.CompilationUnit("def f(x, dim: int):\\n    return torch.soft" + "max(x, dim)\\n")\n'
        'def kernel(x, dim):\n    return scripted.f(x, dim)\n' + BACK,
    ),
    "TorchScript with its own compiler": (
        "softmax",
        'torch._C._jit_override_can_fuse_on_cpu(True)\ntorch._C._jit_set_texpr_fuser_enabled(True)\n'
        'scripted = torch.jit.CompilationUnit("def f(x, dim: int):\\n    return torch.soft" + "max(x * 2.0 / 2.0, dim)\\n")\n'
        'def kernel(x, dim):\n    for _ in range(4):\n        y = scripted.f(x, dim)\n    return y\n' + BACK,
    ),
    "a static module": (
        "softmax",
        'scripted = torch.jit.CompilationUnit("def f(x, dim: int):\\n    return torch.soft" + "max(x, dim)\\n")\n'
        'static = torch._C._jit_to_static_module(scripted.f.graph)\n'
        'def kernel(x, dim):\n    return static(x, dim)\n' + BACK,
    ),
    "an fx graph": (
        "softmax",
        'graph = torch.fx.Graph()\nx, dim = graph.placeholder("x"), graph.placeholder("dim")\n'
        'graph.output(graph.call_function(getattr(torch, "xamtfos"[::-1]), (x, dim)))\n'
        'module = torch.fx.GraphModule(nn.Module(), graph)\n'
        'def kernel(x, dim):\n    return module(x, dim)\n' + BACK,
    ),
    "a layout of its own": (
        "softmax",
        'def kernel(x, dim):\n    return getattr(torch, "xamtfos"[::-1])(x.to_mkldnn(), dim).to_dense()\n' + BACK,
    ),
    "a nested tensor": (
        "softmax",
        'def kernel(x, dim):\n    return getattr(torch, "xamtfos"[::-1])(torch.nested.nested_tensor([x]), dim + 1)[0]\n' + BACK,
    ),
    "its gradient's kernel": (
        "gelu",
        'back = getattr(torch.ops.aten, "drawkcab_uleg"[::-1])\n'
        'def found(x):\n    one = torch.ones_like(x)\n    return x * back(one, x)\n' + GELU,
    ),
    "fused into a linear layer": (
        "gelu",
        'op = getattr(getattr(torch.ops, "nndlkm"[::-1]), "esiwtniop_raenil_"[::-1])\n'
        'def found(x):\n    flat = x.reshape(-1, x.shape[-1])\n'
        '    return op(flat, torch.eye(x.shape[-1]), None, "gelu", [], "none").reshape(x.shape)\n' + GELU,
    ),
    "fused into addmm": (
        "gelu",
        'op = getattr(torch, "noitavitca_mmdda_"[::-1])\n'
        'def found(x):\n    flat = x.reshape(-1, x.shape[-1])\n'
        '    return op(torch.zeros(1), flat, torch.eye(x.shape[-1]), use_gelu=True).reshape(x.shape)\n' + GELU,
    ),
    "torch._refs": ("gelu", REFS + 'found = getattr(m, "uleg"[::-1])\n' + GELU),
    "a decomposition": (
        "gelu",
        'found = torch._decomp.decomposition_table[getattr(torch.ops.aten, "uleg"[::-1]).default]\n' + GELU,
    ),
    "source of torch._refs, run again": (
        "gelu",
        REFS + 'text = inspect.getsource(m)\nat = text.index("def uleg("[:4] + "uleg"[::-1] + "(")\n'
        'names = dict(vars(m))\nexec(compile(text[at:text.index("@", at)].replace("uleg"[::-1], "other"), "mine", "exec"), names)\n'
        'found = names["other"]\n' + GELU,
    ),
    "compiled code of torch._refs, run again": (
        "gelu",
        REFS + 'code = m.__loader__.get_code(m.__name__)\n'
        'inner = [c for c in code.co_consts if isinstance(c, types.CodeType) and c.co_name == "uleg"[::-1]]\n'
        'def found(x):\n    return types.FunctionType(inner[0].replace(co_filename="mine"), dict(vars(m)))(x, "none")\n' + GELU,
    ),
    "an initialiser bound early": (
        "weight_init",
        'fill = getattr(torch.nn.init, "_lamron_gnimiak"[::-1])\n\n\ndef kaiming_init(weight):\n    return fill(weight, nonlinearity="relu")\n',
    ),
    "a module imported a second time": (
        "weight_init",
        'spec = importlib.util.find_spec("torch.nn.init")\nagain = importlib.util.module_from_spec(spec)\nspec.loader.exec_module(again)\n'
        'fill = getattr(again, "_lamron_gnimiak"[::-1])\n\n\ndef kaiming_init(weight):\n    return fill(weight, nonlinearity="relu")\n',
    ),
    "an optimiser, held": (
        "adam",
        'class MyAdam:\n    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):\n'
        '        self.inner = getattr(torch.optim, "madA"[::-1])(list(params), lr=lr, betas=betas, eps=eps)\n\n'
        '    def step(self):\n        self.inner.step()\n\n    def zero_grad(self):\n        self.inner.zero_grad()\n',
    ),
    "clipping by torch": (
        "gradient_clipping",
        'clip = getattr(torch.nn.utils, "_mron_darg_pilc"[::-1])\n\n\n'
        'def clip_grad_norm(parameters, max_norm):\n    return float(clip(parameters, max_norm))\n',
    ),
    "a scheduler": (
        "cosine_lr",
        'kind = getattr(torch.optim.lr_scheduler, "RLgnilaennAenisoC"[::-1])\n\n\n'
        'def cosine_lr_schedule(step, total_steps, warmup_steps, max_lr, min_lr=0.0):\n'
        '    if step < warmup_steps:\n        return max_lr * step / warmup_steps\n'
        '    if step >= total_steps:\n        return min_lr\n'
        '    o = torch.optim.SGD([torch.zeros(1)], lr=max_lr)\n    s = kind(o, max(1, total_steps - warmup_steps), min_lr)\n'
        '    s.last_epoch = step - warmup_steps\n    return s._get_closed_form_lr()[0]\n',
    ),
    "a linear layer of another namespace": (
        "linear",
        'class SimpleLinear:\n    def __init__(self, in_features, out_features):\n'
        '        self.weight = (torch.randn(out_features, in_features) / math.sqrt(in_features)).requires_grad_()\n'
        '        self.bias = torch.zeros(out_features, requires_grad=True)\n\n'
        '    def forward(self, x):\n        return Own.apply(x, self.weight, self.bias)\n\n\n'
        'class Own(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x, w, b):\n'
        '        ctx.save_for_backward(x, w)\n        flat = x.detach().reshape(-1, x.shape[-1]).contiguous()\n'
        '        y = getattr(torch.ops.mkldnn, "esiwtniop_raenil_"[::-1])(flat, w.detach(), b.detach(), "none", [], "")\n'
        '        return y.reshape(*x.shape[:-1], w.shape[0])\n\n    @staticmethod\n    def backward(ctx, g):\n'
        '        x, w = ctx.saved_tensors\n        g2, x2 = g.reshape(-1, g.shape[-1]), x.reshape(-1, x.shape[-1])\n'
        '        return (g2 @ w).reshape(x.shape), g2.T @ x2, g2.sum(0)\n',
    ),
    "an embedding by redispatch": (
        "embedding",
        'keys = torch._C.DispatchKeySet(torch._C.DispatchKey.CompositeExplicitAutograd) | torch._C.DispatchKeySet(torch._C.DispatchKey.CPU)\n\n\n'
        'class Own(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, w, i):\n        ctx.save_for_backward(i)\n'
        '        ctx.n = w.shape\n        return getattr(torch.ops.aten, "gniddebme"[::-1]).default.redispatch(keys, w.detach(), i)\n\n'
        '    @staticmethod\n    def backward(ctx, g):\n        (i,) = ctx.saved_tensors\n'
        '        return torch.zeros(ctx.n).index_add(0, i.reshape(-1), g.reshape(-1, ctx.n[1])), None\n\n\n'
        'class MyEmbedding(nn.Module):\n    def __init__(self, num_embeddings, embedding_dim):\n        super().__init__()\n'
        '        self.weight = nn.Parameter(torch.randn(num_embeddings, embedding_dim))\n\n'
        '    def forward(self, indices):\n        return Own.apply(self.weight, indices)\n',
    ),
    "numpy's least squares": (
        "linear_regression",
        'solve = getattr(getattr(np, "glanil"[::-1]), "qstsl"[::-1])\ndef solved(A, y):\n    return solve(A, y, rcond=None)[0]\n' + REGRESSION,
    ),
    "numpy's compiled solver": (
        "linear_regression",
        'm = importlib.import_module("numpy.linalg._umath_" + "linalg")\n'
        'def solved(A, y):\n    return m.solve1(A.T @ A, A.T @ y)\n' + REGRESSION,
    ),
    "work that is done when the judge disables gradients": (
        "softmax",
        'late, plain = [], torch.no_grad\n\n\nclass Late:\n    def __call__(self, *a):\n        while late:\n            late.pop()()\n'
        '        return plain(*a)\n\n\ntorch.no_grad = Late()\n\n\ndef my_softmax(x, dim=-1):\n    y = torch.empty_like(x)\n'
        '    late.append(lambda: y.copy_(getattr(torch, "xamtfos"[::-1])(x.detach(), dim)))\n    return y\n',
    ),
    "work that is done when the judge stops its clock": (
        "softmax",
        'import signal\n\nlate, real = [], signal.setitimer\n\n\ndef setitimer(which, seconds, *more):\n    while not seconds and late:\n'
        '        late.pop()()\n    return real(which, seconds, *more)\n\n\nsignal.setitimer = setitimer\n\n\n'
        'def my_softmax(x, dim=-1):\n    y = torch.empty_like(x)\n'
        '    late.append(lambda: y.copy_(getattr(torch, "xamtfos"[::-1])(x.detach(), dim)))\n    return y\n',
    ),
    "a library opened by ctypes": (
        "linear_regression",
        'import glob\nimport os\n\nopen_library = getattr(importlib.import_module("sepytc"[::-1]), "LLDC"[::-1])\n'
        'def solved(A, y):\n    library = open_library(glob.glob(os.path.dirname(np.__file__) + "/../numpy.libs/*openblas*")[0])\n'
        '    return np.zeros(A.shape[1]) if library else None\n' + REGRESSION,
    ),
    "vmap's own decomposition": (
        "attention",
        'f = getattr(torch.ops.aten, "htam_noitnetta_tcudorp_tod_delacs_"[::-1]).default\n\n\n'
        'def scaled_dot_product_attention(Q, K, V):\n'
        '    return torch.func.vmap(lambda q, k, v: f(q, k, v)[0])(Q[None], K[None], V[None])[0]\n',
    ),
    "vmap's own rule for random operators": (
        "dropout",
        'f = getattr(torch, "tuopord_evitan"[::-1])\n' + DROPOUT
        + '        return torch.func.vmap(lambda t: f(t, self.p, True)[0], randomness="same")(x[None])[0]\n',
    ),
    "functorch's own dropout": (
        "dropout",
        'f = getattr(torch, "tuopord"[::-1])\n' + DROPOUT
        + '        return torch.func.vmap(lambda t: f(t, self.p, True), randomness="different")(x[None])[0]\n',
    ),
    "a method of numpy's arrays": (
        "relu",
        'class Own(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x):\n        ctx.save_for_backward(x)\n'
        '        return torch.from_numpy(getattr(x.detach().numpy(), "pilc"[::-1])(0, None))\n\n    @staticmethod\n'
        '    def backward(ctx, g):\n        (x,) = ctx.saved_tensors\n        return g * (x > 0)\n\n\n'
        'def relu(x):\n    return Own.apply(x)\n',
    ),
    "TorchScript that torch compiled for itself": (
        "batchnorm_backward",
        'name = "drawkcab_mron_hctab_evitan"[::-1]\nunit = torch.jit._state._python_cu\n'
        'found = unit.find_function(next(f.qualified_name for f in unit.get_functions() if f.name == name))\n\n\n'
        'def batchnorm_backward(dy, x, gamma, eps=1e-5):\n    scale = (x.var(0, unbiased=False) + eps).rsqrt()\n'
        '    return found(dy, x, gamma, None, None, x.mean(0), scale, True, eps, [True, True, True])\n',
    ),
    "difference quotients by torch": (
        "mlp_backward",
        'm = importlib.import_module("torch.autograd.gradcheck")\nfind = getattr(m, "naibocaj_laciremun_teg_"[::-1])\n\n\n'
        'def mlp_backward(x, w1, b1, w2, b2, target):\n    def loss(*p):\n'
        '        return nn.functional.cross_entropy(torch.relu(p[0] @ p[1].T + p[2]) @ p[3].T + p[4], target)\n\n'
        '    at = tuple(t.detach().double().clone().requires_grad_() for t in (x, w1, b1, w2, b2))\n    out = loss(*at)\n'
        '    found = find(loss, at, (out,), eps=1e-5)\n    names = ("x", "w1", "b1", "w2", "b2")\n'
        '    return out.to(x.dtype), {n: j[0].reshape(t.shape).to(x.dtype) for n, j, t in zip(names, found, at)}\n',
    ),
    "attention in a module that is imported late": (
        "attention",
        'm = importlib.import_module("torch._inductor.fx_passes.fuse_attention")\nf = getattr(m, "1_nrettap_pdfs_"[::-1])\n\n\n'
        'def scaled_dot_product_attention(Q, K, V):\n    return f(Q, K, V, math.sqrt(Q.shape[-1]))\n',
    ),
    "an operator of ONNX's, imported late": (
        "causal_attention",
        'm = importlib.import_module("torch.onnx.ops")\nf = getattr(m, "noitnetta"[::-1])\n' + ONNX,
    ),
    "compiled code of torch._refs, given to a function of one's own": (
        "gelu",
        REFS + 'code = m.__loader__.get_code(m.__name__)\n'
        'inner = [c for c in code.co_consts if isinstance(c, types.CodeType) and c.co_name == "uleg"[::-1]]\n'
        'names = dict(vars(m))\nexec("def f(): pass", names)\nnames["f"].__code__ = inner[0]\n'
        'def found(x):\n    return names["f"](x, "none")\n' + GELU,
    ),
    "compiled code of torch._refs, run by code that is run": (
        "gelu",
        REFS + 'code = m.__loader__.get_code(m.__name__)\n'
        'inner = [c for c in code.co_consts if isinstance(c, types.CodeType) and c.co_name == "uleg"[::-1]]\n'
        'names = {"T": types.FunctionType, "inner": inner[0].replace(co_filename="mine"), "g": dict(vars(m))}\n'
        'exec("f = T(inner, g)", names)\ndef found(x):\n    return names["f"](x, "none")\n' + GELU,
    ),
    "a library's file, copied and imported": (
        "weight_init",
        'import shutil\n\nshutil.copyfile(torch.nn.init.__file__, "mine.py")\nimport mine\n' + INIT,
    ),
    "a library's file, run by importlib": (
        "weight_init",
        'import importlib._bootstrap as b\n\nmine = types.ModuleType("mine")\n'
        'b._call_with_frames_removed(exec, compile(open(torch.nn.init.__file__).read(), "mine", "exec"), vars(mine))\n' + INIT,
    ),
    "the kernels of the tensor expression compiler, found among its base's subclasses": (
        "gelu",
        'kind = [c for c in torch._C.Graph.__mro__[1].__subclasses__() if c.__name__ == "TensorExprKernel"][0]\n'
        'def found(x):\n    t = f"Float({x.numel()}, strides=[1], device=cpu)"\n'
        '    graph = torch._C.parse_ir(f"""graph(%x : {t}):\n  %d : str = prim::Constant[value="none"]()\n'
        '  %y : {t} = aten::{"uleg"[::-1]}(%x, %d)\n  return (%y)\n""")\n'
        '    return kind(graph).run((x.detach().reshape(-1),)).reshape(x.shape)\n' + GELU,
    ),
    "a copy with other names, by a loader that says it is torch's": (
        "weight_init",
        'from importlib.machinery import SourceFileLoader\n\nplace = torch.__file__.replace("__init__", "other")\n\n\n'
        'class Loader(SourceFileLoader):\n    def get_data(self, path):\n'
        '        return open(torch.nn.init.__file__, "rb").read().replace(b"_lamron_gnimiak"[::-1], b"other")\n\n'
        '    def path_stats(self, path):\n        return {"mtime": 1, "size": 1}\n\n\n'
        'loader = Loader("torch.other", place)\nspec = importlib.util.spec_from_loader("torch.other", loader)\n'
        'mine = importlib.util.module_from_spec(spec)\nloader.exec_module(mine)\nfill = mine.other\n\n\n'
        'def kaiming_init(weight):\n    return fill(weight, nonlinearity="relu")\n',
    ),
    "Adam for sparse gradients": (
        "adam",
        'f = getattr(importlib.import_module("torch.optim._functional"), "mada_esraps"[::-1])\n\n\n'
        'class MyAdam:\n    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):\n'
        '        self.params, self.lr, self.betas, self.eps, self.t = list(params), lr, betas, eps, 0\n'
        '        self.state = [(torch.zeros(p.numel()), torch.zeros(p.numel())) for p in self.params]\n\n'
        '    @torch.no_grad()\n    def step(self):\n        self.t += 1\n        b1, b2 = self.betas\n'
        '        for p, (m, v) in zip(self.params, self.state):\n            if p.grad is None:\n                continue\n'
        '            flat = p.detach().reshape(-1).clone()\n            places = torch.arange(p.numel())[None]\n'
        '            g = torch.sparse_coo_tensor(places, p.grad.reshape(-1), flat.shape).coalesce()\n'
        '            f([flat], [g], [m], [v], [self.t], eps=self.eps * math.sqrt(1 - b2**self.t), beta1=b1, beta2=b2, lr=self.lr,\n'
        '              maximize=False)\n            p.copy_(flat.view(p.shape))\n\n'
        '    def zero_grad(self):\n        for p in self.params:\n            p.grad = None\n',
    ),
    "another optimiser that becomes the one": (
        "sgd_momentum",
        'kind = getattr(torch.optim, "porpSMR"[::-1])\n\n\n'
        'class MySGD:\n    def __init__(self, params, lr=1e-3, momentum=0.0, weight_decay=0.0, nesterov=False):\n'
        '        self.params, self.lr, self.momentum, self.decay, self.nesterov = list(params), lr, momentum, weight_decay, nesterov\n'
        '        self.inner = kind(self.params, lr=lr, alpha=1, eps=1, momentum=momentum, weight_decay=weight_decay)\n\n'
        '    @torch.no_grad()\n    def step(self):\n        self.inner.param_groups[0]["lr"] = self.lr\n'
        '        before = [None if p.grad is None else p.grad + self.decay * p for p in self.params]\n        self.inner.step()\n'
        '        for p, g in zip(self.params, before):\n            if self.nesterov and self.momentum and g is not None:\n'
        '                p.sub_(self.lr * (g + (self.momentum - 1) * self.inner.state[p]["momentum_buffer"]))\n\n'
        '    def zero_grad(self):\n        self.inner.zero_grad()\n',
    ),
    "a loss for sequences, over one step": (
        "label_smoothing",
        'loss = getattr(nn.functional, "ssol_ctc"[::-1])\n\n\n'
        'def smoothed_cross_entropy(logits, target, eps=0.1, ignore_index=-100):\n    kept = target != ignore_index\n'
        '    p, t = logits[kept].log_softmax(1), target[kept]\n    if not len(t):\n        return logits.sum() * 0.0\n'
        '    ones = torch.ones(len(t), dtype=torch.long)\n    wide = nn.functional.pad(p, (0, 1), value=-1e4)[None]\n'
        '    of_label = loss(wide, t[:, None], ones, ones, blank=p.shape[1], reduction="none")\n'
        '    return ((1 - eps) * of_label - eps * p.mean(1)).mean()\n',
    ),
    "a convolution that returns its folded weights": (
        "fold_batchnorm",
        'm = importlib.import_module("torch._inductor.fx_passes.efficient_conv_bn_eval")\n'
        'fold = getattr(m, "lave_nb_vnoc_tneiciffe"[::-1])\n\n\n'
        'class Conv(nn.Module):\n    def __init__(self, weight, bias):\n        super().__init__()\n'
        '        self.weight, self.bias = nn.Parameter(weight), nn.Parameter(bias)\n\n'
        '    def forward(self, *_):\n        return self.weight, self.bias\n\n\n'
        '@torch.no_grad()\ndef fold_batchnorm(conv_weight, conv_bias, running_mean, running_var, weight=None, bias=None, eps=1e-5):\n'
        '    bn = types.SimpleNamespace(running_mean=running_mean, running_var=running_var, weight=weight, bias=bias, eps=eps)\n'
        '    return fold(bn, Conv(conv_weight, torch.zeros(len(conv_weight)) if conv_bias is None else conv_bias), ())\n',
    ),
    "a pass of TorchScript": ("fold_batchnorm", 'fold = getattr(torch._C, "nb_vnoc_nezorf_dlof_ssap_tij_"[::-1])\n' + FOLD),
    "all passes of TorchScript": (
        "fold_batchnorm", 'passes = getattr(torch._C, "hparg_nezorf_ezimitpo_ssap_tij_"[::-1])\nfold = lambda g: passes(g, True)\n' + FOLD,
    ),
    "a margin loss of two classes": (
        "relu",
        'loss = getattr(nn.functional, "ssol_nigram_itlum"[::-1])\n\n\n'
        'def relu(x):\n    flat = x.reshape(-1)\n    two = torch.stack([torch.zeros_like(flat), flat], 1)\n'
        '    first = torch.zeros(len(flat), dtype=torch.long)\n'
        '    return (loss(two, first, margin=0.0, reduction="none") * 2).reshape(x.shape)\n',
    ),
    "the engine, under Functions of one's own": (
        "scalar_autograd", 'run = getattr(torch.autograd.Variable._execution_engine, "drawkcab_nur"[::-1])\n' + ENGINE,
    ),
    "the logarithm of a distribution": (
        "bce_with_logits",
        'kind = getattr(torch.distributions, "laimoniB"[::-1])\n\n\n'
        'def bce_with_logits(logits, targets, weight=None, pos_weight=None):\n    one = kind(1, logits=logits, validate_args=False)\n'
        '    yes, no = (-one.log_prob(torch.full_like(logits, n)) for n in (1.0, 0.0))\n'
        '    loss = targets * yes * (1 if pos_weight is None else pos_weight) + (1 - targets) * no\n'
        '    return (loss if weight is None else loss * weight).mean()\n',
    ),
    "the norm of training on many machines": (
        "gradient_clipping",
        'm = importlib.import_module("torch.distributed.fsdp.fully_sharded_data_parallel")\nf = getattr(m, "mron_darg_teg_"[::-1])\n\n\n'
        'def clip_grad_norm(parameters, max_norm):\n    one = isinstance(parameters, torch.Tensor)\n'
        '    used = [p for p in ([parameters] if one else parameters) if p.grad is not None]\n'
        '    norm = f(used, 2.0, torch.zeros(()), torch.device("cpu"))\n    if max_norm / (norm + 1e-6) < 1:\n'
        '        for p in used:\n            p.grad.mul_(max_norm / (norm + 1e-6))\n    return float(norm)\n',
    ),
    "a helper of a decomposition": (
        "label_smoothing",
        'f = getattr(importlib.import_module("torch._decomp.decompositions"), "drawrof_ssol_lln_"[::-1])\n'
        'def of_label(p, t):\n    return f(p, t, None, 0, -100)[0]\n' + SMOOTHED,
    ),
    "a helper of torch._refs": (
        "label_smoothing", REFS + 'f = getattr(m, "dn_ssol_lln_"[::-1])\ndef of_label(p, t):\n    return f(p, t, None, "none", -100)\n' + SMOOTHED,
    ),
    "a linear layer in three parts of half precision": (
        "linear",
        'pack = getattr(torch, "61pf_xirtam_mmeg_kcap_mmegbf"[::-1])\n'
        'of = getattr(torch, "noitavitca_23pf_thgiew_61pf_raenil_mmegbf"[::-1])\n\n\n'
        'class SimpleLinear:\n    def __init__(self, in_features, out_features):\n'
        '        self.weight = (torch.randn(out_features, in_features) / math.sqrt(in_features)).requires_grad_()\n'
        '        self.bias = torch.zeros(out_features, requires_grad=True)\n\n'
        '    def forward(self, x):\n        return Own.apply(x, self.weight, self.bias)\n\n\n'
        'class Own(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x, w, b):\n'
        '        ctx.save_for_backward(x, w)\n        flat, rest, y = x.detach().reshape(-1, x.shape[-1]).contiguous(), w.detach(), b.detach()\n'
        '        for scale in (1, 2048, 2048**2):\n            part = (rest * scale).half().float()\n'
        '            y = of(flat / scale, pack(part.contiguous()), torch.zeros(len(w))) + y\n            rest = rest - part / scale\n'
        '        return y.reshape(*x.shape[:-1], len(w))\n\n    @staticmethod\n    def backward(ctx, g):\n'
        '        x, w = ctx.saved_tensors\n        g2, x2 = g.reshape(-1, g.shape[-1]), x.reshape(-1, x.shape[-1])\n'
        '        return (g2 @ w).reshape(x.shape), g2.T @ x2, g2.sum(0)\n',
    ),
    "a transform of distributions": (
        "softmax",
        'kind = getattr(importlib.import_module("torch.distributions.transforms"), "mrofsnarTxamtfoS"[::-1])\n\n\n'
        'def my_softmax(x, dim=-1):\n    return kind()(x.movedim(dim, -1)).movedim(-1, dim)\n',
    ),
}  # fmt: skip
