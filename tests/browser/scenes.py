"""Every state of the page that a job can bring about, for pictures and for checks of each."""

from __future__ import annotations

import json
from dataclasses import dataclass

from playwright.sync_api import expect

from tests.browser import bench as results
from tests.browser.bench import Bench
from tests.browser.visitor import Visitor

# Resolves once the page has heard of the new address, and not while the old state is still shown.
_GO = """
path => new Promise(done => {
  if (decodeURIComponent(location.hash.slice(1)) === path) return done();
  addEventListener('hashchange', () => done(), { once: true });
  location.hash = path;
})
"""


@dataclass(frozen=True)
class Scenes:
    """The jobs by the names of their files, and where each state is: what follows ``#``."""

    names: dict[str, str]
    paths: dict[str, str]

    def enter(self, visitor: Visitor) -> None:
        """Open the page as somebody who has sent all these files before."""
        visitor.open()
        visitor.page.evaluate(
            "([ids, names]) => { localStorage.setItem('deepfake.jobs', ids);"
            " sessionStorage.setItem('deepfake.names', names); }",
            [json.dumps(list(self.names)), json.dumps(self.names)],
        )
        visitor.page.reload()
        expect(visitor.page.locator(".card")).to_have_count(len(self.names))

    def show(self, visitor: Visitor, name: str) -> None:
        """Go to a state, and wait until it is drawn."""
        page = visitor.page
        page.evaluate(_GO, self.paths[name])
        if name == "gallery":
            expect(page.locator("[data-standing=fake]")).to_be_visible()
            return
        wanted = {"waiting": ".progress", "gone": ".notice", "error": ".notice"}
        expect(page.locator(wanted.get(name, ".verdict")).first).to_be_visible()
        if name == "frame":
            page.locator(".frame").nth(2).click()
            expect(page.get_by_role("dialog")).to_be_visible()


def prepare(desk: Bench) -> Scenes:
    """Put a job in each state into the store."""
    fake, real = desk.judged(results.FAKE), desk.judged(results.REAL)
    unsure, none = desk.judged(results.UNSURE), desk.judged(results.NO_FACE)
    desk.post()
    failed = desk.take()
    desk.fail(failed, "unreadable_media", "The mp4 file cannot be decoded: moov atom not found.")
    waiting = desk.post()
    names = {
        fake: "interview.mp4", real: "holiday.mov", unsure: "two people.mp4",
        none: "landscape.mkv", failed: "cut off.mp4", waiting: "speech.mp4",
    }  # fmt: skip
    paths = {
        "gallery": "", "fake": fake, "real": real, "cannot-tell": unsure, "no-face": none,
        "error": failed, "waiting": waiting, "gone": "job_gone",
        "compare": f"compare/{fake}/{real}", "frame": unsure,
    }  # fmt: skip
    return Scenes(names, paths)
