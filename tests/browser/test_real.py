"""The whole service with the bundled model: a film of a real face, from upload to deletion."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visitor import Visitor, film, photo, visit
from tests.e2e.films import face_video, landscape
from tests.e2e.service import Service, service

VERDICT_MS = 120_000  # a busy machine judges slowly


@pytest.fixture(scope="module")
def whole() -> Iterator[Service]:
    with tempfile.TemporaryDirectory(prefix="df-") as folder, service(Path(folder)) as started:
        yield started


@pytest.fixture
def guest(chromium: Browser, whole: Service) -> Iterator[Visitor]:
    with visit(chromium, str(whole.http.base_url)) as found:
        yield found


def test_a_film_is_judged_explained_and_deleted(guest: Visitor, whole: Service) -> None:
    page = guest.open()
    guest.send(film("walk.mp4", face_video()))
    expect(page.locator(".verdict")).to_be_visible(timeout=VERDICT_MS)
    assert page.locator(".frame").count() >= 1
    # A picture that is on its way while the job is deleted would be a 404 that nobody sees.
    expect(page.locator(".frame-picture:visible")).to_have_count(page.locator(".frame").count())
    page.locator(".frame").first.click()
    dialog = page.get_by_role("dialog", name="A judged frame")
    expect(dialog.get_by_text("pixels wide").first).to_be_visible()
    page.keyboard.press("Escape")
    job_id = page.url.partition("#")[2]
    page.get_by_role("button", name="Delete now").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator(".notice")).to_contain_text("holds nothing of this file any more")
    assert whole.http.get(f"/v1/jobs/{job_id}").status_code == 404


def test_a_picture_without_a_face_is_not_judged(guest: Visitor) -> None:
    page = guest.open()
    guest.send(photo("cup.jpg", landscape()))
    expect(page.get_by_role("heading", name="Cannot tell")).to_be_visible(timeout=VERDICT_MS)
    expect(page.get_by_text("No face was found").first).to_be_visible()


def test_the_frames_the_heat_map_and_the_report_are_shown(guest: Visitor) -> None:
    page = guest.open()
    guest.send(film("walk.mp4", face_video()))
    expect(page.locator(".verdict")).to_be_visible(timeout=VERDICT_MS)
    tiles = page.locator(".frame-picture:visible")
    expect(tiles).to_have_count(page.locator(".frame").count())
    assert page.evaluate("document.querySelector('.frame-picture').naturalWidth") == 1280
    expect(page.get_by_text("The frames and heat maps are deleted at")).to_be_visible()
    page.locator(".frame").first.click()
    dialog = page.get_by_role("dialog", name="A judged frame")
    heat = dialog.locator(".stage-heat")
    expect(heat).to_be_visible()
    dialog.get_by_label("Heat map").fill("25")
    assert heat.evaluate("map => getComputedStyle(map).opacity") == "0.25"
    face, shown = dialog.locator(".face-box .over").bounding_box(), heat.bounding_box()
    assert face is not None
    assert shown is not None
    assert shown["x"] <= face["x"]  # the crop is the face with a margin
    assert shown["x"] + shown["width"] >= face["x"] + face["width"]
    page.keyboard.press("Escape")
    with guest.context.expect_page() as opened:
        page.get_by_role("link", name="Report").click()
    opened.value.wait_for_load_state()
    assert "SHA-256" in opened.value.locator("body").inner_text()


def test_feedback_is_sent_once_with_consent_for_the_pictures(
    guest: Visitor, whole: Service
) -> None:
    page = guest.open()
    guest.send(film("walk.mp4", face_video()))
    expect(page.locator(".verdict")).to_be_visible(timeout=VERDICT_MS)
    page.get_by_text("This verdict is wrong").click()
    page.get_by_label("genuine").check()
    page.get_by_label("How do you know?").fill("I filmed it.")
    page.get_by_label("The judged pictures may be kept").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thank you. Your answer is kept.")).to_be_visible()
    (told,) = [json.loads(line) for line in whole.http.get("/v1/feedback").text.splitlines()]
    assert (told["label"], told["comment"]) == ("real", "I filmed it.")
