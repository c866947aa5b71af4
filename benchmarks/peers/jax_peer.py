"""jax on the CPU: ``jit(value_and_grad(…))``, compiled before it is timed, one thread, float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks import work
from benchmarks.work import Job

PACKAGE = "jax"
jax.config.update("jax_enable_x64", True)


def sigmoids(w1: Any, w2: Any, x: Any, y: Any) -> Any:
    return 0.5 * (jax.nn.sigmoid(w2 * jax.nn.sigmoid(w1 * x)) - y) ** 2


def net_loss(layers: Any, x: Any, y: Any) -> Any:
    h = x
    for W, b in layers[:-1]:
        h = jax.nn.relu(h @ W.T + b)
    W, b = layers[-1]
    margins = 1.0 - y * (h @ W.T + b)[:, 0]
    decay = sum((p * p).sum() for layer in layers for p in layer)
    return jax.nn.relu(margins).mean() + work.WEIGHT_DECAY * decay


def mlp_loss(parameters: Any, x: Any, y: Any) -> Any:
    W1, b1, W2, b2, W3, b3 = parameters
    h = jax.nn.relu(x @ W1 + b1)
    h = jax.nn.relu(h @ W2 + b2)
    return -(y * jax.nn.log_softmax(h @ W3 + b3)).sum() / len(x)


def compiled(f: Callable[..., Any], args: Sequence[Any], argnums: Any = 0) -> Job:
    gradient = jax.jit(jax.value_and_grad(f, argnums=argnums))
    return Job(lambda *args: jax.block_until_ready(gradient(*args)), args)


def numbers(f: Callable[..., Any], at: tuple[float, ...]) -> Job:
    return compiled(f, [jnp.array(x) for x in at], tuple(range(len(at))))


def net() -> Job:
    x0, x1, y = work.moons()
    layers = [(jnp.array(W), jnp.array(b)) for W, b in work.net()]
    job = compiled(net_loss, [layers, jnp.array([x0, x1]).T, jnp.array(y)])
    job.values = lambda r: [r[0], *work.net_flat(r[1])]
    return job


def mlp(batch: int) -> Job:
    parameters, x, y, _ = work.mlp(work.MLP, batch)
    return compiled(mlp_loss, [[jnp.array(p) for p in parameters], jnp.array(x), jnp.array(y)])


JOBS: dict[str, Callable[[], Job]] = {
    "g": lambda: numbers(work.g, work.G),
    "sigmoids": lambda: numbers(sigmoids, work.SIGMOIDS),
    "net": net,
    "graph_1k": lambda: numbers(partial(work.graph, blocks=work.BLOCKS["graph_1k"]), work.GRAPH),
    "mlp_128": partial(mlp, 128),
    "mlp_1": partial(mlp, 1),
}
