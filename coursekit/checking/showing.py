"""The outcome of a check as a student sees it: HTML in a notebook, the same in plain text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from coursekit.checking.marking import Finding, Report
from coursekit.drawing.theme import DARK, FORCED, LIGHT, variables

__all__ = ["Shown", "in_html"]

_MOST = 3  # findings that are shown; the others are counted

# Colours follow the page if it says light or dark, else the system. Words say all that colours say.
_STYLE = f"""\
.ck-check{{{variables(LIGHT)}}}
@media (prefers-color-scheme:dark){{.ck-check{{{variables(DARK)}}}}}
[data-jp-theme-light="true"] .ck-check,[data-theme="light"] .ck-check{{{variables(LIGHT)}}}
[data-jp-theme-light="false"] .ck-check,[data-theme="dark"] .ck-check{{{variables(DARK)}}}
@media (forced-colors:active){{.ck-check.ck-check{{{variables(FORCED)}}}}}
.ck-check{{background:var(--ck-card);color:var(--ck-text);border-left:4px solid var(--ck-check);\
padding:.5em .9em;line-height:1.45;max-width:54em}}
.ck-check.ck-right{{--ck-check:var(--ck-third)}}
.ck-check.ck-wrong{{--ck-check:var(--ck-gradient)}}
.ck-check p{{margin:.25em 0}}
.ck-check .ck-verdict{{color:var(--ck-check);font-weight:600}}
.ck-check table{{border-collapse:collapse;margin:.3em 0;background:none;color:inherit}}
.ck-check.ck-check tr{{background:none}}
.ck-check.ck-check th,.ck-check.ck-check td{{text-align:left;vertical-align:top;\
padding:.1em .9em .1em 0;border:0;\
background:none;font-weight:normal}}
.ck-check.ck-check pre{{margin:0;text-align:left;background:none;color:inherit;\
white-space:pre-wrap;font-size:.95em}}
"""


class Shown:
    """What IPython shows of a `Report`."""

    def __init__(self, report: Report) -> None:
        self._report = report

    # ---- words ----

    def _verdict(self) -> str:
        return f"{self._report.sheet.slug}: {'right' if self._report.passed else 'not yet'}"

    def _sentences(self) -> Iterator[tuple[str, str]]:
        """What is said at the end: (a word for what it is, the text)."""
        report = self._report
        if report.passed:
            yield "Checked", _checked(report)
            if report.sheet.more:
                yield "Not yet", "other numbers: they are asked after you hand in."
            return
        for known in report.misconceptions[:2]:
            yield "Hint", known.hint
        if not report.misconceptions and report.hint:
            yield "Hint", report.hint
        yield "Next", _next_step(report)

    def _findings(self) -> list[Finding]:
        return self._report.findings[:_MOST]

    def _rest(self) -> str:
        rest = len(self._report.findings) - _MOST
        return f"… and {rest} more parts of the question fail." if rest > 0 else ""

    # ---- plain text ----

    def __repr__(self) -> str:
        lines = [self._verdict()]
        for found in self._findings():
            lines.append(f"  {found.says}")
            for word, text in _rows(found):
                lines += _indented(word, text)
        lines += [f"  {self._rest()}"] if self._rest() else []
        for word, text in self._sentences():
            lines += _indented(word, text)
        return "\n".join(lines)

    # ---- HTML ----

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._html()}

    def _html(self) -> str:
        kind = "right" if self._report.passed else "wrong"
        verdict = html.escape(self._verdict())
        parts = [f'<p class="ck-verdict">{"✓" if self._report.passed else "✗"} {verdict}</p>']
        for found in self._findings():
            parts.append(f"<p>{in_html(found.says)}</p>")
            rows = "".join(_row(word, text) for word, text in _rows(found))
            parts.append(f"<table><tbody>{rows}</tbody></table>" if rows else "")
        parts.append(f"<p>{html.escape(self._rest())}</p>" if self._rest() else "")
        for word, text in self._sentences():
            parts.append(f"<p><strong>{word}:</strong> {in_html(text)}</p>")
        return (
            f'<div class="ck-check ck-{kind}" role="group" aria-label="Check of {verdict}">'
            f"<style>{_STYLE}</style>{''.join(parts)}</div>"
        )


def in_html(sentence: str) -> str:
    """Write a sentence as HTML: what stands between backticks as code, *words* between asterisks stressed.

    >>> in_html("`x < 1` is *no* answer; x * y * z may be")
    '<code>x &lt; 1</code> is <em>no</em> answer; x * y * z may be'
    """
    code = re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(sentence))
    return re.sub(r"(?<![\w*])\*(\w(?:[^*<>]*\w)?)\*(?![\w*])", r"<em>\1</em>", code)


def _rows(found: Finding) -> list[tuple[str, str]]:
    rows = [("Asked", found.asked), ("You gave", found.got), ("Expected", found.expected)]
    return [(word, text) for word, text in rows if text]


def _row(word: str, text: str) -> str:
    return f'<tr><th scope="row">{word}</th><td><pre>{html.escape(text)}</pre></td></tr>'


def _indented(word: str, text: str) -> list[str]:
    first, *more = text.splitlines() or [""]
    return [f"  {word + ':':<10}{first}", *(f"  {'':<10}{line}" for line in more)]


def _checked(report: Report) -> str:
    count = "1 case" if report.asked == 1 else f"{report.asked} cases"
    titles = "; ".join(group.title for group in report.sheet.groups)
    kept = "; arguments left as they were" if report.sheet.keeps_inputs else ""
    return f"{count} ({titles}{kept})."


def _next_step(report: Report) -> str:
    first = report.findings[0]
    again = ", run its cell, and then this one again."
    if report.sheet.exercise:  # a lecture checks an answer in the very cell that holds it
        again = " and run the cell again."
    if not first.asked:
        return f"write your answer{again}"
    if first.form:
        return f"mend your answer{again}"
    if not report.sheet.tells_answers:
        return f"work it out with pencil and paper, mend your answer{again}"
    if not first.expected:
        return "put the lines above into a cell of your own and run it: there the whole trace is shown."
    return (
        "work this case out with pencil and paper, step by step, and compare: a cell of your own can run the "
        f"lines above. Then mend your answer{again}"
    )
