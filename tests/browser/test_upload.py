"""From the file to the verdict, with the test as the worker."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from api.service.load import FRESH_S
from core.store.keys import Key
from core.store.records import JobStatus
from tests.api.gateway import MP4
from tests.browser import bench as results
from tests.browser.bench import Bench, bench
from tests.browser.visitor import Visitor, film, photo, visit

# Makes files in the page and lets them be dropped or pasted, as a person does.
_BRING = """
([kind, names]) => {
  const held = new DataTransfer();
  const type = 'video/mp4';
  for (const name of names) held.items.add(new File([new Uint8Array(600)], name, { type }));
  const event = kind === 'paste'
    ? new ClipboardEvent('paste', { clipboardData: held, bubbles: true })
    : new DragEvent(kind, { dataTransfer: held, bubbles: true, cancelable: true });
  document.body.dispatchEvent(event);
}
"""


_MINUTES: Mapping[Any, Any] = {
    name: "120000" if not name.endswith(":n") else "9"
    for queue in ("interactive", "interactive:video")
    for name in (queue, f"{queue}:n")
}


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def test_a_film_is_followed_from_the_upload_to_the_verdict(desk: Bench, visitor: Visitor) -> None:
    page = visitor.open()
    expect(page.locator("#limits")).to_contain_text("MP4")
    expect(page.locator("#limits")).to_contain_text("512")
    visitor.send(film("interview.mp4", MP4))
    expect(page.locator(".progress-text")).to_have_text("Next in the queue")
    job_id = desk.take()
    assert page.url.endswith(f"#{job_id}")
    desk.attempts.set_stage(job_id, 1, "decode")
    expect(page.locator("[aria-current=step]")).to_have_text("Finding faces")
    desk.attempts.set_stage(job_id, 1, "infer")
    expect(page.locator(".progress-text")).to_have_text("The model judges the faces")
    desk.finish(job_id, results.FAKE)
    heading(page, "Likely manipulated")


def test_the_verdict_its_reason_and_its_error_rate_come_before_the_score(
    desk: Bench, visitor: Visitor
) -> None:
    page = visitor.open(f"#{desk.judged(results.FAKE)}")
    heading(page, "Likely manipulated")
    text = page.locator("main").inner_text()
    order = ["Likely manipulated", "not proof", "6 of 120", "Score 0.95", "What the model saw"]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    expect(page.get_by_role("img", name="Score 0.95")).to_be_visible()
    sentence = page.locator(".sentence").inner_text()
    assert "thresholds 0.123 and 0.869" in sentence
    assert "no proof" in sentence
    expect(page.locator(".frame")).to_have_count(10)
    expect(page.locator(".timeline tbody tr")).to_have_count(10)
    expect(page.get_by_text("There is sound, and nothing is said about it.")).to_be_visible()
    expect(page.get_by_text("was deleted at")).to_be_visible()


def test_an_unmeasured_verdict_says_that_nobody_measured_it(desk: Bench, visitor: Visitor) -> None:
    page = visitor.open(f"#{desk.judged(results.REAL)}")
    heading(page, "No sign of manipulation found")
    expect(page.get_by_text("Nobody has measured how often").first).to_be_visible()


def test_a_file_without_a_face_gets_no_score(desk: Bench, visitor: Visitor) -> None:
    page = visitor.open(f"#{desk.judged(results.NO_FACE)}")
    heading(page, "Cannot tell")
    expect(page.get_by_text("No face was found").first).to_be_visible()
    expect(page.locator(".gauge")).to_have_count(0)


def test_the_sentence_is_copied(desk: Bench, visitor: Visitor) -> None:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visitor.open(f"#{desk.judged(results.FAKE)}")
    page.get_by_role("button", name="Copy this sentence").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator(".sentence").inner_text()


def test_a_reload_in_mid_job_loses_nothing_and_keeps_ids_alone(
    desk: Bench, visitor: Visitor
) -> None:
    page = visitor.open()
    visitor.send(film("interview.mp4", MP4))
    expect(page.locator(".progress-text")).to_have_text("Next in the queue")
    job_id = desk.take()
    page.reload()
    expect(page.get_by_role("heading", level=1, name="interview.mp4")).to_be_visible()
    assert page.evaluate("JSON.stringify(localStorage)") == json.dumps(
        {"deepfake.jobs": json.dumps([job_id])}, separators=(",", ":")
    )
    desk.finish(job_id, results.REAL)
    heading(page, "No sign of manipulation found")


@pytest.mark.parametrize(
    ("name", "data", "kind", "why"),
    [
        ("notes.txt", b"hello", "text/plain", "neither a video nor a picture"),
        ("empty.mp4", b"", "video/mp4", "The file is empty"),
    ],
)
def test_what_cannot_be_judged_is_not_sent(
    visitor: Visitor, name: str, data: bytes, kind: str, why: str
) -> None:
    page = visitor.open()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    visitor.send({"name": name, "mimeType": kind, "buffer": data})
    heading(page, "The file was not sent")
    expect(page.get_by_text(why)).to_be_visible()
    assert "POST" not in sent


def test_what_the_server_refuses_is_told_in_its_words(visitor: Visitor) -> None:
    visitor.expects("415")
    page = visitor.open()
    visitor.send(film("fake.mp4", b"%PDF-1.7 " + bytes(5000)))
    heading(page, "This kind of file is not judged")
    expect(page.locator(".server-words")).to_contain_text("The file looks like a PDF")


def test_a_job_that_failed_says_what_to_do(desk: Bench, visitor: Visitor) -> None:
    page = visitor.open()
    visitor.send(film("cut.mp4", MP4))
    expect(page.locator(".progress-text")).to_have_text("Next in the queue")
    desk.fail(desk.take(), "unreadable_media", "moov atom not found")
    heading(page, "The file cannot be read")
    expect(page.get_by_text("It may be damaged or cut off")).to_be_visible()
    expect(page.locator(".server-words")).to_contain_text("moov atom not found")


def test_a_waiting_job_is_canceled(desk: Bench, visitor: Visitor) -> None:
    page = visitor.open()
    visitor.send(film("interview.mp4", MP4))
    expect(page.locator(".progress-text")).to_have_text("Next in the queue")
    page.get_by_role("button", name="Cancel").click()
    heading(page, "Canceled")
    assert desk.attempts.take("w1") is None


def test_delete_now_asks_and_then_leaves_nothing(desk: Bench, visitor: Visitor) -> None:
    job_id = desk.judged(results.FAKE)
    page = visitor.open(f"#{job_id}")
    page.get_by_role("button", name="Delete now").click()
    page.get_by_role("button", name="Keep it").click()
    heading(page, "Likely manipulated")
    page.get_by_role("button", name="Delete now").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator(".notice")).to_contain_text("holds nothing of this file any more")
    assert desk.http.get(f"/v1/jobs/{job_id}").status_code == 404
    assert page.evaluate("localStorage.getItem('deepfake.jobs')") in (None, "[]")


def test_a_job_that_is_gone_says_so(visitor: Visitor) -> None:
    visitor.expects("404")
    heading(visitor.open("#job_01ARZ3NDEKTSV4RRFFQ69G5FAV"), "No longer here")


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_files_may_be_dropped_and_pasted_anywhere(desk: Bench, visitor: Visitor, way: str) -> None:
    visitor.expects("415")  # 600 zero bytes are no film
    page = visitor.open()
    if way == "drop":
        page.evaluate(_BRING, ["dragenter", ["a.mp4"]])
        expect(page.get_by_text("Let go to send the files")).to_be_visible()
    page.evaluate(_BRING, [way, ["a.mp4", "b.mp4"]])
    expect(page.get_by_text("Let go to send the files")).to_be_hidden()
    expect(page.locator("[data-standing=failed]")).to_have_count(2)


def test_the_camera_records_a_film_and_sends_it(desk: Bench, visitor: Visitor) -> None:
    visitor.context.grant_permissions(["camera"])
    page = visitor.open()
    page.get_by_role("button", name="Record").click()
    page.get_by_role("button", name="Start").click()
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Stop and send").click()
    expect(page.locator(".progress-text")).to_have_text("Next in the queue")
    job = desk.attempts.take("w1")
    assert job is not None
    assert job.media.container in ("webm", "mkv")
    desk.attempts.finish(job.id, 1, status=JobStatus.CANCELED)
    heading(page, "Canceled")


def test_a_picture_is_a_picture(desk: Bench, visitor: Visitor) -> None:
    page = visitor.open()
    visitor.send(photo("me.jpg", b"\xff\xd8\xff" + bytes(500)))
    expect(page.locator(".progress-text")).to_have_text("Next in the queue")
    job = desk.attempts.take("w1")
    assert job is not None
    assert job.media.kind == "image"


def test_the_expected_end_is_told_and_counts_down(desk: Bench, visitor: Visitor) -> None:
    desk.redis.hset(Key.SERVICE_TIMES.at(), mapping=_MINUTES)
    page = visitor.open()
    time.sleep(FRESH_S)  # then the gateway reads them
    visitor.send(film("interview.mp4", MP4))
    expect(page.locator("#expected-end")).to_have_text("Done in about 2 minutes")
    desk.take()
    desk.redis.delete(Key.SERVICE_TIMES.at())


def test_a_file_that_was_judged_before_says_so(desk: Bench, visitor: Visitor) -> None:
    desk.judged(results.REAL)
    page = visitor.open(f"#{desk.post(fresh=False)}")
    heading(page, "No sign of manipulation found")
    expect(page.get_by_text("Judged by bench 1.0.")).to_contain_text("was judged before")


def test_a_url_is_fetched_by_the_server_and_a_private_one_is_not(
    desk: Bench, visitor: Visitor
) -> None:
    visitor.expects("422")
    page = visitor.open()
    page.get_by_label("Or give the address").fill("http://127.0.0.1/secret/clip.mp4?token=x")
    page.get_by_role("button", name="Fetch").click()
    heading(page, "The server does not fetch from this address")
    expect(page.get_by_role("heading", level=1)).to_have_text("clip.mp4")
    assert "token" not in page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")


def test_no_url_is_asked_for_where_none_is_fetched(
    chromium: Browser, redis_of_the_page: str
) -> None:
    with (
        bench(redis_of_the_page, empty=False, fetch_urls=False) as desk,
        visit(chromium, desk.address) as visitor,
    ):
        expect(visitor.open().locator("#url")).to_have_count(0)
