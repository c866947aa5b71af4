"""What axe-core says of a page: the faults that shut somebody out."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT

WIDGETS = ".ck-widget, .ck-step, .ck-figure, .ck-details"  # what is ours on a page


def serious_faults(page: Any, part: str = WIDGETS) -> list[str]:
    """Return the serious and critical faults of our parts of a page, each with the element it is at.

    Parameters
    ----------
    page
        A page of Playwright.
    part
        A CSS selector: of JupyterLab's page only what is ours is judged.
    """
    page.evaluate(AXE_SCRIPT)
    result = page.evaluate(
        "(part) => axe.run({ include: [part] }, { resultTypes: ['violations'] })",
        part,
    )
    return [
        f"{fault['id']} ({fault['impact']}): {fault['help']}: {node['html'][:200]}"
        for fault in result["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def no_serious_faults(page: Any, part: str = WIDGETS) -> None:
    """Check that axe-core finds nothing serious or critical, and that it looked at something of ours."""
    assert page.locator(part).count() > 0, f"nothing of {part} on this page"
    faults = serious_faults(page, part)
    assert faults == [], "\n".join(faults)
