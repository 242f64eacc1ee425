"""Many files as one."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

from playwright.sync_api import FilePayload, Page, expect

from tests.api.gateway import MP4
from tests.api.zips import zipped
from tests.browser import bench as results
from tests.browser.bench import Bench
from tests.browser.visitor import Visitor, film


def archive() -> bytes:
    return zipped({"one.mp4": MP4 + b"1", "two.mp4": MP4 + b"2", "notes.txt": b"hello"})


def picked(data: bytes) -> FilePayload:
    return {"name": "clips.zip", "mimeType": "application/zip", "buffer": data}


def send_archive(page: Page) -> None:
    page.set_input_files("#files", [picked(archive())])
    expect(page).to_have_url(re.compile("#batch_"))


def count(page: Page, name: str) -> str:
    row = page.locator(".counts > div", has=page.get_by_text(name, exact=True))
    return row.locator("dd").inner_text()


def test_an_archive_is_one_batch_whose_files_are_counted_and_taken_away(
    desk: Bench, visitor: Visitor, tmp_path: Path
) -> None:
    page = visitor.open()
    send_archive(page)
    expect(page.get_by_role("heading", name="clips.zip")).to_be_visible()
    expect(page.get_by_role("heading", name="Under way")).to_be_visible()
    assert (count(page, "Files"), count(page, "waiting"), count(page, "not judged")) == (
        "3", "2", "1",
    )  # fmt: skip
    desk.finish(desk.take(), results.FAKE)
    desk.finish(desk.take(), results.REAL)
    expect(page.get_by_role("heading", name="Some files could not be judged")).to_be_visible()
    assert (count(page, "likely manipulated"), count(page, "no sign found")) == ("1", "1")
    page.get_by_text("Files of the batch").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator("tbody tr").first).to_contain_text("Likely manipulated")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    download.value.save_as(tmp_path / "list.csv")
    with (tmp_path / "list.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert (rows["one.mp4"]["verdict"], rows["notes.txt"]["error"]) == ("fake", "unsupported_media")
    with page.expect_download() as download:
        page.get_by_role("button", name="NDJSON").click()
    download.value.save_as(tmp_path / "list.ndjson")
    lines = (tmp_path / "list.ndjson").read_text("utf-8").splitlines()
    assert [json.loads(line)["name"] for line in lines] == list(rows)
    page.get_by_role("link", name="one.mp4").click()
    expect(page.get_by_role("heading", name="Likely manipulated")).to_be_visible()


def test_very_many_files_become_a_batch_which_is_canceled_and_deleted_as_one(
    desk: Bench, visitor: Visitor
) -> None:
    page = visitor.open()
    visitor.send(*(film(f"{n}.mp4", MP4 + bytes([n])) for n in range(21)))
    expect(page.get_by_role("heading", name="Batch of 21 files")).to_be_visible()
    page.get_by_role("button", name="Cancel all").click()
    expect(page.get_by_role("heading", name="Canceled")).to_be_visible()
    assert desk.attempts.take("w1") is None
    page.get_by_role("button", name="All files").click()
    expect(page.locator(".batch-card")).to_contain_text("Batch of 21 files")
    page.reload()
    page.locator(".batch-card a").click()
    page.get_by_role("button", name="Delete now").click()
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        page.get_by_role("button", name="Delete", exact=True).click()
    assert desk.http.get("/v1/batches").json()["batches"] == []
    expect(page.locator("#files")).to_be_attached()  # the first page, without the batch
    expect(page.locator(".batch-card")).to_have_count(0)
    assert page.evaluate("localStorage.getItem('deepfake.batches')") == "[]"


def test_an_archive_that_cannot_be_read_says_why(desk: Bench, visitor: Visitor) -> None:
    visitor.expects("422")
    page = visitor.open()
    page.set_input_files("#files", [picked(archive()[:60])])
    expect(page.get_by_role("heading", name="The archive cannot be unpacked")).to_be_visible()
    page.get_by_role("button", name="Remove from the list").click()
    expect(page.locator(".card")).to_have_count(0)
