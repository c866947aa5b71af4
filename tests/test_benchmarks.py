"""The benchmarks, as far as they can be wrong: all peers compute the same, and tables tell the truth.

Nothing here is timed for its speed.
"""

import json
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

import coursekit as ck
from benchmarks import __main__ as command
from benchmarks import harness, work
from benchmarks.engine import FLOATS, PEERS, REFERENCE
from benchmarks.harness import Figure, Row, Settings, race
from benchmarks.peers import floats

COMPARED_ONLY = Settings(rounds=0)
LIBRARIES = ("micrograd_peer", "autograd_peer", "mygrad_peer", "torch_peer", "jax_peer")
LARGE = [pytest.param(name, marks=pytest.mark.slow) if name == "graph_100k" else name for name in PEERS]


@pytest.mark.parametrize("name", LARGE)
def test_all_peers_compute_the_same(name: str) -> None:
    figures = race(name, PEERS[name], COMPARED_ONLY, REFERENCE.get(name, FLOATS))
    for peer, figure in figures.items():
        assert figure.note == "" or (peer.startswith(LIBRARIES) and "not installed" in figure.note), peer


@pytest.mark.parametrize("name", ["g", "sigmoids", "graph_1k"])
def test_the_gradients_by_hand_agree_with_finite_differences(name: str) -> None:
    job = floats.JOBS[name]()
    _, slopes = job.function(*job.args)
    for i, slope in enumerate(slopes):
        above, below = list(job.args), list(job.args)
        above[i] += 1e-5
        below[i] -= 1e-5
        numeric = (job.function(*above)[0] - job.function(*below)[0]) / 2e-5
        assert numeric == pytest.approx(slope, rel=1e-7)


def test_the_nets_gradient_by_hand_agrees_with_a_slope_along_a_random_direction() -> None:
    job = floats.JOBS["net"]()
    layers, *samples = job.args
    _, gradient = job.function(*job.args)
    rng = Random(5)
    direction = [
        ([[rng.gauss(0, 1) for _ in row] for row in W], [rng.gauss(0, 1) for _ in b]) for W, b in layers
    ]

    def loss(t: float) -> float:
        moved = [
            (
                [[w + t * u for w, u in zip(row, urow, strict=True)] for row, urow in zip(W, U, strict=True)],
                [x + t * u for x, u in zip(b, ub, strict=True)],
            )
            for (W, b), (U, ub) in zip(layers, direction, strict=True)
        ]
        return job.function(moved, *samples)[0]

    pairs = zip(work.net_flat(direction), work.net_flat(gradient), strict=True)
    assert (loss(1e-6) - loss(-1e-6)) / 2e-6 == pytest.approx(sum(u * d for u, d in pairs), rel=1e-7)


def test_sizes_are_what_the_tables_say() -> None:
    assert len(work.net_flat(work.net())) == 337
    assert sum(len(work.numbers(p)) for p in work.mlp(work.CHECKED, 1)[0]) == 10_062
    last = work.graph(*ck.variables("w u x"), work.BLOCKS["graph_1k"])
    assert sum(node.gate is not None for node in ck.ComputationalGraph(last).nodes) == 1000


# ---- peers that go wrong -------------------------------------------------------------------------------


def odd(*variants: str, settings: Settings = COMPARED_ONLY) -> dict[str, Figure]:
    names = ["tests.odd_peers", *(f"tests.odd_peers/{variant}" for variant in variants)]
    figures = race("pair", names, settings, "tests.odd_peers")
    return {name.partition("/")[2]: figure for name, figure in figures.items()}


def test_a_wrong_result_is_not_timed(capsys: pytest.CaptureFixture[str]) -> None:
    once = Settings(rounds=1, samples=1, sample_seconds=0.0)
    figures = odd("nearly right", "wrong", "not a number", "too short", settings=once)
    assert [figure.note for figure in figures.values()] == ["", "", *["wrong result"] * 3]
    assert [len(figure.rounds) for figure in figures.values()] == [1, 1, 0, 0, 0]
    assert [figure.broken for figure in figures.values()] == [False, False, True, True, True]
    assert "tests.odd_peers/wrong is wrong at pair: relative error 5.0e-07" in capsys.readouterr().err


def test_a_package_that_is_missing_is_named() -> None:
    figure = odd("missing")["missing"]
    assert (figure.note, figure.broken) == ("a_package_that_is_not_there not installed", False)


def test_a_missing_package_is_looked_for_in_other_interpreters() -> None:
    figure = odd("missing", settings=Settings(rounds=0, pythons=(sys.executable,)))["missing"]
    assert figure.note == "a_package_that_is_not_there not installed"


def test_a_peer_that_breaks_leaves_the_others_running(capsys: pytest.CaptureFixture[str]) -> None:
    once = Settings(rounds=1, samples=1, sample_seconds=0.0)
    figures = odd("broken", "broken later", "gone", "talkative", settings=once)
    assert [figure.note for figure in figures.values()] == ["", "broke", "broke", "broke", ""]
    assert [len(figure.rounds) for figure in figures.values()] == [1, 0, 0, 0, 1]
    told = capsys.readouterr().err
    assert "ZeroDivisionError: on purpose" in told
    assert "StopIteration" in told
    assert "its process ended" in told


