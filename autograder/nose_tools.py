"""``nose.tools`` for test cells that were written with it: nose itself has had no release since 2015.

As in nose, the assertions are those of `unittest.TestCase` under names with underscores.

>>> from nose.tools import assert_equal
Traceback (most recent call last):
...
ModuleNotFoundError: No module named 'nose'
>>> install()
>>> from nose.tools import assert_equal
>>> assert_equal(1 + 1, 2)
>>> uninstall()
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.util
import re
import sys
import time
import types
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from typing import Any

__all__ = ["install", "uninstall"]


def install() -> None:
    """Make ``nose`` and ``nose.tools`` importable where nose is not installed."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())  # at the end: a nose that is installed is found first


def uninstall() -> None:
    """Take the replacement away again."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Finder)]
    for name in ("nose", "nose.tools"):
        sys.modules.pop(name, None)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Makes the two modules when they are first imported: most courses never do."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if fullname not in ("nose", "nose.tools"):
            return None
        return importlib.util.spec_from_loader(fullname, self, is_package=fullname == "nose")

    def create_module(self, spec: ModuleSpec) -> types.ModuleType | None:
        return _tools() if spec.name == "nose.tools" else None

    def exec_module(self, module: types.ModuleType) -> None:
        if module.__name__ == "nose":
            import unittest

            module.SkipTest = unittest.SkipTest  # type: ignore[attr-defined]


@functools.cache
def _tools() -> types.ModuleType:
    import unittest  # not needed by a notebook without nose

    tools = types.ModuleType("nose.tools")
    case = unittest.TestCase()
    case.maxDiff = None
    for name in dir(case):
        if name.startswith("assert") and "_" not in name:
            setattr(
                tools, re.sub(r"([A-Z])", lambda found: "_" + found[0].lower(), name), getattr(case, name)
            )
    # Names that unittest dropped, and the decorators.
    vars(tools).update(
        assert_equals=case.assertEqual,
        assert_not_equals=case.assertNotEqual,
        assert_almost_equals=case.assertAlmostEqual,
        assert_not_almost_equals=case.assertNotAlmostEqual,
        assert_items_equal=case.assertCountEqual,
        assert_dict_contains_subset=assert_dict_contains_subset,
        assert_raises_regexp=case.assertRaisesRegex,
        assert_regexp_matches=case.assertRegex,
        assert_not_regexp_matches=case.assertNotRegex,
        assert_=case.assertTrue,
        eq_=eq_,
        ok_=ok_,
        raises=raises,
        timed=timed,
        istest=_mark(True),
        nottest=_mark(False),
        with_setup=lambda setup=None, teardown=None: lambda function: function,
        SkipTest=unittest.SkipTest,
    )
    tools.__all__ = [name for name in vars(tools) if not name.startswith("__")]  # type: ignore[attr-defined]
    return tools


def assert_dict_contains_subset(
    expected: dict[Any, Any], actual: dict[Any, Any], msg: str | None = None
) -> None:
    """Fail unless ``actual`` holds all of ``expected``."""
    missing = {key: value for key, value in expected.items() if key not in actual or actual[key] != value}
    if missing:
        raise AssertionError(msg or f"{missing!r} is not in {actual!r}")


def eq_(a: Any, b: Any, msg: str | None = None) -> None:
    """Fail unless a == b."""
    if not a == b:
        raise AssertionError(msg or f"{a!r} != {b!r}")


def ok_(expression: Any, msg: str | None = None) -> None:
    """Fail unless the expression is true."""
    if not expression:
        raise AssertionError(msg)


def raises(*exceptions: type[BaseException]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A function that must raise one of the exceptions."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def checked(*args: Any, **kwargs: Any) -> None:
            try:
                function(*args, **kwargs)
            except exceptions:
                return
            names = " or ".join(kind.__name__ for kind in exceptions)
            raise AssertionError(f"{function.__name__}() did not raise {names}")

        return checked

    return decorate


def timed(limit: float) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A function that must end within ``limit`` seconds."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def checked(*args: Any, **kwargs: Any) -> Any:
            began = time.monotonic()
            result = function(*args, **kwargs)
            if time.monotonic() - began > limit:
                raise AssertionError(f"Time limit ({limit}) exceeded")
            return result

        return checked

    return decorate


def _mark(is_test: bool) -> Callable[[Any], Any]:
    def decorate(function: Any) -> Any:
        function.__test__ = is_test
        return function

    return decorate
