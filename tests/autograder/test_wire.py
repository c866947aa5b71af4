"""The wire: every plain value comes back as itself, and anything malformed raises `Bad` and nothing else."""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import json
import math
import pathlib
import zoneinfo
from time import monotonic

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from autograder.wire import HEADER, Bad, Caps, Decoder, Encoder, TooBig, pack, unpack

Point = collections.namedtuple("Point", "x y")
SMALL = Caps(text=10_000, blob=10_000, items=500, depth=20)


def frame(value: object, caps: Caps | None = None) -> bytes:
    encoder = Encoder(caps=caps)
    return pack([encoder.value(value)], encoder.blob)


def back(data: bytes, caps: Caps | None = None) -> object:
    nodes, blob = unpack(data, caps)
    return Decoder(blob, caps=caps).value(nodes[0])


def there_and_back(value: object) -> object:
    return back(frame(value))


# ------------------------------------------------------------------------------------------ values come back


def exactly(value: object) -> object:
    """A value with all its types, so that 1, True and 1.0 differ and nan equals itself."""
    if isinstance(value, (set, frozenset)):
        return type(value), frozenset(map(exactly, value))
    if isinstance(value, dict):
        return type(value), tuple((exactly(key), exactly(item)) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return type(value), tuple(exactly(item) for item in value)
    return type(value), value if isinstance(value, str) else repr(value)


ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(2**300), max_value=2**300)
    | st.floats()
    | st.complex_numbers()
    | st.text()
    | st.text(st.sampled_from("a,[\x00é\ud800\udfff😀"))
    | st.binary()
)
HASHABLE = st.recursive(ATOMS, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3))
VALUES = st.recursive(
    HASHABLE,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(HASHABLE, inner, max_size=5)
        | st.sets(HASHABLE, max_size=5)
        | st.lists(st.floats(), min_size=24, max_size=40)
        | st.lists(st.integers(-(2**63), 2**63 - 1), min_size=24, max_size=40)
    ),
    max_leaves=20,
)


@given(VALUES)
@example([1] * 23 + [True])
@example(["a,b[c{d", "\ud800\udc00", "é" * 300])
def test_a_plain_value_comes_back_as_itself(value):
    assert exactly(there_and_back(value)) == exactly(value)


@pytest.mark.parametrize(
    "value",
    [
        range(2, 20, 3),
        slice(1, None, 2),
        ...,
        NotImplemented,
        bytearray(b"ab"),
        collections.Counter("aab"),
        collections.OrderedDict([("b", 1), ("a", 2)]),
        collections.defaultdict(list, {1: [2]}),
        collections.deque([1, 2], maxlen=4),
        {"a": 1}.keys(),
        {"a": 1}.items(),
        fractions.Fraction(1, 3),
        decimal.Decimal("1.50"),
        datetime.date(2020, 2, 29),
        datetime.datetime(2020, 1, 2, 3, 4, 5, 6, tzinfo=datetime.UTC, fold=1),
        datetime.datetime(2020, 7, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")),
        datetime.time(1, 2),
        datetime.timedelta(days=1, microseconds=3),
        pathlib.PurePosixPath("a/b"),
        pathlib.Path("a"),
        int,
        type(None),
        ValueError,
        np.float64,
        np.ndarray,
        pd.DataFrame,
        np.float64(0.1),
        np.float32(0.1),
        np.int8(-3),
        np.bool_(True),
        np.str_("é"),
        np.datetime64("2020-01-01", "D"),
        np.longdouble("0.1"),
        np.dtype("float32"),
        np.dtype([("a", "i4"), ("b", "f8", (2,))]),
        pd.Timestamp("2020-01-01", tz="UTC"),
        pd.Timedelta("90min"),
        pd.Period("2020Q1"),
        pd.Interval(0, 1.5, closed="left"),
        pd.NaT,
        pd.NA,
        pd.Int64Dtype(),
    ],
    ids=repr,
)
def test_the_exact_type_comes_back(value):
    made = there_and_back(value)
    assert type(made) is type(value)
    assert repr(made) == repr(value)


def test_a_named_tuple_comes_back_with_its_names():
    made = there_and_back([Point(1, 2), Point(3, 4)])
    assert made == [(1, 2), (3, 4)]
    assert type(made[0]).__name__ == "Point"
    assert made[1].y == 4
    assert type(made[0]) is type(made[1])


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3))[:, ::2],
        np.array(3.5),
        np.empty((0, 3), np.float32),
        np.array(["a", "bb"]),
        np.array([1, None, "x", [2]], dtype=object),
        np.array([b"x", b"yz"]),
        np.array(["2020-01-01"], "M8[D]"),
        np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
        np.array([1 + 2j]),
        np.zeros(20_000),
    ],
    ids=lambda array: f"{array.dtype}-{array.shape}",
)
def test_an_array_comes_back_plain_and_writable(array):
    made = there_and_back(array)
    assert type(made) is np.ndarray
    assert made.dtype == array.dtype
    assert made.shape == array.shape
    assert made.tolist() == array.tolist()
    assert made.flags.writeable


