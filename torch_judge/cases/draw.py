"""The seeded source of a case's inputs. It keeps what it hands out, so that changes are seen."""

from __future__ import annotations

import fnmatch
import functools
import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

import torch

from torch_judge.cases import observations
from torch_judge.cases.meters import Costs
from torch_judge.cases.observations import Bound, Leaf, Marker
from torch_judge.errors import ProblemError

T = TypeVar("T")
P = ParamSpec("P")

NO_GRADIENT = Marker("no gradient")
NOTHING: Mapping[str, Leaf] = {}


def seed_of(*parts: object) -> int:
    """A 63-bit seed that depends on every part."""
    digest = hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def unwatched(method: Callable[P, T]) -> Callable[P, T]:
    """The draw's own operators are no business of the guard's, and cost a tenth of a check where it looks at them."""

    @functools.wraps(method)
    def quiet(*args: P.args, **kwargs: P.kwargs) -> T:
        with torch._C.DisableTorchFunction(), torch._C._DisableTorchDispatch():
            return method(*args, **kwargs)

    return quiet


def gathered(plain: object) -> torch.nn.Module:
    """The layers and parameters that an object of a plain class holds as attributes, as one module."""
    module = torch.nn.Module()
    for name, value in getattr(plain, "__dict__", {}).items():
        if isinstance(value, (torch.nn.Module, torch.nn.Parameter)):
            setattr(module, name, value)
    return module


