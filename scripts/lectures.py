"""Write the lectures as pages, slides or PDF, each run from top to bottom, into dist/.

    python scripts/lectures.py pages|slides|pdf [NAME …] [--out DIR]

NAME is the beginning of a lecture's file name, such as 03; left out, all lectures are written. Pages and
slides are single files that need neither network nor kernel, and their widgets stay alive. PDF is printed by
Chromium, with every folded answer open.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbconvert.exporters import Exporter, get_exporter
from traitlets.config import Config

ROOT = Path(__file__).resolve().parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_PRINT = "pre { white-space: pre-wrap !important; } .jp-Cell-outputWrapper svg { min-width: 0 !important; }"
KINDS = {
    "pages": ("coursekit", ".html"),
    "slides": ("coursekit-slides", ".html"),
    "pdf": ("coursekit", ".pdf"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0 when every lecture was written, 1 when something is missing, 2 for a wrong call."""
    parser = argparse.ArgumentParser(description="Write the lectures as pages, slides or PDF.")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: dist/KIND")
    arguments = parser.parse_args(argv)
    lectures = sorted((ROOT / "notebooks").glob("*.ipynb"))
    chosen = [
        path for path in lectures if not arguments.names or path.name.startswith(tuple(arguments.names))
    ]
    if not chosen:
        print(f"No lecture begins with {', '.join(arguments.names)}.", file=sys.stderr)
        return 2
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if arguments.kind == "pdf" and browser is None:
        print("PDF needs Chromium (Debian: apt-get install chromium).", file=sys.stderr)
        return 1
    out: Path = arguments.out or ROOT / "dist" / arguments.kind
    out.mkdir(parents=True, exist_ok=True)
    name, suffix = KINDS[arguments.kind]
    exporter = get_exporter(name)(config=Config({"ExecutePreprocessor": {"enabled": True, "timeout": 120}}))
    for path in chosen:
        text = page_of(exporter, path)
        target = out / path.with_suffix(suffix).name
        if arguments.kind == "pdf":
            print_page(str(browser), text, target)
        else:
            target.write_text(text, "utf-8")
        print(target)
    return 0


def page_of(exporter: Exporter, lecture: Path) -> str:
    """Run a lecture where it lies and return it as HTML."""
    resources = {"metadata": {"path": str(lecture.parent), "name": lecture.stem}}
    text, _ = exporter.from_filename(str(lecture), resources=resources)
    return str(text)


def print_page(browser: str, text: str, target: Path) -> None:
    """Print a page to a PDF file of A4."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        source = Path(folder) / "lecture.html"
        source.write_text(text, "utf-8")
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        try:
            page: Any = chromium.new_page(color_scheme="light", reduced_motion="reduce")
            page.goto(source.as_uri())
            page.wait_for_load_state("load")
            page.add_style_tag(content=_PRINT)
            page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            for stage in page.locator(".ck-step .ck-stage").all():  # on paper a walk is shown at its end
                stage.focus()
                page.keyboard.press("End")
            margin = dict.fromkeys(("top", "bottom", "left", "right"), "15mm")
            page.pdf(path=target, format="A4", scale=0.7, print_background=True, margin=margin)
        finally:
            chromium.close()


if __name__ == "__main__":
    sys.exit(main())
