"""Somebody who looks at the page, and notes what no visit may show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypedDict

from playwright.sync_api import Browser, BrowserContext, Page, expect


class Picked(TypedDict):
    """A file as Playwright hands it to an input."""

    name: str
    mimeType: str
    buffer: bytes


@dataclass
class Visitor:
    """A page at one address, and the faults that it has shown."""

    page: Page
    context: BrowserContext
    address: str
    faults: list[str] = field(default_factory=list)
    # A machine that is busy with other tests may answer /readyz late once, which is a 503.
    expected: list[str] = field(default_factory=lambda: ["503 .Service Unavailable"])

    def open(self, path: str = "") -> Page:
        """Go to a path below the address, and wait until the page has started."""
        self.page.goto(self.address + path)
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        return self.page

    def send(self, *files: Picked) -> None:
        self.page.set_input_files("#files", list(files))

    def expects(self, *patterns: str) -> None:
        """Faults that this test brings about itself."""
        self.expected += patterns

    def unexpected(self) -> Sequence[str]:
        return [
            fault for fault in self.faults if not any(re.search(p, fault) for p in self.expected)
        ]

    def overflow(self) -> int:
        """Pixels by which the page is wider than its window."""
        return int(
            self.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
        )


def film(name: str, data: bytes) -> Picked:
    return {"name": name, "mimeType": "video/mp4", "buffer": data}


def photo(name: str, data: bytes) -> Picked:
    return {"name": name, "mimeType": "image/jpeg", "buffer": data}


@contextmanager
def visit(browser: Browser, address: str, **options: Any) -> Iterator[Visitor]:
    """A fresh visitor; at the end there must have been no fault that was not expected."""
    context = browser.new_context(**{"locale": "en-GB", **options})
    page = context.new_page()
    visitor = Visitor(page, context, address.rstrip("/") + "/")
    page.on("pageerror", lambda error: visitor.faults.append(f"page error: {error}"))
    page.on("console", lambda message: _note(visitor, message.type, message.text))
    page.on("request", lambda request: _stay_home(visitor, request.url))
    try:
        yield visitor
    finally:
        context.close()
    assert visitor.unexpected() == []


def _note(visitor: Visitor, kind: str, text: str) -> None:
    if kind in ("error", "warning"):
        visitor.faults.append(f"console {kind}: {text}")


def _stay_home(visitor: Visitor, url: str) -> None:
    origin = "/".join(visitor.address.split("/")[:3])
    if not url.startswith((f"{origin}/", "blob:", "data:")):
        visitor.faults.append(f"request to {url}")
