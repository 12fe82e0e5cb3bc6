def fit(model, batches, loss_fn, optimizer, epochs):
    found = model.training
    model.train()
    history = []
    for _ in range(epochs):
        total, count = 0.0, 0
        for x, y in batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)  # the loss is a mean over len(x) samples
            count += len(x)
        history.append(total / count)
    model.train(found)
    return history
