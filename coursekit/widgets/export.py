"""A notebook as a page that loads nothing: the widgets in it stay alive without Jupyter, kernel or network.

``jupyter nbconvert --to coursekit --execute lecture.ipynb`` writes such a page. nbconvert's own page asks
addresses on the internet for a widget manager, for MathJax and for RequireJS. Here each widget stands in the
page with its module and its state (as in :mod:`coursekit.widgets.page`), and formulas are MathML, which
browsers draw themselves.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from hashlib import blake2s
from typing import Any

from jinja2 import pass_context
from latex2mathml import converter
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from traitlets.config import Config

from coursekit.widgets import page

__all__ = ["EmbedWidgets", "LectureExporter", "WithoutNetwork", "to_mathml"]

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"

# A module and its style stand in the page once, before the first widget that uses them.
_MODULE = """\
<style>{css}</style>
<script type="application/json" id="{key}">{module}</script>
"""
_WIDGET = """\
<div id="{place}"></div>
<script type="module">
{model_of}const address = JSON.parse(document.getElementById("{key}").textContent);
const {{ default: widget }} = await import(address);
widget.render({{ model: modelOf({state}), el: document.getElementById("{place}") }});
</script>
"""


class EmbedWidgets(Preprocessor):
    """Puts each saved anywidget of a notebook into its output as HTML.

    What it cannot put there (ipywidgets' sliders, widgets that hold binary data) stays as it was, and
    nbconvert shows it in its own way, which needs the network.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Return the notebook with its widgets in place."""
        models = nb.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
        written: set[str] = set()  # modules
        left = False
        for number, output in enumerate(_outputs_with_view(nb)):
            model = models.get(output.data[VIEW].get("model_id"), {})
            if model.get("model_module") != "anywidget" or model.get("buffers"):
                left = True
                continue
            output.data["text/html"] = _embedded(model["state"], f"ck-widget-{number}", written)
            del output.data[VIEW]
        if not left:
            nb.metadata.pop("widgets", None)  # else nbconvert loads a widget manager
        return nb, resources


def _outputs_with_view(nb: Any) -> Iterator[Any]:
    for cell in nb.cells:
        for output in cell.get("outputs", ()):
            if VIEW in output.get("data", {}):
                yield output


def _embedded(state: dict[str, Any], place: str, written: set[str]) -> str:
    """Write a widget as HTML, with its module if that is not in the page yet."""
    module, css = str(state["_esm"]), str(state.get("_css") or "")
    key = "ck-module-" + blake2s(f"{module}{css}".encode(), digest_size=6).hexdigest()
    first = key not in written
    written.add(key)
    plain = {name: value for name, value in state.items() if not name.startswith("_")}
    widget = _WIDGET.format(place=place, key=key, model_of=page.MODEL, state=page.as_script(plain))
    if not first:
        return widget
    return _MODULE.format(css=css, key=key, module=json.dumps(page.as_address(module))) + widget


class WithoutNetwork(HTMLExporter):
    """What pages and slides have in common: formulas as MathML."""

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        """Return nbconvert's filters, with formulas as MathML."""
        yield from super().default_filters()
        yield "latex_to_mathml", lambda latex: to_mathml(latex.strip().strip("$"), display="block")

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """Return the HTML of a Markdown cell."""
        renderer = _MathMLRenderer(
            escape=False,
            attachments=context.get("cell", {}).get("attachments", {}),
            embed_images=self.embed_images,
            path=context.get("resources", {}).get("metadata", {}).get("path", ""),
            anchor_link_text=self.anchor_link_text,
            exclude_anchor_links=self.exclude_anchor_links,
            **self.lexer_options,
        )
        return str(MarkdownWithMath(renderer=renderer).render(source))


class LectureExporter(WithoutNetwork):
    """nbconvert's page of a notebook, without anything that is loaded from elsewhere."""

    export_from_notebook = "HTML that needs no network"
    raw_template = """\
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js_requirejs -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
{%- block data_latex -%}{{ output.data['text/latex'] | latex_to_mathml }}{%- endblock -%}
"""

    @property
    def default_config(self) -> Config:
        """Embed widgets after everything else was done to the notebook."""
        config = Config({"LectureExporter": {"preprocessors": [EmbedWidgets]}})
        config.merge(super().default_config)
        return config


class _MathMLRenderer(IPythonRenderer):
    def inline_math(self, body: str) -> str:
        return to_mathml(body)

    def block_math(self, body: str) -> str:
        return to_mathml(body, display="block")

    def latex_environment(self, name: str, body: str) -> str:
        return to_mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", display="block")


def to_mathml(latex: str, display: str = "inline") -> str:
    """Return a formula as MathML; one that is not understood as it is written.

    >>> to_mathml("w_1").partition("<mrow>")[2]
    '<msub><mi>w</mi><mn>1</mn></msub></mrow></math>'
    """
    try:
        return str(converter.convert(latex.replace("{aligned}", "{align*}"), display=display))
    except Exception:  # whatever the converter stumbles over, the page is written
        return f"<code>{html.escape(latex)}</code>"
