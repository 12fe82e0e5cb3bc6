# %%
# Look at your own work before you ask the judge: small questions, one method at a time.
torch.manual_seed(0)
x = torch.randn(60, 4)
target = (x[:, 0] > 0).long() + (x[:, 1] > 0).long()
train, valid = [(x[:20], target[:20]), (x[20:40], target[20:40])], [(x[40:], target[40:])]
experiment = Experiment(4, 8, 3)
print("share of right answers after each epoch:", experiment.fit(train, valid, epochs=5))
print("what a checkpoint would hold:", ", ".join(experiment.model.state_dict()))
