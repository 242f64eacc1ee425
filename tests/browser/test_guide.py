"""The example of docs/api.md that belongs into a page, in a page."""

from __future__ import annotations

import re
from pathlib import Path

from core.store.records import JobStatus
from tests.api.gateway import MP4
from tests.browser import bench as results
from tests.browser.bench import Bench
from tests.browser.visitor import Visitor

GUIDE = Path(__file__).parents[2] / "docs" / "api.md"
_CALL = """
(bytes) => {
  %s
  window.told = [];
  window.outcome = null;
  judged(new File([new Uint8Array(bytes)], "clip.mp4"), job => window.told.push(job.status)).then(
    job => { window.outcome = job.result.verdict; },
    error => { window.outcome = error.message; },
  );
}
"""


def _example() -> str:
    found = re.search(r"<!-- in a page -->\n```js\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def test_fetch_and_an_event_source_follow_a_file_to_its_verdict(
    desk: Bench, visitor: Visitor
) -> None:
    page = visitor.open()
    page.evaluate(_CALL % _example(), list(MP4))
    page.wait_for_function("() => window.told.includes('queued')")
    job_id = desk.take()
    page.wait_for_function("() => window.told.includes('processing')")
    desk.finish(job_id, results.FAKE)
    page.wait_for_function("() => window.outcome !== null")
    assert page.evaluate("window.outcome") == "fake"
    assert page.evaluate("window.told.at(-1)") == JobStatus.SUCCEEDED


def test_a_file_that_is_refused_is_told_by_fetch(desk: Bench, visitor: Visitor) -> None:
    visitor.expects("415")
    page = visitor.open()
    page.evaluate(_CALL % _example(), list(b"hello"))
    page.wait_for_function("() => window.outcome !== null")
    assert "looks like plain text" in page.evaluate("window.outcome")
    assert desk.redis.keys("df:job:*") == []
