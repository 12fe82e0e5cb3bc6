import re
from collections import Counter, defaultdict

from torch_judge.authoring import accepted, mistake


@accepted
class ByRank:
    """Encodes by the rank of the pairs that are there: the earliest learned first, until none is left."""

    def __init__(self):
        self.merges: list[tuple[str, str]] = []
        self.vocabulary = {}

    def train(self, corpus: list[str], num_merges: int) -> None:
        frequency = Counter(corpus)
        splits = {word: list(word) + ["</w>"] for word in frequency}
        for _ in range(num_merges):
            counts = defaultdict(int)
            for word, symbols in splits.items():
                for i in range(len(symbols) - 1):
                    counts[symbols[i], symbols[i + 1]] += frequency[word]
            if len(counts) == 0:
                return
            pair = sorted(counts.items(), key=lambda item: -item[1])[0][0]
            self.merges.append(pair)
            splits = {word: self._join(symbols, pair) for word, symbols in splits.items()}

    @staticmethod
    def _join(symbols, pair):
        i = 0
        while i < len(symbols) - 1:
            if symbols[i] == pair[0] and symbols[i + 1] == pair[1]:
                symbols = symbols[:i] + ["".join(pair)] + symbols[i + 2 :]
            i += 1
        return symbols

    def encode(self, text: str) -> list[str]:
        ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        out = []
        for word in text.split():
            symbols = list(word) + ["</w>"]
            while len(symbols) > 1:
                best = min(zip(symbols, symbols[1:], strict=False), key=lambda pair: ranks.get(pair, float("inf")))
                if best not in ranks:
                    break
                symbols = self._join(symbols, best)
            out.extend(symbols)
        return out


@accepted
class SpacedStrings:
    """Words as strings of symbols with spaces between; the pattern respects the symbols' borders."""

    def __init__(self):
        self.merges = []

    def _replace(self, word, pair):
        pattern = re.compile(r"(?<!\S)" + re.escape(" ".join(pair)) + r"(?!\S)")
        return pattern.sub(lambda _: "".join(pair), word)

    def train(self, corpus, num_merges):
        vocabulary = Counter(" ".join(word) + " </w>" for word in corpus)
        for _ in range(num_merges):
            pairs = Counter()
            for word, n in vocabulary.items():
                symbols = word.split()
                for left, right in zip(symbols[:-1], symbols[1:], strict=True):
                    pairs[left, right] += n
            if not pairs:
                break
            best = pairs.most_common(1)[0][0]
            vocabulary = {self._replace(word, best): n for word, n in vocabulary.items()}
            self.merges.append(best)
        return self.merges

    def encode(self, text):
        result = []
        for word in re.findall(r"\S+", text):
            spaced = " ".join(word) + " </w>"
            for pair in self.merges:
                spaced = self._replace(spaced, pair)
            result += spaced.split(" ")
        return result


@accepted
class EveryWordByItself:
    """No counts of words; pairs that overlap count once; the marker is stripped from what encode returns."""

    def __init__(self):
        self.merges = []

    def train(self, corpus, num_merges):
        words = [list(word) + ["</w>"] for word in corpus]
        while num_merges > len(self.merges):
            counts = {}
            for word in words:
                i, last = 0, None
                while i < len(word) - 1:
                    pair = (word[i], word[i + 1])
                    if pair == last and word[i] == word[i + 1]:
                        last = None
                    else:
                        counts[pair] = counts.get(pair, 0) + 1
                        last = pair
                    i += 1
            if not counts:
                break
            best = max(counts.items(), key=lambda item: item[1])[0]
            self.merges.append(best)
            words = [self.apply(word, best) for word in words]

    def apply(self, word, pair):
        new = []
        for symbol in word:
            if new and (new[-1], symbol) == pair and not getattr(new[-1], "fresh", False):
                new[-1] = Joined(new[-1] + symbol)
            else:
                new.append(symbol)
        return [str(symbol) for symbol in new]

    def encode(self, text):
        out = []
        for word in text.split():
            symbols = list(word) + ["</w>"]
            for pair in self.merges:
                symbols = self.apply(symbols, pair)
            out += [s.removesuffix("</w>") for s in symbols if s != "</w>"]
        return out


class Joined(str):
    """A symbol that was joined in this pass."""

    fresh = True


@accepted
class MarkerReplaced:
    """Recursion for joining; the marker is replaced by nothing, which may leave an empty symbol."""

    def __init__(self):
        self.merges = []

    def train(self, corpus, num_merges):
        words = {}
        for word in corpus:
            key = tuple(word) + ("</w>",)
            words[key] = words.get(key, 0) + 1
        for _ in range(num_merges):
            pairs = [pair for word, n in words.items() for pair in list(zip(word, word[1:], strict=False)) * n]
            if not pairs:
                break
            self.merges += [max(set(pairs), key=pairs.count)]
            words = {join(word, self.merges[-1]): n for word, n in words.items()}

    def encode(self, text):
        return [symbol.replace("</w>", "") for word in text.split() for symbol in self.split(word)]

    def split(self, word):
        symbols = (*word, "</w>")
        for pair in self.merges:
            symbols = join(symbols, pair)
        return symbols


def join(symbols, pair):
    if len(symbols) < 2:
        return symbols
    if symbols[:2] == pair:
        return (symbols[0] + symbols[1], *join(symbols[2:], pair))
    return (symbols[0], *join(symbols[1:], pair))


