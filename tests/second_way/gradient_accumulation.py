"""The mistakes of `gradient_accumulation` as another learner would write them."""

import torch


def mode_of_the_parts(model, optimizer, loss_fn, micro_batches):
    optimizer.zero_grad()
    losses = []
    for x, y in micro_batches:
        losses.append(loss_fn(model(x), y) / len(micro_batches))
        losses[-1].backward()
    optimizer.step()
    model.train() if model.training else model.eval()
    return sum(loss.item() for loss in losses)


def never_clears(model, optimizer, loss_fn, micro_batches):
    n, mean = len(micro_batches), 0.0
    for batch in micro_batches:
        part = loss_fn(model(batch[0]), batch[1]).div(n)
        part.backward()
        mean += part.item()
    optimizer.step()
    return mean


def clears_inside(model, optimizer, loss_fn, micro_batches):
    mean = 0.0
    for x, y in micro_batches:
        model.zero_grad()
        loss = loss_fn(model(x), y)
        (loss / len(micro_batches)).backward()
        mean += float(loss) / len(micro_batches)
    optimizer.step()
    return mean


def clears_before_step(model, optimizer, loss_fn, micro_batches):
    losses = []
    for x, y in micro_batches:
        losses.append(loss_fn(model(x), y) / len(micro_batches))
        losses[-1].backward()
    model.zero_grad()
    optimizer.step()
    return float(sum(loss.item() for loss in losses))


def steps_every_four(model, optimizer, loss_fn, micro_batches):
    model.zero_grad()
    n, losses = len(micro_batches), []
    for number, (x, y) in enumerate(micro_batches, start=1):
        loss = loss_fn(model(x), y)
        (loss / n).backward()
        losses.append(loss.item())
        if number % 4 == 0 or number == n:
            optimizer.step()
            model.zero_grad()
    return sum(losses) / n


def steps_inside(model, optimizer, loss_fn, micro_batches):
    model.zero_grad()
    share, mean = 1 / len(micro_batches), 0.0
    for x, y in micro_batches:
        loss = share * loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        mean += loss.item()
    return mean


def steps_and_clears_inside(model, optimizer, loss_fn, micro_batches):
    share, mean = 1 / len(micro_batches), 0.0
    for x, y in micro_batches:
        loss = share * loss_fn(model(x), y)
        model.zero_grad(set_to_none=False)
        loss.backward()
        optimizer.step()
        mean += loss.item()
    return mean


def never_steps(model, optimizer, loss_fn, micro_batches):
    optimizer.zero_grad()
    losses = [loss_fn(model(micro_batches[0][0]), micro_batches[0][1])]
    losses[0].div(len(micro_batches)).backward()
    for x, y in micro_batches[1:]:
        losses.append(loss_fn(model(x), y))
        losses[-1].div(len(micro_batches)).backward()
    return float(torch.stack(losses).mean())


def accumulated(model, optimizer, loss_fn, micro_batches, scale=1.0):
    """Gradients of ``scale`` times each loss; the losses as floats."""
    optimizer.zero_grad()
    losses = []
    for x, y in micro_batches:
        loss = loss_fn(model(x), y)
        (scale * loss).backward()
        losses.append(loss.item())
    return losses


def not_divided(model, optimizer, loss_fn, micro_batches):
    losses = accumulated(model, optimizer, loss_fn, micro_batches)
    optimizer.step()
    return sum(losses) / len(losses)


def nothing_divided(model, optimizer, loss_fn, micro_batches):
    losses = accumulated(model, optimizer, loss_fn, micro_batches)
    optimizer.step()
    return sum(losses)


def returns_sum(model, optimizer, loss_fn, micro_batches):
    losses = accumulated(model, optimizer, loss_fn, micro_batches, 1 / len(micro_batches))
    optimizer.step()
    return sum(losses)


def returns_last(model, optimizer, loss_fn, micro_batches):
    losses = accumulated(model, optimizer, loss_fn, micro_batches, 1 / len(micro_batches))
    optimizer.step()
    return losses[-1]


def returns_last_share(model, optimizer, loss_fn, micro_batches):
    losses = accumulated(model, optimizer, loss_fn, micro_batches, 1 / len(micro_batches))
    optimizer.step()
    return losses[-1] / len(losses)


