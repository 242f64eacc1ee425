"""Makes a picture of every state of the page: ``python -m tests.browser.screenshots OUT``.

Each is made on a desktop and on a phone, light and dark.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser import bench as states
from tests.browser.bench import Bench, bench
from tests.browser.chromium import launched
from tests.browser.visitor import Visitor, visit
from tests.redis_server import RedisServer

SIZES = {"desktop": (1120, 800), "phone": (390, 844)}


def _remember(visitor: Visitor, names: dict[str, str]) -> None:
    """Put jobs into the list of this browser, as if it had sent them."""
    visitor.page.evaluate(
        "([ids, names]) => { localStorage.setItem('deepfake.jobs', ids);"
        " sessionStorage.setItem('deepfake.names', names); }",
        [json.dumps(list(names)), json.dumps(names)],
    )


def _failed(desk: Bench) -> str:
    desk.post()
    job_id = desk.take()
    desk.fail(job_id, "unreadable_media", "The mp4 file cannot be decoded: moov atom not found.")
    return job_id


def scenes(desk: Bench) -> dict[str, Callable[[Visitor], object]]:
    """What to open for each picture, by its name."""
    fake, real = desk.judged(states.FAKE), desk.judged(states.REAL)
    unsure, none = desk.judged(states.UNSURE), desk.judged(states.NO_FACE)
    failed = _failed(desk)
    waiting = desk.post()
    names = {
        fake: "interview.mp4", real: "holiday.mov", unsure: "two people.mp4",
        none: "landscape.mkv", failed: "cut off.mp4", waiting: "speech.mp4",
    }  # fmt: skip

    def with_all(path: str) -> Callable[[Visitor], object]:
        def go(visitor: Visitor) -> None:
            visitor.open()
            _remember(visitor, names)
            visitor.open("?seen#" + path)

        return go

    show_unsure = with_all(unsure)

    def dialog(visitor: Visitor) -> None:
        show_unsure(visitor)
        visitor.page.locator(".frame").nth(2).click()

    return {
        "start": lambda visitor: visitor.open(),
        "fake": with_all(fake),
        "real": with_all(real),
        "cannot-tell": show_unsure,
        "no-face": with_all(none),
        "error": with_all(failed),
        "waiting": with_all(waiting),
        "gone": lambda visitor: visitor.open("#job_gone"),
        "gallery": with_all(""),
        "compare": with_all(f"compare/{fake}/{real}"),
        "frame": dialog,
    }


@contextmanager
def desk() -> Iterator[Bench]:
    with (
        tempfile.TemporaryDirectory(prefix="df-") as folder,
        RedisServer(Path(folder)) as server,
        bench(server.url) as found,
        found.ready(),
    ):
        yield found


def main(out: Path, only: set[str]) -> None:
    """Write ``NAME-SIZE-SCHEME.png`` files into ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    with desk() as found, launched() as browser:
        for name, go in scenes(found).items():
            if not only or name in only:
                for size, (width, height) in SIZES.items():
                    _shoot(browser, found, go, out / f"{name}-{size}", (width, height))


def _shoot(
    browser: Browser,
    desk: Bench,
    go: Callable[[Visitor], object],
    path: Path,
    size: tuple[int, int],
) -> None:
    for scheme in ("light", "dark"):
        window = {"width": size[0], "height": size[1]}
        with visit(browser, desk.address, viewport=window, color_scheme=scheme) as visitor:
            visitor.expects("404")
            go(visitor)
            visitor.page.wait_for_timeout(300)
            dialog = visitor.page.locator("dialog[open]").count() > 0
            visitor.page.screenshot(path=f"{path}-{scheme}.png", full_page=not dialog)
            print(f"{path}-{scheme}.png")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("Say where to: python -m tests.browser.screenshots OUT [SCENE ...]")
    main(Path(sys.argv[1]), set(sys.argv[2:]))
