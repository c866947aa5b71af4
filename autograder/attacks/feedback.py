"""Pages that act: what a student writes, shows or names must not run where the instructor reads it.

nbconvert puts notebooks into web pages, formgrader on the instructor's own server: there a script of a student's
would have the instructor's rights. The suite compares each page with one of honest work (see `pages`).
"""

# ruff: noqa: E501 (programs in strings, one entry after the other)

from __future__ import annotations

import base64
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from autograder.attacks.course import FULL, GATES, RIGHT
from autograder.attacks.entry import Draft, Entry

RIGHT_SCORE = FULL[GATES]
SCRIPT = "<script>alert(1)</script>"
SVG = "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"
# One of each way by which HTML acts: elements, handlers, addresses, styles, and what hides them from a filter.
ACTS = (
    SCRIPT,
    SVG,
    "<ScRiPt src=//example.org/x.js></sCrIpT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\n>alert(1)</script\n>",
    "<script/x>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img/src=x/onerror=alert(1)>",
    '<img src="x` `<script>alert(1)</script>"` `>',
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<p onmouseover='alert(1)'>x</p>",
    "<b\nonclick=alert(1)>x</b>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=data:text/html;base64,PHNjcmlwdD4=></object>",
    "<embed src=javascript:alert(1)>",
    "<form action=/submit method=post><input name=x autofocus onfocus=alert(1)><button>x</button></form>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<base href=https://example.org/>",
    "<link rel=stylesheet href=https://example.org/x.css>",
    "<meta http-equiv=refresh content='0;url=https://example.org'>",
    "<style>@import 'https://example.org/x.css'; * { display: none }</style>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<!--><script>alert(1)</script>-->",
    "<?xml-stylesheet href='javascript:alert(1)'?>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "</pre></div></body><script>alert(1)</script>",
    "</textarea></title></style></noscript><script>alert(1)</script>",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
)
# The same by Markdown alone.
LINKS = (
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a]( javascript:alert(1))",
    "[a](<javascript:alert(1)>)",
    "[a](<java\tscript:alert(1)>)",
    "[a](java&#115;cript:alert(1))",
    "[a](java&Tab;script:alert(1))",
    "[a](java\\script:alert(1))",
    "[a](vbscript:msgbox(1))",
    "[a](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[a](file:///etc/passwd)",
    "[a](//example.org)",
    "[a][r]\n\n[r]: javascript:alert(1)",
    "[a][s]\n\n[s]:\njavascript:alert(1)",
    "[a][t]\n\n[t]: <javascript:alert(1)>",
    "![a](javascript:alert(1))",
    "![a](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)",
    '![a](x "onerror=alert(1)")',
    '![a" onerror="alert(1)](x)',
    "![a](x'onerror='alert(1))",
    "<javascript:alert(1)>",
    '<https://example.org/"onclick="alert(1)>',
    "[![a](x)](javascript:alert(1))",
    "[a\n](javascript:alert(1))",
    "[[a]](javascript:alert(1))",
    "`[a](x`)(javascript:alert(1))",
    "[^1]\n\n[^1]: <script>alert(1)</script>",
    "| a |\n|---|\n| [a](javascript:alert(1)) |",
    "> [a](javascript:alert(1))",
    "```html\n<script>alert(1)</script>\n```\n<script>alert(1)</script>",
    "    <script>alert(1)</script>",
    "$\\href{javascript:alert(1)}{x}$",
    "$$\\style{position:fixed}{x}\\class{x}{y}\\cssId{z}{w}$$",
    "\\begin{align}\\require{html}\\href{javascript:alert(1)}{x}\\end{align}",
    "$`<script>alert(1)</script>`$",
    "$<img src=x onerror=alert(1)>$",
    "$$</script><script>alert(1)</script>$$",
)


def _text_cells(*texts: str) -> Any:
    def make(draft: Draft) -> None:
        draft.notebook.cells += [new_markdown_cell(text) for text in texts]

    return make


def _raw_cells(draft: Draft) -> None:
    """Cells that a converter passes on as they are, for the format that they name."""
    for kind in ("text/html", "text/latex", "application/javascript", "", None, "text/restructuredtext"):
        for name in ("raw_mimetype", "format"):
            cell = new_raw_cell(SCRIPT + SVG)
            cell.metadata[name] = kind
            draft.notebook.cells.append(cell)


def _fake_outputs(draft: Draft) -> None:
    """Outputs that came with the hand-in, of every type that pages show."""
    bundle = {
        "text/html": SCRIPT,
        "image/svg+xml": SVG,
        "application/javascript": "alert(1)",
        "text/markdown": "[a](javascript:alert(1))",
        "text/latex": "$\\href{javascript:alert(1)}{x}$",
        "application/vnd.jupyter.widget-view+json": {"model_id": "x"},
        "image/png": base64.b64encode(SCRIPT.encode()).decode(),
        "text/plain": SCRIPT,
        "text/vnd.mermaid": "graph TD; A[<script>alert(1)</script>]",
    }
    for cell in draft.notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = nbformat.from_dict(
                [
                    {"output_type": "display_data", "data": bundle, "metadata": {"isolated": True}},
                    {"output_type": "execute_result", "execution_count": 1, "data": bundle, "metadata": {}},
                    {"output_type": "stream", "name": "<script>", "text": SCRIPT},
                    {"output_type": "error", "ename": SCRIPT, "evalue": SCRIPT, "traceback": [SCRIPT]},
                    {"output_type": SCRIPT, "data": bundle},
                ]
            )


