"""States of the page that somebody has to bring about: by a click, or by an outage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.bench import Bench
from tests.browser.visitor import Visitor

NETWORK = r"Failed to load resource|ERR_"
_TOO_LARGE = 600 * 1024**2


@dataclass(frozen=True)
class Trouble:
    """``brought`` to the state named ``at``, and taken back at the end."""

    at: str
    brought: Callable[[Visitor], AbstractContextManager[None]]


def look_again(page: Page) -> None:
    """What a browser says when its connection is back; the page looks now and not later."""
    page.evaluate("dispatchEvent(new Event('online'))")


def troubles(desk: Bench, folder: Path) -> Mapping[str, Trouble]:
    """All of them by name; files that are needed go into ``folder``."""
    return {
        "frame": Trouble("cannot-tell", _frame),
        "interrupted": Trouble("gallery", _interrupted),
        "batch-files": Trouble("batch", _batch_files),
        "over-limit": Trouble("gallery", partial(_over_limit, folder)),
        "feedback-sent": Trouble("real", _feedback),
        "delete": Trouble("fake", _delete),
        "worker-away": Trouble("waiting", partial(_worker_away, desk)),
        "server-gone": Trouble("waiting", _server_gone),
        "offline": Trouble("gallery", _offline),
    }


@contextmanager
def _frame(visitor: Visitor) -> Iterator[None]:
    visitor.page.locator(".frame").nth(2).click()
    expect(visitor.page.get_by_role("dialog")).to_be_visible()
    yield


@contextmanager
def _interrupted(visitor: Visitor) -> Iterator[None]:
    visitor.page.locator(".card-title", has_text="long.mp4").click()
    expect(visitor.page.locator(".progress")).to_be_visible()
    yield


@contextmanager
def _batch_files(visitor: Visitor) -> Iterator[None]:
    visitor.page.locator("details summary").click()
    expect(visitor.page.locator("tbody tr")).to_have_count(3)
    yield


@contextmanager
def _over_limit(folder: Path, visitor: Visitor) -> Iterator[None]:
    page, large = visitor.page, folder / "long film.mp4"
    with large.open("wb") as file:
        file.truncate(_TOO_LARGE)
    page.set_input_files("#files", large)
    expect(page.locator(".notice")).to_be_visible()
    yield
    page.locator(".notice button").last.click()  # remove it from the list


@contextmanager
def _feedback(visitor: Visitor) -> Iterator[None]:
    form = visitor.page.locator(".feedback")
    form.locator("summary").click()
    form.locator("[value=fake]").check()
    form.locator("[type=submit]").click()
    expect(form.locator("[type=submit]")).to_have_count(0)
    yield


@contextmanager
def _delete(visitor: Visitor) -> Iterator[None]:
    visitor.page.locator(".button.danger").click()
    expect(visitor.page.get_by_role("dialog")).to_be_visible()
    yield


@contextmanager
def _worker_away(desk: Bench, visitor: Visitor) -> Iterator[None]:
    visitor.expects("503")
    banner = visitor.page.locator(".banner.busy")
    with desk.away():
        look_again(visitor.page)
        expect(banner).to_be_visible()
        yield
    look_again(visitor.page)
    expect(banner).to_be_hidden()


@contextmanager
def _server_gone(visitor: Visitor) -> Iterator[None]:
    visitor.expects(NETWORK)
    page = visitor.page
    page.route("**/*", lambda route: route.abort("connectionrefused"))
    look_again(page)
    expect(page.locator(".banner.offline")).to_be_visible()
    yield
    page.unroute("**/*")
    look_again(page)
    expect(page.locator(".banner")).to_have_count(0)


@contextmanager
def _offline(visitor: Visitor) -> Iterator[None]:
    visitor.expects(NETWORK)
    visitor.context.set_offline(True)
    expect(visitor.page.locator(".banner.offline")).to_be_visible()
    yield
    visitor.context.set_offline(False)
    expect(visitor.page.locator(".banner")).to_have_count(0)
