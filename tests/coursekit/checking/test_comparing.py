"""What counts as an equal answer, and how a difference is named."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coursekit.checking.comparing import Rule, differences, follows
from coursekit.checking.plain_data import Code, copy_of, from_json, is_plain, shown, to_json

NAN = math.nan
STRICT = Rule(strict=True)


class EqualsEverything:
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0

    def __repr__(self) -> str:
        return "EqualsEverything()"


class MyFloat(float):
    def __eq__(self, other):
        return True

    __hash__ = float.__hash__


def kinds(expected, got, rule=Rule()):  # noqa: B008
    return [(found.kind, found.path) for found in differences(expected, got, rule)]


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (39.0, 39),
        (39.0, 39.00000001),
        (39, 39.0),
        (39.0, np.float32(39)),
        (39.0, np.array(39.0)),
        ([1.0, 2.0], (1, 2)),
        ([1.0, 2.0], np.array([1, 2])),
        ((1.0, (2.0, 3.0)), [1, [2, 3]]),
        (np.array([1.0, 2.0]), [1, 2]),
        (np.eye(2), ((1, 0), (0, 1))),
        (np.array([NAN, np.inf]), [NAN, np.inf]),
        (NAN, NAN),
        ("cat", "cat"),
        (True, np.bool_(True)),
        (None, None),
        ({"w": 1.0}, {"w": 1}),
        (1j, 1j + 1e-12),
        (np.array([True, False]), [True, False]),
        (0.0, 1e-12),
    ],
    ids=repr,
)
def test_equal(expected, got) -> None:
    assert kinds(expected, got) == []


@pytest.mark.parametrize(
    ("expected", "got", "kind", "path"),
    [
        (39.0, 36.0, "value", ()),
        (39.0, None, "nothing", ()),
        (39.0, "39", "type", ()),
        (1.0, True, "type", ()),
        (True, 1, "type", ()),
        (3, 4, "value", ()),
        (10**20, 10**20 + 1, "value", ()),
        (1.0, 10**400, "value", ()),
        (39.0, NAN, "nan", ()),
        (39.0, np.array([39.0]), "type", ()),
        (39.0, EqualsEverything(), "object", ()),
        (39.0, MyFloat(36.0), "object", ()),
        ([39.0, 8.0], [36.0, 8.0], "value", (0,)),
        ([39.0, 8.0], [39.0], "length", ()),
        ([39.0, 8.0], 39.0, "type", ()),
        ([39.0, 8.0], [39.0, EqualsEverything()], "object", (1,)),
        ([39.0, [8.0]], [39.0, [9.0]], "value", (1, 0)),
        (np.zeros((2, 1)), np.zeros(2), "shape", ()),
        (np.zeros((2, 1)), [[0.0], [0.0, 1.0]], "type", ()),
        (np.zeros(2), [0.0, 1.0], "value", (1,)),
        (np.zeros(2), [0.0, NAN], "nan", (1,)),
        (np.array([np.inf]), [1e300], "value", (0,)),
        (np.zeros(2), [False, False], "type", ()),
        (np.zeros(2), np.array([None, 0.0]), "object", ()),
        (np.zeros(2), ["a", "b"], "type", ()),
        (np.zeros(2), np.ma.array([0.0, 0.0]), "object", ()),
        ({"w": 1.0}, {"v": 1.0}, "keys", ()),
        ({"w": 1.0}, {"w": 2.0}, "value", ("w",)),
        ("cat", "dog", "value", ()),
    ],
    ids=repr,
)
def test_different(expected, got, kind, path) -> None:
    assert kinds(expected, got) == [(kind, path)]


@pytest.mark.parametrize(
    ("expected", "got"),
    [(39.0, 39), ([1.0], (1.0,)), (np.zeros(2), [0.0, 0.0]), (np.zeros(2), np.zeros(2, int))],
)
def test_strict(expected, got) -> None:
    assert kinds(expected, got, STRICT) == [("strict", ())]
    assert kinds(expected, expected, STRICT) == []


def test_entries_of_arrays_are_counted() -> None:
    [found] = differences(np.zeros((2, 3)), np.ones((2, 3)))
    assert (found.path, found.wrong, found.got, found.expected) == ((0, 0), 6, 1.0, 0.0)


@given(
    arrays(float, st.tuples(st.integers(1, 3), st.integers(1, 3)), elements=st.floats(-1e3, 1e3)), st.data()
)
def test_one_changed_entry_is_found(expected, data) -> None:
    place = tuple(data.draw(st.integers(0, n - 1)) for n in expected.shape)
    got = expected.copy()
    got[place] += 1.0
    assert kinds(expected, got) == [("value", place)]
    assert kinds(expected.tolist(), got.tolist()) == [("value", place)]
    assert follows(expected, got, got, Rule()) == [((), True)]
    assert follows(expected, got, expected, Rule()) == [((), False)]


def test_follows() -> None:
    assert follows([39.0, 8.0], [39.0, 8.0], [1.0, 2.0], Rule()) == []
    assert follows([39.0, 8.0], [36.0, 8.0], None, Rule()) == [((0,), False)]
    assert follows([39.0, 8.0], [36.0, 12.0], [36.0, 8.0], Rule()) == [((0,), True), ((1,), False)]
    assert follows(np.zeros(2), np.zeros((2, 1)), [[0.0], [0.0]], Rule()) == [((), True)]
    assert follows(np.zeros(2), np.zeros((2, 1)), [0.0, 0.0], Rule()) == [((), False)]
    assert follows(39.0, 36.0, EqualsEverything(), Rule()) == [((), False)]


# ---- plain data -------------------------------------------------------------------------------------------

ATOMS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.complex_numbers()
PLAIN = st.recursive(
    ATOMS,
    lambda parts: st.lists(parts) | st.tuples(parts, parts) | st.dictionaries(st.text(), parts),
    max_leaves=8,
)


@given(PLAIN)
def test_json_and_back(value) -> None:
    assert is_plain(value)
    assert repr(from_json(to_json(value))) == repr(value)


def test_arrays_to_json_and_back() -> None:
    for array in (np.eye(2), np.array([[1, 2]]), np.zeros((0, 3)), np.array([NAN, np.inf]), np.array(["a"])):
        read = from_json(to_json(array))
        assert read.dtype == array.dtype
        np.testing.assert_array_equal(read, array)


def test_what_is_not_plain() -> None:
    assert not is_plain(EqualsEverything())
    assert not is_plain([1.0, {"w": MyFloat(1.0)}])
    assert not is_plain(np.array([object()]))
    with pytest.raises(TypeError, match="neither plain data nor Code"):
        to_json(len)
    loop: list = []
    loop.append(loop)
    assert is_plain(loop)
    assert kinds([1.0], loop) == [("type", (0,))]
    with pytest.raises(ValueError, match="unknown kind"):
        from_json({"pickle": "…"})


def test_copies_share_nothing() -> None:
    value = {"w": [np.zeros(2)], "f": Code("lambda x: x")}
    copy = copy_of(value)
    copy["w"][0][0] = 5.0
    assert value["w"][0][0] == 0.0
    assert copy["f"](3) == 3


def test_shown_is_short_whatever_it_is() -> None:
    class Rude:
        def __repr__(self):
            raise ValueError

    assert shown(Rude()) == "a Rude that cannot be shown"
    assert len(shown("a" * 1000)) == 120
    assert shown(np.zeros((100, 100))) == "an array of shape (100, 100)"
    assert shown(0.1 + 0.2) == "0.3"
    assert shown([1.0, np.float64(2)]) == "[1.0, 2.0]"
