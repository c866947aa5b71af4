"""A lecture as slides that load nothing: reveal.js, formulas and living widgets in one file.

``jupyter nbconvert --to coursekit-slides --execute lecture.ipynb`` writes them. A heading of the second level
begins a slide; every further piece of text begins one below it, together with the code that follows. A
cell's own ``slideshow`` metadata, as JupyterLab's cell tools write it, is left as it is. What is too tall for
the screen goes on below, on a slide of its own, or shrinks a little: ``slides.js`` sees to it when the page
opens, since only the browser knows how tall a picture or a widget is.
"""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nbconvert.exporters import SlidesExporter
from nbconvert.preprocessors import Preprocessor
from traitlets.config import Config

from coursekit.widgets.base import joined
from coursekit.widgets.export import EmbedWidgets, WithoutNetwork

__all__ = ["DivideIntoSlides", "SlidesOfLecture"]

_IMPORT = re.compile(r"@import[^;]*;")  # fonts of a theme, which lie beside it

# What reveal.js needs to know, and what a notebook's style has to give up on a slide.
_STYLE = """
:root { --jp-content-font-size1: 25px; --jp-code-font-size: 18px; } a.anchor-link { display: none; }
html, body, main { height: 100%; } body.jp-Notebook { padding: 0; }
.reveal .slides section { text-align: left; height: 100%; overflow: auto;
  padding: 0 1rem; box-sizing: border-box; }
.reveal .slides section.stack { overflow: visible; padding: 0; }
.reveal.ck-measuring .slides { width: 1350px; height: 760px; }
.reveal.ck-measuring .slides section { display: block; position: static; width: 1350px; }
.reveal.ck-measuring .slides section:not(:has(section)) { height: 760px; }
.reveal .jp-Cell[data-continued] .jp-Cell-inputWrapper:empty { display: none; }
.reveal { font-size: 25px; } .reveal h1 { font-size: 2em; } .reveal h2 { font-size: 1.6em; }
.reveal h3 { font-size: 1.25em; } .reveal h1, .reveal h2, .reveal h3 { text-transform: none; }
.reveal .slide-number { left: 8px; right: auto; }
.reveal .jp-InputPrompt, .reveal .jp-OutputPrompt { display: none; }
.reveal pre { width: 100%; box-shadow: none; margin: 0.4em 0;
  font-size: var(--jp-code-font-size); }
/* An audience cannot scroll: a long line of code is wrapped, and a wide picture shrinks; the projector
   enlarges it. */
.reveal .jp-InputArea-editor pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.reveal svg.ck-picture { max-width: 100%; min-width: 0 !important; } .reveal summary { cursor: pointer; }
"""


class DivideIntoSlides(Preprocessor):
    """Says where slides begin, for cells that do not say it themselves.

    >>> from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
    >>> cells = [new_markdown_cell("# Title"), new_markdown_cell("## One"), new_code_cell("1"),
    ...          new_markdown_cell("more")]
    >>> notebook, _ = DivideIntoSlides().preprocess(new_notebook(cells=cells), {})
    >>> [cell.metadata["slideshow"]["slide_type"] for cell in notebook.cells]
    ['slide', 'slide', '-', 'subslide']
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Return the notebook with a slide type in every cell."""
        for cell in nb.cells:
            show = cell.metadata.setdefault("slideshow", {})
            if show.get("slide_type"):
                continue
            if cell.cell_type != "markdown":
                show["slide_type"] = "-"
            else:
                show["slide_type"] = "slide" if re.match(r"##?\s", cell.source) else "subslide"
        return nb, resources


class SlidesOfLecture(WithoutNetwork, SlidesExporter):
    """nbconvert's slides of a notebook, without anything that is loaded from elsewhere."""

    export_from_notebook = "Slides that need no network"
    raw_template = """\
{%- extends 'reveal/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block jupyter_widgets -%}{%- endblock -%}
{%- block data_latex -%}{{ output.data['text/latex'] | latex_to_mathml }}{%- endblock -%}
{%- block header -%}
<!DOCTYPE html>
<html lang="{{ resources.language_code }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{ resources.metadata.name }}</title>
<style>{{ 'dist/reveal.css' | reveal }}</style>
<style>{{ 'dist/theme/white.css' | reveal }}</style>
{{ resources.include_css("static/index.css") }}
{{ resources.include_css("static/theme-light.css") }}
{%- for css in resources.inlining.css -%}<style>{{ css }}</style>{%- endfor -%}
<style>{{ '' | slide_style }}</style>
</head>
{%- endblock -%}
{%- block footer -%}
<script>{{ 'dist/reveal.js' | reveal }}</script>
<script type="module">
{{ 'slides.js' | own_file }}
</script>
</html>
{%- endblock -%}
"""

    @property
    def default_config(self) -> Config:
        """Divide into slides, then embed widgets, after everything else was done to the notebook."""
        config = Config({"SlidesOfLecture": {"preprocessors": [DivideIntoSlides, EmbedWidgets]}})
        config.merge(super().default_config)
        return config

    def default_filters(self) -> Any:
        """Return the filters of a page without network, and those that bring reveal.js."""
        yield from super().default_filters()
        yield "reveal", reveal
        yield "slide_style", lambda _: _STYLE
        yield "own_file", joined


def reveal(file: str) -> str:
    """Return a file of reveal.js, ready to stand in a page.

    Raises
    ------
    RuntimeError
        If reveal.js is not installed: it comes with sphinx-revealjs, in the extra "slides".
    """
    found = find_spec("sphinx_revealjs")
    if found is None or found.origin is None:
        raise RuntimeError("Slides need reveal.js: pip install 'coursekit[slides]'")
    text = (Path(found.origin).parent / "_static" / "revealjs" / file).read_text("utf-8")
    return _IMPORT.sub("", text) if file.endswith(".css") else text.replace("</script", "<\\/script")
