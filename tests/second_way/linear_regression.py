"""The mistakes of `linear_regression` as another learner would write them."""

import torch
from torch import nn


class Right:
    """A right regression, taken apart so that a mistake is one method."""

    def closed_form(self, X, y):
        theta = self.solved(torch.hstack((X, torch.ones(len(X), 1))), y)
        return theta[: X.shape[1]], theta[X.shape[1]]

    def solved(self, A, y):
        return torch.linalg.solve(A.T @ A, A.T @ y)

    def gradient_descent(self, X, y, lr=0.01, steps=1000):
        w, b = self.start(X)
        for _ in range(steps):
            w, b = self.update(X, y, w, b, lr)
        return w, b

    def start(self, X):
        return torch.zeros(X.shape[1]), torch.tensor(0.0)

    def update(self, X, y, w, b, lr):
        dw, db = self.gradients(X, torch.mv(X, w) + b - y)
        return w - lr * dw, b - lr * db

    def gradients(self, X, e):
        return 2 * (X * e[:, None]).mean(dim=0), 2 * e.mean()

    def nn_linear(self, X, y, lr=0.01, steps=1000):
        net = nn.Linear(X.shape[1], 1)
        optimizer = torch.optim.SGD(net.parameters(), lr)
        for _ in range(steps):
            self.train(net, optimizer, X, y)
        return self.result(net)

    def train(self, net, optimizer, X, y):
        loss = (self.prediction(net, X) - y).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def prediction(self, net, X):
        return net(X).flatten()

    def result(self, net):
        return net.weight.data.view(-1), net.bias.data.view(())


class ClipsGradients(Right):
    def gradients(self, X, e):
        dw, db = super().gradients(X, e)
        return [g * min(1.0, 300.0 / (dw.norm() + db.abs())) for g in (dw, db)]


class NoIntercept(Right):
    def closed_form(self, X, y):
        return self.solved(X, y), torch.tensor(0.0)


class WrongEntryForB(Right):
    def closed_form(self, X, y):
        w, b = super().closed_form(X, y)
        return torch.cat([w[1:], b.view(1)]), w[0]


class BIsMean(Right):
    def closed_form(self, X, y):
        return super().closed_form(X, y)[0], torch.mean(y)


class WWithoutCentring(Right):
    def closed_form(self, X, y):
        w = torch.linalg.pinv(X) @ y
        return w, (y - X @ w).mean()


class ClosedFormColumn(Right):
    def closed_form(self, X, y):
        theta = self.solved(torch.hstack((X, torch.ones(len(X), 1))), y[:, None])
        return theta[: X.shape[1]], theta[X.shape[1]]


class ClosedFormBVector(Right):
    def closed_form(self, X, y):
        w, b = super().closed_form(X, y)
        return w, b.view(1)


class ClosedFormTracks(Right):
    def closed_form(self, X, y):
        w, b = super().closed_form(X, y)
        return nn.Parameter(w), nn.Parameter(b)


class ClosedFormIterates(Right):
    def closed_form(self, X, y):
        A = torch.hstack((X, torch.ones(len(X), 1)))
        theta = torch.zeros(A.shape[1])
        for _ in range(4000):
            theta -= 0.15 * A.T @ (A @ theta - y) / len(y)
        return theta[:-1], theta[-1]


class ClosedFormTrains(Right):
    def closed_form(self, X, y):
        A = torch.hstack((X, torch.ones(len(X), 1)))
        theta = nn.Parameter(torch.zeros(A.shape[1]))
        search = torch.optim.LBFGS([theta], max_iter=100, tolerance_grad=1e-9, line_search_fn="strong_wolfe")

        def loss():
            search.zero_grad()
            error = (A @ theta - y).square().sum()
            error.backward()
            return error

        search.step(loss)
        return theta.data[:-1], theta.data[-1]


class OneOverN(Right):
    def gradients(self, X, e):
        return X.T @ e / len(e), e.mean()


class NotAveraged(Right):
    def gradients(self, X, e):
        return 2 * X.T @ e, 2 * e.sum()


class WMovesFirst(Right):
    def update(self, X, y, w, b, lr):
        w = w - lr * self.gradients(X, X @ w + b - y)[0]
        return w, b - lr * self.gradients(X, X @ w + b - y)[1]


