"""The whole service with the bundled model: a film of a real face, from upload to deletion."""

from __future__ import annotations

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
