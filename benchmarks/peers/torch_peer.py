"""torch on the CPU, eager, one thread, float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch

from benchmarks import work
from benchmarks.work import Job

PACKAGE = "torch"
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


def sigmoids(w1: Any, w2: Any, x: Any, y: Any) -> Any:
    return 0.5 * (torch.sigmoid(w2 * torch.sigmoid(w1 * x)) - y) ** 2


def by_run(loss_of: Callable[..., Any], values: Sequence[Any]) -> Job:
    leaves = [torch.tensor(value, requires_grad=True) for value in values]

    def run() -> tuple[Any, Any]:
        loss = loss_of(*leaves)
        return loss.detach(), torch.autograd.grad(loss, leaves)

    return Job(run)


def net() -> Job:
    x0, x1, y = work.moons()
    x, targets = torch.tensor([x0, x1]).T.contiguous(), torch.tensor(y)

    def loss(*parameters: Any) -> Any:
        h = x
        *hidden, last = zip(parameters[::2], parameters[1::2], strict=True)
        for W, b in hidden:
            h = torch.relu(torch.nn.functional.linear(h, W, b))
        margins = 1.0 - targets * torch.nn.functional.linear(h, *last)[:, 0]
        return torch.relu(margins).mean() + work.WEIGHT_DECAY * sum((p * p).sum() for p in parameters)

    job = by_run(loss, [p for layer in work.net() for p in layer])
    job.values = lambda r: [r[0], *work.net_flat(zip(r[1][::2], r[1][1::2], strict=True))]
    return job


def mlp(batch: int) -> Job:
    parameters, x, _, classes = work.mlp(work.MLP, batch)
    samples, labels = torch.tensor(x), torch.tensor(classes)

    def loss(W1: Any, b1: Any, W2: Any, b2: Any, W3: Any, b3: Any) -> Any:
        h = torch.relu(torch.addmm(b1, samples, W1))
        h = torch.relu(torch.addmm(b2, h, W2))
        return torch.nn.functional.cross_entropy(torch.addmm(b3, h, W3), labels)

    return by_run(loss, parameters)


JOBS: dict[str, Callable[[], Job]] = {
    "g": lambda: by_run(work.g, work.G),
    "sigmoids": lambda: by_run(sigmoids, work.SIGMOIDS),
    "net": net,
    "graph_1k": lambda: by_run(partial(work.graph, blocks=work.BLOCKS["graph_1k"]), work.GRAPH),
    "graph_100k": lambda: by_run(partial(work.graph, blocks=work.BLOCKS["graph_100k"]), work.GRAPH),
    "mlp_128": partial(mlp, 128),
    "mlp_1": partial(mlp, 1),
}
