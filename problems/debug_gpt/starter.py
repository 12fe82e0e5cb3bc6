# %%
# Look at your own work before you ask the judge: small questions, one at a time.
torch.manual_seed(0)
model = TinyGPT(vocab=10, dim=12, heads=4, layers=2, block=8)
ids = torch.randint(0, 10, (4, 8))
print("shape of the logits:", tuple(model(ids).shape))
print("loss before training:", model.loss(ids).item(), "(guessing gives 2.30)")
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for _ in range(50):
    optimizer.zero_grad()
    model.loss(ids).backward()
    optimizer.step()
print("loss after 50 steps:", model.loss(ids).item())
print("first text:", ids[0].tolist())
print("its first two ids, continued:", model.generate(ids[:1, :2], 6)[0].tolist())