FRAME = pd.DataFrame(
    {
        "int": [1, 2, 3],
        "text": ["x", None, "z"],
        "float": [1.5, math.nan, 2.0],
        "category": pd.Categorical(["u", "v", "u"], ordered=True),
        "nullable": pd.array([1, None, 3], dtype="Int64"),
        "moment": pd.date_range("2020", periods=3),
        "zoned": pd.date_range("2020", periods=3, tz="Europe/Berlin"),
        "flag": [True, False, True],
        "period": pd.period_range("2020-01", periods=3, freq="M"),
        "span": pd.to_timedelta([1, 2, 3], unit="D"),
        "object": np.array([1, "a", None], dtype=object),
        "interval": pd.interval_range(0, 3),
        "string": pd.array(["a", None, "c"], dtype="string"),
    }
)


def test_a_frame_comes_back_column_by_column():
    pd.testing.assert_frame_equal(there_and_back(FRAME), FRAME, check_exact=True)
    twice = pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"])
    pd.testing.assert_frame_equal(there_and_back(twice), twice)
    for empty in (pd.DataFrame(), pd.DataFrame(columns=["a"]), pd.DataFrame(index=[1, 2])):
        pd.testing.assert_frame_equal(there_and_back(empty), empty)


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(1, 7, 2, name="n"),
        pd.Index([3, 1, 2]),
        pd.Index([1.5, 2]),
        pd.Index(["a", "b"]),
        pd.Index([1, "a"]),
        pd.Index([True, False]),
        pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["letter", None]),
        pd.date_range("2020", periods=3, freq="MS"),
        pd.DatetimeIndex(["2020-01-01", "2020-01-05"]),
        pd.timedelta_range("1h", periods=3),
        pd.period_range("2020", periods=3, freq="Q"),
        pd.CategoricalIndex(["a", "b", "a"]),
        pd.interval_range(0, 4),
        pd.Index([], dtype=object),
        pd.Index([1, None], dtype="Int64"),
    ],
    ids=lambda index: f"{type(index).__name__}-{index.dtype}",
)
def test_every_kind_of_index_comes_back(index):
    made = there_and_back(index)
    assert type(made) is type(index)
    pd.testing.assert_index_equal(made, index, exact=True)
    assert getattr(made, "freq", None) == getattr(index, "freq", None)
    series = pd.Series(range(len(index)), index=index, name="s")
    pd.testing.assert_series_equal(there_and_back(series), series)


def test_random_generators_go_on_where_they_were():
    for generator in (np.random.RandomState(3), np.random.default_rng(4)):
        made = there_and_back(generator)
        assert type(made) is type(generator)
        assert made.uniform() == generator.uniform()


# ------------------------------------------------------------------------------------------ identity


def test_an_object_met_twice_is_one_object():
    inner = [0]
    made = there_and_back({"a": inner, "b": (inner, {1: inner})})
    assert made["a"] is made["b"][0] is made["b"][1][1]


