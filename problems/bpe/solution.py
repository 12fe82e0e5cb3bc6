from collections import Counter


def joined(symbols, pair):
    """The symbols with every occurrence of the pair joined, from left to right."""
    out, i = [], 0
    while i < len(symbols):
        if tuple(symbols[i : i + 2]) == pair:
            out.append(symbols[i] + symbols[i + 1])
            i += 2
        else:
            out.append(symbols[i])
            i += 1
    return out


class SimpleBPE:
    def __init__(self):
        self.merges = []

    def train(self, corpus, num_merges):
        # A word that occurs five times is kept once, with its count.
        words = [([*word, "</w>"], count) for word, count in Counter(corpus).items()]
        self.merges = []
        while len(self.merges) < num_merges:
            pairs = Counter()
            for symbols, count in words:
                for pair in zip(symbols, symbols[1:]):  # noqa: B905
                    pairs[pair] += count
            if not pairs:
                break
            best = max(pairs, key=pairs.get)
            self.merges.append(best)
            words = [(joined(symbols, best), count) for symbols, count in words]

    def encode(self, text):
        tokens = []
        for word in text.split():
            symbols = [*word, "</w>"]
            for pair in self.merges:
                symbols = joined(symbols, pair)
            tokens += symbols
        return tokens
