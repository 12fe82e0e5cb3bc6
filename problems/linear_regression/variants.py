import torch
import torch.nn.functional as F
from torch import nn, optim

from torch_judge.authoring import accepted


@accepted
class RowsOfNumbers:
    """Elimination and descent in Python's own numbers; the layer learns from shuffled parts of the data."""

    def closed_form(self, X, y):
        rows = [[*x, 1.0] for x in X.tolist()]
        m = len(rows[0])
        system = [[sum(row[i] * row[j] for row in rows) for j in range(m)] for i in range(m)]
        for i, line in enumerate(system):
            line.append(sum(row[i] * t for row, t in zip(rows, y.tolist(), strict=True)))
        for i in range(m):
            pivot = max(range(i, m), key=lambda r: abs(system[r][i]))
            system[i], system[pivot] = system[pivot], system[i]
            system[i] = [v / system[i][i] for v in system[i]]
            for r in range(m):
                if r != i:
                    system[r] = [a - system[r][i] * b for a, b in zip(system[r], system[i], strict=True)]
        *w, b = (line[-1] for line in system)
        return torch.tensor(w, device=X.device), torch.tensor(b, device=X.device)

    def gradient_descent(self, X, y, lr=0.01, steps=1000):
        (n, d), rows, targets = X.shape, X.tolist(), y.tolist()
        w, b = [0.0] * d, 0.0
        for _ in range(steps):
            e = [sum(wi * xi for wi, xi in zip(w, x, strict=True)) + b - t for x, t in zip(rows, targets, strict=True)]
            grad = [2 / n * sum(ei * x[j] for ei, x in zip(e, rows, strict=True)) for j in range(d)]
            w, b = [wi - lr * g for wi, g in zip(w, grad, strict=True)], b - lr * 2 / n * sum(e)
        return torch.tensor(w, device=X.device), torch.tensor(b, device=X.device)

    def nn_linear(self, X, y, lr=0.01, steps=1000):
        layer = nn.Linear(X.shape[1], 1).to(X.device)
        optimizer = torch.optim.SGD(layer.parameters(), lr=lr)
        for step in range(steps):
            if step % 3 == 0:
                parts = torch.randperm(len(X), device=X.device).chunk(3)
            part = parts[step % len(parts)]
            optimizer.zero_grad()
            nn.functional.mse_loss(layer(X[part]).squeeze(1), y[part]).backward()
            optimizer.step()
        return layer.weight.detach().squeeze(0), layer.bias.detach().squeeze(0)


@accepted
class NormalEquations:
    """Ones in front, an explicit inverse; descent on one vector theta; Adam."""

    def closed_form(self, X: torch.Tensor, y: torch.Tensor):
        ones = torch.ones(X.shape[0], 1, device=X.device)
        A = torch.hstack([ones, X])
        theta = torch.linalg.inv(A.T @ A) @ A.T @ y
        return theta[1:], theta[0]

    def gradient_descent(self, X, y, lr: float = 0.01, steps: int = 1000):
        N, D = X.shape
        A = torch.cat((X, torch.ones(N, 1, device=X.device)), 1)
        theta = torch.zeros(D + 1, 1, device=X.device)
        for step in range(steps):
            residual = A @ theta - y.view(-1, 1)
            theta -= lr * (2 / N) * A.T @ residual
            if step % 200 == 0:
                print(step, theta)
        return theta[:D, 0], theta[D, 0]

    def nn_linear(self, X, y, lr=0.01, steps=1000):
        model = nn.Linear(X.size(-1), 1).to(X.device)
        opt = optim.Adam(model.parameters(), lr=lr)
        criterion = nn.MSELoss()
        for _ in range(steps):
            pred = model(X)
            loss = criterion(pred, y.unsqueeze(-1))
            opt.zero_grad()
            loss.backward()
            opt.step()
        return model.weight.data.squeeze(), model.bias.data.squeeze()


@accepted
class Centred:
    """Centring in place of a column of ones; sums by mean; updates by hand under no_grad; results that require grad."""

    def closed_form(self, X, y):
        x_mean, y_mean = X.mean(dim=0), y.mean()
        Xc, yc = X - x_mean, y - y_mean
        w = torch.linalg.solve(Xc.T @ Xc, Xc.T @ yc)
        return w, y_mean - w @ x_mean

    def gradient_descent(self, X, y, lr=0.01, steps=1000):
        w = torch.zeros(X.shape[1], device=X.device)
        b = torch.tensor(0.0, device=X.device)
        for _ in range(steps):
            e = (X * w).sum(1) + b - y
            dw, db = 2 * (e[:, None] * X).mean(0), 2 * e.mean()
            w, b = w - lr * dw, b - lr * db
        return w, b

    def nn_linear(self, X, y, lr=0.01, steps=1000):
        layer = nn.Linear(X.shape[1], 1, device=X.device)
        for _ in range(steps):
            layer.zero_grad()
            ((layer(X)[:, 0] - y) ** 2).mean().backward()
            with torch.no_grad():
                for p in layer.parameters():
                    p -= lr * p.grad
        return layer.weight[0], layer.bias[0]


