"""The server, the worker, the connection or the room is away, and comes back."""

from __future__ import annotations

import re
import time
from pathlib import Path

from playwright.sync_api import Browser, Route, expect

from core.scopes import USUAL_SCOPES
from core.store.api_keys import ApiKeyStore
from tests.api.gateway import MP4
from tests.api.keys import OPERATOR, bearer, make_key
from tests.browser import bench as results
from tests.browser.bench import Bench, bench, locked
from tests.browser.troubles import NETWORK, look_again
from tests.browser.visitor import Visitor, film, visit


def test_an_upload_that_breaks_off_is_sent_again_and_makes_one_job(
    desk: Bench, visitor: Visitor
) -> None:
    visitor.expects(NETWORK)
    keys: list[str | None] = []

    def break_once(route: Route) -> None:
        keys.append(route.request.headers.get("idempotency-key"))
        if len(keys) == 1:
            route.abort("connectionreset")
        else:
            route.continue_()

    page = visitor.open()
    page.route(re.compile(r"/v1/jobs(\?|$)"), break_once)
    visitor.send(film("interview.mp4", MP4))
    expect(page.locator(".progress-text")).to_contain_text("The connection broke")
    expect(page.locator(".progress-text")).to_have_text("Next in the queue")
    assert len(keys) == 2
    assert keys[0] == keys[1] is not None
    desk.take()
    assert desk.attempts.take("w1") is None


def test_a_device_that_goes_offline_sends_when_it_is_back(desk: Bench, visitor: Visitor) -> None:
    visitor.expects(NETWORK)
    page = visitor.open()
    visitor.context.set_offline(True)
    expect(page.get_by_text("This device is offline")).to_be_visible()
    visitor.send(film("interview.mp4", MP4))
    expect(page.locator(".progress-text")).to_contain_text("The connection broke")
    visitor.context.set_offline(False)
    expect(page.get_by_text("This device is offline")).to_be_hidden()
    expect(page.locator(".progress-text")).to_have_text("Next in the queue")
    desk.finish(desk.take(), results.FAKE)
    expect(page.get_by_role("heading", name="Likely manipulated")).to_be_visible()


def test_a_gateway_that_restarts_in_mid_job_costs_nothing(
    chromium: Browser, redis_of_the_page: str
) -> None:
    with bench(redis_of_the_page) as desk, visit(chromium, desk.address) as visitor:
        visitor.expects(NETWORK)
        page, port = visitor.open(), desk.http.base_url.port
        visitor.send(film("interview.mp4", MP4))
        expect(page).to_have_url(re.compile("#job_"))
        job_id = desk.take()
        desk.stop()
        expect(page.get_by_text("The connection is lost")).to_be_visible()
        expect(page.get_by_text("The server cannot be reached")).to_be_visible()
        desk.finish(job_id, results.REAL)
        with bench(redis_of_the_page, port=port, empty=False):
            expect(page.get_by_role("heading", name="No sign of manipulation")).to_be_visible()
            look_again(page)
            expect(page.get_by_text("The server cannot be reached")).to_be_hidden()


def test_a_worker_that_is_away_is_told_and_the_file_waits(
    chromium: Browser, redis_of_the_page: str
) -> None:
    with bench(redis_of_the_page) as desk, visit(chromium, desk.address) as visitor:
        visitor.expects("503")
        page = visitor.open()
        banner = page.get_by_text("No file can be judged right now")
        expect(banner).to_be_visible()
        visitor.send(film("interview.mp4", MP4))
        expect(page.locator(".progress-text")).to_contain_text("waits until the service can judge")
        with desk.ready():
            look_again(page)
            expect(banner).to_be_hidden()
            desk.finish(desk.take(), results.FAKE)
            expect(page.get_by_role("heading", name="Likely manipulated")).to_be_visible()


def test_a_full_queue_is_waited_for(chromium: Browser, redis_of_the_page: str) -> None:
    with (
        bench(redis_of_the_page, max_queued_jobs=1) as desk,
        desk.ready(),
        visit(chromium, desk.address) as visitor,
    ):
        visitor.expects("429|503")
        desk.post()
        page = visitor.open()
        visitor.send(film("interview.mp4", MP4))
        expect(page.locator(".progress-text")).to_contain_text("no room right now. Next try in")
        desk.finish(desk.take(), results.FAKE)
        expect(page.locator(".progress-text")).to_have_text("Next in the queue")


def test_a_file_above_the_limit_is_not_sent(chromium: Browser, redis_of_the_page: str) -> None:
    with (
        bench(redis_of_the_page, max_upload_bytes=100_000) as desk,
        desk.ready(),
        visit(chromium, desk.address) as visitor,
    ):
        page = visitor.open()
        visitor.send(film("long.mp4", MP4 + bytes(100_000)))
        expect(page.get_by_text("the limit is 98 kB")).to_be_visible()


def test_a_key_is_asked_for_and_kept_in_this_tab_alone(
    chromium: Browser, redis_of_the_page: str, tmp_path: Path
) -> None:
    with (
        locked(redis_of_the_page, tmp_path, empty=True) as (desk, secret),
        desk.ready(),
        visit(chromium, desk.address) as visitor,
    ):
        visitor.expects("401")
        page = visitor.open()
        visitor.send(film("interview.mp4", MP4))
        dialog = page.get_by_role("dialog", name="An API key is needed")
        dialog.get_by_label("Key").fill("dfk_wrong")
        dialog.get_by_role("button", name="Use this key").click()
        expect(dialog.get_by_text("This key is not accepted here")).to_be_visible()
        dialog.get_by_label("Key").fill(secret)
        dialog.get_by_role("button", name="Use this key").click()
        expect(page.locator(".progress-text")).to_have_text("Next in the queue")
        desk.finish(desk.take(), results.FAKE)
        expect(page.get_by_role("heading", name="Likely manipulated")).to_be_visible()
        assert secret not in page.evaluate("JSON.stringify(localStorage) + document.cookie")
        assert secret in page.evaluate("JSON.stringify(sessionStorage)")


def test_a_key_that_is_revoked_is_asked_for_at_the_next_call(
    chromium: Browser, redis_of_the_page: str, tmp_path: Path
) -> None:
    with (
        locked(redis_of_the_page, tmp_path, empty=True) as (desk, secret),
        desk.ready(),
        visit(chromium, desk.address) as visitor,
    ):
        visitor.expects("401")
        made = make_key(desk.redis, "someone", *USUAL_SCOPES)
        page = visitor.open()
        page.evaluate(
            "key => sessionStorage.setItem('deepfake.key', JSON.stringify(key))", made.secret
        )
        visitor.send(film("interview.mp4", MP4))
        expect(page.locator(".progress-text")).to_have_text("Next in the queue")
        ApiKeyStore(desk.redis).revoke(made.key.id, actor=OPERATOR)
        while desk.http.get("/v1/models", headers=bearer(made)).status_code != 401:
            time.sleep(0.05)
        page.get_by_role("button", name="Cancel").click()
        dialog = page.get_by_role("dialog", name="An API key is needed")
        expect(dialog.get_by_text("This key is not accepted here")).to_be_visible()
        dialog.get_by_label("Key").fill(secret)
        dialog.get_by_role("button", name="Use this key").click()
        expect(dialog).to_be_hidden()
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("heading", name="Canceled")).to_be_visible()
