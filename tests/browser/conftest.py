"""Fixtures: one JupyterLab and one Chromium for all browser tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import BROWSER_FLAGS, Lab, Watch, browser_path, running_lab

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(
        ROOT / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints")
    )
    with running_lab(folder, tmp_path_factory.mktemp("home")) as lab:
        yield lab


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    path = browser_path()
    if path is None:
        message = "no Chromium on this machine (Debian: apt-get install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 1400}, reduced_motion="reduce")
    page = context.new_page()
    yield page
    context.close()


@pytest.fixture
def watch(page: Any) -> Watch:
    return Watch(page)


@pytest.fixture
def saved(page: Any, watch: Watch, tmp_path: Path) -> Iterator[Any]:
    """Return a function that opens a widget on a page of its own, from a file."""

    def show(widget: Any, theme: str = "light") -> Any:
        path = tmp_path / "page.html"
        path.write_text(widget.to_html().replace("<html ", f'<html data-theme="{theme}" '), "utf-8")
        page.goto(path.as_uri())
        page.wait_for_selector(".ck-widget svg")
        return page

    yield show
    assert watch.outside == []
    assert watch.errors == []


@pytest.fixture(scope="session")
def screenshots() -> Path:
    folder = ROOT / "screenshots"
    folder.mkdir(exist_ok=True)
    return folder
