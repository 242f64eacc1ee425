"""How a process writes its log: lines of text for people, or of JSON for programs.

Everything is logged through the standard library's loggers, those of other packages included.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any, Final, Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from core.printable import printable
from core.telemetry.context import noted

# What nobody may read in a log: the user and password of a URL, what signs one in its query, and
# keys and secrets by their prefix. Libraries may tell a URL where we would not.
_SECRETS: Final = (
    (re.compile(r"(?<=://)[^/\s]*@"), "***@"),
    (
        re.compile(
            r"(?i)\b((?:password|token|sig|signature|x-(?:amz|goog)-[a-z-]{1,30})=)[^&\s'\"]+"
        ),
        r"\1***",
    ),
    (re.compile(r"\b(dfk_|whsec_)[A-Za-z0-9_+/=-]+"), r"\1***"),
)
_TELLS_URLS: Final = ("httpx", "httpcore")
_OWN: Final = ("timestamp", "level", "logger", "event", "exception")


LogFormat = Literal["text", "json"]


def configure_logs(level: str, form: LogFormat) -> None:
    """Write the log of this process to stderr; to be called once, at its start.

    httpx logs whole URLs and httpcore the headers of answers. Whoever signs a URL puts the secret
    there, so these two say what is wrong and nothing else, at any level.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(log_formatter(form))
    logging.basicConfig(level=level, handlers=[handler])
    least = max(logging.WARNING, logging.getLogger().level)
    for name in _TELLS_URLS:
        logging.getLogger(name).setLevel(least)


def log_formatter(form: LogFormat) -> logging.Formatter:
    """Renders records of the standard library's loggers."""
    added: list[Processor] = [
        _add_context,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    shown: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        _hide_secrets,
        structlog.processors.JSONRenderer() if form == "json" else _as_text,
    ]
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=added, processors=shown)


def _add_context(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    for name, value in noted().items():
        entry.setdefault(name, value)
    return entry


def _hide_secrets(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    return {name: _without_secrets(value) for name, value in entry.items()}


def _without_secrets(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    for secret, shown in _SECRETS:
        value = secret.sub(shown, value)
    return value


def _as_text(_logger: WrappedLogger, _method: str, entry: Mapping[str, Any]) -> str:
    """One line, and a traceback indented below it: no stranger's text begins a line of its own."""
    known = "".join(
        f" {name}={printable(str(value))}" for name, value in entry.items() if name not in _OWN
    )
    head = f"{entry['timestamp']} {str(entry['level']).upper()} {entry['logger']}:"
    lines = [f"{head} {printable(str(entry['event']))}{known}"]
    for line in str(entry.get("exception", "")).split("\n"):
        lines += [f"    {printable(line)}"] if line else []
    return "\n".join(lines)
