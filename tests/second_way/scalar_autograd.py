"""The mistakes of `scalar_autograd` as another learner would write them."""


class Plain:
    """A right engine, taken apart so that a mistake is one method; the reflected operators come after."""

    def __init__(self, data, inputs=(), slopes=()):
        self.data, self.grad, self.inputs, self.slopes = data, 0.0, list(inputs), list(slopes)

    def lift(self, x):
        return x if isinstance(x, Plain) else type(self)(x)

    def made(self, data, inputs, slopes):
        return type(self)(data, inputs, slopes)

    def __add__(self, x):
        x = self.lift(x)
        return self.made(self.data + x.data, (self, x), (1.0, 1.0))

    def product(self, x):
        return x.data, self.data

    def __mul__(self, x):
        x = self.lift(x)
        return self.made(self.data * x.data, (self, x), self.product(x))

    def __sub__(self, x):
        return self + (-x)

    def __truediv__(self, x):
        return self * x**-1

    def power(self, n):
        return n * self.data ** (n - 1)

    def __pow__(self, n):
        return self.made(self.data**n, (self,), (self.power(n),))

    def __neg__(self):
        return self * -1

    def gate(self):
        return float(self.data > 0)

    def relu(self):
        return self.made(self.data if self.data > 0 else 0.0, (self,), (self.gate(),))

    def key(self):
        return id(self)

    def order(self):
        """From the end to the leaves."""
        done, result, stack = set(), [], [self]
        while stack:
            node = stack[-1]
            todo = [x for x in node.inputs if x.key() not in done and x is not node]
            if todo and node.key() not in done:
                stack.extend(todo)
                continue
            stack.pop()
            if node.key() not in done:
                done.add(node.key())
                result.append(node)
        return result[::-1]

    def start(self, order):
        self.grad += 1

    def give(self, x, amount):
        x.grad += amount

    def backward(self):
        order = self.order()
        self.start(order)
        for node in order:
            for x, slope in zip(node.inputs, node.slopes, strict=True):
                self.give(x, slope * node.grad)


class Right(Plain):
    def __radd__(self, x):
        return self + x

    def __rmul__(self, x):
        return self * x

    def __rsub__(self, x):
        return -self + x

    def __rtruediv__(self, x):
        return self**-1 * x


class Overwrites(Right):
    def give(self, x, amount):
        x.grad = amount


class OneWalkPerWay(Right):
    def backward(self):
        todo = [(self, 1.0)]
        while todo:
            node, amount = todo.pop()
            node.grad += amount
            for x, slope in zip(node.inputs, node.slopes, strict=True):
                todo.append((x, slope * amount))


class BreadthFirst(Right):
    def order(self):
        queue = [self]
        for node in queue:
            queue.extend(
                x for x in dict.fromkeys(node.inputs) if not any(x is y for y in queue[-12:]) and x not in queue
            )
        return queue


class Recursion(Right):
    def order(self):
        done = []

        def visit(node, seen):
            if node not in seen:
                seen.add(node)
                for x in node.inputs:
                    visit(x, seen)
                done.insert(0, node)

        visit(self, set())
        return done


class WrongWayRound(Right):
    def order(self):
        return super().order()[::-1]


class VisitedByValue(Right):
    def key(self):
        return self.data


class SeedMissing(Right):
    def start(self, order):
        pass


class ClearsFirst(Right):
    def start(self, order):
        for node in order:
            node.grad = 0.0
        self.grad = 1.0


class NoReflected(Plain):
    pass


class NoNumbers(Right):
    def lift(self, x):
        return x

    def __neg__(self):
        return self * type(self)(-1)


class RsubReversed(Right):
    def __rsub__(self, x):
        return self - x


class RtruedivReversed(Right):
    def __rtruediv__(self, x):
        return self / x


class PowerFactor(Right):
    def power(self, n):
        return self.data ** (n - 1)


class PowerExponent(Right):
    def power(self, n):
        return n * self.data**n


class ReluLetsThrough(Right):
    def gate(self):
        return 1.0


class SameOperandOnce(Right):
    def made(self, data, inputs, slopes):
        if len(inputs) == 2 and inputs[0] is inputs[1]:
            inputs, slopes = inputs[1:], slopes[1:]
        return super().made(data, inputs, slopes)


class LeavesOnly(Right):
    def backward(self):
        amounts = {id(self): 1.0}
        for node in self.order():
            amount = amounts[id(node)]
            if not node.inputs:
                node.grad += amount
            for x, slope in zip(node.inputs, node.slopes, strict=True):
                amounts[id(x)] = amounts.get(id(x), 0.0) + slope * amount


class EndLeftOut(Right):
    def backward(self):
        amounts = {id(self): 1.0}
        for node in self.order():
            amount = amounts[id(node)]
            if node is not self:
                node.grad += amount
            for x, slope in zip(node.inputs, node.slopes, strict=True):
                amounts[id(x)] = amounts.get(id(x), 0.0) + slope * amount


class ReluTimesValue(Right):
    def gate(self):
        return self.data if self.data > 0 else 0.0


class ProductSwapped(Right):
    def product(self, x):
        return self.data, x.data


class SubtractionSign(Right):
    def __sub__(self, x):
        if not isinstance(x, Plain):
            return super().__sub__(x)
        return self.made(self.data - x.data, (self, x), (1.0, 1.0))

    def __rsub__(self, x):
        return -self + x


class ChangesItself(Right):
    def __add__(self, x):
        x = self.lift(x)
        self.data = self.data + x.data
        self.inputs.append(x)
        self.slopes.append(1.0)
        return self


def snake(name):
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


SECOND_WAY = {
    snake(name): value
    for name, value in list(globals().items())
    if isinstance(value, type) and value not in (Plain, Right)
}
