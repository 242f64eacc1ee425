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

from tests.browser.bench import Bench, bench
from tests.browser.chromium import launched
from tests.browser.scenes import Scenes, prepare
from tests.browser.visitor import Visitor, visit
from tests.redis_server import RedisServer

SIZES: dict[str, ViewportSize] = {
    "desktop": {"width": 1120, "height": 800},
    "phone": {"width": 390, "height": 844},
}


def main(out: Path, only: set[str]) -> None:
    """Write ``STATE-SIZE-SCHEME.png`` files into ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    with _desk() as desk, launched() as browser:
        scenes = prepare(desk)
        for size, window in SIZES.items():
            for scheme in ("light", "dark"):
                with visit(browser, desk.address, viewport=window, color_scheme=scheme) as visitor:
                    visitor.expects("404")  # the state in which the job is gone
                    _shoot(visitor, scenes, only, out, f"{size}-{scheme}")


def _shoot(visitor: Visitor, scenes: Scenes, only: set[str], out: Path, suffix: str) -> None:
    page = visitor.page
    if not only or "start" in only:
        visitor.open()
        page.screenshot(path=out / f"start-{suffix}.png", full_page=True)
    scenes.enter(visitor)
    for name in scenes.paths:
        if not only or name in only:
            scenes.show(visitor, name)
            page.screenshot(path=out / f"{name}-{suffix}.png", full_page=name != "frame")
            print(out / f"{name}-{suffix}.png")


@contextmanager
def _desk() -> Iterator[Bench]:
    with (
        tempfile.TemporaryDirectory(prefix="df-") as folder,
        RedisServer(Path(folder)) as server,
        bench(server.url) as found,
        found.ready(),
    ):
        yield found


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("Say where to: python -m tests.browser.screenshots OUT [STATE ...]")
    main(Path(sys.argv[1]), set(sys.argv[2:]))
