"""A real JupyterLab and a real browser for the tests: started once, on this machine alone."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOKEN = "test"
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")


def browser_path() -> str | None:
    """Return the program of the system's Chromium, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@dataclass
class Lab:
    """A running JupyterLab server: its address and the folder it serves."""

    address: str
    folder: Path

    def url(self, notebook: str) -> str:
        """Return the address that opens a notebook in a fresh workspace."""
        return f"{self.address}/lab/tree/{notebook}?reset&token={TOKEN}"

    def kernels(self) -> list[dict[str, Any]]:
        """Return what the server says of its kernels; nothing while one of them is being changed."""
        try:
            with urllib.request.urlopen(f"{self.address}/api/kernels?token={TOKEN}", timeout=20) as answer:
                kernels: list[dict[str, Any]] = json.load(answer)
        except urllib.error.HTTPError:
            return []
        return kernels

    def shut_down_kernels(self) -> None:
        """End every session with its kernel, and wait until they are gone."""
        with urllib.request.urlopen(f"{self.address}/api/sessions?token={TOKEN}", timeout=20) as answer:
            sessions = json.load(answer)
        for session in sessions:
            request = urllib.request.Request(
                f"{self.address}/api/sessions/{session['id']}",
                method="DELETE",
                headers={"Authorization": f"token {TOKEN}"},
            )
            urllib.request.urlopen(request, timeout=20).close()

    def use_theme(self, name: str) -> None:
        """Choose JupyterLab's theme: "JupyterLab Light" or "JupyterLab Dark"."""
        request = urllib.request.Request(
            f"{self.address}/lab/api/settings/@jupyterlab/apputils-extension:themes?token={TOKEN}",
            data=json.dumps({"raw": json.dumps({"theme": name})}).encode(),
            method="PUT",
            headers={"Content-Type": "application/json", "Authorization": f"token {TOKEN}"},
        )
        urllib.request.urlopen(request, timeout=20).close()


def free_port() -> int:
    """Return a port of the loopback address that nobody uses."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


@contextmanager
def running_lab(folder: Path, home: Path) -> Iterator[Lab]:
    """Start JupyterLab on ``folder`` with an empty home of its own; stop it afterwards."""
    environment = {
        **os.environ,
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    jupyter = [sys.executable, "-m", "jupyter"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    announcements = "@jupyterlab/apputils-extension:announcements"
    subprocess.run([*jupyter, "labextension", "disable", announcements], check=True, timeout=60, **quiet)  # type: ignore[call-overload]
    port = free_port()
    options = [
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        f"--IdentityProvider.token={TOKEN}",
    ]
    log = (home / "lab.log").open("w")
    server = subprocess.Popen(
        [*jupyter, "lab", *options], cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
    )
    lab = Lab(f"http://127.0.0.1:{port}", folder)
    try:
        _wait_for(lab, server, home / "lab.log")
        yield lab
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
        log.close()


def _wait_for(lab: Lab, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{lab.address}/api?token={TOKEN}", timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


class Watch:
    """What a page does that it should not: requests that leave the machine, errors on the console."""

    def __init__(self, page: Any) -> None:
        self.outside: list[str] = []
        self.errors: list[str] = []
        page.on("request", self._request)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _request(self, request: Any) -> None:
        local = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "about:", "file:")
        if not request.url.startswith(local):
            self.outside.append(request.url)

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)


def open_notebook(page: Any, lab: Lab, notebook: str) -> None:
    """Open a notebook and wait until its kernel is ready."""
    page.goto(lab.url(notebook))
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    deadline = time.monotonic() + 60
    # The page shows "idle" before there is a kernel, and cells run then are lost: ask the server.
    while not any(k["execution_state"] == "idle" and k["connections"] for k in lab.kernels()):
        if time.monotonic() > deadline:
            raise RuntimeError(f"no kernel is ready for {notebook}: {lab.kernels()}")
        page.wait_for_timeout(200)
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]', timeout=60_000)


def run_all(page: Any) -> None:
    """Run all cells by the menu and wait until the last code cell has its number."""
    page.click('.lm-MenuBar-itemLabel:text-is("Run")')
    page.click('.lm-Menu li[data-command="runmenu:run-all"]')
    page.wait_for_function(
        """() => {
            const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')];
            return prompts.length && prompts.every(p => /\\[\\d+\\]/.test(p.textContent));
        }""",
        timeout=120_000,
    )
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]', timeout=60_000)


def press(page: Any, *keys: str) -> None:
    """Press keys, one after the other."""
    for key in keys:
        page.keyboard.press(key)


def python_says(page: Any, code: str) -> str:
    """Run a line in the notebook's kernel by its last cell and return what it printed."""
    cell = page.locator(".jp-CodeCell").last
    before = cell.locator(".jp-InputPrompt").text_content()
    cell.locator(".cm-content").click()
    press(page, "Control+a")
    page.keyboard.insert_text(f"print({code})")
    press(page, "Control+Enter")
    page.wait_for_function(
        """(before) => {
            const text = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].at(-1).textContent;
            return text !== before && /\\[\\d+\\]/.test(text);
        }""",
        arg=before,
        timeout=60_000,
    )
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]', timeout=60_000)
    return str(cell.locator(".jp-OutputArea-output").last.text_content()).strip()
