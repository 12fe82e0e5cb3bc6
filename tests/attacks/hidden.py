"""Ways to run a forbidden call where nobody looks, and what they run."""

HEAD = '''
import importlib
import os
import sys
import threading

import torch


def api(owner, name):
    return getattr(owner, name[::-1])


class Behind(torch.autograd.Function):
    """Hides a computation from the autograd graph; its gradients are computed where it was."""

    @staticmethod
    def forward(ctx, work, *tensors):
        ctx.work = work
        ctx.save_for_backward(*tensors)
        plain = [t.detach() for t in tensors]
        return run(lambda: work(*plain)).detach().clone()

    @staticmethod
    def backward(ctx, grad):
        saved = ctx.saved_tensors

        def back():
            with torch.enable_grad():
                again = [t.detach().clone().requires_grad_() for t in saved]
                return torch.autograd.grad(ctx.work(*again), again, grad, allow_unused=True)

        return (None, *run(back))

'''

RUNS = {
    "plainly": "def run(work):\n    return work()\n",
    "in a thread that records nothing": '''
def run(work):
    box = []

    def quiet():
        api(torch.autograd, "noitcnuf_drocer_elbane_")(False)
        box.append(work())

    thread = threading.Thread(target=quiet)
    thread.start()
    thread.join()
    return box[0]
''',
    "with every mode popped": '''
def run(work):
    for pop in (torch.overrides._pop_mode, torch.utils._python_dispatch._pop_mode):
        try:
            pop()
        except Exception:
            pass
    torch.autograd._enable_record_function(False)
    return work()
''',
    "with witnesses that were found and silenced": '''
import gc

for found in gc.get_objects():
    if isinstance(found, type) and found.__name__ in ("Watch", "_CallWitness", "_OperatorWitness", "_Gone", "_Calls"):
        for name in ("record", "__call__", "_record"):
            try:
                setattr(found, name, lambda *a, **k: None)
            except Exception:
                pass


def run(work):
    return work()
''',
    "with modes that cannot be entered": '''
for kind in (torch.overrides.TorchFunctionMode, torch.utils._python_dispatch.TorchDispatchMode):
    kind.__enter__ = lambda self: self
    kind.__exit__ = lambda self, *a: None
torch.autograd.profiler.profile = None


def run(work):
    return work()
''',
    "with dispatch keys excluded": '''
def run(work):
    keys = torch._C.DispatchKeySet(torch._C.DispatchKey.Python) | torch._C.DispatchKeySet(torch._C.DispatchKey.PythonTLSSnapshot)
    with api(torch._C, "noitcnuFhcroTelbasiD")(), torch._C._ExcludeDispatchKeyGuard(keys):
        return work()
''',
    "in a forked copy": '''
import io


def run(work):
    r, w = os.pipe()
    if os.fork() == 0:
        data = io.BytesIO()
        torch.save(work(), data)
        os.write(w, data.getvalue())
        os._exit(0)
    os.close(w)
    return torch.load(io.BytesIO(os.read(r, 1 << 20)))
''',
    "under a tracer that jumps over the recording lines": '''
def watch(frame, event, arg):
    if frame.f_code.co_name in ("record", "refuse", "recording"):
        for name in list(frame.f_locals):
            frame.f_locals[name] = None
    return watch


def run(work):
    api(sys, "ecarttes")(watch)
    return work()
''',
    "with a tensor subclass that unwraps itself": '''
class Own(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        with torch._C.DisableTorchFunctionSubclass():
            return func(*args, **(kwargs or {}))


def run(work):
    return torch.ones(1).as_subclass(Own) * 1 if work is None else work()
''',
    "under vmap": '''
def run(work):
    return torch.func.vmap(lambda _: work())(torch.zeros(1))[0]
''',
}  # fmt: skip

CALLS = {
    "softmax": '''
def my_softmax(x, dim=-1):
    return Behind.apply(lambda t: api(torch.nn.functional, "xamtfos")(t, dim), x)
''',
    "gelu": '''
def my_gelu(x):
    return Behind.apply(lambda t: api(torch.nn.functional, "uleg")(t), x)
''',
    "batchnorm": '''
def my_batch_norm(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    state = running_mean.clone(), running_var.clone()

    def work(x, g, b):
        m, v = (s.clone() for s in state)
        out = api(torch.nn.functional, "mron_hctab")(x, m, v, g, b, training, momentum, eps)
        if training:
            running_mean.copy_(m)
            running_var.copy_(v)
        return out

    return Behind.apply(work, x, gamma, beta)
''',
    "causal_attention": '''
def causal_attention(Q, K, V):
    return Behind.apply(lambda q, k, v: api(torch.nn.functional, "noitnetta_tcudorp_tod_delacs")(q, k, v, is_causal=True), Q, K, V)
''',
    "conv2d": '''
def my_conv2d(x, weight, bias=None, stride=1, padding=0):
    bias = weight.new_zeros(len(weight)) if bias is None else bias
    return Behind.apply(lambda x, w, b: api(torch.nn.functional, "d2vnoc")(x, w, b, stride, padding), x, weight, bias)
''',
}  # fmt: skip

WORK = {
    "old tokens that ride on the cache": (
        "kv_cache",
        """
class KVCacheAttention(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.W_q, self.W_k, self.W_v, self.W_o = (nn.Linear(d_model, d_model) for _ in range(4))

    def forward(self, x, cache=None):
        every = x if cache is None else torch.cat([getattr(cache[0], "tokens", x[:, :0]), x], 1)
        of = lambda part, t: nn.functional.linear(t, part.weight, part.bias)
        heads = lambda part: of(part, every).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
        q, k, v = heads(self.W_q), heads(self.W_k), heads(self.W_v)
        scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(torch.ones(2 * every.shape[1:2]).bool().triu(1), -torch.inf)
        out = (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)[:, -x.shape[1]:]
        k = k * 1
        k.tokens = every.detach()
        return of(self.W_o, out), (k, v)
""",
    ),
}
"""Work that the statement rules out, done where no meter looks."""