class Draw:
    """Inputs of one case, for one seed, on one device.

    Every tensor is seeded by its own name, never by the order of the calls, drawn on the CPU with an explicit dtype,
    and moved to the device: a seed means the same everywhere. A name serves once in a case.
    """

    def __init__(self, key: str, seed: int = 0, device: str = "cpu") -> None:
        self.key = key
        self.seed = seed
        self.device = torch.device(device)
        self.observed: dict[str, Leaf] = {}
        self.inputs: dict[str, Any] = {}
        self._kept: list[tuple[str, Any, tuple[str, ...]]] = []
        self._before: dict[str, Leaf] = {}
        self._drawn: set[str] = set()
        self._generator = torch.Generator(device="cpu")

    @unwatched
    def randn(self, name: str, *shape: int, mean: float = 0.0, std: float = 1.0, **options: Any) -> torch.Tensor:
        """A normal tensor of ``shape``. Options: ``dtype`` (float32), ``grad`` (False), ``strided`` (False)."""
        dtype = options.pop("dtype", torch.float32)
        values = torch.empty(shape, dtype=dtype, device="cpu").normal_(mean, std, generator=self._seeded(name))
        return self._hand_out(name, values, **options)

    @unwatched
    def rand(self, name: str, *shape: int, low: float = 0.0, high: float = 1.0, **options: Any) -> torch.Tensor:
        """A tensor of ``shape``, uniform in [low, high). Options as for `randn`."""
        dtype = options.pop("dtype", torch.float32)
        values = torch.empty(shape, dtype=dtype, device="cpu").uniform_(low, high, generator=self._seeded(name))
        return self._hand_out(name, values, **options)

    @unwatched
    def randint(self, name: str, low: int, high: int, *shape: int) -> torch.Tensor:
        """An int64 tensor of ``shape``, uniform in low … high - 1."""
        return self._hand_out(name, torch.randint(low, high, shape, generator=self._seeded(name), device="cpu"))

    @unwatched
    def tensor(self, name: str, values: Any, **options: Any) -> torch.Tensor:
        """A tensor of the given values (a nested list or a tensor), where the case needs them fixed."""
        dtype = options.pop("dtype", torch.float32)
        return self._hand_out(name, torch.as_tensor(values, dtype=dtype, device="cpu").clone(), **options)

    def reseed(self, name: str) -> None:
        """Start torch's own generator anew: what a candidate draws next does not hang on what it drew before."""
        torch.default_generator.manual_seed(seed_of(self.key, self.seed, name))

    def _seeded(self, name: str) -> torch.Generator:
        if name in self.inputs:
            raise ProblemError(f"A case draws `{name}` twice.", "Give each input a name of its own.")
        return self._generator.manual_seed(seed_of(self.key, self.seed, name))

    def _hand_out(self, name: str, values: torch.Tensor, *, grad: bool = False, strided: bool = False) -> torch.Tensor:
        tensor = values if self.device.type == "cpu" else values.to(self.device)
        if strided:  # with gaps in every dimension, of several sizes: `view` can join no two of them
            wide = tensor.new_zeros([2 * size + 1 for size in tensor.shape])
            tensor = wide[tuple(slice(0, 2 * size, 2) for size in tensor.shape)].copy_(tensor)
        if grad:
            tensor.requires_grad_()
        self._drawn.update(self.watch(name, tensor))
        return tensor

    @unwatched
    def keep(self, name: str, thing: T, free: Sequence[str] = ()) -> T:
        """Watch ``thing`` (a tensor, Parameter, Module, or a list or dict of them) from here to the case's end.

        Where the reference leaves a part alone, the learner must leave it alone, bit for bit; where the reference
        changes it, the learner must change it likewise. ``free`` frees parts, e.g. ``["*.grad"]``.
        """
        self.watch(name, thing, tuple(free))
        return thing

    def watch(self, name: str, thing: object, free: tuple[str, ...] = ()) -> dict[str, Leaf]:
        """Do what `keep` says, for everything that is kept or drawn; returns the parts as they are now."""
        if name in self.inputs:
            raise ProblemError(f"A case keeps `{name}` twice.", "Give each input a name of its own.")
        self.inputs[name] = thing
        self._kept.append((name, thing, free))
        leaves = self._snapshot(name, thing, free)
        self._before.update(leaves)
        return leaves

    def _snapshot(
        self, name: str, thing: object, free: Sequence[str], before: Mapping[str, Leaf] = NOTHING
    ) -> dict[str, Leaf]:
        leaves = observations.snapshot(name, thing, before)
        if not free:
            return leaves
        return {p: leaf for p, leaf in leaves.items() if not any(fnmatch.fnmatchcase(p, f) for f in free)}

    def kept(self) -> tuple[dict[str, Leaf], dict[str, Leaf], frozenset[str]]:
        """The watched things before and now, and the names of those that were drawn."""
        after: dict[str, Leaf] = {}
        for name, thing, free in self._kept:
            after.update(self._snapshot(name, thing, free, self._before))
        return self._before, after, frozenset(self._drawn)

    def gradients(self, output: Any, **inputs: torch.Tensor) -> dict[str, Any]:
        """The output and its gradients with respect to ``inputs``, against a drawn cotangent.

        ``output`` is a tensor or a tuple of tensors. A sum would hide errors that cancel; a random cotangent does not.
        """
        outputs = output if isinstance(output, (tuple, list)) else [output]
        seen: dict[str, Any] = {"output": output}
        tracked = [(i, o) for i, o in enumerate(outputs) if isinstance(o, torch.Tensor) and o.requires_grad]
        wanted = {name: tensor for name, tensor in inputs.items() if tensor.requires_grad}
        if not tracked or not wanted:
            return seen | {f"gradient of {name}": NO_GRADIENT for name in inputs}
        cotangents = [self.cotangent(o, i) for i, o in tracked]
        grads = torch.autograd.grad([o for _, o in tracked], list(wanted.values()), cotangents, allow_unused=True)
        arrived = {name: grad for name, grad in zip(wanted, grads, strict=True) if grad is not None}
        return seen | {f"gradient of {name}": arrived.get(name, NO_GRADIENT) for name in inputs}

    def cotangent(self, like: torch.Tensor, index: int = 0) -> torch.Tensor:
        """What `gradients` weighs output ``index``, shaped ``like`` this, with. A verify can ask for it again.

        In float64 it has digits that float32 has not, so that a backward in float32 shows; in float32 nothing changes.
        """
        generator = self._generator.manual_seed(seed_of(self.key, self.seed, "cotangent", index))
        return torch.randn(like.shape, generator=generator, dtype=torch.float32).to(like) * (1 + 2**-26)

    @unwatched
    def fill(
        self,
        name: str,
        module: object,
        optional: Sequence[str] = ("*.bias",),
        free: Sequence[str] = (),
        by: str = "name",
        layers: Sequence[str] = (),
    ) -> None:
        """Give every parameter of ``module`` values drawn by its own name, scaled by 1/√fan_in, and keep the module.

        The table of names and shapes is observed, so a missing `W_q` reads as missing. Parameters that match
        ``optional`` are set to zero and not observed: having none is no different. A frozen one is a constant of the
        learner's (a scale, a mask) and stays. ``module`` may be an object of a plain class: then its attributes count.

        ``by="shape"`` is for names that are the learner's to choose: the values depend on the shape and on the place
        among parameters of that shape, and nothing is observed or kept.

        With ``layers``, only those attributes count, wherever else the learner registers them.
        """
        if layers:
            if isinstance(module, torch.nn.Module):
                module.to(self.device)
            found = {layer: getattr(module, layer, None) for layer in layers}
            module = torch.nn.ModuleDict({n: part for n, part in found.items() if isinstance(part, torch.nn.Module)})
        module = module if isinstance(module, torch.nn.Module) else gathered(module)
        module.to(self.device)
        places: Counter[str] = Counter()
        constants = [path for path, parameter in module.named_parameters() if not parameter.requires_grad]
        for path, parameter in module.named_parameters():
            if path in constants:
                continue
            if any(fnmatch.fnmatchcase(path, pattern) for pattern in optional):
                parameter.data.zero_()
                continue
            shape = "×".join(map(str, parameter.shape))
            places[shape] += 1
            identity = f"{shape} #{places[shape]}" if by == "shape" else path
            generator = self._generator.manual_seed(seed_of(self.key, self.seed, name, identity))
            values = torch.randn(parameter.shape, generator=generator, dtype=torch.float32)
            parameter.data.copy_(values / max((1, *parameter.shape[-1:])) ** 0.5)
            if by == "name":
                self.observed[f"{name}.{path}.shape"] = shape
        if by == "shape":
            return
        optional_parts = [f"{name}.{pattern}{part}" for pattern in (*optional, *constants) for part in ("", ".*")]
        self.keep(name, module, free=(*optional_parts, *free))

    def rows(self, name: str, module: torch.nn.Module, limit: int | None = None) -> None:
        """Observe how many calls ``module`` sees, and how many rows (elements over the last dimension) in all.

        With ``limit``, only that the rows are at most so many: in how many calls, or in none at all, is free.
        """
        counts: list[int] = []
        if limit is None:
            self.observed[f"{name}.calls"] = 0
        else:
            self.at_most(f"{name}.rows", 0, limit)

        def hook(_: torch.nn.Module, args: tuple[Any, ...]) -> None:
            counts.append(args[0].numel() // args[0].shape[-1])
            if limit is None:
                self.observed[f"{name}.calls"] = len(counts)
                self.observed[f"{name}.rows"] = sum(counts)
            else:
                self.at_most(f"{name}.rows", sum(counts), limit)

        module.register_forward_pre_hook(hook)

    def counted(self, name: str, function: Callable[P, T], limit: int | None = None) -> Callable[P, T]:
        """``function``, with its calls counted: observed exactly, or with ``limit`` only whether there are more."""
        calls = itertools.count()

        def note() -> None:
            count = next(calls)
            self.observed[f"{name}.calls"] = count if limit is None else Bound(count, limit)

        def counting(*args: P.args, **kwargs: P.kwargs) -> T:
            note()
            return function(*args, **kwargs)

        note()
        return counting

    def at_most(self, name: str, value: float, limit: float) -> None:
        """Observe a cost that must not exceed ``limit`` (taken from the reference's run, not the learner's)."""
        self.observed[name] = Bound(value, limit)

    @contextmanager
    def largest_tensor(self) -> Iterator[Callable[[], int]]:
        """Within the block, meter the largest tensor that comes into being; call the result for its elements."""
        with Costs() as meter:
            yield lambda: meter.elements

    @contextmanager
    def operators(self) -> Iterator[Callable[[], int]]:
        """Within the block, count the operators that run; call the result for their number."""
        with Costs() as meter:
            yield lambda: meter.operators

    @contextmanager
    def graph_reads(self) -> Iterator[Callable[[], int]]:
        """Within the block, count what backward passes read from autograd graphs; call the result for the number."""
        reads = [0]

        def unpack(tensor: torch.Tensor) -> torch.Tensor:
            reads[0] += 1
            return tensor

        try:
            with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, unpack):
                yield lambda: reads[0]
        except RuntimeError as error:
            if "saved tensor hooks" not in str(error):  # torch.func says so, and nothing else that finds gradients
                raise
            reads[0] += 1
