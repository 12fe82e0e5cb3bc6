# %%
# Look at your own work before you ask the judge: small questions, one at a time.
torch.manual_seed(0)
x = torch.randn(60, 4)
y = x[:, 0] - 2 * x[:, 1]
train_batches, valid_batches = [(x[:25], y[:25]), (x[25:45], y[25:45]), (x[45:46], y[45:46])], [(x[46:], y[46:])]
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
history, best = train(model, optimizer, train_batches, valid_batches, epochs=5)
for losses in history:
    print("mean loss in training and in validation:", losses)
print("parameters in best:", None if best is None else len(best))