class BMovesFirst(Right):
    def update(self, X, y, w, b, lr):
        b = b - lr * self.gradients(X, X @ w + b - y)[1]
        return w - lr * self.gradients(X, X @ w + b - y)[0], b


class BNotMoved(Right):
    def update(self, X, y, w, b, lr):
        return super().update(X, y, w, b, lr)[0], b


class Ascends(Right):
    def update(self, X, y, w, b, lr):
        dw, db = self.gradients(X, y - X @ w - b)
        return w - lr * dw, b - lr * db


class LrIgnored(Right):
    def update(self, X, y, w, b, lr):
        return super().update(X, y, w, b, 0.01)


class StepsIgnored(Right):
    def gradient_descent(self, X, y, lr=0.01, steps=1000):
        return super().gradient_descent(X, y, lr)


class OneStepMore(Right):
    def gradient_descent(self, X, y, lr=0.01, steps=1000):
        w, b = super().gradient_descent(X, y, lr, steps)
        return self.update(X, y, w, b, lr)


class OneStepLess(Right):
    def gradient_descent(self, X, y, lr=0.01, steps=1000):
        w, b = self.start(X)
        for _ in range(1, steps):
            w, b = self.update(X, y, w, b, lr)
        return w, b


class RandomStart(Right):
    def start(self, X):
        return torch.randn(X.shape[1]), torch.tensor(0.0)


class Continues(Right):
    def gradient_descent(self, X, y, lr=0.01, steps=1000):
        if not hasattr(self, "w") or self.w.numel() != X.shape[1]:
            self.w, self.b = self.start(X)
        for _ in range(steps):
            self.w, self.b = self.update(X, y, self.w, self.b, lr)
        return self.w, self.b


class Autograd(Right):
    def gradient_descent(self, X, y, lr=0.01, steps=1000):
        w = torch.zeros(X.shape[1], requires_grad=True)
        b = torch.zeros((), requires_grad=True)
        for _ in range(steps):
            loss = nn.functional.mse_loss(X @ w + b, y)
            loss.backward()
            with torch.no_grad():
                for p in (w, b):
                    p -= lr * p.grad
                    p.grad = None
        return w.detach(), b.detach()


class DescentIsClosedForm(Right):
    def gradient_descent(self, X, y, lr=0.01, steps=1000):
        return self.closed_form(X, y)


class DescentBroadcasts(Right):
    def gradient_descent(self, X, y, lr=0.01, steps=1000):
        n, d = X.shape
        w, b = torch.zeros(d, 1), torch.tensor(0.0)
        for _ in range(steps):
            table = X.mm(w) + b - y
            dw, db = 2 / n * X.T.mm(table).mean(dim=1, keepdim=True), 2 * table.mean()
            w, b = w - lr * dw, b - lr * db
        return w[:, 0], b


class DescentColumn(Right):
    def gradient_descent(self, X, y, lr=0.01, steps=1000):
        w, b = super().gradient_descent(X, y, lr, steps)
        return w[:, None], b[None]


class LossBroadcasts(Right):
    def prediction(self, net, X):
        return net(X)


class WRow(Right):
    def result(self, net):
        return net.weight.data, net.bias.data[0]


class BVector(Right):
    def result(self, net):
        return net.weight[0].detach(), net.bias.detach()


class NnNoZeroGrad(Right):
    def train(self, net, optimizer, X, y):
        nn.functional.mse_loss(self.prediction(net, X), y).backward()
        optimizer.step()


class NnNoStep(Right):
    def train(self, net, optimizer, X, y):
        optimizer.zero_grad()
        nn.functional.mse_loss(self.prediction(net, X), y).backward()


class NnNoBias(Right):
    def nn_linear(self, X, y, lr=0.01, steps=1000):
        net = nn.Linear(X.shape[1], 1, bias=False)
        optimizer = torch.optim.SGD(net.parameters(), lr)
        for _ in range(steps):
            self.train(net, optimizer, X, y)
        return net.weight.data[0], torch.tensor(0.0)


class NnWithoutAutograd(Right):
    def nn_linear(self, X, y, lr=0.01, steps=1000):
        net = nn.Linear(X.shape[1], 1)
        with torch.no_grad():
            w, b = self.closed_form(X, y)
            net.weight.copy_(w)
            net.bias.copy_(b)
        return self.result(net)


