"""``deepfake doctor``: what works on this machine, what does not, and what to do."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from deepfake.doctor.check import Check

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command()
@click.option("--model", envvar="DEEPFAKE_MODEL", show_envvar=True, metavar="NAME|PATH",
              help="A bundle; the default is the one that ships.")  # fmt: skip
@click.option("--video-model", envvar="DEEPFAKE_VIDEO_MODEL", show_envvar=True,
              metavar="NAME|PATH", help="A bundle for videos. Default: --model.")  # fmt: skip
@click.option("--redis-url", envvar="DEEPFAKE_REDIS_URL", show_envvar=True, metavar="URL",
              help="The default is the embedded Redis.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
def doctor(
    model: str | None, video_model: str | None, redis_url: str | None, as_json: bool
) -> None:
    """Check the machine, the packages, the models, Redis and the sandbox.

    Takes up to a minute, most of it TensorFlow's import. Exit code: 1 when something is
    missing that the service needs, else 0.

    \b
    Examples:
      deepfake doctor
      deepfake doctor --json | jq '.checks[] | select(.health != "ok")'
      DEEPFAKE_REDIS_URL=redis://redis:6379/0 deepfake doctor
    """
    checks = []
    for check in _checks(model, video_model, redis_url):
        checks.append(check)
        if not as_json:
            _print(check)
    failed = any(check.health == "fail" for check in checks)
    if as_json:
        click.echo(json.dumps({"ok": not failed, "checks": [asdict(c) for c in checks]}, indent=2))
    click.get_current_context().exit(1 if failed else 0)


def _checks(model: str | None, video_model: str | None, redis_url: str | None) -> Iterator[Check]:
    """The quick ones first. What needs a missing package says so and does not end the rest."""
    from deepfake.doctor.machine_checks import check_machine, check_packages

    yield from check_machine()
    yield from check_packages()
    yield from _unless_missing("Redis", lambda: _redis(redis_url))
    yield from _unless_missing("decoder", _sandbox)
    yield from _unless_missing("model", lambda: _model(model))
    if video_model:
        yield from _unless_missing("video model", lambda: _video_model(video_model))


def _unless_missing(name: str, look: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    from deepfake.doctor.check import Check, Health

    try:
        yield from look()
    except ModuleNotFoundError as error:
        hint = "Install the packages that are missing, as it says above."
        yield Check(name, Health.FAIL, f"not checked: {error}", hint)


def _redis(url: str | None) -> Iterator[Check]:
    from deepfake.doctor.redis_check import check_redis

    yield check_redis(url)


def _sandbox() -> Iterator[Check]:
    from deepfake.doctor.service_checks import check_sandbox

    yield check_sandbox()


def _model(model: str | None) -> Iterator[Check]:
    from deepfake.doctor.service_checks import check_model

    yield from check_model(model)


def _video_model(model: str) -> Iterator[Check]:
    from deepfake.doctor.service_checks import check_video_model

    yield from check_video_model(model)


def _print(check: Check) -> None:
    health = click.style(f"{check.health:<4}", fg=_COLOURS[check.health], bold=True)
    detail = textwrap.wrap(check.detail, 90, break_on_hyphens=False) or [""]
    click.echo(f"{health}  {check.name:<16}  {detail[0]}")
    for line in [*detail[1:], *textwrap.wrap(check.hint, 86, initial_indent="→ ")]:
        click.echo(f"{'':<22}  {line}")