def divided_twice(model, optimizer, loss_fn, micro_batches):
    losses = accumulated(model, optimizer, loss_fn, micro_batches, 1 / len(micro_batches) ** 2)
    optimizer.step()
    return sum(losses) / len(losses)


def returned_loss_divided_twice(model, optimizer, loss_fn, micro_batches):
    losses = accumulated(model, optimizer, loss_fn, micro_batches, 1 / len(micro_batches))
    optimizer.step()
    return sum(losses) / len(losses) ** 2


def divided_by_size(model, optimizer, loss_fn, micro_batches):
    size = micro_batches[0][0].shape[0]
    losses = accumulated(model, optimizer, loss_fn, micro_batches, 1 / size)
    optimizer.step()
    return sum(loss / size for loss in losses)


def concatenated(model, optimizer, loss_fn, micro_batches):
    x = torch.vstack([pair[0] for pair in micro_batches])
    y = torch.vstack([pair[1] for pair in micro_batches])
    losses = accumulated(model, optimizer, loss_fn, [(x, y)])
    optimizer.step()
    return losses[0]


def backward_after_all(model, optimizer, loss_fn, micro_batches):
    optimizer.zero_grad()
    losses = [loss_fn(model(x), y) / len(micro_batches) for x, y in micro_batches]
    for loss in losses:
        loss.backward()
    optimizer.step()
    return sum(map(torch.Tensor.item, losses))


def second_forward(model, optimizer, loss_fn, micro_batches):
    optimizer.zero_grad()
    mean = 0.0
    for x, y in micro_batches:
        (loss_fn(model(x), y) / len(micro_batches)).backward()
        with torch.no_grad():
            mean += loss_fn(model(x), y).item() / len(micro_batches)
    optimizer.step()
    return mean


def part(model, optimizer, loss_fn, micro_batches, chosen):
    n = len(micro_batches)
    losses = accumulated(model, optimizer, loss_fn, [micro_batches[i] for i in chosen], 1 / n)
    optimizer.step()
    return sum(losses) / n


def skips_first(model, optimizer, loss_fn, micro_batches):
    n = len(micro_batches)
    return part(model, optimizer, loss_fn, micro_batches, range(1, n) if n > 1 else [0])


def skips_last(model, optimizer, loss_fn, micro_batches):
    return part(model, optimizer, loss_fn, micro_batches, range(max(1, len(micro_batches) - 1)))


def arguments_exchanged(model, optimizer, loss_fn, micro_batches):
    return returns_mean(model, optimizer, lambda prediction, y: loss_fn(y, prediction), micro_batches)


def returns_mean(model, optimizer, loss_fn, micro_batches):
    losses = accumulated(model, optimizer, loss_fn, micro_batches, 1 / len(micro_batches))
    optimizer.step()
    return sum(losses) / len(losses)


def train_mode(model, optimizer, loss_fn, micro_batches):
    return returns_mean(model.train(), optimizer, loss_fn, micro_batches)


def clears_after(model, optimizer, loss_fn, micro_batches):
    mean = never_clears(model, optimizer, loss_fn, micro_batches)
    model.zero_grad()
    return mean


def train_mode_for_a_while(model, optimizer, loss_fn, micro_batches):
    was_training = model.training
    mean = returns_mean(model.train(True), optimizer, loss_fn, micro_batches)
    return mean if model.train(was_training) else None


def returns_tensor(model, optimizer, loss_fn, micro_batches):
    return torch.tensor(returns_mean(model, optimizer, loss_fn, micro_batches))


def returns_nothing(model, optimizer, loss_fn, micro_batches):
    print("mean loss:", returns_mean(model, optimizer, loss_fn, micro_batches))


SECOND_WAY = {
    function.__name__: function
    for function in (
        never_clears,
        clears_after,
        clears_inside,
        clears_before_step,
        steps_inside,
        steps_every_four,
        steps_and_clears_inside,
        never_steps,
        not_divided,
        nothing_divided,
        returns_sum,
        returns_last,
        returns_last_share,
        divided_twice,
        returned_loss_divided_twice,
        divided_by_size,
        concatenated,
        backward_after_all,
        second_forward,
        skips_first,
        skips_last,
        arguments_exchanged,
        train_mode,
        train_mode_for_a_while,
        mode_of_the_parts,
        returns_tensor,
        returns_nothing,
    )
}
