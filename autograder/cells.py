"""Runs the code cells of one notebook as a kernel does, without a kernel.

A cell that is plain Python is compiled and run here. IPython takes over at the first cell that needs it:
magics are translated by IPython's own transformer, and ``get_ipython()`` makes a real shell on the same
namespace, which runs all later cells.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
import sys
import traceback
import types
from base64 import b64encode
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

from autograder.outputs import Recorder, error_output

if TYPE_CHECKING:
    import asyncio

__all__ = ["Cells", "as_python", "compile_cell", "translate"]

# Magics that mean nothing while nobody looks: `%matplotlib inline` opens most notebooks, and a whole shell
# for it costs more than all other cells together.
_IDLE_MAGICS = frozenset(
    ["matplotlib", "config", "load_ext", "reload_ext", "autoreload", "precision", "xmode", "colors"]
)
_MAX_FIGURES = 20


def translate(source: str) -> ast.Module:
    """The syntax tree of a cell, magics turned into calls of ``get_ipython()``, idle ones left out.

    Raises
    ------
    SyntaxError
        It is not Python, with or without magics.
    """
    try:
        return _parse(source)
    except (SyntaxError, ValueError):
        tree = _parse(_without_magics(source))
    tree.body = [statement for statement in tree.body if not _is_idle(statement)]
    return tree


def as_python(source: str) -> str:
    """The text of a cell, magics turned into calls of ``get_ipython()``.

    >>> as_python("%time f()")
    "get_ipython().run_line_magic('time', 'f()')\\n"
    """
    try:
        _parse(source)
    except (SyntaxError, ValueError):
        return _without_magics(source)
    return source


def _without_magics(source: str) -> str:
    from IPython.core.inputtransformer2 import TransformerManager

    return TransformerManager().transform_cell(source)


def _parse(source: str) -> ast.Module:
    try:
        flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        return compile(source, "<cell>", "exec", flags, dont_inherit=True)
    except (RecursionError, MemoryError) as error:
        raise SyntaxError(f"the cell is nested too deeply ({type(error).__name__})") from None


def _is_idle(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr="run_line_magic"),
                args=[ast.Constant(value=name), *_],
            )
        ):
            return name in _IDLE_MAGICS
    return False


def compile_cell(tree: ast.Module, filename: str, *, silent: bool) -> Iterator[types.CodeType]:
    """Code for a cell; unless ``silent``, the last piece gives the value of its last expression."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    body = tree.body
    if body and isinstance(body[-1], ast.Expr) and not silent:
        last = ast.Expression(body[-1].value)
        if body[:-1]:
            first = ast.Module(body[:-1], tree.type_ignores)
            yield compile(first, filename, "exec", flags, dont_inherit=True)
        yield compile(last, filename, "eval", flags, dont_inherit=True)
    else:
        yield compile(tree, filename, "exec", flags, dont_inherit=True)


def is_silent(source: str) -> bool:
    """Whether a cell ends with a semicolon, which keeps its last value from being shown."""
    line = source.rstrip().rpartition("\n")[2]
    return line.partition("#")[0].rstrip().endswith(";")


