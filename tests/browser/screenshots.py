"""Makes a picture of every state: ``python -m tests.browser.screenshots OUT [STATE ...]``.

Each is made on a desktop and on a phone, light and dark.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import ViewportSize

from tests.browser.bench import Bench, bench, locked
from tests.browser.chromium import launched
from tests.browser.scenes import Scenes, prepare, tour_of_the_door
from tests.browser.visitor import Visitor, visit
from tests.redis_server import RedisServer

SIZES: dict[str, ViewportSize] = {
    "desktop": {"width": 1120, "height": 800},
    "phone": {"width": 390, "height": 844},
}


def main(out: Path, only: set[str]) -> None:
    """Write ``STATE-SIZE-SCHEME.png`` files into ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="df-") as name, launched() as browser:
        folder = Path(name)
        with _desk(folder) as (desk, door):
            scenes = prepare(desk, folder)
            for size, window in SIZES.items():
                for scheme in ("light", "dark"):
                    look = {"viewport": window, "color_scheme": scheme}
                    with visit(browser, desk.address, **look) as visitor:
                        _shoot(visitor, _tour(visitor, scenes, only), out, f"{size}-{scheme}")
                    with visit(browser, door.address, **look) as visitor:
                        names = (n for n in tour_of_the_door(visitor) if not only or n in only)
                        _shoot(visitor, names, out, f"{size}-{scheme}")


def _tour(visitor: Visitor, scenes: Scenes, only: set[str]) -> Iterator[str]:
    visitor.open()
    if not only or "start" in only:
        yield "start"
    scenes.enter(visitor)
    yield from scenes.tour(visitor, only)


def _shoot(visitor: Visitor, names: Iterator[str], out: Path, suffix: str) -> None:
    page = visitor.page
    for name in names:
        dialog = page.locator("dialog[open]").count() > 0  # which lies over the window alone
        page.screenshot(path=out / f"{name}-{suffix}.png", full_page=not dialog)
        print(out / f"{name}-{suffix}.png")


@contextmanager
def _desk(folder: Path) -> Iterator[tuple[Bench, Bench]]:
    """A gateway, and another one on the same Redis that asks for a key."""
    with (
        RedisServer(folder) as server,
        bench(server.url) as desk,
        desk.ready(),
        locked(server.url, folder) as (door, _),
    ):
        yield desk, door


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("Say where to: python -m tests.browser.screenshots OUT [STATE ...]")
    main(Path(sys.argv[1]), set(sys.argv[2:]))
