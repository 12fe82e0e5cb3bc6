# %%
class Value:
    def __init__(self, data):
        """A number that remembers how it was made; `grad` is 0.0 at first."""
        pass

    def __add__(self, other):
        pass

    def __mul__(self, other):
        pass

    # … and -, /, the unary minus, ** number, the reflected ones (2 * a), relu()

    def backward(self):
        """Add d(self)/d(v) to `v.grad` of every Value v that self depends on."""
        pass


# %%
# Look at your own work before you ask the judge: compare with a difference quotient.
def loss(a, b):
    return (a * b - 3 / a) ** 2 + b.relu() - 2 * a


a, b = Value(2.0), Value(1.5)
loss(a, b).backward()
step = 1e-6
print("difference quotient:", (loss(Value(2.0 + step), b).data - loss(Value(2.0 - step), b).data) / (2 * step))
print("yours:              ", a.grad)
