# %%
class SimpleBPE:
    """Learn which neighbouring symbols to join, then cut new texts in the same way."""

    def __init__(self):
        pass

    def train(self, corpus: list[str], num_merges: int) -> None:
        pass

    def encode(self, text: str) -> list[str]:
        pass


# %%
# Look at your own work before you ask the judge: the first merges are u + n, f + un and fun + </w>.
bpe = SimpleBPE()
bpe.train(["fun"] * 6 + ["funny"] * 2 + ["sunny", "day"], num_merges=6)
print(getattr(bpe, "merges", None))
print(bpe.encode("funny runny fun"))
