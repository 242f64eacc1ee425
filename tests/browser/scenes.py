"""Every state of the page, for pictures and for checks of each."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import expect

from core.store.keys import Key
from tests.api.gateway import MP4
from tests.browser import bench as results
from tests.browser.bench import Bench
from tests.browser.troubles import Trouble, troubles
from tests.browser.visitor import Visitor

# Resolves once the page has heard of the new address, and not while the old state is still shown.
_GO = """
path => new Promise(done => {
  if (decodeURIComponent(location.hash.slice(1)) === path) return done();
  addEventListener('hashchange', () => done(), { once: true });
  location.hash = path;
})
"""
_REMEMBER = """
([jobs, batches, names, uploads]) => {
  localStorage.setItem('deepfake.jobs', jobs);
  localStorage.setItem('deepfake.batches', batches);
  sessionStorage.setItem('deepfake.names', names);
  sessionStorage.setItem('deepfake.uploads', uploads);
}
"""
_WANTED = {
    "gallery": "[data-standing=fake]", "waiting": "#expected-end:visible", "gone": ".notice",
    "expired": ".notice", "error": ".notice", "canceled": ".notice", "batch": ".facts",
}  # fmt: skip
LARGE = 20_000_000  # bytes of a file that is sent in pieces


@dataclass(frozen=True)
class Scenes:
    """The jobs by the names of their files, and where each state is: what follows ``#``.

    A trouble is a state that an address alone does not bring about.
    """

    names: Mapping[str, str]
    paths: Mapping[str, str]
    troubles: Mapping[str, Trouble]
    batch: str
    upload: Mapping[str, object]

    def enter(self, visitor: Visitor) -> None:
        """Open the page as somebody who has sent all these files before."""
        visitor.expects("404", "410")  # the states in which a job is gone
        page = visitor.open()
        remembered = (list(self.names), [self.batch], self.names, [self.upload])
        page.evaluate(_REMEMBER, [json.dumps(each) for each in remembered])
        page.reload()
        # One of each job, the batch and the upload that was cut.
        expect(page.locator(".card")).to_have_count(len(self.names) + 2)

    def tour(self, visitor: Visitor, only: Container[str] = ()) -> Iterator[str]:
        """The name of each state while it is shown, or of each of ``only``."""
        for name in (*self.paths, *self.troubles):
            if not only or name in only:
                with self.shown(visitor, name):
                    yield name

    @contextmanager
    def shown(self, visitor: Visitor, name: str) -> Iterator[None]:
        """Go to a state and wait until it is drawn; then leave no trace of it."""
        page = visitor.page
        trouble = self.troubles.get(name)
        page.evaluate(_GO, self.paths[name if trouble is None else trouble.at])
        with nullcontext() if trouble is None else trouble.brought(visitor):
            if trouble is None:
                expect(page.locator(_WANTED.get(name, ".verdict")).first).to_be_visible()
            yield
            if page.locator("dialog[open]").count():
                page.keyboard.press("Escape")


def tour_of_the_door(visitor: Visitor) -> Iterator[str]:
    """The same for somebody without a key, at a gateway that asks for one."""
    visitor.expects("401")
    page = visitor.open("#job_01JD8ZK3V5T8M2Q9W4R7X6Y1AB")
    expect(page.locator(".notice")).to_be_visible()
    yield "locked"
    page.locator("#key-button").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    yield "key"
    page.locator("#key").fill("dfk_wrong")
    page.locator("dialog [type=submit]").click()
    expect(page.locator("dialog .fault")).not_to_be_empty()
    yield "key-wrong"


def prepare(desk: Bench, folder: Path) -> Scenes:
    """Put a job in each state into the store; files that are needed go into ``folder``."""
    batch = _batch(desk)
    fake, real = desk.judged(results.FAKE), desk.judged(results.REAL)
    unsure, none = desk.judged(results.UNSURE), desk.judged(results.NO_FACE)
    known = desk.post(fresh=False)
    desk.post()
    failed = desk.take()
    desk.fail(failed, "unreadable_media", "The mp4 file cannot be decoded: moov atom not found.")
    canceled = desk.post()
    desk.http.post(f"/v1/jobs/{canceled}/cancel")
    expired = desk.post()
    desk.http.post(f"/v1/jobs/{expired}/cancel")
    desk.redis.delete(Key.JOB.at(expired))
    waiting = desk.post()
    names = {
        fake: "interview.mp4", real: "holiday.mov", unsure: "two people.mp4",
        none: "landscape.mkv", failed: "cut off.mp4", waiting: "speech.mp4",
    }  # fmt: skip
    paths = {
        "gallery": "", "fake": fake, "real": real, "cannot-tell": unsure, "no-face": none,
        "error": failed, "waiting": waiting, "gone": "job_gone", "expired": expired,
        "canceled": canceled, "seen-before": known, "batch": batch,
        "compare": f"compare/{fake}/{real}",
    }  # fmt: skip
    return Scenes(names, paths, troubles(desk, folder), batch, _cut(desk))


def _batch(desk: Bench) -> str:
    """Three files: one is judged, one is no film, and one waits."""
    files = [("a.mp4", MP4 + b"a"), ("notes.txt", b"hello"), ("b.mp4", MP4 + b"b")]
    sent = desk.http.post("/v1/batches", files=[("file", file) for file in files])
    desk.finish(desk.take(), results.REAL)
    return str(sent.json()["id"])


def _cut(desk: Bench) -> dict[str, object]:
    """An upload of which half has come, as the page remembers it."""
    tus = {"Tus-Resumable": "1.0.0"}
    begun = desk.http.post("/v1/uploads", headers={**tus, "Upload-Length": str(LARGE)})
    path = begun.headers["Location"]
    body = {**tus, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    desk.http.patch(path, headers=body, content=bytes(LARGE // 2))
    told = {"name": "long.mp4", "size": LARGE, "modified": 1_700_000_000_000}
    return {"path": path, "token": "of-this-upload", **told}
