import itertools
from collections import Counter

from torch_judge.authoring import case, choice, integer, permutation, require

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


LETTERS = "abcdefghijklmnopqrstuvxyz"  # no "w": the end marker has one
# What means something in a regular expression: found in other places, or nowhere; and what makes it an error. (Not `|`
# nor `*`: unescaped they match the empty string, and a wrong solution's words grow without end.)
SILENT, LOUD = ".^$", "(["


class Language:
    """Which characters stand for a, b, c and z in the words of this file, and the order of the corpus: up to the seed.

    ``alphabets`` gives each of the four its own characters to choose from. Without them all are letters, the first
    one a capital, so that a case turned is seen.
    """

    def __init__(self, draw, name="", alphabets=()):
        self.draw, self.name = draw, name
        letters = [LETTERS[i] for i in permutation(draw, f"{name}letters", 25).tolist()]
        drawn = [letters[0].upper(), *letters[1:4]]
        for i, alphabet in enumerate(alphabets):
            drawn[i] = choice(draw, f"{name}character {i}", alphabet)
        self.there = str.maketrans("abcz", "".join(drawn))
        self.back = str.maketrans("".join(drawn), "abcz")

    def trained(self, bpe, words, num_merges):
        no_ties(words, num_merges)
        corpus = [word.translate(self.there) for word, count in words.items() for _ in range(count)]
        order = permutation(self.draw, f"{self.name}corpus order", len(corpus)).tolist()
        bpe.train(self.draw.keep(f"{self.name}corpus", [corpus[i] for i in order]), num_merges=num_merges)
        return bpe

    def spelled(self, symbols, separator="·"):
        """A list of strings as one string, in the letters of this file."""
        if not isinstance(symbols, (list, tuple)):
            return f"<a {type(symbols).__name__}>"
        texts = [s.translate(self.back) if isinstance(s, str) else f"<a {type(s).__name__}>" for s in symbols]
        return separator.join(texts) or "<nothing>"

    def merges(self, bpe):
        """The merges as one string, such as "a+b ab+</w>"; what is no tuple shows its type."""
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
    """The merges of a new tokenizer, and what it makes of each text."""
    bpe = language.trained(solve(), words, num_merges)
    return {"merges": language.merges(bpe), **{text: language.encoded(bpe, text) for text in texts}}


@case("train: the most frequent pair of each round, repeated words counted", kind="values", verify=learned)
def training(solve, draw):
    return seen_of(solve, Language(draw), ABAB, 7)


@case("train: ends when no pair is left", kind="values", verify=learned)
def exhausted(solve, draw):
    return seen_of(solve, Language(draw), AAA, 50)


@case("train: num_merges is obeyed, also 0; two tokenizers share nothing", kind="state", verify=learned)
def number_of_merges(solve, draw):
    language, untrained, none = Language(draw), solve(), solve()
    none.train(["ba", "a"], num_merges=0)
    several = language.trained(solve(), AAA, integer(draw, "num_merges", 2, 6))
    return {
        "merges of several": language.merges(several),
        "merges of 0": language.merges(none),
        "merges untrained": language.merges(untrained),
    }


def prefixed(prefix, seen):
    """Observations of which the merges and the texts say what they are of."""
    return {f"merges, {prefix}" if path == "merges" else f"{path}, {prefix}": what for path, what in seen.items()}


@case("punctuation, digits and accents are characters like others", kind="values", verify=encoded)
def every_character_counts(solve, draw):
    seen = {}
    for name, alphabets in (("punctuation", (SILENT,)), ("digits", ("0123456789", "éüñçß", "-,;:!_'"))):
        language = Language(draw, f"{name}: ", alphabets)
        seen |= prefixed(name, seen_of(solve, language, ABAB, 7, "aabab", "bab abba", "cab"))
    return seen


@case("brackets and backslashes are characters like others", kind="values", verify=encoded)
def brackets(solve, draw):
    return seen_of(solve, Language(draw, alphabets=("\\", LOUD)), ABAB, 7, "aabab", "bab abba", "cab")


@case("encode: every merge, in the learned order, everywhere", kind="values", verify=encoded)
def encoding(solve, draw):
    return seen_of(solve, Language(draw), ABAB, 8, "aabab", "babab", "abbabba", "bbbb", "baab ba bab ba")


@case("encode: pairs that overlap are joined from left to right", kind="values", verify=encoded)
def overlapping(solve, draw):
    return seen_of(solve, Language(draw), AAA, 9, "aaa", "aaaaa", "caab", "baaab aaaa")


@case("encode: any whitespace separates words, and may be all there is", kind="interface", verify=encoded)
def whitespace(solve, draw):
    return seen_of(solve, Language(draw), ABAB, 5, " ba  bab ", "ba\tbab\nb", "bab\vba", "b\r\nba\fab", "", "  ")


@case("encode: unknown characters stay single; without training all do", kind="values", verify=encoded)
def unknown(solve, draw):
    language, bpe = Language(draw), solve()
    seen = {"ab a, untrained": language.encoded(bpe, "ab a")}
    language.trained(bpe, ABAB, 6)
    seen |= {"merges": language.merges(bpe), "ab a, trained now": language.encoded(bpe, "ab a")}
    return seen | {text: language.encoded(bpe, text) for text in ("zab", "éa", "abz", "ab a", "ba,a-b")}
