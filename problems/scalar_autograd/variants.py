import heapq
import math
from collections import defaultdict
from graphlib import TopologicalSorter

from torch_judge.authoring import accepted


@accepted
class Closures:
    """As in micrograd: each result carries a function that hands its gradient on; the sorting with a stack."""

    def __init__(self, data, children=(), op=""):
        self.data = float(data)
        self.grad = 0.0
        self._backward = lambda: None
        self._prev = set(children)
        self._op = op

    def __add__(self, other):
        other = other if isinstance(other, Closures) else Closures(other)
        out = Closures(self.data + other.data, (self, other), "+")

        def _backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Closures) else Closures(other)
        out = Closures(self.data * other.data, (self, other), "*")

        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = _backward
        return out

    def __pow__(self, n):
        assert isinstance(n, (int, float))
        out = Closures(self.data**n, (self,), f"**{n}")

        def _backward():
            self.grad += n * self.data ** (n - 1) * out.grad

        out._backward = _backward
        return out

    def relu(self):
        out = Closures(0 if self.data < 0 else self.data, (self,), "relu")

        def _backward():
            self.grad += (out.data > 0) * out.grad

        out._backward = _backward
        return out

    def backward(self):
        topo, visited, stack = [], set(), [self]
        while stack:
            v = stack[-1]
            waiting = [child for child in v._prev if child not in visited]
            if v in visited or not waiting:
                stack.pop()
                if v not in visited:
                    visited.add(v)
                    topo.append(v)
            else:
                stack.extend(waiting)
        self.grad = 1.0
        for v in reversed(topo):
            v._backward()

    def __neg__(self):
        return self * -1

    def __radd__(self, other):
        return self + other

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, other):
        return other + (-self)

    def __rmul__(self, other):
        return self * other

    def __truediv__(self, other):
        return self * other**-1

    def __rtruediv__(self, other):
        return other * self**-1

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"


class Base:
    """Operators by one table of local derivatives; what is different is how backward finds its order."""

    def __init__(self, data, parents=()):
        self.data, self.grad, self.parents = data, 0.0, parents

    def other(self, x):
        return x if isinstance(x, Base) else type(self)(x)

    def __add__(self, x):
        x = self.other(x)
        return type(self)(self.data + x.data, [(self, 1.0), (x, 1.0)])

    def __sub__(self, x):
        x = self.other(x)
        return type(self)(self.data - x.data, [(self, 1.0), (x, -1.0)])

    def __mul__(self, x):
        x = self.other(x)
        return type(self)(self.data * x.data, [(self, x.data), (x, self.data)])

    def __truediv__(self, x):
        x = self.other(x)
        return type(self)(self.data / x.data, [(self, 1 / x.data), (x, -self.data / x.data**2)])

    def __pow__(self, n):
        return type(self)(math.pow(self.data, n), [(self, n * math.pow(self.data, n - 1))])

    def __neg__(self):
        return type(self)(-self.data, [(self, -1.0)])

    def relu(self):
        return self + 0.0 if self.data > 0 else self * 0.0

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, x):
        return self.other(x) - self

    def __rtruediv__(self, x):
        return self.other(x) / self


@accepted
class CountsUsers(Base):
    """Kahn's way: a Value hands on when the last of its users has delivered."""

    def backward(self):
        users, seen, stack = defaultdict(int), {id(self)}, [self]
        while stack:
            for parent, _ in stack.pop().parents:
                users[id(parent)] += 1
                if id(parent) not in seen:
                    seen.add(id(parent))
                    stack.append(parent)
        grads, ready = defaultdict(float, {id(self): 1.0}), [self]
        while ready:
            node = ready.pop()
            node.grad += grads[id(node)]
            for parent, local in node.parents:
                grads[id(parent)] += local * grads[id(node)]
                users[id(parent)] -= 1
                if not users[id(parent)]:
                    ready.append(parent)


@accepted
class ByNumber(Base):
    """Every Value gets a number when it is made: later ones come first, so sorting is enough."""

    made = 0

    def __init__(self, data, parents=()):
        super().__init__(data, parents)
        ByNumber.made += 1
        self.number = ByNumber.made

    def backward(self):
        found, stack = {self.number: self}, [self]
        while stack:
            for parent, _ in stack.pop().parents:
                if parent.number not in found:
                    found[parent.number] = parent
                    stack.append(parent)
        self.grad += 1
        for number in sorted(found, reverse=True):
            for parent, local in found[number].parents:
                parent.grad += local * found[number].grad


@accepted
class WithGraphlib(Base):
    """The standard library sorts; gradients in a dictionary of this walk."""

    def backward(self):
        nodes, stack = {self: set()}, [self]
        while stack:
            node = stack.pop()
            for parent, _ in node.parents:
                nodes[node].add(parent)
                if parent not in nodes:
                    nodes[parent] = set()
                    stack.append(parent)
        delta = dict.fromkeys(nodes, 0.0) | {self: 1.0}
        for node in reversed(list(TopologicalSorter(nodes).static_order())):
            node.grad = node.grad + delta[node]
            for parent, local in node.parents:
                delta[parent] += local * delta[node]


@accepted
class ByDepth(Base):
    """Every Value knows its distance from the leaves; a heap gives the deepest that waits."""

    def __init__(self, data, parents=()):
        super().__init__(data, parents)
        self.depth = 1 + max((parent.depth for parent, _ in parents), default=0)

    def backward(self):
        delta, heap = {id(self): 1.0}, [(-self.depth, id(self), self)]
        while heap:
            *_, node = heapq.heappop(heap)
            node.grad += delta[id(node)]
            for parent, local in node.parents:
                if id(parent) not in delta:
                    delta[id(parent)] = 0.0
                    heapq.heappush(heap, (-parent.depth, id(parent), parent))
                delta[id(parent)] += local * delta[id(node)]