def test_a_container_may_hold_itself():
    loop: list[object] = []
    loop.append({"loop": loop})
    made = there_and_back(loop)
    assert made[0]["loop"] is made


def test_known_containers_are_named_not_sent():
    argument = [1, 2]
    asked = Encoder()
    question = asked.value((argument, "x"))
    argument.append(3)
    answer = Encoder(known={id(value): n for n, value in enumerate(asked.containers)})
    assert answer.value(argument) == ["A", 0]
    assert answer.contents(argument) == ["l", 1, 2, 3]
    assert question == ["t", ["l", 1, 2], "x"]
    here = [9]
    assert Decoder(memoryview(b""), known=[here]).value(["A", 0]) is here


# ------------------------------------------------------------------------------------------ what is refused


class Sly(float):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = float.__hash__


@pytest.mark.parametrize(
    "value", [Sly(1.0), object(), [Sly()], {"a": object()}, print, lambda: 1], ids=range(6)
)
def test_what_is_not_plain_is_not_sent(value):
    with pytest.raises(TypeError, match="is not plain data"):
        frame(value)


def nested(depth: int) -> object:
    value: object = 0
    for _ in range(depth):
        value = [value]
    return value


def doubled(times: int) -> object:
    value: object = 0
    for _ in range(times):
        value = [value, value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        nested(21),
        doubled(15),
        list(range(3000)),
        ["x"] * 501,
        "x" * 10_001,
        b"x" * 10_001,
        [np.zeros(1000)] * 100,
        range(10**7),
        1 << 70_000,
    ],
    ids=["deep", "doubled", "packed", "long", "text", "bytes", "aliases", "range", "int"],
)
def test_a_value_over_the_caps_is_too_big_and_leaves_the_encoder_as_it_was(value):
    encoder = Encoder(caps=SMALL)
    before = encoder.value([1])
    with pytest.raises(TooBig):
        encoder.value(value)
    after = encoder.value([before])
    nodes, blob = unpack(pack([before, after], encoder.blob), SMALL)
    decoder = Decoder(blob, caps=SMALL)
    assert [decoder.value(node) for node in nodes] == [[1], [["l", 1]]]


def raw_frame(text: str, blob: bytes = b"") -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return HEADER.pack(len(data), len(blob)) + data + blob


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 8,
        b"\xff" * 8,
        HEADER.pack(1 << 31, 0),
        HEADER.pack(0, 1 << 31),
        raw_frame("{}"),
        raw_frame("[1") + b"]",
        raw_frame("[" * 100_000),
        raw_frame("[" + "[],[]," * 200_000 + "1]"),
        raw_frame('["\ud800"]'),
        raw_frame("[" + "9" * 5000 + "]"),
    ],
    ids=range(11),
)
def test_a_malformed_frame_is_bad(data):
    with pytest.raises(Bad):
        unpack(data)


@pytest.mark.parametrize(
    "node",
    [
        {},
        [],
        [1],
        [None],
        ["?"],
        ["@", 0],
        ["@", -1],
        ["@", "0"],
        ["l", ["@", 1]],
        ["d", 1],
        ["d", ["l"], 1],
        ["s", ["l"]],
        ["i", "0x" + "f" * 20_000],
        ["i", 5],
        ["b", 9],
        ["b", -1],
        ["b", 1.5],
        ["u", 99],
        ["T", "py", "os", "system"],
        ["T", "py", "builtins", "eval"],
        ["T", "py", "builtins", "type"],
        ["T", "py"],
        ["r", 0, 10**9, 1],
        ["r", 0, 10, 0],
        ["py.Decimal", "1e999999"],
        ["py.Decimal", 1],
        ["py.Fraction", 1, 0],
        ["py.namedtuple", "class", ["t", "x"], 1],
        ["py.namedtuple", "P", ["t", "x=__import__('os')"], 1],
        ["py.namedtuple", "P", ["t", "x"], 1, 2],
        ["py.zone", "../../etc/passwd"],
        ["py.PosixPath", ["l"]],
        ["py.deque", "x"],
        ["py.defaultdict", 5],
        ["np.array", ["np.dtype", "<f8"], ["t", 1 << 41], ["m", 0]],
        ["np.array", ["np.dtype", "<f8"], ["t", -1], ["m", 0]],
        ["np.array", ["np.dtype", "|O"], ["t", 1], ["m", 0]],
        ["np.array", ["np.dtype", "f8,f8"], ["t", 0], ["m", 0]],
        ["np.dtype", "O8); import os"],
        ["np.dtype", 3],
        ["np.f8", "3"],
        ["np.Generator", "eval", ["d"]],
        ["np.RandomState", ["d"]],
        ["pd.DataFrame", 1, 2, 3],
        ["pd.Timestamp", 1, "fortnight", None],
        ["pd.Period", 1, "; drop table"],
        ["no.such", 1],
    ],
    ids=str,
)
def test_a_malformed_node_is_bad(node):
    with pytest.raises(Bad):
        Decoder(memoryview(bytearray(8))).value(node)


