"""When a delivery is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.webhooks.schedule import JITTER, MOST_PAUSE_S, pause_s, retry_after_s
from worker.webhooks.settings import RETRIES_S, WebhookSettings


def test_the_schedule_is_that_of_standard_webhooks() -> None:
    assert sum(RETRIES_S) == timedelta(hours=75, minutes=35, seconds=5).total_seconds()
    for attempt, planned in enumerate(RETRIES_S, start=1):
        pause = pause_s(RETRIES_S, attempt, None)
        assert pause == pytest.approx(planned, rel=JITTER)
    assert pause_s(RETRIES_S, len(RETRIES_S) + 1, None) is None


def test_a_receiver_may_ask_for_more_time_but_not_for_ever() -> None:
    assert pause_s(RETRIES_S, 1, 60.0) == 60
    assert pause_s(RETRIES_S, 2, 1.0) == pytest.approx(300, rel=JITTER)
    assert pause_s(RETRIES_S, 1, 1e9) == MOST_PAUSE_S


def test_retry_after_is_seconds_or_a_date() -> None:
    assert retry_after_s("120") == 120
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    told = retry_after_s(later)
    assert told is not None
    assert 80 < told <= 90
    assert retry_after_s("Wed, 21 Oct 2015 07:28:00 GMT") == 0


@given(st.text(max_size=40))
def test_a_header_that_makes_no_sense_asks_for_nothing(value: str) -> None:
    told = retry_after_s(value)
    assert told is None or told >= 0


@pytest.mark.parametrize(
    "date",
    [
        "Mon, 01 Jan 2024 00:00:00 +99999999999999999999",
        "Mon, 01 Jan 2024 00:00:99999999999999999999 GMT",
        "99999999999999999999 Jan 2024 00:00:00 GMT",
    ],
)
def test_a_date_beyond_all_bounds_asks_for_nothing(date: str) -> None:
    assert retry_after_s(date) is None


def test_the_pauses_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPFAKE_WEBHOOK_RETRIES_S", "1, 2.5")
    assert WebhookSettings.load().webhook_retries_s == (1.0, 2.5)
