"""What a log says, and what it never does."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.telemetry.context import log_context, note
from core.telemetry.logs import LogFormat, log_formatter

both = pytest.mark.parametrize("form", ["text", "json"])


def logged(form: LogFormat, message: str, *values: object, error: bool = False) -> str:
    told = sys.exc_info() if error else None
    record = logging.LogRecord("api.x", logging.WARNING, "x.py", 1, message, values, told)
    return log_formatter(form).format(record)


def test_text_is_one_line_with_what_is_known_of_the_request() -> None:
    with log_context(request_id="r1", trace_id=None):
        line = logged("text", "%s waits", "job_1")
    assert line.endswith("Z WARNING api.x: job_1 waits request_id=r1")


def test_json_is_one_object_with_what_is_known_of_the_request() -> None:
    with log_context(request_id="r1"):
        entry = json.loads(logged("json", "%s waits", "job_1"))
    assert entry.pop("timestamp").endswith("Z")
    assert entry == {
        "event": "job_1 waits",
        "level": "warning",
        "logger": "api.x",
        "request_id": "r1",
    }


def test_what_a_thread_notes_for_a_request_is_said_by_the_request() -> None:
    import contextvars

    with log_context(request_id="r1"):
        thread = threading.Thread(target=contextvars.copy_context().run, args=(_note_tenant,))
        thread.start()
        thread.join()
        assert "tenant=alice" in logged("text", "hello")
    note(tenant="nobody")
    assert "tenant" not in logged("text", "hello")


def _note_tenant() -> None:
    note(tenant="alice")


@both
@given(text=st.text())
def test_a_stranger_cannot_begin_a_line_of_his_own(form: LogFormat, text: str) -> None:
    with log_context(tag=text):
        line = logged(form, "%s", text)
    assert line.isprintable()


@both
def test_a_stranger_cannot_begin_a_line_in_a_traceback_either(form: LogFormat) -> None:
    try:
        raise ValueError("x\n2026-01-01T00:00:00Z ERROR api.x: forged\r\x1b[31m")
    except ValueError:
        first, *rest = logged(form, "failed", error=True).split("\n")
    assert "failed" in first
    assert all(line.startswith("    ") and line.isprintable() for line in rest)
    assert ("forged" in first) is (form == "json")


@both
def test_neither_passwords_in_urls_nor_keys_are_logged(form: LogFormat) -> None:
    secret = "redis://bob:hunter2@host:1/0 and dfk_abc-DEF_123 and whsec_abc/DEF+1="
    try:
        raise ValueError(secret)
    except ValueError:
        line = logged(form, "cannot use %s", secret, error=True)
    for hidden in ("bob", "hunter2", "abc"):
        assert hidden not in line
    assert "redis://***@host:1/0 and dfk_*** and whsec_***" in line


@both
@pytest.mark.parametrize(
    "url",
    [
        "redis://bob:hunt@er2@host:1/0",
        "redis://:hunter2@[::1]:1/0",
        "unix:///run/redis.sock?db=1&password=hunter2",
        "redis://host/0?Password=hunter2&db=1",
        "redis+socket://bob:hunter2@/run/redis.sock",
        "https://a.example/clip.mp4?X-Amz-Date=1&X-Amz-Signature=hunter2",
        "https://a.example/clip.mp4?X-Amz-Security-Token=hunter2&X-Amz-Signature=er2",
        "https://a.example/clip.mp4?se=1&sig=hunter2",
        "https://a.example/clip.mp4?token=hunter2",
    ],
)
def test_a_password_or_a_signature_is_hidden_wherever_it_stands_in_a_url(
    form: LogFormat, url: str
) -> None:
    line = logged(form, "cannot use %s here", url)
    assert "er2" not in line
    assert "***" in line
    assert "here" in line


@pytest.mark.parametrize(
    ("level", "least"), [("DEBUG", logging.WARNING), ("ERROR", logging.ERROR)], ids=str
)
def test_what_tells_whole_urls_is_silent_at_any_level(level: str, least: int) -> None:
    code = (
        "import logging\n"
        "from core.telemetry.logs import configure_logs\n"
        f"configure_logs({level!r}, 'text')\n"
        "for name in ('httpx', 'httpcore.http11'):\n"
        "    print(logging.getLogger(name).getEffectiveLevel())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(least)] * 2
