import torch

from torch_judge.authoring import case, choice, integer, permutation

V = 12


def in_columns(new_ids, rows):
    """The new ids, if they are (rows, n)."""
    if new_ids.dim() != 2 or len(new_ids) != rows:
        raise ValueError(f"`step` was given new ids of shape {tuple(new_ids.shape)}. It takes ({rows}, n).")
    return new_ids


class Model:
    """A language model that is written down: which id a row says when, counted from the first new one.

    It is told apart from the texts by its cache alone, a number that counts the ids it has seen. What it is fed is
    noted; ids of rows that have ended are free, so they are noted as -1.
    """

    def __init__(self, draw, says, prompt, eos):
        self.says, self.prompt_length, self.eos = says, prompt.shape[1], eos
        self.noise = draw.rand("logits of the others", len(says), V, high=0.5)
        self.shift = integer(draw, "first number of the cache", 100, 900)
        self.calls = []

    def ended(self, place):
        """Which rows have said eos before their id number ``place``."""
        return torch.tensor([self.eos in row[:place] for row in self.says], device=self.noise.device)

    def __call__(self, new_ids, cache):
        seen = 0 if cache is None else cache - self.shift
        heard = in_columns(new_ids, len(self.says)).clone()
        length = new_ids.shape[1]
        place = seen + length - self.prompt_length  # how many ids have been said before what is asked for now
        if length == 1 and seen >= self.prompt_length:
            heard[self.ended(place), 0] = -1
        self.calls.append({"ids": heard, "dtype": str(new_ids.dtype), "cache": "None" if cache is None else seen})
        logits = self.noise.unsqueeze(1).repeat(1, length, 1)
        for row, said in enumerate(self.says):
            # At earlier places the logits ask for another id, so who looks there goes wrong.
            logits[row, :, (said[0] + 1) % V] += 1
            if 0 <= place < len(said):
                logits[row, -1] = self.noise[row]
                logits[row, -1, said[place]] += 1
        return logits, self.shift + seen + length


def generated(solve, draw, says, prompt, limit, eos, **options):
    """The text, and what the model was fed. Its ids are scrambled by the seed, so that none has a meaning."""
    names = permutation(draw, "ids", V).tolist()
    options = {name: names[value] for name, value in options.items()}
    prompt = draw.keep("prompt", torch.tensor([[names[i] for i in row] for row in prompt], device=draw.device))
    says = [[names[i] for i in row] for row in says]
    model = Model(draw, says, prompt, names[eos])
    text = solve(model, prompt, limit, names[eos], **options)
    return {
        "text": text,
        "how many calls": len(model.calls),
        "calls": {f"call {n}": call for n, call in enumerate(model.calls, start=1)},
    }


E = 9  # the end, before the seed has scrambled the ids


@case("no text ends: as many new ids as asked for", kind="values")
def no_end(solve, draw):
    limit = integer(draw, "limit", 3, 6)
    says = [[1, 2, 3, 4, 5, 6], [7, 8, 1, 2, 3, 4]]
    return generated(solve, draw, says, [[1, 2, 3], [4, 5, 6]], limit, E, pad=10)


@case("texts that end at different times, before the limit", kind="values")
def different_ends(solve, draw):
    says = [[1, 2, 3, 4, E, 5, 6, 7], [3, 4, E, 1, 1, 2, 3, 4], [5, 6, 7, 1, 2, 3, E, 4]]
    return generated(solve, draw, says, [[1, 2], [3, 4], [5, 6]], 10, E, pad=10)


@case("one text ends, the others reach the limit", kind="values")
def some_end(solve, draw):
    says = [[1, 2, 3, 4, 5, 6], [E, 4, 5, 6, 7, 8], [5, 6, 7, 1, 2, 3]]
    return generated(solve, draw, says, [[1, 2, 5], [3, 4, 5], [5, 6, 5]], integer(draw, "limit", 4, 7), E, pad=10)


@case("all end at once: at the first id, and at the limit", kind="values")
def together(solve, draw):
    at_the_first_id, at_the_limit = [[E, 5, 6], [E, 7, 8]], [[1, 2, E, 5], [4, 5, E, 7]]
    says = choice(draw, "end", (at_the_first_id, at_the_limit))
    return generated(solve, draw, says, [[1, 2], [3, 4]], 3, E, pad=11)