def test_a_message_cannot_make_the_reader_import_a_library():
    with pytest.raises(Bad):
        Decoder(memoryview(b""), libraries=("py",)).value(["pd.NaT"])


def test_colliding_keys_end_at_the_deadline():
    keys = [["i", hex(n * (2**61 - 1))] for n in range(1, 60_000)]  # they all hash to 0: minutes of work
    for node in (["d", *keys], ["s", *keys], ["f", *keys], ["py.Counter", *keys], ["py.keys", ["d", *keys]]):
        with pytest.raises(Bad, match="too long"):
            Decoder(memoryview(b""), deadline=monotonic() + 0.1).value(node)


# ------------------------------------------------------------------------------------------ any bytes at all

TAGS = """
    l t d s f B c S r i b u m lf li @ A T mine yours
    py.Counter py.deque py.defaultdict py.keys py.items py.date py.datetime py.timedelta py.timezone py.zone
    py.Decimal py.Fraction py.namedtuple py.PosixPath
    np.array np.dtype np.scalar np.f8 np.i8 np.matrix np.masked np.Generator np.RandomState np.poly1d
    pd.DataFrame pd.Series pd.Index pd.MultiIndex pd.RangeIndex pd.Timestamp pd.Categorical pd.dtype pd.masked
    pd.strings pd.moments pd.periods pd.intervals
"""
JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
        | st.tuples(st.sampled_from(TAGS.split()), st.lists(inner, max_size=4)).map(
            lambda pair: [pair[0], *pair[1]]
        )
    ),
    max_leaves=25,
)


def only_bad(data: bytes) -> None:
    try:
        nodes, blob = unpack(data, SMALL)
        decoder = Decoder(blob, caps=SMALL)
        for node in nodes:
            decoder.value(node)
    except Bad:
        pass


def fuzz(examples: int):
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


def fuzz_nodes(node, blob):
    only_bad(raw_frame(json.dumps([node]), blob))


def fuzz_bytes(value, cut, noise):
    data = bytearray(frame(value))
    at = cut % len(data)
    only_bad(bytes(data[:at] + noise + data[at + len(noise) :]))


nodes_and_blobs = given(JSONISH, st.binary(max_size=64))
values_and_noise = given(VALUES, st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
test_any_node_gives_a_value_or_bad = fuzz(300)(nodes_and_blobs(fuzz_nodes))
test_any_mutated_frame_gives_a_value_or_bad = fuzz(300)(values_and_noise(fuzz_bytes))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(50))
def test_100_000_frames(part):
    fuzz(1000)(nodes_and_blobs(fuzz_nodes))()
    fuzz(1000)(values_and_noise(fuzz_bytes))()


@fuzz(200)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_bad(data):
    only_bad(data)


def test_a_unit_of_no_time_is_refused_before_numpy_divides_by_it():
    for text in ("<M8[0s]", "<m8[0s]", "<M8[000s]"):
        with pytest.raises(Bad):
            Decoder(memoryview(bytearray())).value(["np.dtype", text])
    assert Decoder(memoryview(bytearray())).value(["np.dtype", "<M8[25s]"]) == np.dtype("M8[25s]")
