"""The mistakes of `generate`, each written as another learner would: the diagnosis must name them too."""

import torch


class Generator:
    """A right solution in steps that can go wrong one by one; the text grows by `cat`, and rows are looked at in Python."""

    def ended_before(self, prompt, eos):
        return [False] * len(prompt)

    def fed(self, text, column):
        return column

    def next_cache(self, cache, returned):
        return returned

    def best(self, logits):
        return [int(row[-1].argmax()) for row in logits]

    def limit(self, prompt, limit):
        return limit

    def filler(self, eos, pad):
        return pad

    def ends(self, token, eos, pad):
        return token == eos

    def ended(self, before, now):
        return before or now

    def stop(self, ended, now):
        return all(ended)

    def shown(self, token, before, now, filler):
        return filler if before else token

    def finished(self, text, prompt, limit, pad):
        return text

    def __call__(self, step, prompt, max_new_tokens, eos, pad=0):
        text, column, cache, ended = prompt, prompt, None, self.ended_before(prompt, eos)
        count = self.limit(prompt, max_new_tokens)
        while count > 0:
            logits, returned = step(self.fed(text, column), cache)
            cache = self.next_cache(cache, returned)
            ids, now = [], []
            for row, token in enumerate(self.best(logits)):
                filler = self.filler(eos, pad)
                shown = self.shown(token, ended[row], self.ends(token, eos, pad), filler)
                now.append(self.ends(shown if ended[row] else token, eos, pad))
                ids.append([shown])
            ended = [self.ended(before, at_once) for before, at_once in zip(ended, now, strict=True)]
            column = torch.tensor(ids)
            if self.stop_before_append(ended):
                break
            text = torch.cat((text, column), dim=1)
            count -= 1
            if self.stop(ended, now):
                break
        return self.finished(text, prompt, max_new_tokens, pad)

    def stop_before_append(self, ended):
        return False


def own(base=Generator, **parts):
    """The loop with these parts of its own."""
    made = type("OwnGenerator", (base,), parts)()
    return lambda *args, **named: made(*args, **named)


class WithoutCache(Generator):
    def fed(self, text, column):
        return text

    def next_cache(self, cache, returned):
        return None


def filled(self, text, prompt, limit, pad):
    full = torch.full((len(prompt), prompt.shape[1] + limit), pad)
    full[:, : text.shape[1]] = text
    return full


def asks_the_cache(step, prompt, max_new_tokens, eos, pad=0):
    cache, ended = None, torch.zeros(len(prompt), 1, dtype=torch.bool)
    for _ in range(max_new_tokens):
        if ended.all():
            break
        logits, cache = step(prompt if cache is None else prompt[:, -1:], cache)
        column = logits[:, -1:].argmax(-1).masked_fill(ended, pad)
        prompt = torch.hstack([prompt, column])
        ended = ended | (column == eos)
    return prompt


def calls_for_nothing(step, prompt, max_new_tokens, eos, pad=0):
    """The first step stands before the loop, whether it is needed or not."""
    logits, cache = step(prompt, None)
    done = torch.zeros(prompt.shape[0]).bool()
    for place in range(max_new_tokens):
        token = torch.where(done, pad, logits[:, -1].argmax(1))
        prompt = torch.cat([prompt, token[:, None]], 1)
        done |= token == eos
        if done.all() or place + 1 == max_new_tokens:
            break
        logits, cache = step(token[:, None], cache)
    return prompt


def one_call_too_many(step, prompt, max_new_tokens, eos, pad=0):
    """The first step stands before the loop, and each round ends with the step for the next one."""
    if max_new_tokens < 1:
        return prompt
    logits, cache = step(prompt, None)
    done = torch.zeros(prompt.shape[0]).bool()
    for _ in range(max_new_tokens):
        token = torch.where(done, pad, logits[:, -1].argmax(1))
        prompt = torch.cat([prompt, token[:, None]], 1)
        done |= token == eos
        if done.all():
            break
        logits, cache = step(token[:, None], cache)
    return prompt


def of_the_batch(self, logits):
    total = sum(row[-1] for row in logits)
    return [int(total.argmax())] * len(logits)


SECOND_WAY = {
    "stops_at_the_first_end": own(stop=lambda self, ended, now: any(ended)),
    "looks_at_row_0": own(stop=lambda self, ended, now: ended[0]),
    "all_at_one_step": own(stop=lambda self, ended, now: all(now)),
    "never_stops": own(stop=lambda self, ended, now: False),
    "filled_to_the_limit": own(finished=filled),
    "whole_text_again": own(WithoutCache),
    "whole_text_into_the_cache": own(fed=lambda self, text, column: text),
    "cache_dropped": own(next_cache=lambda self, cache, returned: None),
    "empty_cache_dropped": own(next_cache=lambda self, cache, returned: returned if returned else None),
    "first_cache_kept": own(next_cache=lambda self, cache, returned: returned if cache is None else cache),
    "asks_the_cache": asks_the_cache,
    "goes_on_after_eos": own(shown=lambda self, token, before, now, filler: token),
    "eos_replaced": own(shown=lambda self, token, before, now, filler: filler if before or now else token),
    "pad_fixed": own(filler=lambda self, eos, pad: 0),
    "filled_with_eos": own(filler=lambda self, eos, pad: eos),
    "wakes_up": own(ended=lambda self, before, now: now),
    "pad_ends": own(ends=lambda self, token, eos, pad: token in (eos, pad)),
    "eos_in_the_prompt": own(ended_before=lambda self, prompt, eos: [eos in row for row in prompt.tolist()]),
    "prompt_ends_with_eos": own(ended_before=lambda self, prompt, eos: [row[-1] == eos for row in prompt.tolist()]),
    "first_logits": own(best=lambda self, logits: [int(row[0].argmax()) for row in logits]),
    "one_call_too_many": one_call_too_many,
    "calls_for_nothing": calls_for_nothing,
    "new_ids_only": own(finished=lambda self, text, prompt, limit, pad: text[:, prompt.shape[1] :]),
    "one_id_too_many": own(limit=lambda self, prompt, limit: limit + 1),
    "one_id_too_few": own(limit=lambda self, prompt, limit: limit - 1),
    "prompt_counts": own(limit=lambda self, prompt, limit: limit - prompt.size(1)),
    "last_column_lost": own(stop_before_append=lambda self, ended: all(ended)),
    "no_axis": own(fed=lambda self, text, column: column if column is text else column[:, 0]),
    "transposed_column": own(fed=lambda self, text, column: column if column is text else column.reshape(1, -1)),
    "argmax_of_the_batch": own(best=of_the_batch),
}
