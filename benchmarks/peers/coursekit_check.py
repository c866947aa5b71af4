"""coursekit's gradient checker on a net of 10,062 parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import coursekit as ck
from benchmarks import work
from benchmarks.peers import coursekit_models as models
from benchmarks.peers.numpy_hand import arrays_of, mlp_by_hand, mlp_loss, unpacked
from benchmarks.work import Job


def numeric(report: ck.GradientReport) -> dict[str, Any]:
    assert report.passed, report.verdict
    return report.numeric


def graph() -> tuple[ck.ComputationalGraph, dict[str, Any]]:
    parameters, x, y = arrays_of(work.CHECKED, 8)
    graph = ck.ComputationalGraph(models.mlp(*ck.variables(models.MLP_NAMES), x, y), inputs=models.MLP_NAMES)
    return graph, dict(zip(models.MLP_NAMES, parameters, strict=True))


def check_graph() -> Job:
    return Job(ck.check_gradient, graph(), numeric)


def check_network() -> Job:
    """The same net made of layers."""
    parameters, x, y = arrays_of(work.CHECKED, 8)
    n, hidden1, hidden2, classes = work.CHECKED
    net = ck.Sequential(
        ck.Affine(n, hidden1), ck.ReLU(), ck.Affine(hidden1, hidden2), ck.ReLU(), ck.Affine(hidden2, classes)
    )
    for parameter, value in zip(net.parameters().values(), parameters, strict=True):
        parameter.value = value
    return Job(net.check_gradient, [x, y], numeric)


def check_function() -> Job:
    """A plain NumPy function of one vector, and a gradient worked out by hand."""
    parameters, x, y = arrays_of(work.CHECKED, 8)
    _, analytic = mlp_by_hand(*parameters, x, y)
    flat = np.concatenate([p.reshape(-1) for p in parameters])
    slopes = np.concatenate([dp.reshape(-1) for dp in analytic])
    return Job(ck.check_gradient, [lambda v: mlp_loss(*unpacked(v), x, y), flat, slopes], numeric)


def check_direction() -> Job:
    """One random direction; its slope is not a gradient, so what is looked at is the verdict alone."""
    checked, point = graph()

    def verdict(report: ck.GradientReport) -> list[float]:
        assert report.passed, report.verdict
        return []

    return Job(lambda: ck.check_gradient(checked, point, directions=1), (), verdict)


JOBS: dict[str, Callable[[], Job]] = {
    "check/graph": check_graph,
    "check/Sequential": check_network,
    "check/function": check_function,
    "check/direction": check_direction,
}
