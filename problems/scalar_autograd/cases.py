from torch_judge.authoring import attempt, case, number


def drawn(draw, *names, low=0.5, high=2.0):
    return [number(draw, name, low, high) for name in names]


def derivatives(result, **leaves):
    """The number, and after `backward` the gradient of each leaf."""
    result.backward()
    return {"data": result.data} | {f"gradient of {name}": leaf.grad for name, leaf in leaves.items()}


def one(solve, numbers, build):
    """What an expression of its own leaves gives."""
    leaves = {name: solve(value) for name, value in zip("ab", numbers, strict=False)}
    return derivatives(build(**leaves), **leaves)


@case("a new Value", kind="interface")
def fresh(solve, draw):
    (number_,) = drawn(draw, "a")
    value = solve(number_)
    return {"data": value.data, "grad": value.grad}


@case("one operation at a time", kind="gradients")
def single(solve, draw):
    numbers = drawn(draw, "a", "b")
    builds = {
        "a + b": lambda a, b: a + b,
        "a - b": lambda a, b: a - b,
        "a * b": lambda a, b: a * b,
        "a / b": lambda a, b: a / b,
        "-a": lambda a, b: -a,
    }
    return {name: attempt(one, solve, numbers, build) for name, build in builds.items()}


@case("a plain number on the right", kind="gradients")
def number_right(solve, draw):
    numbers, (k,) = drawn(draw, "a"), drawn(draw, "k", low=1.5, high=4.0)
    builds = {"a + k": lambda a: a + k, "a - k": lambda a: a - k, "a * k": lambda a: a * k, "a / k": lambda a: a / k}
    return {name: attempt(one, solve, numbers, build) for name, build in builds.items()}


@case("a plain number on the left", kind="gradients")
def number_left(solve, draw):
    numbers, (k,) = drawn(draw, "a"), drawn(draw, "k", low=1.5, high=4.0)
    builds = {"k + a": lambda a: k + a, "k - a": lambda a: k - a, "k * a": lambda a: k * a, "k / a": lambda a: k / a}
    return {name: attempt(one, solve, numbers, build) for name, build in builds.items()}


@case("powers", kind="gradients")
def powers(solve, draw):
    numbers = drawn(draw, "a")
    return {f"a ** {n}": attempt(one, solve, numbers, lambda a, n=n: a**n) for n in (-1, 0.5, 2, 3, 2.5)}


@case("powers of a negative number and of 0", kind="gradients")
def signed_powers(solve, draw):
    (size,) = drawn(draw, "a")
    seen = {f"(-a) ** {n}": attempt(one, solve, [-size], lambda a, n=n: a**n) for n in (-1, 2, 3)}
    return seen | {f"0.0 ** {n}": attempt(one, solve, [0.0], lambda a, n=n: a**n) for n in (1, 2, 3)}


@case("one Value on both sides", kind="gradients")
def both_sides(solve, draw):
    numbers = drawn(draw, "a")
    # a / a alone has the derivative 0, which rounding may miss.
    builds = {"a + a": lambda a: a + a, "a * a": lambda a: a * a, "a / a * a": lambda a: a / a * a}
    return {name: attempt(one, solve, numbers, build) for name, build in builds.items()}


@case("relu on both sides", kind="gradients")
def relu(solve, draw):
    (size,) = drawn(draw, "a")
    return {name: one(solve, [x], lambda a: a.relu() * 3) for name, x in {"above": size, "below": -size}.items()}


@case("a Value that is used several times", kind="gradients")
def reuse(solve, draw):
    a, b = (solve(value) for value in drawn(draw, "a", "b"))
    return derivatives(a * a + a * b + a - b / a, a=a, b=b)


@case("short and long ways to the same Value", kind="gradients")
def diamond(solve, draw):
    """A Value near the end by one way and far by another must wait for both before it hands on."""
    a, b = (solve(value) for value in drawn(draw, "a", "b"))
    c = a * b
    long = (c + a) * c
    late = long * b + c
    return derivatives(c * late + c + a * late * late, a=a, b=b, c=c)


@case("two different Values of the same number", kind="gradients")
def same_number(solve, draw):
    (value,) = drawn(draw, "a")
    a, b = solve(value), solve(value)
    return derivatives(a * 3 + b * a + (a + 1) * (b + 1), a=a, b=b)


@case("two losses add up in the leaves", kind="state")
def two_losses(solve, draw):
    a, b, c = (solve(value) for value in drawn(draw, "a", "b", "c"))
    first = derivatives(a * b, a=a, b=b, c=c)
    return {"first": first, "second": derivatives(a + b * c, a=a, b=b, c=c)}


@case("backward from the middle", kind="state")
def from_the_middle(solve, draw):
    a, b = (solve(value) for value in drawn(draw, "a", "b"))
    middle = a * b + a
    end = middle * b
    return derivatives(middle, a=a, b=b, middle=middle, end=end) | {"data of the end": end.data}


@case("backward of a leaf", kind="state")
def from_a_leaf(solve, draw):
    a = solve(drawn(draw, "a")[0])
    return derivatives(a, a=a)


@case("operands stay as they are", kind="state")
def operands(solve, draw):
    a, b = (solve(value) for value in drawn(draw, "a", "b"))
    before = a.data, b.data
    results = a + b, a - b, a * b, a / b, -a, a**2, a.relu(), 2 - a, 2 / b
    new = all(result is not a and result is not b for result in results)
    total = a
    total += b
    seen = {"a after total = a; total += b": a.data, "total": derivatives(total, a=a, b=b)}
    unchanged = (a.data, b.data) == before
    return seen | {"new Values": new, "unchanged": unchanged, "data": [result.data for result in results]}


@case("a chain of 5,000 operations", kind="cost")
def long_chain(solve, draw):
    a, b = (solve(value) for value in drawn(draw, "a", "b"))
    y = a
    for k in range(5000):
        y = y + b if k % 2 else y * 1.0001
    return derivatives(y, a=a, b=b)


class Counted(float):
    """A float whose multiplications are counted: a walk along every way would never end."""

    multiplications = 0

    def __mul__(self, other):
        self.multiplications += 1
        if self.multiplications > 5000:
            raise RuntimeError("more than 5,000 multiplications for 120: the same Values are visited again and again")
        return float(self) * other

    __rmul__ = __mul__


@case("60 times y = y * h + y * h", kind="cost")
def many_ways(solve, draw):
    a, h = solve(drawn(draw, "a")[0]), solve(Counted(drawn(draw, "h", low=0.4, high=0.6)[0]))
    y = a
    for _ in range(60):
        y = y * h + y * h
    return derivatives(y, a=a, h=h)
