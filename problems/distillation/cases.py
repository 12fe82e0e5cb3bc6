import torch

from torch_judge.authoring import BY_LOGSUMEXP, case, integer, number


def lesson(draw, rows=6, classes=5, std=2.0, grad=True, **options):
    """Logits of a student and of a teacher that disagree, and labels."""
    student = draw.randn("student", rows, classes, std=std, grad=grad, **options)
    teacher = draw.randn("teacher", rows, classes, mean=0.5, std=std, **options)
    return student, teacher, draw.randint("target", 0, classes, rows)


def with_gradient(solve, draw, student, *others, **options):
    return draw.gradients(solve(student, *others, **options), student=student)


@case("defaults: temperature 2, alpha 1/2, with gradient", kind="values")
def defaults(solve, draw):
    return with_gradient(solve, draw, *lesson(draw))


@case("a high temperature and much of the soft part, with gradient", kind="values")
def high_temperature(solve, draw):
    options = {"temperature": number(draw, "temperature", 3.0, 6.0), "alpha": number(draw, "alpha", 0.7, 0.95)}
    return with_gradient(solve, draw, *lesson(draw, std=3.0), **options)


@case("a temperature below 1, by position", kind="values")
def low_temperature(solve, draw):
    temperature, alpha = number(draw, "temperature", 0.4, 0.8), number(draw, "alpha", 0.1, 0.4)
    return {"loss": solve(*lesson(draw, std=1.0), temperature, alpha)}


@case("alpha 1 and alpha 0: one part alone, with gradient", kind="values")
def one_part(solve, draw):
    given, found = lesson(draw), {}
    for part, alpha in (("soft", 1.0), ("hard", 0.0)):
        seen = with_gradient(solve, draw, *given, temperature=3.0, alpha=alpha)
        found |= {f"{part}: {name}": value for name, value in seen.items()}
    return found


@case("two rows of seven classes at temperature 1; a single row", kind="interface")
def sizes(solve, draw):
    student, teacher, target = lesson(draw, rows=2, classes=integer(draw, "classes", 6, 9))
    return {
        "two rows": solve(student, teacher, target, temperature=1.0, alpha=0.8),
        "a single row": solve(student[:1], teacher[:1], target[:1]),
    }


@case("a student with the teacher's logits: only the hard part is left, with gradient", kind="values")
def equal_logits(solve, draw):
    _, teacher, target = lesson(draw)
    student = draw.keep("the same logits", teacher.clone().requires_grad_())
    return with_gradient(solve, draw, student, teacher, target)


@case("no gradient arrives at the teacher, even if it requires one", kind="gradients")
def teacher_stays(solve, draw):
    student, teacher, target = lesson(draw)
    seen = draw.gradients(solve(student, teacher.requires_grad_(), target), student=student, teacher=teacher)
    arrived = seen.pop("gradient of teacher")
    return seen | {"at the teacher": "arrives" if torch.is_tensor(arrived) and bool(arrived.any()) else "none"}


@case("logits of several hundred: most probabilities round to 0, with gradient", kind="numerics", **BY_LOGSUMEXP)
def large_logits(solve, draw):
    return with_gradient(solve, draw, *lesson(draw, std=300.0), temperature=4.0, alpha=0.75)


@case("a teacher that is sure at ±1000, a student that is sure of something else, with gradient", kind="numerics")
def both_sure(solve, draw):
    noise, target = draw.randn("noise", 4, 3), draw.randint("target", 0, 3, 4)
    peaks = 1000.0 * torch.nn.functional.one_hot(target, 3)
    teacher = draw.keep("teacher", peaks - 500 + noise)
    student = draw.keep("student", (peaks.roll(1, dims=1) + noise).requires_grad_())
    return with_gradient(solve, draw, student, teacher, target)


@case("float64 in, float64 out", kind="numerics", float64=True)
def double(solve, draw):
    return with_gradient(solve, draw, *lesson(draw, rows=4, classes=3, dtype=torch.float64))


@case("the same tensors again, other numbers in them", kind="state")
def changed(solve, draw):
    student, teacher, target = lesson(draw, grad=False)
    first = solve(student, teacher, target)
    teacher.mul_(-1)  # what is remembered of the first call is wrong now
    return {"first": first, "second": solve(student, teacher, target)}
