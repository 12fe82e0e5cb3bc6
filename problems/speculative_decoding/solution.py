import torch


def speculative_decode(target_probs, draft_probs, draft_tokens):
    tokens = []
    for target, draft, token in zip(target_probs, draft_probs, draft_tokens.tolist(), strict=True):
        # A uniform number is always below a ratio of 1 or more.
        if torch.rand(()) < target[token] / draft[token]:
            tokens.append(token)
        else:
            # multinomial rescales its weights.
            residual = (target - draft).clamp(min=0)
            tokens.append(torch.multinomial(residual, num_samples=1).item())
            break
    return tokens
