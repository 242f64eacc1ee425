"""Large files, which are sent in pieces and go on where they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.api.gateway import MP4
from tests.browser import bench as results
from tests.browser.bench import Bench
from tests.browser.troubles import NETWORK
from tests.browser.visitor import Visitor

PIECE = 8 * 1024**2
_UPLOADS = re.compile(r"/v1/uploads/")


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A film of one piece and a quarter."""
    path = tmp_path / "long.mp4"
    with path.open("wb") as file:
        file.write(MP4)
        file.truncate(PIECE + PIECE // 4)
    return path


class Line:
    """The connection to the server: it notes where pieces begin, and breaks at the second one."""

    def __init__(self, visitor: Visitor, *, for_good: bool = False) -> None:
        self.offsets: list[str | None] = []
        self._for_good = for_good
        visitor.expects(NETWORK)
        visitor.page.route(_UPLOADS, self._pass)

    def mend(self) -> None:
        self._for_good = False

    def _pass(self, route: Route) -> None:
        if route.request.method == "PATCH":
            self.offsets.append(route.request.headers.get("upload-offset"))
        second = len(self.offsets) == 2 and route.request.method == "PATCH"
        if second or (self._for_good and len(self.offsets) > 1):
            route.abort("connectionreset")
        else:
            route.continue_()


def test_a_large_file_that_breaks_off_goes_on_where_it_was_and_makes_one_job(
    desk: Bench, visitor: Visitor, large: Path
) -> None:
    page = visitor.open()
    line = Line(visitor)
    page.set_input_files("#files", large)
    expect(page.locator(".progress-text")).to_contain_text("The connection broke")
    expect(page.locator(".progress-text")).to_have_text("Next in the queue")
    assert line.offsets == ["0", str(PIECE), str(PIECE)]
    job = desk.attempts.take("w1")
    assert job is not None
    assert job.media.size == large.stat().st_size
    assert desk.attempts.take("w1") is None
    assert page.evaluate("sessionStorage.getItem('deepfake.uploads')") == "[]"
    desk.finish(job.id, results.REAL)
    expect(page.get_by_role("heading", name="No sign of manipulation found")).to_be_visible()


def test_a_reload_in_mid_upload_costs_no_byte_that_was_sent(
    desk: Bench, visitor: Visitor, large: Path
) -> None:
    page = visitor.open()
    line = Line(visitor, for_good=True)
    page.set_input_files("#files", large)
    expect(page.locator(".progress-text")).to_contain_text("The connection broke")
    line.mend()
    visitor.open()
    page.reload()
    expect(page.locator(".card-words")).to_contain_text("Interrupted at 80%")
    page.set_input_files("#files", large)
    expect(page.locator(".progress-text")).to_have_text("Next in the queue")
    assert line.offsets[0] == "0"
    assert set(line.offsets[1:]) == {str(PIECE)}
    assert desk.take()


def test_an_upload_that_is_canceled_holds_no_byte(
    desk: Bench, visitor: Visitor, large: Path
) -> None:
    page = visitor.open()
    line = Line(visitor, for_good=True)
    page.set_input_files("#files", large)
    expect(page.locator(".progress-text")).to_contain_text("The connection broke")
    line.mend()
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as deleted:
        page.get_by_role("button", name="Cancel").click()
    assert deleted.value.status == 204
    expect(page.locator(".card")).to_have_count(0)
    assert "of 2,147,483,648 bytes" in desk.http.get("/readyz").text
    assert '"0 of ' in desk.http.get("/readyz").text


def test_an_upload_that_the_server_has_forgotten_begins_anew(
    desk: Bench, visitor: Visitor, large: Path
) -> None:
    visitor.expects("404")
    page = visitor.open()
    line = Line(visitor, for_good=True)
    page.set_input_files("#files", large)
    expect(page.locator(".progress-text")).to_contain_text("The connection broke")
    desk.redis.flushall()
    line.mend()
    with desk.ready():
        expect(page.locator(".progress-text")).to_have_text("Next in the queue")
        assert line.offsets[-2:] == ["0", str(PIECE)]
