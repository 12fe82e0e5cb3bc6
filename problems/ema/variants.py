import copy

import torch
from torch import nn
from torch.nn.utils import parameters_to_vector

from torch_judge.authoring import accepted, mistake


@mistake(
    "You average the buffers too. Running statistics and counters are no weights: the mean of a counter is no count. Take "
    "`parameters()`, not `state_dict()`."
)
class averages_buffers:
    def __init__(self, model, decay=0.999):
        self.model, self.decay = model, decay
        self.average = {name: value.clone() for name, value in model.state_dict().items()}

    def update(self):
        for name, value in self.model.state_dict().items():
            self.average[name] = (self.decay * self.average[name] + (1 - self.decay) * value).to(value.dtype)

    def apply(self):
        self.kept = {name: p.detach().clone() for name, p in self.model.named_parameters()}
        self.model.load_state_dict(self.average)

    @torch.no_grad()
    def restore(self):
        for name, p in self.model.named_parameters():
            p.copy_(self.kept[name])


@mistake(
    "`restore` undoes the changes of the buffers too: you keep and load the whole `state_dict()`. It concerns the parameters only."
)
class restores_buffers:
    def __init__(self, model, decay=0.999):
        self.model, self.decay = model, decay
        self.average = {name: p.detach().clone() for name, p in model.named_parameters()}

    @torch.no_grad()
    def update(self):
        for name, p in self.model.named_parameters():
            self.average[name].lerp_(p, 1 - self.decay)

    def apply(self):
        self.kept = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.model.load_state_dict(self.average, strict=False)

    def restore(self):
        self.model.load_state_dict(self.kept)


@mistake(
    "You average the whole `state_dict()`, the running statistics with it, and `restore` brings the old ones back. Buffers "
    "stay out of it: take `named_parameters()`."
)
class averages_state_dict:
    def __init__(self, model, decay=0.999):
        self.model, self.decay = model, decay
        self.average = {name: value.clone() for name, value in model.state_dict().items()}

    def update(self):
        for name, value in self.model.state_dict().items():
            if value.is_floating_point():
                self.average[name].mul_(self.decay).add_(value, alpha=1 - self.decay)
            else:
                self.average[name] = value.clone()

    def apply(self):
        self.kept = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.model.load_state_dict(self.average)

    def restore(self):
        self.model.load_state_dict(self.kept)


@mistake(
    "You put new Parameter objects into the model, so the optimiser goes on training the old ones. Write into the ones that are there: "
    "`p.copy_(...)`."
)
class new_parameters:
    def __init__(self, model, decay=0.999):
        self.model, self.decay = model, decay
        self.average = {name: p.detach().clone() for name, p in model.named_parameters()}

    def update(self):
        for name, p in self.model.named_parameters():
            self.average[name] = self.decay * self.average[name] + (1 - self.decay) * p.detach()

    def put(self, values):
        for name, value in values.items():
            owner, _, last = name.rpartition(".")
            module = self.model.get_submodule(owner)
            flag = getattr(module, last).requires_grad
            setattr(module, last, nn.Parameter(value.clone(), requires_grad=flag))

    def apply(self):
        self.kept = {name: p.detach().clone() for name, p in self.model.named_parameters()}
        self.put(self.average)

    def restore(self):
        self.put(self.kept)


@accepted
class DictByName:
    """A beginner's: dictionaries by name, plain arithmetic on `.data`."""

    def __init__(self, model, decay=0.999):
        self.model = model
        self.decay = decay
        self.shadow = {}
        self.backup = {}
        for name, param in model.named_parameters():
            self.shadow[name] = param.data.clone()

    def update(self):
        for name, param in self.model.named_parameters():
            new_average = (1.0 - self.decay) * param.data + self.decay * self.shadow[name]
            self.shadow[name] = new_average.clone()
        print("updated")

    def apply(self):
        for name, param in self.model.named_parameters():
            self.backup[name] = param.data
            param.data = self.shadow[name].clone()

    def restore(self):
        for name, param in self.model.named_parameters():
            param.data = self.backup[name]
        self.backup = {}


