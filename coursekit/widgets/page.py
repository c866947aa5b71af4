"""A widget as a page of its own: one file that opens by a double click, without Jupyter or network."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

from ipywidgets import DOMWidget

from coursekit.drawing.svg import escape

# The model is all that a module asks of its surroundings; in Jupyter it is connected to Python.
MODEL = """\
const modelOf = (state, saved = () => {}) => {
  const heard = {};
  return {
    get: (name) => state[name],
    set: (name, value) => { state[name] = value; (heard["change:" + name] || []).forEach((act) => act()); },
    on: (event, act) => (heard[event] ??= []).push(act),
    off() {}, send() {},
    save_changes: () => saved(state),
  };
};
"""
_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{css}</style>
<main id="here"></main>
<script type="module">
import widget from "{module}";
{model_of}const state = {state};
const asked = /^#step=([0-9]+)$/.exec(location.hash); // a link leads to a step
if (asked && "step" in state) state.step = Number(asked[1]);
const saved = () => "step" in state && history.replaceState(null, "", `#step=${{state.step}}`);
const model = modelOf(state, saved);
widget.render({{ model, el: document.getElementById("here") }});
</script>
</html>
"""


def to_html(widget: Any, title: str) -> str:
    """Return a page that shows a widget as it is now.

    Parameters
    ----------
    widget
        An anywidget whose state is plain JSON.
    title
        The page's title, as plain text.
    """
    names = set(widget.trait_names(sync=True)) - set(DOMWidget.class_trait_names())
    state = {name: getattr(widget, name) for name in sorted(names) if not name.startswith("_")}
    return _PAGE.format(
        title=escape(title),
        css=widget._css,
        module=as_address(str(widget._esm)),
        model_of=MODEL,
        state=as_script(state),
    )


def as_address(module: str) -> str:
    """Return the text of an ES module as an address that it can be imported from, without a file.

    >>> as_address("export default {};")
    'data:text/javascript;base64,ZXhwb3J0IGRlZmF1bHQge307'
    """
    return f"data:text/javascript;base64,{b64encode(module.encode()).decode()}"


def as_script(state: Any) -> str:
    """Write plain values as JSON inside a script, where ``</script>`` would end it.

    >>> as_script({"name": "</script>"})
    '{"name": "\\\\u003c/script>"}'
    """
    return json.dumps(state, allow_nan=False).replace("<", "\\u003c")
