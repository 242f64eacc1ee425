"""axe-core in a page: what is wrong for people who hear it, or who see contrasts badly."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# Its answer names every element that passed too; only what is wrong leaves the page.
_RUN = """
options => axe.run({ resultTypes: ['violations'], ...options }).then(({ violations }) =>
  violations.map(({ id, nodes }) => `${id}: ${nodes[0].target}`))
"""
_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


def violations(page: Page) -> list[str]:
    """The rule and the first place of each."""
    return _run(page, {})


def violations_in_the_dark(page: Page) -> list[str]:
    """The same in dark colours, in which nothing else differs."""
    page.emulate_media(color_scheme="dark")
    found = _run(page, _COLOURS)
    page.emulate_media(color_scheme="light")
    return found


def _run(page: Page, options: dict[str, Any]) -> list[str]:
    if page.evaluate("typeof axe === 'undefined'"):  # once a load: it is large
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(_RUN, options)
    return found
