from __future__ import annotations

import subprocess
import sys

import pytest

from core.errors import ConfigurationError
from core.telemetry.traces import NoTraces, open_traces

GIVEN = f"00-{'ab' * 16}-{'cd' * 8}-01"


def test_where_no_collector_is_named_the_trace_of_the_caller_is_carried_on() -> None:
    traces = open_traces(None, "gateway")
    assert isinstance(traces, NoTraces)
    assert traces.begin("request", GIVEN).traceparent == GIVEN
    assert traces.begin("request", None).traceparent is None


def test_traces_that_are_off_import_nothing() -> None:
    # redis-py imports the SDK wherever it is installed, so look for what sends spans.
    code = (
        "import sys, api.main, worker.telemetry; "
        "print([m for m in sys.modules if m.startswith('opentelemetry.exporter')])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    monkeypatch.delitem(sys.modules, "core.telemetry.otel", raising=False)
    with pytest.raises(ConfigurationError, match=r"opentelemetry\.sdk\.resources .*\[otel\]"):
        open_traces("http://127.0.0.1:1", "gateway")