@accepted
class CopyOfTheModel:
    """A deep copy of the model holds the averages; lerp; copies under no_grad."""

    def __init__(self, model: nn.Module, decay: float = 0.999) -> None:
        self.model, self.decay = model, decay
        self.teacher = copy.deepcopy(model).requires_grad_(False)

    def pairs(self):
        return zip(self.model.parameters(), self.teacher.parameters(), strict=True)

    @torch.no_grad()
    def update(self) -> None:
        for student, teacher in self.pairs():
            teacher.lerp_(student, 1 - self.decay)

    def apply(self) -> None:
        self.before = copy.deepcopy([p.detach() for p in self.model.parameters()])
        with torch.no_grad():
            for student, teacher in self.pairs():
                student.copy_(teacher)

    def restore(self) -> None:
        with torch.no_grad():
            for p, value in zip(self.model.parameters(), self.before, strict=True):
                p[...] = value


@accepted
class OneVector:
    """All parameters laid end to end."""

    def __init__(self, model, decay=0.999):
        self.parameters = list(model.parameters())
        self.decay = decay
        self.average = self.vector()

    def vector(self):
        return parameters_to_vector(self.parameters).detach().clone()

    def write(self, vector):
        start = 0
        for p in self.parameters:
            p.data.copy_(vector[start : start + p.numel()].view_as(p))
            start += p.numel()

    def update(self):
        self.average -= (1 - self.decay) * (self.average - self.vector())

    def apply(self):
        self.kept = self.vector()
        self.write(self.average)

    def restore(self):
        self.write(self.kept)


@accepted
class Foreach:
    """Multi-tensor operations; the kept weights on a stack."""

    def __init__(self, model, decay=0.999):
        self.params, self.decay, self.stack = tuple(model.parameters()), decay, []
        with torch.no_grad():
            self.average = torch._foreach_mul(self.params, 1.0)

    @torch.no_grad()
    def update(self):
        torch._foreach_lerp_(self.average, self.params, 1 - self.decay)

    @torch.no_grad()
    def apply(self):
        self.stack.append([p.clone() for p in self.params])
        torch._foreach_copy_(self.params, self.average)

    @torch.no_grad()
    def restore(self):
        torch._foreach_copy_(self.params, self.stack.pop())


@accepted
class AsAModule(nn.Module):
    """The EMA is a module, its averages are buffers; states go through load_state_dict with the buffers left out."""

    def __init__(self, model, decay=0.999):
        super().__init__()
        self.model, self.decay = model, decay
        for k, p in enumerate(model.parameters()):
            self.register_buffer(f"average_{k}", p.detach().clone())

    def averages(self):
        return [getattr(self, f"average_{k}") for k, _ in enumerate(self.model.parameters())]

    @torch.no_grad()
    def update(self):
        for average, p in zip(self.averages(), self.model.parameters(), strict=True):
            average *= self.decay
            average += p * (1 - self.decay)

    def apply(self):
        names = [name for name, _ in self.model.named_parameters()]
        own = self.model.state_dict()
        self.kept = {name: own[name].clone() for name in names}
        self.model.load_state_dict(dict(zip(names, self.averages(), strict=True)), strict=False)

    def restore(self):
        self.model.load_state_dict(self.kept, strict=False)


class Slot:
    """One parameter with its average and what was there."""

    def __init__(self, param):
        self.param, self.average, self.kept = param, param.detach().clone(), None

    def show(self):
        self.kept = self.param.detach().clone()
        self.param.detach().copy_(self.average)

    def hide(self):
        self.param.detach().copy_(self.kept)


@accepted
class Slots:
    """An object per parameter, written through detached views."""

    def __init__(self, model, decay=0.999):
        assert 0 <= decay < 1
        self.slots, self.decay = [Slot(p) for p in model.parameters()], decay

    def update(self):
        for slot in self.slots:
            slot.average = torch.lerp(slot.param.detach(), slot.average, self.decay)

    def apply(self):
        for slot in self.slots:
            slot.show()

    def restore(self):
        for slot in self.slots:
            slot.hide()
