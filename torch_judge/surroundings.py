"""torch's global settings: the usual ones while anything is judged, the learner's own again afterwards.

What is expected must not depend on a mode that a notebook left on, and neither must a verdict. A setting is a row of
`GLOBALS`; modes that can only be entered and left are handled by `usual_settings`.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.modules import module as hooks

from torch_judge.cases.modes import drop_keys_without_a_mode, no_modes

HOOKS = [name for name, value in vars(hooks).items() if name.startswith("_global_") and isinstance(value, dict)]
DEVICES = ("cpu", "cuda", "mps")


@dataclass(frozen=True)
class Global:
    """A global setting: how it is read and set, its usual value, and how to say another (with ``{}`` for the value)."""

    read: Callable[[], Any]
    put: Callable[[Any], object]
    usual: Any
    says: str = ""


def _autocast() -> tuple[bool, ...]:
    return tuple([torch.is_autocast_enabled(device) for device in DEVICES])


def _put_autocast(enabled: tuple[bool, ...]) -> None:
    torch.clear_autocast_cache()  # casts of weights under other values
    for device, on in zip(DEVICES, enabled, strict=True):
        torch.set_autocast_enabled(device, on)


def _deterministic() -> tuple[bool, bool]:
    return torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()


def _put_deterministic(mode: tuple[bool, bool]) -> None:
    torch.use_deterministic_algorithms(mode[0], warn_only=mode[1])


def _anomaly() -> tuple[bool, bool]:
    return torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()


def _put_anomaly(mode: tuple[bool, bool]) -> None:
    torch.set_anomaly_enabled(*mode)


def _flushes() -> bool:
    return sys.float_info.min / 2 == 0.0  # nothing tells but arithmetic itself


def _hooks() -> dict[str, dict[Any, Any]]:
    return {name: dict(table) for name in HOOKS if (table := getattr(hooks, name))}


def _put_hooks(registered: dict[str, dict[Any, Any]]) -> None:
    for name in HOOKS:
        table = getattr(hooks, name)
        table.clear()
        table.update(registered.get(name, {}))


def _default_device() -> torch.device | None:
    context = getattr(torch._GLOBAL_DEVICE_CONTEXT, "device_context", None)
    return None if context is None else context.device


def _put_default_device(device: torch.device | None) -> None:
    with contextlib.suppress(AssertionError):  # a call may have popped what this would pop
        torch.set_default_device(device)
        return
    torch._GLOBAL_DEVICE_CONTEXT.device_context = None


def _hooks_disabled() -> str | None:
    return torch._C._autograd._saved_tensors_hooks_get_disabled_error_message()


def _put_hooks_disabled(message: str | None) -> None:
    if message is None:
        torch._C._autograd._saved_tensors_hooks_enable()
    else:
        torch._C._autograd._saved_tensors_hooks_disable(message)


def _numpy_errors() -> dict[str, str] | None:
    numpy = sys.modules.get("numpy")
    return numpy.geterr() if numpy else None


def _put_numpy_errors(errors: dict[str, str] | None) -> None:
    if errors and (numpy := sys.modules.get("numpy")):
        numpy.seterr(**errors)


QUIET = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}

GLOBALS = (
    # The default device first: it is a mode on the stack that `usual_settings` empties.
    Global(_default_device, _put_default_device, None, "the default device `{}`"),
    Global(torch.is_grad_enabled, torch.set_grad_enabled, True, "gradients switched off"),
    Global(torch.get_default_dtype, torch.set_default_dtype, torch.float32, "the default dtype `{}`"),
    # Inputs are small: on a busy machine threads only wait for each other, for 15 ms and more.
    Global(torch.get_num_threads, torch.set_num_threads, 1),
    Global(_autocast, _put_autocast, (False,) * len(DEVICES), "autocast"),
    Global(_deterministic, _put_deterministic, (False, False), "deterministic algorithms"),
    Global(_anomaly, _put_anomaly, (False, True), "autograd's anomaly mode"),
    Global(_flushes, torch.set_flush_denormal, False, "denormal numbers flushed to zero"),
    Global(torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, "highest", "matmul precision `{}`"),
    Global(_hooks, _put_hooks, {}, "hooks on all modules"),
    Global(_hooks_disabled, _put_hooks_disabled, None, "saved tensor hooks disabled"),
    Global(_numpy_errors, _put_numpy_errors, QUIET),
)
USUAL = [setting.usual for setting in GLOBALS]


def unusual() -> tuple[str, ...]:
    """What is in force now that is not usual, a phrase for each."""
    found = ["`torch.inference_mode()`"] if torch.is_inference_mode_enabled() else []
    for setting in GLOBALS:
        value = setting.read()
        # Under inference mode gradients are off in any case.
        if setting.says and value != setting.usual and not (found and setting.read is torch.is_grad_enabled):
            found.append(setting.says.format(value))
    own = len(_modes_of_functions()) + torch._C._len_torch_dispatch_stack() - (_default_device() is not None)
    return (*found, *(["a torch mode of your own"] if own > 0 else []))


def note_of(phrases: tuple[str, ...]) -> tuple[str, ...]:
    """The note about what was switched off for judging; none where nothing was."""
    if not phrases:
        return ()
    return (
        f"Your code was judged with torch's usual settings, that is without what was in force: {', '.join(phrases)}.",
    )


@contextlib.contextmanager
def usual_settings() -> Iterator[None]:
    """Within the block torch is as it is after `import torch`, warnings are silent; afterwards all is as before."""
    drop_keys_without_a_mode()
    before = _values()
    try:
        with torch.inference_mode(False), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _put_all(USUAL, before)
            with no_modes():
                yield
    finally:
        drop_keys_without_a_mode()
        _put_all(before, _values())


def _values() -> list[Any]:
    return [setting.read() for setting in GLOBALS]


def _put_all(values: list[Any], now: list[Any]) -> None:
    if now == values:
        return
    for setting, value in zip(GLOBALS, values, strict=True):
        if setting.read() != value:
            setting.put(value)


def _modes_of_functions() -> list[Any]:
    return [torch._C._get_function_stack_at(i) for i in range(torch._C._len_torch_function_stack())]