@accepted
class PseudoInverse(nn.Module):
    """A module of the learner's own; loops over samples; parameters that would track gradients, but are never asked."""

    def __init__(self):
        super().__init__()
        self.layer = None

    def closed_form(self, X, y):
        assert X.dim() == 2 and y.dim() == 1
        theta = torch.linalg.pinv(F.pad(X, (0, 1), value=1.0)).matmul(y)
        self.w, self.b = theta[:-1].clone(), theta[-1].clone()
        return self.w, self.b

    @torch.no_grad()
    def gradient_descent(self, X, y, lr=0.01, steps=1000):
        w = nn.Parameter(torch.zeros(X.shape[1], device=X.device))
        b = nn.Parameter(torch.zeros(1, device=X.device))
        for _ in range(steps):
            grad_w, grad_b = torch.zeros_like(w), 0.0
            for x_i, y_i in zip(X, y, strict=True):
                error = torch.dot(w, x_i) + b - y_i
                grad_w += 2 * error * x_i / len(X)
                grad_b += 2 * error / len(X)
            w.sub_(lr * grad_w)
            b.sub_(lr * grad_b)
        return w.detach(), b.detach().squeeze()

    def nn_linear(self, X, y, lr=0.01, steps=1000):
        self.layer = nn.Sequential(nn.Linear(X.shape[1], 1), nn.Flatten(0)).to(X.device)
        opt = torch.optim.SGD(self.layer.parameters(), lr=lr, momentum=0.9)
        schedule = torch.optim.lr_scheduler.StepLR(opt, step_size=max(1, steps // 2), gamma=0.5)
        for _ in range(steps):
            opt.zero_grad(set_to_none=False)
            F.mse_loss(self.layer(X), y).backward()
            opt.step()
            schedule.step()
        w, b = (p.detach().clone() for p in self.layer.parameters())
        return w.view(-1), b.view(())


def gauss(A, rhs):
    """Elimination by hand, with pivots."""
    n = len(rhs)
    M = torch.cat([A, rhs[:, None]], dim=1)
    for i in range(n):
        p = i + int(M[i:, i].abs().argmax())
        M[[i, p]] = M[[p, i]]
        M[i] = M[i] / M[i, i].clone()
        for j in range(n):
            if j != i:
                M[j] = M[j] - M[j, i].clone() * M[i]
    return M[:, -1]


@accepted
class Elimination:
    """Gauss by hand; descent through sums; random mini-batches."""

    def closed_form(self, X, y):
        A = torch.column_stack((X, torch.ones(len(X), device=X.device)))
        theta = gauss(A.T @ A, A.T @ y)
        return theta[:-1], theta[-1]

    def gradient_descent(self, X, y, lr=0.01, steps=1000):
        n = y.numel()
        w, b = torch.zeros_like(X[0]), 0.0
        while steps > 0:
            predictions = torch.mv(X, w) + b
            error = predictions - y
            w.add_(X.t().mv(error), alpha=-2 * lr / n)
            b = b - lr * 2 * error.sum() / n
            steps -= 1
        return w, b

    def nn_linear(self, X, y, lr=0.01, steps=1000):
        net = nn.Linear(X.shape[1], 1).to(X.device)
        nn.init.zeros_(net.weight)
        optimizer = torch.optim.AdamW(net.parameters(), lr=lr, weight_decay=0.0)
        for _ in range(steps):
            rows = torch.randperm(len(X))[:12].to(X.device)
            loss = (net(X[rows]).squeeze(-1) - y[rows]).pow(2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return net.weight.detach().flatten(), net.bias.item()


@accepted
class Decompositions:
    """QR; the gradient from XᵀX; keyword arguments only; RMSprop."""

    def design(self, X):
        return torch.cat([X, X.new_ones(X.shape[0], 1)], dim=1)

    def closed_form(self, X, y):
        Q, R = torch.linalg.qr(self.design(X))
        theta = torch.linalg.solve_triangular(R, (Q.T @ y)[:, None], upper=True)[:, 0]
        return theta[:-1], theta[-1]

    def gradient_descent(self, X, y, **options):
        lr, steps = options.get("lr", 0.01), options.get("steps", 1000)
        A = self.design(X)
        gram, moment = A.T @ A, A.T @ y
        theta = torch.zeros(A.shape[1], device=X.device)
        for _ in range(steps):
            theta = theta - 2 * lr * (gram @ theta - moment) / len(X)
        return theta[:-1], theta[-1]

    def nn_linear(self, X, y, *, lr=0.01, steps=1000):
        layer = nn.LazyLinear(1).to(X.device)
        layer(X)
        optimizer = torch.optim.RMSprop(layer.parameters(), lr=lr)

        def closure():
            optimizer.zero_grad()
            loss = nn.MSELoss()(layer(X).reshape(-1), y)
            loss.backward()
            return loss

        for _ in range(steps):
            optimizer.step(closure)
        return tuple(p.detach().reshape(shape) for p, shape in zip(layer.parameters(), ((-1,), ()), strict=True))


@accepted
class Cholesky(Centred):
    def closed_form(self, X, y):
        A = torch.cat([X, torch.ones(X.shape[0], 1).to(X)], dim=-1)
        gram = torch.einsum("ni,nj->ij", A, A)
        theta = torch.cholesky_solve((A.T @ y).unsqueeze(1), torch.linalg.cholesky(gram)).squeeze(1)
        w, b = theta.split([X.shape[1], 1])
        return w, b.squeeze()
