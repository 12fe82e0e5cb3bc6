import torch

from torch_judge.authoring import accepted


@accepted
def divides_gradients_at_the_end(model, optimizer, loss_fn, micro_batches):
    """Whole losses; the sum of their gradients is divided before the step."""
    model.zero_grad()
    n = len(micro_batches)
    losses = []
    for x, y in micro_batches:
        loss = loss_fn(model(x), y)
        loss.backward()
        losses.append(loss.item())
    for p in model.parameters():
        if p.grad is not None:
            p.grad.div_(n)
    optimizer.step()
    optimizer.zero_grad()
    return sum(losses) / n


@accepted
def by_index_with_detach(model, optimizer, loss_fn, micro_batches) -> float:
    assert len(micro_batches) > 0, "nothing to learn from"
    optimizer.zero_grad(set_to_none=True)
    n = len(micro_batches)
    running = torch.tensor(0.0)
    for i in range(n):
        inputs, targets = micro_batches[i]
        outputs = model.forward(inputs)
        scaled = (1.0 / n) * loss_fn(outputs, targets)
        scaled.backward()
        running = running + scaled.detach().cpu()
        print(f"micro-batch {i}: {running.item():.3f}")
    optimizer.step()
    return float(running)


@accepted
def backward_with_a_weight(model, optimizer, loss_fn, micro_batches):
    """The factor is handed to `backward`; old gradients are zeroed by hand; a generator over the pairs."""
    for group in optimizer.param_groups:
        for p in group["params"]:
            if p.grad is not None:
                p.grad.zero_()
    share = 1 / len(micro_batches)

    def losses():
        for batch in micro_batches:
            loss = loss_fn(model(batch[0]), batch[1])
            loss.backward(gradient=torch.full_like(loss, share))
            yield loss.item()

    mean = sum(losses()) * share
    optimizer.step()
    return mean


@accepted
def weighted_by_size(model, optimizer, loss_fn, micro_batches):
    """Weights each loss by its share of the rows: the same for equal sizes."""
    optimizer.zero_grad()
    rows = sum(x.shape[0] for x, _ in micro_batches)
    total_loss = 0
    for x, y in micro_batches:
        weight = x.size(0) / rows
        loss = loss_fn(model(x), y) * weight
        loss.backward()
        total_loss += loss.data.item()
    optimizer.step()
    return total_loss


@accepted
def own_accumulators(model, optimizer, loss_fn, micro_batches):
    """`torch.autograd.grad` and sums of its own."""
    params = [p for p in model.parameters() if p.requires_grad]
    sums = [torch.zeros_like(p) for p in params]
    value = 0.0
    for x, y in micro_batches:
        loss = loss_fn(model(x), y)
        for total, grad in zip(sums, torch.autograd.grad(loss, params), strict=True):
            total += grad
        value += loss.item()
    for p, total in zip(params, sums, strict=True):
        p.grad = total / len(micro_batches)
    optimizer.step()
    return value / len(micro_batches)


@accepted
def steps_when_the_last_is_done(model, optimizer, loss_fn, micro_batches):
    """As in a training loop: an enumerate and a condition."""
    history = []
    for i, (x, y) in enumerate(micro_batches):
        if i == 0:
            optimizer.zero_grad()
        with torch.enable_grad():
            loss = loss_fn(model(x), y)
            (loss / len(micro_batches)).backward()
        history.append(loss.detach())
        if (i + 1) % len(micro_batches) == 0:
            optimizer.step()
    return torch.stack(history).mean().item()


@accepted
def in_a_closure(model, optimizer, loss_fn, micro_batches):
    """The optimiser's `step` runs everything, as LBFGS would have it."""

    def closure():
        optimizer.zero_grad()
        total = 0.0
        for x, y in micro_batches:
            loss = loss_fn(model(x), y)
            loss /= len(micro_batches)
            loss.backward()
            total += loss.item()
        return total

    return optimizer.step(closure)


@accepted
def scaled_by_hooks(model, optimizer, loss_fn, micro_batches):
    """Hooks at the parameters divide; the mean is kept up as it goes."""
    optimizer.zero_grad()
    n, mean = len(micro_batches), 0.0
    hooks = [p.register_hook(lambda grad: grad / n) for p in model.parameters()]
    for i, (x, y) in enumerate(micro_batches, start=1):
        loss = loss_fn(model(x), y)
        loss.backward(inputs=list(model.parameters()))
        mean += (loss.item() - mean) / i
    for hook in hooks:
        hook.remove()
    optimizer.step()
    return mean