class Cells:
    """A notebook's namespace and the cells run in it.

    Attributes
    ----------
    names : dict
        The notebook's global names: those of a module called ``__main__``.
    sources : list of str
        The cells run so far, in order.
    shown_error : exception or None
        The last error that was shown, rather than raised: ``%%capture`` and its like do so.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.module = types.ModuleType("__main__")
        self.names = self.module.__dict__
        self.sources: list[str] = []
        self.recorder = recorder
        self.shown_error: BaseException | None = None
        self._shell: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.names.update(In=[""], Out={}, _="", __builtins__=builtins)
        sys.modules["__main__"] = self.module
        builtins.get_ipython = self.get_ipython  # type: ignore[attr-defined]
        builtins.display = self.display  # type: ignore[attr-defined]

    def run(self, source: str) -> BaseException | None:
        """Run one cell, record what it shows, and return what stopped it."""
        self.sources.append(source)
        self.names["In"].append(source)
        return self._run_in_shell(source) if self._shell else self._run(source)

    # -------------------------------------------------------------------------------------------- plain cells

    def _run(self, source: str) -> BaseException | None:
        filename = f"<cell {len(self.sources)}>"
        linecache.cache[filename] = len(source), None, source.splitlines(keepends=True), filename
        try:
            codes = list(compile_cell(translate(source), filename, silent=is_silent(source)))
            self.show(codes)
        except BaseException as error:
            self._show_error(error)
            return error
        return None

    def show(self, codes: Iterable[types.CodeType]) -> None:
        """Run the code of a cell, and show the value of the last expression and the figures."""
        value = None
        for code in codes:
            value = self.evaluate(code)
        if value is not None:
            self._show_result(value)
        self._show_figures()

    def evaluate(self, code: types.CodeType) -> Any:
        """Run code in the notebook's namespace; a cell with ``await`` runs on the notebook's event loop."""
        value = eval(code, self.names)
        if code.co_flags & inspect.CO_COROUTINE:
            return self.wait_for(value)
        return value

    def wait_for(self, awaitable: Any) -> Any:
        """The result of a coroutine."""
        import asyncio  # few notebooks wait for anything

        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        return self._loop.run_until_complete(awaitable)

    def _show_result(self, value: object) -> None:
        self.names["_"] = self.names["Out"][len(self.sources)] = value
        shown = _pictured(value)
        self.recorder.add(
            {
                "output_type": "execute_result",
                "data": shown,
                "metadata": {},
                "execution_count": len(self.sources),
            }
        )

    def _show_error(self, error: BaseException) -> None:
        self.shown_error = error
        lines = traceback.format_exception(error)
        # The first frames are this file's.
        trace = [line for line in lines if f'"{__file__}"' not in line]
        self.recorder.add(error_output(type(error).__name__, _text(error), "".join(trace).splitlines()))

    def display(self, *values: object, **_: object) -> None:
        """What IPython's ``display`` does, for text and PNG pictures."""
        for value in values:
            self.recorder.add({"output_type": "display_data", "data": _pictured(value), "metadata": {}})

    def _show_figures(self) -> None:
        """Show and close the figures left open, as a notebook does at the end of a cell."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is None:
            return
        try:
            for number in pyplot.get_fignums()[:_MAX_FIGURES]:
                self.display(pyplot.figure(number))
            pyplot.close("all")
        except Exception as error:
            self.recorder.text("stderr", f"The figure cannot be drawn: {_text(error)}\n")

    # -------------------------------------------------------------------------------------------- IPython

    def get_ipython(self) -> Any:
        """A real shell on this namespace, made when it is first asked for.

        Not for a library, which only looks where it runs: pandas does so for each frame that it shows, and a
        shell takes longer than most notebooks.
        """
        asking = str(sys._getframe(1).f_globals.get("__file__", ""))
        if self._shell is None and "site-packages" not in asking:
            self._shell = _make_shell(self)
        return self._shell

    def _run_in_shell(self, source: str) -> BaseException | None:
        result = self._shell.run_cell(source, store_history=True)
        self._show_figures()
        return result.error_before_exec or result.error_in_exec


def _make_shell(cells: Cells) -> Any:
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config

    recorder = cells.recorder

    class Publisher(DisplayPublisher):
        def publish(self, data: Any, *args: Any, **kwargs: Any) -> None:
            recorder.add({"output_type": "display_data", "data": _encoded(data), "metadata": {}})

    class Hook(DisplayHook):
        def write_output_prompt(self) -> None:
            pass

        def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
            recorder.add(
                {
                    "output_type": "execute_result",
                    "data": _encoded(format_dict),
                    "metadata": {},
                    "execution_count": self.prompt_count,
                }
            )

    class Shell(InteractiveShell):
        displayhook_class = Type(Hook)
        display_pub_class = Type(Publisher)

        def showtraceback(self, *args: Any, **kwargs: Any) -> None:
            error = sys.exc_info()[1]
            if error is not None:
                cells._show_error(error)

        def showsyntaxerror(self, *args: Any, **kwargs: Any) -> None:
            self.showtraceback()

        def enable_gui(self, gui: Any = None) -> None:
            pass

        def enable_matplotlib(self, gui: Any = None) -> Any:
            return "inline", "agg"

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    InteractiveShell.clear_instance()  # of a notebook before this one
    shell = Shell.instance(config=config, user_module=cells.module, user_ns=cells.names)
    shell.execution_count = len(cells.sources)
    return shell


def _pictured(value: object) -> dict[str, str]:
    """How a value is shown: its text, and its picture if it is one."""
    data = {"text/plain": _plain_text(value)}
    if type(value).__module__.startswith("matplotlib.") and hasattr(value, "savefig"):
        file = BytesIO()
        value.savefig(file, format="png", bbox_inches="tight")
        data["image/png"] = b64encode(file.getvalue()).decode()
    elif hasattr(type(value), "_repr_png_"):
        picture = value._repr_png_()  # type: ignore[attr-defined]
        if isinstance(picture, bytes):
            data["image/png"] = b64encode(picture).decode()
    return data


def _plain_text(value: object) -> str:
    if isinstance(value, (str, int, float)):
        return repr(value)
    from IPython.lib.pretty import pretty

    return pretty(value)


def _encoded(data: dict[str, Any]) -> dict[str, str]:
    shown = {"text/plain": str(data.get("text/plain", ""))}
    picture = data.get("image/png")
    if isinstance(picture, bytes):
        picture = b64encode(picture).decode()
    if isinstance(picture, str):
        shown["image/png"] = picture.replace("\n", "")
    return shown


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "(its message cannot be shown)"