class NnKeepsLayer(Right):
    net = None

    def nn_linear(self, X, y, lr=0.01, steps=1000):
        if self.net is None:
            self.net = nn.Linear(X.size(1), 1)
        optimizer = torch.optim.SGD(self.net.parameters(), lr)
        for _ in range(steps):
            self.train(self.net, optimizer, X, y)
        return self.result(self.net)


class NnLrIgnored(Right):
    def nn_linear(self, X, y, lr=0.01, steps=1000):
        return super().nn_linear(X, y, 0.1, steps)


class NnStepsIgnored(Right):
    def nn_linear(self, X, y, lr=0.01, steps=1000):
        return super().nn_linear(X, y, lr, 400)


class Ridge(Right):
    def solved(self, A, y):
        gram = A.T @ A
        gram.diagonal().add_(1e-4)
        return torch.linalg.inv(gram) @ (A.T @ y)


class StopsEarly(Right):
    def gradient_descent(self, X, y, lr=0.01, steps=1000):
        w, b = self.start(X)
        for _ in range(steps):
            new_w, new_b = self.update(X, y, w, b, lr)
            if torch.allclose(new_w, w, atol=1e-6) and torch.allclose(new_b, b, atol=1e-6):
                break
            w, b = new_w, new_b
        return w, b


class Momentum(Right):
    start_at = 0

    def gradient_descent(self, X, y, lr=0.01, steps=1000):
        theta, A = torch.zeros(X.shape[1] + 1), torch.hstack((X, torch.ones(len(X), 1)))
        last = torch.zeros_like(theta)
        for step in range(steps):
            move = -lr * 2 * A.T @ (A @ theta - y) / len(y)
            last = move + 0.9 * last if step >= self.start_at else move
            theta = theta + last
        return theta[:-1], theta[-1]


class LateMomentum(Momentum):
    start_at = 10


class NnCentresY(Right):
    def nn_linear(self, X, y, lr=0.01, steps=1000):
        net = nn.Linear(X.shape[1], 1, bias=False)
        optimizer = torch.optim.SGD(net.parameters(), lr)
        for _ in range(steps):
            self.train(net, optimizer, X, y - y.mean())
        return net.weight.data.flatten(), y.mean()


SECOND_WAY = {
    "ridge": Ridge,
    "stops_early": StopsEarly,
    "momentum": Momentum,
    "late_momentum": LateMomentum,
    "nn_centres_y": NnCentresY,
    "no_intercept": NoIntercept,
    "wrong_entry_for_b": WrongEntryForB,
    "b_is_mean": BIsMean,
    "w_without_centring": WWithoutCentring,
    "closed_form_column": ClosedFormColumn,
    "closed_form_b_vector": ClosedFormBVector,
    "closed_form_tracks": ClosedFormTracks,
    "closed_form_iterates": ClosedFormIterates,
    "closed_form_trains": ClosedFormTrains,
    "one_over_n": OneOverN,
    "not_averaged": NotAveraged,
    "w_moves_first": WMovesFirst,
    "b_moves_first": BMovesFirst,
    "b_not_moved": BNotMoved,
    "ascends": Ascends,
    "lr_ignored": LrIgnored,
    "steps_ignored": StepsIgnored,
    "one_step_more": OneStepMore,
    "one_step_less": OneStepLess,
    "random_start": RandomStart,
    "continues": Continues,
    "autograd": Autograd,
    "descent_is_closed_form": DescentIsClosedForm,
    "descent_broadcasts": DescentBroadcasts,
    "descent_column": DescentColumn,
    "clips_gradients": ClipsGradients,
    "loss_broadcasts": LossBroadcasts,
    "w_row": WRow,
    "b_vector": BVector,
    "nn_no_zero_grad": NnNoZeroGrad,
    "nn_no_step": NnNoStep,
    "nn_no_bias": NnNoBias,
    "nn_without_autograd": NnWithoutAutograd,
    "nn_keeps_layer": NnKeepsLayer,
    "nn_lr_ignored": NnLrIgnored,
    "nn_steps_ignored": NnStepsIgnored,
}