@case("the last text ends at the limit", kind="values")
def at_the_limit(solve, draw):
    return generated(solve, draw, [[1, E, 2, 3, 4], [4, 5, 6, E, 1]], [[1], [2]], 4, E, pad=11)


@case("no new ids are asked for", kind="interface")
def none(solve, draw):
    table, single_ids = draw.randn("table", V, V), draw.randint("single ids", 0, V, 2, 1)
    text = solve(lambda ids, cache: (table[in_columns(ids, 2)], cache), single_ids, 0, E)
    seen = generated(solve, draw, [[1, 2], [3, 4]], [[1, 2, 3], [4, 5, 6]], 0, E, pad=10)
    return seen | {"text behind single ids": text}


@case("a single new id", kind="interface")
def one_id(solve, draw):
    return generated(solve, draw, [[1, 2], [3, 4]], [[1, 2, 3, 7], [4, 5, 6, 8]], 1, E, pad=10)


@case("eos in the prompt means nothing, also as its last id", kind="values")
def eos_in_the_prompt(solve, draw):
    says = [[1, 2, E, 4, 5], [3, 4, 5, 6, E], [5, 6, 7, E, 8]]
    return generated(solve, draw, says, [[1, E, 3], [4, 5, E], [E, E, 2]], 6, E, pad=10)


@case("a single text of a single id", kind="interface")
def single(solve, draw):
    return generated(solve, draw, [[1, 2, 3, E, 5]], [[integer(draw, "id", 0, 9)]], 8, E, pad=10)


@case("without pad: an ended text is filled with 0", kind="interface")
def default_pad(solve, draw):
    # Ids are not scrambled here: 0 has a meaning, and the model wants to say it, too.
    first = integer(draw, "first", 1, 7)
    prompt = draw.tensor("prompt", [[first, 2], [3, 4]], dtype=torch.int64)
    model = Model(draw, [[first, 0, 3, 4, E], [E, 1, 2, 3, 4]], prompt, E)
    return {"text": solve(model, prompt, 6, E)}


@case("pad and eos are one id", kind="values")
def pad_is_eos(solve, draw):
    says = [[1, 2, 3, E, 5, 6], [4, E, 5, 6, 7, 8], [3, 5, E, 1, 2, 3]]
    return generated(solve, draw, says, [[1, 2], [3, 4], [5, 6]], 6, E, pad=E)


@case("a text says pad before it ends: that is an id like another", kind="values")
def pad_is_said(solve, draw):
    says = [[1, 10, 3, 4, E], [10, 10, E, 1, 2]]
    return generated(solve, draw, says, [[1, 2], [3, 4]], 7, E, pad=10)


@case("a text alone and in a batch: the same ids", kind="property")
def alone(solve, draw):
    table = draw.randn("table", V, V)
    prompt, eos, pad = draw.randint("prompt", 0, V, 3, 2), integer(draw, "eos", 0, V - 1), V - 1

    def text(prompt):
        return solve(lambda ids, cache: (table[in_columns(ids, len(prompt))], cache), prompt, 8, eos, pad=pad)

    return {"batch": text(prompt)} | {f"text {n} alone": text(prompt[n : n + 1]) for n in range(3)}


@case("a model without a cache, or with an empty one, gets the new ids alone as well", kind="state")
def empty_cache(solve, draw):
    # An id follows another as the table says, so this model needs no past; who feeds it again shows in the calls only.
    table = draw.randn("table", V, V)
    table[:, 0] = -9.0  # 0 is the end, and never comes
    prompt = draw.randint("prompt", 1, V, 2, 3)

    def observed(kept):
        shapes, caches = [], []

        def step(new_ids, cache):
            shapes.append(str(tuple(new_ids.shape)))
            caches.append("None" if cache is None else "what it returned" if cache is kept else "another one")
            return table[in_columns(new_ids, len(prompt))], kept

        seen = {"text": solve(step, prompt, 4, 0), "shapes of the new ids": ", ".join(shapes)}
        return seen | {"caches": ", ".join(caches)}

    return {"None": observed(None), "an empty tuple": observed(())}