def _fake_metadata(draft: Draft) -> None:
    """Whatever of a notebook's metadata a template might use."""
    draft.notebook.metadata.update(
        {
            "title": f"</title>{SCRIPT}",
            "authors": [{"name": SCRIPT}],
            "widgets": {
                "application/vnd.jupyter.widget-state+json": {"state": {"x": {"model_name": SCRIPT}}}
            },
            "language_info": {"name": SCRIPT, "pygments_lexer": SCRIPT, "mimetype": "text/html"},
            "latex_envs": {"cite_by": SCRIPT},
        }
    )
    for cell in draft.notebook.cells:
        cell.metadata.update(
            {
                "tags": [f'"><{SCRIPT}', "hide_input"],
                "slideshow": {"slide_type": SCRIPT},
                "name": SCRIPT,
                "jupyter": {"source_hidden": True},
                "editable": SCRIPT,
                "class": f'"><{SCRIPT}',
            }
        )


def _show(bundle: str) -> str:
    """Code that shows an object with every representation there is."""
    return f"""
class Acts:
    def __repr__(self): return {bundle}
    def _repr_html_(self): return {bundle}
    def _repr_svg_(self): return {bundle}
    def _repr_javascript_(self): return "alert(1)"
    def _repr_markdown_(self): return {bundle}
    def _repr_latex_(self): return "$" + {bundle} + "$"
    def _repr_json_(self): return {{"a": {bundle}}}
    def _repr_png_(self): return {bundle}.encode()
    def _repr_jpeg_(self): return {bundle}.encode()
    def _repr_pdf_(self): return {bundle}.encode()
    def _repr_mimebundle_(self, *a, **k): return {{"text/html": {bundle}, "application/javascript": "alert(1)", "image/svg+xml": {bundle}}}
display(Acts())
Acts()
"""


_BUNDLE = repr("".join(ACTS))

PICTURES = (
    "![x](https://hub.example/hub/logout)",
    "![x][far]\n\n[far]: https://hub.example/hub/logout",
    "[![x](https://hub.example/a.png)](https://hub.example/b)",
    "![a [b] c](https://hub.example/x)",
    "![](\nhttps://hub.example/x)",
    "![x](../../../hub/logout)",
)
MISSING = (
    "![x](attachment:missing.png)",
    "![x](<attachment:missing.png>)",
    "![x][gone]\n\n[gone]: attachment:missing.png",
    '![x](attachment:a"b.png "title")',
    "![x](ATTACHMENT:missing.png) ![`]`](attachment:missing.png)",
    "[![x](attachment:missing.png)](attachment:missing.png)",
)
DIAGRAMS = (
    "```mermaid\ngraph TD; A-->B; click A href 'javascript:alert(1)'\n```",
    "~~~ Mermaid\ngraph TD; A\n~~~",
    "> ````mermaid\n> %%{init: {'securityLevel': 'loose'}}%%\n> graph TD; A\n> ````",
)