@accepted
class CountsUpdated:
    """Pair counts are kept and corrected word by word, not recounted."""

    def __init__(self) -> None:
        self._merges = {}

    @property
    def merges(self):
        return list(self._merges)

    def _note(self, counts, symbols, n):
        for a, b in zip(symbols, symbols[1:], strict=False):
            counts[a, b] = counts.get((a, b), 0) + n
            if counts[a, b] == 0:
                del counts[a, b]

    def train(self, corpus, num_merges):
        words = [[[*word, "</w>"], corpus.count(word)] for word in sorted(set(corpus))]
        counts = {}
        for symbols, n in words:
            self._note(counts, symbols, n)
        while counts and len(self._merges) < num_merges:
            best = max(counts, key=lambda pair: counts[pair])
            self._merges[best] = len(self._merges)
            for entry in words:
                symbols, n = entry
                if best in zip(symbols, symbols[1:], strict=False):
                    self._note(counts, symbols, -n)
                    entry[0] = list(join(tuple(symbols), best))
                    self._note(counts, entry[0], n)

    def encode(self, text):
        tokens = []
        for word in text.strip().split():
            symbols = (*word, "</w>")
            for pair in self._merges:
                symbols = join(symbols, pair)
            tokens.extend(symbols)
        return tokens


class Reference:
    """What the mistakes below have in common; each joins a pair in its own wrong way."""

    def __init__(self):
        self.merges = []

    def train(self, corpus, num_merges):
        words = [([*word, "</w>"], count) for word, count in Counter(corpus).items()]
        while len(self.merges) < num_merges:
            pairs = Counter()
            for symbols, count in words:
                for pair in zip(symbols, symbols[1:], strict=False):
                    pairs[pair] += count
            if not pairs:
                break
            best = max(pairs, key=pairs.get)
            self.merges.append(best)
            words = [(self.in_training(symbols, best), count) for symbols, count in words]

    def encode(self, text):
        tokens = []
        for word in text.split():
            symbols = [*word, "</w>"]
            for pair in self.merges:
                symbols = self.in_encoding(symbols, pair)
            tokens += symbols
        return tokens

    def in_training(self, symbols, pair):
        return list(join(tuple(symbols), pair))

    in_encoding = in_training


@mistake(
    "You join by replacing text, which also hits parts of longer symbols: 'a b' stands inside 'xa b'. Compare whole "
    "symbols, in lists."
)
class string_replacement(Reference):  # noqa: N801
    def in_training(self, symbols, pair):
        return " ".join(symbols).replace(" ".join(pair), "".join(pair)).split(" ")

    in_encoding = in_training


@mistake("You join a pair only where it occurs first. Each merge joins every occurrence, from left to right.")
class first_occurrence_only(Reference):  # noqa: N801
    def in_encoding(self, symbols, pair):
        for i in range(len(symbols) - 1):
            if (symbols[i], symbols[i + 1]) == pair:
                return [*symbols[:i], "".join(pair), *symbols[i + 2 :]]
        return symbols


@mistake("You join from right to left: `aaa` becomes `a aa`. Go through the word from left to right.")
class right_to_left(Reference):  # noqa: N801
    def in_training(self, symbols, pair):
        i = len(symbols) - 2
        while i >= 0:
            if (symbols[i], symbols[i + 1]) == pair:
                symbols = [*symbols[:i], "".join(pair), *symbols[i + 2 :]]
                i -= 1
            i -= 1
        return symbols

    in_encoding = in_training


@mistake(
    "Two tokenizers share one list of merges, as it stands on the class. Make it in `__init__`: `self.merges = []`."
)
class shared_merges(Reference):  # noqa: N801
    merges = []

    def __init__(self):
        self.merges.clear()


@mistake(
    "`encode` goes through the word and joins what it can at each place, such as the longest known symbol. It must replay "
    "the merges in the order they were learned, which can give another result."
)
class longest_match(Reference):  # noqa: N801
    def encode(self, text):
        known, out = {a + b for a, b in self.merges}, []
        for word in text.split():
            rest = word + "</w>"
            while rest:
                ends = [n for n in range(len(rest), 1, -1) if rest[:n] in known]
                n = ends[0] if ends else len("</w>") if rest == "</w>" else 1
                out.append(rest[:n])
                rest = rest[n:]
        return out


@mistake(
    "You put the symbols into a regular expression as they are, but `.`, `?` or `(` mean something there. Escape them: "
    "`re.escape(symbol)`."
)
class regex_not_escaped(Reference):  # noqa: N801
    def in_training(self, symbols, pair):
        pattern = r"(?<!\S)" + " ".join(pair) + r"(?!\S)"
        return re.sub(pattern, lambda match: "".join(pair), " ".join(symbols)).split(" ")

    in_encoding = in_training


@mistake(
    "You remember how a word was encoded, and a later training does not change it. Forget what you remember when `train` "
    "begins, or remember nothing."
)
class cache_kept(Reference):  # noqa: N801
    def __init__(self):
        super().__init__()
        self.known = {}

    def encode(self, text):
        for word in text.split():
            if word not in self.known:
                self.known[word] = super().encode(word)
        return [symbol for word in text.split() for symbol in self.known[word]]