def test_without_a_reference_nothing_is_measured() -> None:
    with pytest.raises(RuntimeError, match=r"no reference: tests\.odd_peers/broken at pair broke"):
        race("pair", ["tests.odd_peers/broken"], COMPARED_ONLY, "tests.odd_peers/broken")


# ---- figures and tables --------------------------------------------------------------------------------


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    calm, busy = Figure("mine", [1.0, 2.0, 30.0]), Figure("theirs", [2.0, 4.0, 20.0])
    assert calm.seconds == 2.0
    assert calm.over(busy) == 0.5
    assert busy.over(calm) == 2.0
    assert calm.over(Figure("absent", note="not installed")) is None


def test_rows_hold_ratios_against_targets() -> None:
    mine, theirs = Figure("mine", [3e-6]), Figure("theirs", [2e-6])
    absent = Figure("torch", note="torch not installed")
    assert harness.at_most("w", mine, theirs, 1.5) == Row(
        "w", "3 µs", "1.5 × theirs", "≤ 1.5 ×", True, value=1.5
    )
    assert harness.at_most("w", mine, theirs, 1.4).met is False
    assert harness.faster("w", theirs, mine, 1.5).met is True
    assert harness.faster("w", theirs, mine, 2).met is False
    assert harness.faster("w", mine, theirs, 1).target == "ahead"
    assert harness.faster("w", mine, theirs, None).met is None
    missing = harness.faster("w", mine, absent, 1)
    assert (missing.met, missing.note) == (None, "torch: torch not installed")


def test_a_table_is_markdown_with_the_targets_beside_the_figures() -> None:
    rows = [
        Row("short", "3 µs", "1.5 × floats", "≤ 1.4 ×", False),
        Row("longer", "4 µs", "", "ahead", None, "jax: not installed"),
    ]
    assert harness.table_text("Title", rows).splitlines() == [
        "## Title",
        "",
        "| work   | figure | ratio                | target  | met |",
        "| ------ | ------ | -------------------- | ------- | --- |",
        "| short  | 3 µs   | 1.5 × floats         | ≤ 1.4 × | NO  |",
        "| longer | 4 µs   | (jax: not installed) | ahead   | –   |",
    ]


def test_relative_errors_have_a_floor() -> None:
    assert work.disagreement([1.0, 2.0], [1.0, 2.0]) == 0.0
    assert work.disagreement([1.0, 2.02], [1.0, 2.0]) == pytest.approx(0.01)
    assert work.disagreement([1e-20, 1.0], [0.0, 1.0]) == pytest.approx(1e-14)


# ---- the command ---------------------------------------------------------------------------------------


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    made = {}
    for name in ("first", "second"):
        module = made[name] = ModuleType(f"benchmarks.{name}", f"The {name} table.\n\nHow to read it.\n")
        module.__spec__ = ModuleSpec(module.__name__, None)
        module.run = lambda settings: [Row("a work", "1 ms", "", "≤ 2 ms", True)]  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(command, "TABLES", (*made, "third"))
    return made


def test_the_command_prints_every_table_and_writes_json(
    tables: dict[str, ModuleType], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables["second"].run = lambda settings: ([Row("b", "2 ms")], "Below.", {"raw": [1]})  # type: ignore[attr-defined]
    assert command.main(["--json", str(tmp_path / "figures.json")]) == 0
    printed = capsys.readouterr().out
    assert printed.index("## The first table.") < printed.index("| a work | 1 ms   |       | ≤ 2 ms | yes |")
    assert printed.index("## The second table.") < printed.index("How to read it.\n\nBelow.")
    written = json.loads((tmp_path / "figures.json").read_text("utf-8"))["tables"]
    assert written["first"]["rows"][0]["met"] is True
    assert written["second"]["data"] == {"raw": [1]}


def test_a_table_that_cannot_be_made_does_not_stop_the_others(
    tables: dict[str, ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    tables["first"].run = lambda settings: 1 / 0  # type: ignore[attr-defined]
    assert command.main([]) == 1
    told = capsys.readouterr()
    assert "the table first could not be made" in told.err
    assert "## The second table." in told.out


def test_a_module_without_a_table_is_passed_over(
    tables: dict[str, ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    del tables["first"].run
    assert command.main([]) == 0
    told = capsys.readouterr()
    assert "first makes no table here; it runs alone: python -m benchmarks.first" in told.err
    assert "## The second table." in told.out


def test_settings_reach_the_tables(tables: dict[str, ModuleType]) -> None:
    seen: list[Settings] = []
    tables["first"].run = lambda settings: seen.append(settings) or []  # type: ignore[attr-defined]
    command.main(["first", "--quick", "--python", "/a/python", "--python", "/b/python"])
    assert seen[0].quick
    assert seen[0].pythons == ("/a/python", "/b/python")


def test_an_unknown_table_is_refused(
    tables: dict[str, ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        command.main(["frist"])
    assert stop.value.code == 2
    assert "no table 'frist'; there are first, second" in capsys.readouterr().err
