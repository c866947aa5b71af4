"""What could act in a web page: scripts, frames, forms, handlers of events, addresses that run."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

# fmt: off
_ACTIVE = frozenset([
    "applet", "audio", "base", "button", "embed", "form", "frame", "iframe", "input", "link", "math",
    "meta", "object", "portal", "script", "select", "source", "style", "svg", "template", "textarea", "title",
    "video",
])
# fmt: on
_ADDRESSES = frozenset(["href", "src", "action", "formaction", "xlink:href", "data", "srcdoc", "srcset"])
_HARMLESS_ADDRESS = re.compile(
    r"(https?:|mailto:|#|data:image/(?:png|jpeg|gif);base64,|[\w./%-]+(?:#|$)|$)", re.I
)
# What MathJax would make of TeX in the text.
_TEX = re.compile(r"\\(href|url|require|style|class|cssId|html\w*|unicode)\s*[{\[]")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: Counter[str] = Counter()
        self._inside = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in _ACTIVE:
            self.found[f"<{tag} {sorted((name, value or '') for name, value in attributes)}>"] += 1
            self._inside = tag
        for name, value in attributes:
            address = re.sub(r"[\x00-\x20]", "", value or "")
            if name.startswith("on") or (name in _ADDRESSES and not _HARMLESS_ADDRESS.match(address)):
                self.found[f"<{tag} {name}={(value or '')[:100]!r}>"] += 1
            elif tag == "img" and re.match(r"https?:", address, re.I):  # the reader's browser fetches it
                self.found[f"<img {name}={address[:100]!r}>"] += 1
            elif name == "class" and "mermaid" in (value or "").lower().split():
                self.found[f"<{tag} class={value!r}>"] += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in ("script", "style", "title"):
            self.found[f"{self._inside}: {data.strip()[:200]}"] += 1
        else:
            self.found.update(f"TeX {match[0]}" for match in _TEX.finditer(data))

    def handle_pi(self, data: str) -> None:
        self.found[f"<?{data[:100]}>"] += 1


def active(page: str) -> Counter[str]:
    r"""Count what could act.

    >>> sorted(active("<p onclick=alert(1)>a <a href='java\nscript:alert(1)'>b</a> $x < 1$</p>"))
    ["<a href='java\\nscript:alert(1)'>", "<p onclick='alert(1)'>"]
    """
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.found
