"""Each state on a phone, in each language, in light and dark, by keyboard, and by axe."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.api.gateway import MP4
from tests.browser import bench as results
from tests.browser.axe import violations, violations_in_the_dark
from tests.browser.bench import Bench, locked
from tests.browser.scenes import prepare, tour_of_the_door
from tests.browser.visitor import Visitor, film, visit

LANGUAGES = {
    "en": "Likely manipulated",
    "de": "Wahrscheinlich manipuliert",
    "es": "Probablemente manipulado",
    "fr": "Probablement manipulé",
    "hi": "शायद छेड़छाड़ हुई है",
}


def test_axe_finds_nothing_in_any_state_light_or_dark(
    chromium: Browser, desk: Bench, redis_of_the_page: str, tmp_path: Path
) -> None:
    scenes = prepare(desk, tmp_path)
    faults: dict[str, list[str]] = {}

    def look(page: Page, name: str) -> None:
        faults[name] = violations(page)
        faults[f"{name}, dark"] = violations_in_the_dark(page)

    with visit(chromium, desk.address, reduced_motion="reduce") as visitor:
        look(visitor.open(), "start")
        scenes.enter(visitor)
        for name in scenes.tour(visitor):
            look(visitor.page, name)
    with (
        locked(redis_of_the_page, tmp_path) as (door, _),
        visit(chromium, door.address, reduced_motion="reduce") as visitor,
    ):
        for name in tour_of_the_door(visitor):
            look(visitor.page, name)
    assert {name: found for name, found in faults.items() if found} == {}
    assert len(faults) == 2 * 26


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_overflows_a_small_phone_in_any_language(
    chromium: Browser, desk: Bench, tmp_path: Path, language: str
) -> None:
    scenes = prepare(desk, tmp_path)
    window = {"width": 360, "height": 740}
    with visit(chromium, desk.address, viewport=window, locale=language) as visitor:
        visitor.open()
        assert visitor.overflow() == 0
        scenes.enter(visitor)
        for name in scenes.tour(visitor):
            assert visitor.overflow() == 0, name
            if name == "fake":
                title = visitor.page.get_by_role("heading", name=LANGUAGES[language])
                expect(title).to_be_visible()
            words = visitor.page.evaluate(
                "document.body.innerText.match(/\\b[a-z]+\\.[a-z_]+\\b/g)"
            )
            ends = (".mp4", ".mov", ".mkv", ".txt")
            assert not [word for word in words or [] if not word.endswith(ends)], name
        assert visitor.page.evaluate("document.documentElement.lang") == language


def test_another_language_is_chosen_without_a_reload(desk: Bench, visitor: Visitor) -> None:
    page = visitor.open(f"#{desk.judged(results.FAKE)}")
    page.get_by_label("Language").select_option("de")
    expect(page.get_by_role("heading", name="Wahrscheinlich manipuliert")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Wahrscheinlich manipuliert")).to_be_visible()


def test_everything_is_reached_by_keyboard_alone(desk: Bench, visitor: Visitor) -> None:
    job_id = desk.judged(results.UNSURE)
    page = visitor.open(f"#{job_id}")
    focused = (
        "document.activeElement.getAttribute('aria-label') || document.activeElement.innerText"
    )
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(str(page.evaluate(focused)))
        if reached[-1].startswith("Frame 1 "):
            break
    assert "Copy this sentence" in reached
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="A judged frame")
    expect(dialog).to_contain_text("Frame 1 of 10")
    page.keyboard.press("ArrowRight")
    expect(dialog).to_contain_text("Frame 2 of 10")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert str(page.evaluate(focused)).startswith("Frame 1 ")  # the focus is where it was


def test_a_screen_reader_is_told_what_changes(desk: Bench, visitor: Visitor) -> None:
    page = visitor.open()
    visitor.send(film("interview.mp4", MP4))
    told = page.locator("#polite")
    expect(told).to_contain_text("Next in the queue")
    desk.finish(desk.take(), results.FAKE)
    expect(told).to_have_text("Likely manipulated")


def test_who_wants_no_motion_sees_none(chromium: Browser, desk: Bench) -> None:
    desk.post()
    with visit(chromium, desk.address, reduced_motion="reduce") as visitor:
        page = visitor.open()
        visitor.send(film("interview.mp4", MP4))
        expect(page.locator(".spin")).to_be_visible()
        assert page.evaluate("document.getAnimations().length") == 0
