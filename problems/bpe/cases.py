import itertools
from collections import Counter

from torch_judge.authoring import case, require

# In every round of these one pair is the most frequent, whether "aaa" counts as one or as two pairs (a, a).
ABAB = {"aabab": 8, "bab": 6, "aabbba": 5, "a": 5, "bbbba": 2}
AAA = {"baab": 4, "ca": 1, "baa": 3, "ab": 2, "aaa": 9}


def no_ties(words, rounds):
    """Replay the training and fail on a tie: the right answer is unique."""
    spaced = {"".join(f" {symbol} " for symbol in (*word, "</w>")): count for word, count in words.items()}
    for _ in range(rounds):
        overlapping, disjoint = Counter(), Counter()
        for text, count in spaced.items():
            pairs = [f" {a}  {b} " for a, b in itertools.pairwise(text.split())]
            overlapping.update({pair: count * pairs.count(pair) for pair in pairs})
            disjoint.update({pair: count * text.count(pair) for pair in pairs})
        if not overlapping:
            return
        best = overlapping.most_common(1)[0][0]
        for counts in (overlapping, disjoint):
            assert all(count < counts[best] for pair, count in counts.items() if pair != best), words
        spaced = {text.replace(best, best.replace("  ", "")): count for text, count in spaced.items()}


class Language:
    """Which letters stand for a, b, c and z, and the order of the corpus: up to the seed."""

    def __init__(self, draw):
        # No "w": the end marker has one. Capitals, so that a case turned is seen.
        drawn = ["abcdefghijklmnopqrstuvxyz"[i] for i in draw.rand("letters", 25).argsort().tolist()[:4]]
        drawn[0] = drawn[0].upper()
        self.draw, self.there = draw, str.maketrans("abcz", "".join(drawn))
        self.back = str.maketrans("".join(drawn), "abcz")

    def trained(self, solve, words, num_merges):
        no_ties(words, num_merges)
        corpus = [word.translate(self.there) for word, count in words.items() for _ in range(count)]
        shuffled = self.draw.rand("corpus order", len(corpus)).argsort().tolist()
        bpe = solve()
        bpe.train(self.draw.keep("corpus", [corpus[i] for i in shuffled]), num_merges=num_merges)
        return bpe

    def spelled(self, symbols, separator="·"):
        """A list of strings as one string, in the letters of this file."""
        if not isinstance(symbols, (list, tuple)):
            return f"<a {type(symbols).__name__}>"
        texts = [s.translate(self.back) if isinstance(s, str) else f"<a {type(s).__name__}>" for s in symbols]
        return separator.join(texts) or "<nothing>"

    def merges(self, bpe):
        return " ".join(self.spelled(p, "+") if isinstance(p, tuple) else f"<{type(p).__name__}>" for p in bpe.merges)

    def encoded(self, bpe, text):
        return self.spelled(bpe.encode(text.translate(self.there)))


def learned(seen, expected, draw):
    """Of wrong merges only the first one tells something: after it other pairs are equally frequent."""
    for path in [path for path in expected if path.startswith("merges")]:
        got, want = seen[path].split(), expected[path].split()
        for i, (a, b) in enumerate(zip(got, want, strict=False)):
            require(a == b, f"{path}[{i}]: {a}", f"`{path}[{i}]` is {a}; expected {b} (in other letters).")
        text = f"`{path}`: {len(got)} pairs were learned; expected {len(want)}."
        require(len(got) == len(want), f"{path}: too {'few' if len(got) < len(want) else 'many'}", text)


def encoded(seen, expected, draw):
    learned(seen, expected, draw)
    for text, want in expected.items():
        message = f"encode {text!r}: {seen[text]}; expected {want} (in other letters)."
        require(seen[text] == want, f"{text}: {seen[text]}", message)


def seen_of(solve, language, words, num_merges, *texts):
    bpe = language.trained(solve, words, num_merges)
    return {"merges": language.merges(bpe), **{text: language.encoded(bpe, text) for text in texts}}


@case("train: the most frequent pair of each round, repeated words counted", kind="values", verify=learned)
def training(solve, draw):
    return seen_of(solve, Language(draw), ABAB, 7)


@case("train: ends when no pair is left", kind="values", verify=learned)
def exhausted(solve, draw):
    return seen_of(solve, Language(draw), AAA, 50)


@case("train: num_merges is obeyed, also 0; two tokenizers share nothing", kind="state", verify=learned)
def number_of_merges(solve, draw):
    language, blank, none = Language(draw), solve(), solve()
    none.train(["ba", "a"], num_merges=0)
    three = language.merges(language.trained(solve, AAA, 3))
    return {"merges of 3": three, "merges of 0": language.merges(none), "merges untrained": language.merges(blank)}


@case("encode: every merge, in the learned order, everywhere", kind="values", verify=encoded)
def encoding(solve, draw):
    return seen_of(solve, Language(draw), ABAB, 8, "aabab", "babab", "abbabba", "bbbb", "baab ba bab")


@case("encode: pairs that overlap are joined from left to right", kind="values", verify=encoded)
def overlapping(solve, draw):
    return seen_of(solve, Language(draw), AAA, 9, "aaa", "aaaaa", "caab", "baaab aaaa")


@case("encode: any whitespace separates words, and may be all there is", kind="interface", verify=encoded)
def whitespace(solve, draw):
    return seen_of(solve, Language(draw), ABAB, 5, " ba  bab ", "ba\tbab\nb", "", "  ")


@case("encode: unknown characters stay single; without training all do", kind="values", verify=encoded)
def unknown(solve, draw):
    language, blank = Language(draw), solve()
    seen = seen_of(solve, language, ABAB, 6, "zab", "éa", "abz", "ab a", "ba,a-b")
    return {**seen, "ab a, untrained": language.encoded(blank, "ab a")}
