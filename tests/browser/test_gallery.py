"""Many files: their list, exports, comparison."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from playwright.sync_api import expect

from tests.api.gateway import MP4
from tests.browser import bench as results
from tests.browser.bench import Bench
from tests.browser.scenes import prepare
from tests.browser.visitor import Visitor, film

_TITLES = ".card:not(.batch-card) .card-title"


def test_many_files_are_listed_and_each_shows_its_state(desk: Bench, visitor: Visitor) -> None:
    page = visitor.open()
    visitor.send(*(film(f"{name}.mp4", MP4 + name.encode()) for name in "abcd"))
    expect(page.locator(".card")).to_have_count(4)
    expect(page.get_by_text("Position 4 in the queue")).to_be_visible()
    for result in (results.FAKE, results.REAL, results.UNSURE, results.NO_FACE):
        desk.finish(desk.take(), result)
    expect(page.locator("[data-standing=inconclusive]")).to_have_count(2)
    expect(page.locator("[data-standing=fake]")).to_contain_text("score 0.95")
    expect(page.locator("[data-standing=fake]")).to_contain_text("wrong in 5% of tests")


def test_the_list_is_filtered_and_sorted(desk: Bench, visitor: Visitor, tmp_path: Path) -> None:
    prepare(desk, tmp_path).enter(visitor)
    page = visitor.page
    page.get_by_label("Show").select_option("inconclusive")
    expect(page.locator(_TITLES)).to_have_text(["two people.mp4", "landscape.mkv"])
    expect(page.get_by_text("2 of 7 files")).to_be_visible()
    page.get_by_label("Show").select_option("all")
    page.get_by_label("Sort by").select_option("score")
    expect(page.locator(_TITLES).first).to_have_text("interview.mp4")
    page.get_by_label("Sort by").select_option("name")
    expect(page.locator(_TITLES).first).to_have_text("cut off.mp4")


def test_the_list_is_saved_as_csv_and_ndjson(desk: Bench, visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.open()
    visitor.send(film("=1+1.mp4", MP4), film('a "b", c.mp4', MP4 + b"2"))
    expect(page.get_by_text("Position 2 in the queue")).to_be_visible()
    for _ in range(2):
        desk.finish(desk.take(), results.FAKE)
    expect(page.locator("[data-standing=fake]")).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the list as CSV").click()
    download.value.save_as(tmp_path / "list.csv")
    with (tmp_path / "list.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert set(rows) == {"'=1+1.mp4", 'a "b", c.mp4'}  # a formula is defused
    assert (rows["'=1+1.mp4"]["verdict"], rows["'=1+1.mp4"]["score"]) == ("fake", "0.951")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the list as NDJSON").click()
    download.value.save_as(tmp_path / "list.ndjson")
    lines = (tmp_path / "list.ndjson").read_text("utf-8").splitlines()
    assert {json.loads(line)["name"] for line in lines} == {"=1+1.mp4", 'a "b", c.mp4'}
    assert json.loads(lines[0])["result"]["frames_scored"] == 9


def test_two_files_are_compared_side_by_side(desk: Bench, visitor: Visitor, tmp_path: Path) -> None:
    prepare(desk, tmp_path).enter(visitor)
    page = visitor.page
    compare = page.get_by_role("button", name="Compare two")
    expect(compare).to_be_disabled()
    page.get_by_label("Choose interview.mp4 for a comparison").check()
    page.get_by_label("Choose holiday.mov for a comparison").check()
    compare.click()
    expect(page.get_by_role("heading", name="Likely manipulated")).to_be_visible()
    expect(page.get_by_role("heading", name="No sign of manipulation found")).to_be_visible()
    page.get_by_role("button", name="All files").click()
    expect(page.locator(".card")).to_have_count(8)
