def accumulated_step(model, optimizer, loss_fn, micro_batches) -> float:
    optimizer.zero_grad()
    total = 0.0
    for x, y in micro_batches:
        loss = loss_fn(model(x), y) / len(micro_batches)
        loss.backward()  # adds to what the micro-batches before have left in .grad, and frees this one's graph
        total += loss.item()
    optimizer.step()
    return total
