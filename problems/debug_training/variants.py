import copy

import torch
import torch.nn.functional as F
from torch import nn

from torch_judge.authoring import accepted


@accepted
def fewest_changes(model, optimizer, train_batches, valid_batches, epochs, max_norm=1.0):
    """The target unsqueezed, a deep copy, the clearing before the forward pass by the model."""
    history, best, best_loss = [], None, float("inf")
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in train_batches:
            model.zero_grad()
            loss = ((model(x) - y.unsqueeze(1)) ** 2).mean()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), max_norm)
            optimizer.step()
            total += loss.item() * x.shape[0]
            count += x.shape[0]
        model.eval()
        squares, rows = 0.0, 0
        with torch.no_grad():
            for x, y in valid_batches:
                squares += ((model(x).flatten() - y) ** 2).sum().item()
                rows += len(y)
        valid = squares / rows
        history.append((total / count, valid))
        if valid < best_loss:
            best_loss = valid
            best = copy.deepcopy(model.state_dict())
    return history, best


def one_pass(model, batches, learn):
    """The mean loss over the samples; ``learn(loss)`` after each batch."""
    losses = []
    for x, y in batches:
        errors = F.mse_loss(model(x).squeeze(1), y, reduction="none")
        learn(errors.mean())
        losses.append(errors.detach())
    return torch.cat(losses).double().mean().item()


@accepted
def with_a_pass(model, optimizer, train_batches, valid_batches, epochs, max_norm=1.0):
    """One function for both halves; best from the list of states."""

    def learn(loss):
        optimizer.zero_grad(set_to_none=False)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(model.parameters()), max_norm, norm_type=2)
        optimizer.step()

    history, states = [], []
    for _ in range(epochs):
        trained = one_pass(model.train(), train_batches, learn)
        with torch.inference_mode():
            judged = one_pass(model.eval(), valid_batches, lambda loss: None)
        history.append((trained, judged))
        states.append({name: value.detach().clone() for name, value in model.state_dict().items()})
    best = min(range(epochs), key=lambda k: history[k][1]) if epochs else None
    return history, None if best is None else states[best]


@accepted
def clipped_by_hand(model, optimizer, train_batches, valid_batches, epochs, max_norm=1.0):
    """Gradients by autograd.grad, clipped as one vector; the best as a CPU copy."""
    params = [p for p in model.parameters() if p.requires_grad]
    history, best, lowest = [], None, None
    for _ in range(epochs):
        sums = [0.0, 0]
        for x, y in train_batches:
            model.train()
            loss = torch.mean((model(x)[:, 0] - y).square())
            grads = torch.autograd.grad(loss, params)
            norm = torch.stack([g.pow(2).sum() for g in grads]).sum().sqrt()
            factor = (max_norm / norm).clamp(max=1.0)
            for p, g in zip(params, grads, strict=True):
                p.grad = g * factor
            optimizer.step()
            sums[0] += float(loss) * y.numel()
            sums[1] += y.numel()
        with torch.no_grad():
            model.eval()
            errors = [model(x)[:, 0] - y for x, y in valid_batches]
        valid = float(torch.cat(errors).square().mean())
        history.append([sums[0] / sums[1], valid])
        if lowest is None or valid < lowest:
            lowest, best = valid, {k: v.detach().cpu().clone().to(v.device) for k, v in model.state_dict().items()}
    return history, best


class Trainer:
    def __init__(self, model, optimizer, max_norm):
        self.model, self.optimizer, self.max_norm = model, optimizer, max_norm

    def losses(self, x, y):
        return (self.model(x).view(-1) - y) ** 2

    def train(self, batches):
        self.model.train(True)
        total = 0.0
        for x, y in batches:
            loss = self.losses(x, y).mean()
            self.optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), self.max_norm)
            self.optimizer.step()
            total += loss.item() * len(y)
        return total / sum(len(y) for _, y in batches)

    @torch.no_grad()
    def validate(self, batches):
        self.model.train(False)
        return sum(self.losses(x, y).sum().item() for x, y in batches) / sum(len(y) for _, y in batches)


@accepted
def with_a_trainer(model, optimizer, train_batches, valid_batches, epochs, max_norm=1.0):
    """A small class; the history first, the best filled in place."""
    trainer = Trainer(model, optimizer, max_norm)
    history = []
    best = None
    for epoch in range(epochs):
        losses = trainer.train(train_batches), trainer.validate(valid_batches)
        if all(losses[1] < valid for _, valid in history):
            best = {name: torch.empty_like(value).copy_(value) for name, value in model.state_dict().items()}
        history.append(losses)
        print(f"epoch {epoch}: {losses[0]:.3f} {losses[1]:.3f}")
    return history, best


@accepted
def row_by_row_validation(model, optimizer, train_batches, valid_batches, epochs, max_norm: float = 1.0):
    """A beginner's rewrite: the mode comes back, validation a row at a time."""
    mode = model.training
    history = []
    best = None
    best_loss = 1e30
    for _epoch in range(epochs):
        model.train()
        weighted_losses = []
        number_of_samples = 0
        for batch in train_batches:
            x, y = batch
            optimizer.zero_grad()
            prediction = model(x).reshape(y.shape)
            loss = F.mse_loss(prediction, y)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=max_norm)
            optimizer.step()
            weighted_losses.append(loss.item() * len(x))
            number_of_samples += len(x)
        model.eval()
        errors = []
        for x, y in valid_batches:
            for i in range(len(x)):
                with torch.no_grad():
                    errors.append((model(x[i : i + 1]).item() - y[i].item()) ** 2)
        valid_loss = sum(errors) / len(errors)
        history.append((sum(weighted_losses) / number_of_samples, valid_loss))
        if valid_loss < best_loss:
            best_loss = valid_loss
            best = {}
            for key in model.state_dict():
                best[key] = model.state_dict()[key].clone()
    model.train(mode)
    return history, best
