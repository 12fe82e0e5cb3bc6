"""The mistakes of `bpe` as another learner would make them."""

import re
import string
from collections import Counter, defaultdict


class Tokenizer:
    """Words as tuples in a dict; each mistake overrides one step."""

    marker = ("</w>",)
    encode_marker = marker
    at_least = 1

    def __init__(self):
        self.merges = []

    def vocabulary(self, corpus):
        return {(*word, *self.marker): n for word, n in Counter(corpus).items()}

    def counted(self, vocabulary):
        counts = defaultdict(int)
        for word, n in vocabulary.items():
            for i in range(len(word) - 1):
                counts[word[i], word[i + 1]] += self.weight(n)
        return counts

    def weight(self, n):
        return n

    def best(self, counts):
        return max(counts, key=lambda pair: counts[pair])

    def limit(self, num_merges):
        return num_merges

    def train(self, corpus, num_merges):
        vocabulary = self.vocabulary(corpus)
        for _ in range(self.limit(num_merges)):
            counts = self.counted(vocabulary)
            if not counts or max(counts.values()) < self.at_least:
                break
            pair = self.best(counts)
            self.merges.append(self.stored(pair))
            vocabulary = self.rewritten(vocabulary, pair)

    def stored(self, pair):
        return pair

    def rewritten(self, vocabulary, pair):
        return {tuple(self.glued(word, pair)): n for word, n in vocabulary.items()}

    def glued(self, word, pair):
        word, out = list(word), []
        while word:
            if tuple(word[:2]) == tuple(pair):
                out.append(word.pop(0) + word.pop(0))
            else:
                out.append(word.pop(0))
        return out

    glued_in_encode = glued

    def words(self, text):
        return text.split()

    def order(self):
        return self.merges

    def encode(self, text):
        return [symbol for word in self.words(text) for symbol in self.cut((*word, *self.encode_marker))]

    def cut(self, word):
        for pair in self.order():
            word = self.glued_in_encode(word, pair)
        return list(word)


class no_end_marker(Tokenizer):
    marker = encode_marker = ()


class encodes_without_marker(Tokenizer):
    encode_marker = ()


class marker_in_pieces(Tokenizer):
    marker = encode_marker = tuple("</w>")


class multiplicity_ignored(Tokenizer):
    def weight(self, n):
        return 1


class once_per_word(Tokenizer):
    def counted(self, vocabulary):
        counts = Counter()
        for word, n in vocabulary.items():
            for pair in {(a, b) for a, b in zip(word, word[1:], strict=False)}:
                counts[pair] += n
        return counts


class across_words(Tokenizer):
    def vocabulary(self, corpus):
        return {tuple(symbol for word in corpus for symbol in [*word, "</w>"]): 1}


class rarest_pair(Tokenizer):
    def best(self, counts):
        return min(counts, key=counts.get)


class corpus_not_rewritten(Tokenizer):
    def rewritten(self, vocabulary, pair):
        return vocabulary


class fails_when_exhausted(Tokenizer):
    def train(self, corpus, num_merges):
        vocabulary = self.vocabulary(corpus)
        for _ in range(num_merges):
            counts = Counter(self.counted(vocabulary))
            pair = max(counts, key=lambda pair: counts[pair])
            self.merges.append(pair)
            vocabulary = self.rewritten(vocabulary, pair)


class stops_at_single_pairs(Tokenizer):
    at_least = 2


class one_merge_too_many(Tokenizer):
    def limit(self, num_merges):
        return num_merges + 1


class merges_are_strings(Tokenizer):
    def __init__(self):
        super().__init__()
        self.pairs = []

    def stored(self, pair):
        self.pairs.append(pair)
        return pair[0] + pair[1]

    def order(self):
        return self.pairs


class merges_are_lists(Tokenizer):
    def stored(self, pair):
        return [*pair]


class encodes_characters(Tokenizer):
    def cut(self, word):
        return list(word)


class merges_in_reverse(Tokenizer):
    def order(self):
        return self.merges[::-1]


class text_not_split(Tokenizer):
    def words(self, text):
        return [text]


class splits_at_single_spaces(Tokenizer):
    def words(self, text):
        return text.split(" ")


class splits_at_some_whitespace(Tokenizer):
    def words(self, text):
        return re.findall(r"[^ \t\n\r]+", text)


class nested_result(Tokenizer):
    def encode(self, text):
        return [self.cut((*word, "</w>")) for word in text.split()]


class overlapping_joins(Tokenizer):
    def glued(self, word, pair):
        out, used = [], False
        for i, symbol in enumerate(word):
            if tuple(word[i : i + 2]) == pair:
                out.append(symbol + word[i + 1])
                used = True
            else:
                out += [] if used else [symbol]
                used = False
        return out

    glued_in_encode = glued


class string_replacement(Tokenizer):
    def glued(self, word, pair):
        return " ".join(word).replace(pair[0] + " " + pair[1], pair[0] + pair[1]).split()

    glued_in_encode = glued


class first_occurrence_only(Tokenizer):
    def glued_in_encode(self, word, pair):
        pairs = list(zip(word, word[1:], strict=False))
        if pair not in pairs:
            return list(word)
        i = pairs.index(pair)
        return [*word[:i], "".join(pair), *word[i + 2 :]]


class right_to_left(Tokenizer):
    def glued(self, word, pair):
        word, out = list(word), []
        while word:
            last = word.pop()
            out.append(word.pop() + last if word and (word[-1], last) == pair else last)
        return out[::-1]

    glued_in_encode = glued


MERGES = []


class shared_merges(Tokenizer):
    def __init__(self):
        MERGES[:] = []
        self.merges = MERGES


class lower_case(Tokenizer):
    def vocabulary(self, corpus):
        return super().vocabulary([word.casefold() for word in corpus])

    def words(self, text):
        return text.casefold().split()


class trained_without_punctuation(Tokenizer):
    def vocabulary(self, corpus):
        return super().vocabulary([re.sub(r"[^\w]|_", "", word) for word in corpus])


class trained_without_digits(Tokenizer):
    def vocabulary(self, corpus):
        return super().vocabulary([word.translate(str.maketrans("", "", string.digits)) for word in corpus])


class trained_on_ascii(Tokenizer):
    def vocabulary(self, corpus):
        return super().vocabulary([word.encode("ascii", "ignore").decode() for word in corpus])


class regex_not_escaped(Tokenizer):
    def glued(self, word, pair):
        left, right = pair
        return re.sub(rf"(^| ){left} {right}(?= |$)", lambda m: m[1] + left + right, " ".join(word)).split()

    glued_in_encode = glued


class cache_kept(Tokenizer):
    def __init__(self):
        super().__init__()
        self.cache = {}

    def cut(self, word):
        if word in self.cache:
            return self.cache[word]
        return self.cache.setdefault(word, super().cut(word))


class punctuation_lost(Tokenizer):
    def words(self, text):
        return "".join(c if c.isalnum() else " " for c in text).split()


class each_word_once(Tokenizer):
    def words(self, text):
        found = []
        for word in super().words(text):
            if word not in found:
                found.append(word)
        return found


class longest_match(Tokenizer):
    def cut(self, word):
        text, known, out = "".join(word[:-1]) + "</w>", {a + b for a, b in self.merges} | {"</w>"}, []
        while text:
            piece = next((text[:n] for n in range(len(text), 0, -1) if text[:n] in known), text[0])
            out.append(piece)
            text = text[len(piece) :]
        return out


SECOND_WAY = {n: t for n, t in list(globals().items()) if isinstance(t, type) and issubclass(t, Tokenizer)}
del SECOND_WAY["Tokenizer"]