ENTRIES = (
    Entry(
        "feedback-text-cells",
        "writes HTML that acts into text cells",
        RIGHT_SCORE,
        make=_text_cells(*ACTS, "\n\n".join(ACTS), "x " + " y ".join(ACTS)),
        sample=True,
    ),
    Entry(
        "feedback-links",
        "writes links and formulas that act into text cells",
        RIGHT_SCORE,
        make=_text_cells(*LINKS, "\n\n".join(LINKS)),
    ),
    Entry(
        "feedback-manual-answer",
        "writes both into the answer that the instructor reads while grading by hand",
        RIGHT_SCORE,
        answers={"why": "\n\n".join(ACTS + LINKS)},
        sample=True,
    ),
    Entry(
        "feedback-raw-cells",
        "has raw cells of the format that pages pass on as they are",
        RIGHT_SCORE,
        make=_raw_cells,
    ),
    Entry(
        "feedback-given-outputs",
        "hands in outputs of its own with scripts, pictures that are pages and types that are none",
        RIGHT_SCORE,
        make=_fake_outputs,
    ),
    Entry(
        "feedback-metadata",
        "has titles, tags, languages and widgets that are markup",
        RIGHT_SCORE,
        make=_fake_metadata,
    ),
    Entry(
        "feedback-shown-object",
        "shows an object whose every representation acts",
        RIGHT_SCORE,
        code=_show(_BUNDLE),
        sample=True,
    ),
    Entry(
        "feedback-shown-bundle",
        "shows raw bundles, HTML, SVG, JavaScript, Markdown and frames by IPython's own functions",
        RIGHT_SCORE,
        code=f"""
import IPython.display as shown
text = {_BUNDLE}
for make in [lambda: shown.HTML(text), lambda: shown.SVG(data=text), lambda: shown.Javascript("alert(1)"), lambda: shown.Markdown(text),
             lambda: shown.Latex(text), lambda: shown.IFrame("javascript:alert(1)", 1, 1), lambda: shown.Image(data=text.encode(), format="png")]:
    try:
        display(make())
    except Exception as error:
        print(type(error).__name__)
try:
    display({{"text/html": text, "application/javascript": "alert(1)"}}, raw=True)
except Exception as error:
    print(type(error).__name__)
try:
    shown.publish_display_data({{"text/html": text, "image/svg+xml": text}})
except Exception as error:
    print(type(error).__name__)
""",
    ),
    Entry(
        "feedback-printed",
        "prints markup, raises it, and names an exception after it",
        RIGHT_SCORE,
        code=f"import sys\nprint({_BUNDLE})\nprint({_BUNDLE}, file=sys.stderr)\nraise type('<img src=x onerror=alert(1)>', (Exception,), {{}})({_BUNDLE})",
    ),
    Entry(
        "feedback-terminal-links",
        "prints commands for the terminal that become links, colours and titles",
        RIGHT_SCORE,
        code="print('\\x1b]8;;javascript:alert(1)\\x1b\\\\click\\x1b]8;;\\x1b\\\\ \\x1b[31;\"onclick=alert(1)mred \\x1b]0;owned\\x07 \\x9b31m \\x1b[38;2;1;2;<script>m')\n"
        "print('\\x1b]8;;https://example.org/\"onclick=\"alert(1)\\x07x\\x1b]8;;\\x07')\nprint('\\u202egnp.exe\\u2066')",
    ),
    Entry(
        "feedback-reasons",
        "answers with texts and types whose markup ends up in the reason that a failed test gives",
        RIGHT_SCORE - 9,
        answers={
            "relu": f"import numpy as np\ndef relu_backward(dz, x):\n    return np.array([{SCRIPT!r}] * 2)",
            "initials": f"def initials(text):\n    raise type({SCRIPT!r}, (Exception,), {{}})({SCRIPT!r})",
            "mean": f"mean = type({SCRIPT!r}, (), {{'__repr__': lambda self: {SCRIPT!r}}})()",
        },
    ),
    Entry(
        "feedback-code",
        "has markup in the text of its code",
        RIGHT_SCORE,
        answers={"product": f"# </pre>{SCRIPT} {SVG}\ntext = {_BUNDLE}\n{RIGHT['product']}"},
    ),
    Entry(
        "feedback-picture",
        "shows pictures that are whole but carry a page at their end, in their text, or in their name",
        RIGHT_SCORE,
        code=f"""
import base64, struct, zlib
def chunk(name, body): return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
START = b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
DATA, END = chunk(b"IDAT", zlib.compress(b"\\0\\0")), chunk(b"IEND", b"")
TEXT = {SCRIPT!r}.encode()
class Picture:
    def __init__(self, raw): self.raw = raw
    def _repr_png_(self): return self.raw
    def __repr__(self): return TEXT.decode()
for raw in [START + DATA + END + TEXT, START + chunk(b"tEXt", TEXT) + DATA + END, TEXT + START + DATA + END, START, b"", START + DATA,
            b"GIF89a" + TEXT, '"><script>alert(1)</script>']:
    try:
        display(Picture(raw))
    except Exception as error:
        print(type(error).__name__)
""",
    ),
    Entry(
        "feedback-missing-pictures",
        "shows attached pictures that are not attached, of which nbconvert cannot make a page",
        RIGHT_SCORE,
        answers={"why": "\n\n".join(MISSING)},
        make=_text_cells(*MISSING),
        sample=True,
    ),
    Entry(
        "feedback-missing-in-text",
        "does so in the instructor's own text cells",
        RIGHT_SCORE,
        make=lambda draft: _released_picture_gone(draft),
    ),
    Entry(
        "feedback-far-pictures",
        "shows pictures that the reader's browser would fetch from another server, or from his own",
        RIGHT_SCORE,
        make=_text_cells(*PICTURES),
    ),
    Entry(
        "feedback-diagrams",
        "writes diagrams, which a script of the page would draw",
        RIGHT_SCORE,
        make=_text_cells(*DIAGRAMS),
    ),
    Entry(
        "feedback-cells-alike",
        "gives cells of its own the name and place of the grader's own notes",
        RIGHT_SCORE,
        make=lambda draft: _named_as_notes(draft),
    ),
)


def _released_picture_gone(draft: Draft) -> None:
    """Text of the instructor's with a picture that is not there."""
    for cell in draft.notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = f"![x](attachment:missing.png)\n\n{cell.source}"


def _named_as_notes(draft: Draft) -> None:
    for kind in (new_markdown_cell, new_code_cell, new_raw_cell):
        cell = kind(SCRIPT if kind is not new_code_cell else f"# {SCRIPT}")
        cell.id = "grader-notes"
        draft.notebook.cells.insert(0, cell)
