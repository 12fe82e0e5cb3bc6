from contextlib import contextmanager

import torch

from torch_judge.authoring import accepted


@accepted
def beginner(model, batches, loss_fn, optimizer, epochs):
    """Everything named, mode set for each epoch, a print."""
    was_training = model.training
    losses = []
    for epoch in range(epochs):
        model.train()
        running_loss = 0.0
        samples = 0
        for batch in batches:
            x = batch[0]
            y = batch[1]
            prediction = model(x)
            loss = loss_fn(prediction, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            running_loss = running_loss + loss.item() * x.shape[0]
            samples = samples + x.shape[0]
        epoch_loss = running_loss / samples
        print(f"epoch {epoch}: {epoch_loss}")
        losses.append(epoch_loss)
    if was_training:
        model.train()
    else:
        model.eval()
    return losses


@contextmanager
def training_mode(model):
    before = {module: module.training for module in model.modules()}
    model.train()
    try:
        yield
    finally:
        for module, mode in before.items():
            module.training = mode


@accepted
def with_a_context(model, batches, loss_fn, optimizer, epochs: int) -> list[float]:
    """The mode in a context manager; the model clears; sums in a float64 tensor."""
    history = torch.zeros(epochs, dtype=torch.float64)
    with training_mode(model), torch.enable_grad():
        for epoch in range(epochs):
            sums = torch.zeros(2, dtype=torch.float64)
            for x, y in batches:
                model.zero_grad(set_to_none=False)
                loss = loss_fn(model(x), y)
                loss.backward()
                optimizer.step()
                sums += torch.tensor([loss.detach().item() * x.size(0), x.size(0)], dtype=torch.float64)
            history[epoch] = sums[0] / sums[1]
    return history.tolist()


def one_epoch(model, batches, loss_fn, optimizer):
    for x, y in batches:
        loss = loss_fn(model(x), y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        yield float(loss), len(y)


@accepted
def with_a_generator(model, batches, loss_fn, optimizer, epochs):
    """A generator for an epoch; clears after the step too; a list comprehension."""

    def mean(pairs):
        pairs = list(pairs)
        return sum(loss * size for loss, size in pairs) / sum(size for _, size in pairs)

    mode = model.training
    model.train()
    history = [mean(one_epoch(model, batches, loss_fn, optimizer)) for _ in range(epochs)]
    optimizer.zero_grad()
    return model.train(mode) and history


@accepted
def with_a_closure(model, batches, loss_fn, optimizer, epochs):
    """The step gets a closure, as LBFGS wants it; a running mean."""
    mode, history = model.training, ()
    model.train(True)
    while len(history) < epochs:
        seen, mean = 0, 0.0
        for x, y in batches:

            def closure(x=x, y=y):
                optimizer.zero_grad()
                loss = loss_fn(model(x), y)
                loss.backward()
                return loss

            loss = optimizer.step(closure).item()
            seen += len(x)
            mean += (loss - mean) * len(x) / seen
        history += (mean,)
    model.train(mode)
    return history


@accepted
def with_autograd_grad(model, batches, loss_fn, optimizer, epochs):
    """Gradients are assigned, never added up, so nothing needs clearing."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    mode = model.training
    history = []
    for _ in range(epochs):
        model.train()
        losses, sizes = [], []
        for x, y in iter(batches):
            loss = loss_fn(model(x), y)
            for p, grad in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
                p.grad = grad
            optimizer.step()
            losses.append(loss.detach())
            sizes.append(float(len(x)))
        weights = torch.tensor(sizes)
        history.append((torch.stack(losses).cpu() @ weights / weights.sum()).item())
        model.train(mode)
    return history


class Trainer:
    def __init__(self, model, loss_fn, optimizer):
        self.model, self.loss_fn, self.optimizer = model, loss_fn, optimizer

    def step(self, x, y):
        for group in self.optimizer.param_groups:
            for p in group["params"]:
                p.grad = None
        loss = self.loss_fn(self.model.train()(x), y)
        torch.autograd.backward(loss)
        self.optimizer.step()
        return [loss.item()] * len(x)


@accepted
def with_a_trainer(model, batches, loss_fn, optimizer, epochs):
    """A small class; each sample's share of the loss in a list."""
    trainer, mode, history = Trainer(model, loss_fn, optimizer), model.training, []
    for _ in range(epochs):
        shares = [share for x, y in batches for share in trainer.step(x, y)]
        history.append(sum(shares) / len(shares))
    for module in model.modules():
        module.training = mode
    return history
