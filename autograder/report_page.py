"""The report as one HTML page that needs nothing else, and as tables for a spreadsheet.

Names of students and files come from outside: the template escapes every one of them.
"""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from autograder.report import Report, repairs
from coursekit.checking.showing import in_html
from coursekit.drawing.theme import DARK, LIGHT, variables

BINS = 10
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def page(report: Report) -> str:
    """Return the page."""
    template = _templates().get_template("report.html.j2")
    shares = report.shares
    return template.render(
        report=report,
        light=variables(LIGHT),
        dark=variables(DARK),
        bars=histogram(shares),
        mean=statistics.fmean(shares),
        median=statistics.median(shares),
        spread=statistics.stdev(shares) if len(shares) > 1 else 0.0,
        repairs=repairs(report),
        unboxed=sum(handed.level == "none" for handed in report.handed),
        unreadable=[handed.student for handed in report.handed if handed.unreadable],
        unexplained=_unexplained(report),
    )


def _templates() -> jinja2.Environment:
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["hint"] = lambda text: Markup(in_html(text))  # escaped there
    return templates


def histogram(shares: Sequence[float]) -> list[tuple[int, int, int]]:
    """Count shares of the points in ten bins: (from %, to %, how many); 100 % is in the last.

    >>> histogram([0.05, 0.95, 1.0])[0], histogram([0.05, 0.95, 1.0])[-1]
    ((0, 10, 1), (90, 100, 2))
    """
    counts = [0] * BINS
    for share in shares:
        counts[min(max(int(share * BINS + 1e-9), 0), BINS - 1)] += 1
    return [(place * 100 // BINS, (place + 1) * 100 // BINS, count) for place, count in enumerate(counts)]


def _unexplained(report: Report) -> list[tuple[str, str, int]]:
    """Return (question, reason, how many) of lost points that no misconception explains, frequent ones."""
    count: dict[tuple[str, str], int] = {}
    for handed in report.handed:
        for (_, grade_id), mark in handed.marks.items():
            if mark.reason and not mark.misconceptions and not mark.unanswered:
                count[grade_id, mark.reason] = count.get((grade_id, mark.reason), 0) + 1
    ordered = sorted(count.items(), key=lambda entry: (-entry[1], entry[0]))
    return [(*what, many) for what, many in ordered[:20]]


def students_csv(report: Report) -> str:
    """Return a row a student: points by question, sum, misconceptions."""
    questions = [(item.notebook, item.grade_id) for item in report.items]
    head = ["student", *(grade_id for _, grade_id in questions), "score", "max_score", "misconceptions"]
    rows = []
    for handed in report.handed:
        marks = [handed.marks.get(question) for question in questions]
        names = [name for mark in marks if mark for name in mark.misconceptions]
        scores = ["" if mark is None or mark.score is None else mark.score for mark in marks]
        rows.append([handed.student, *scores, handed.score, report.max_score, "; ".join(names)])
    return _csv([head, *rows])


def questions_csv(report: Report) -> str:
    """Return a row a question: its item analysis."""
    head = ["notebook", "question", "max_score", "graded", "solved", "missed", "difficulty"]
    head += ["discrimination", "unanswered", "too_slow", "misconceptions", "remark"]
    rows = [
        [
            item.notebook,
            item.grade_id,
            item.max_score,
            item.graded,
            item.solved,
            item.missed,
            "" if item.difficulty is None else round(item.difficulty, 4),
            "" if item.discrimination is None else round(item.discrimination, 4),
            item.unanswered,
            item.too_slow,
            "; ".join(
                f"{name}: {len(students)}"
                for (question, name), students in report.misconceptions.items()
                if question == item.grade_id
            ),
            item.remark,
        ]
        for item in report.items
    ]
    return _csv([head, *rows])


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    """Write rows; text that a spreadsheet would run as a formula gets an apostrophe before it.

    >>> _csv([["=1+1", -2.5]])
    "'=1+1,-2.5\\r\\n"
    """
    out = io.StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([f"'{c}" if isinstance(c, str) and c.startswith(_FORMULA) else c for c in row])
    return out.getvalue()
