def beam_search(log_prob_fn, start_token, max_len, beam_width, eos_token):
    beams = [(0.0, [start_token])]
    for _ in range(max_len):
        candidates = []
        for score, tokens in beams:
            if tokens[-1] == eos_token:
                # Finished: it is not extended, but it goes on competing with its score.
                candidates.append((score, tokens))
                continue
            # More than beam_width children of one parent can never survive together.
            log_probs, ids = log_prob_fn(tokens).topk(beam_width)
            candidates += [(score + p, [*tokens, id]) for p, id in zip(log_probs.tolist(), ids.tolist(), strict=True)]
        beams = sorted(candidates, key=lambda beam: beam[0], reverse=True)[:beam_width]
        # Log-probabilities are never positive, so no live hypothesis can overtake a finished best one.
        if beams[0][1][-1] == eos_token:
            break
    return beams[0][1]
