"""``deepfake serve`` as a real process with real children."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from deepfake_client import Client
from tests.deepfake.conftest import RunCommand, Serving

Start = Callable[..., Serving]


@pytest.fixture
def short_tmp() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="df-") as folder:
        yield Path(folder)


def family(serving: Serving) -> list[psutil.Process]:
    return psutil.Process(serving.process.pid).children(recursive=True)


def named(serving: Serving, word: str) -> psutil.Process:
    (found,) = (
        p for p in psutil.Process(serving.process.pid).children() if word in p.cmdline()[-1]
    )
    return found


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    # A decoder in the middle of its imports notices only after them.
    return psutil.wait_procs(processes, timeout=60)[1]


def test_it_serves_and_ctrl_c_leaves_nothing_behind(
    start_serving: Start, tiny_bundle: Path, portrait: Path, short_tmp: Path
) -> None:
    serving = start_serving(
        "--port", 0, "--model", tiny_bundle, environment={"TMPDIR": str(short_tmp)}
    )
    with urlopen(f"{serving.url}/readyz") as answer:
        assert answer.status == 200
    serving.wait_for(r"curl -F file=@clip.mp4 http://127\.0\.0\.1:\d+/v1/jobs")
    (private,) = short_tmp.iterdir()
    assert private.stat().st_mode & 0o777 == 0o700
    with Client(serving.url) as client:
        assert client.wait(client.submit(portrait).id).status == "succeeded"
    children = family(serving)
    assert len(children) >= 4  # redis, gateway, worker, and at least one decoder
    assert serving.interrupt() == 0
    assert alive(children) == []
    assert list(short_tmp.iterdir()) == []
    assert serving.output.rstrip().endswith("Stopped.")
    assert "Traceback" not in serving.output


def test_a_killed_worker_is_replaced_and_a_killed_gateway_ends_the_stack(
    start_serving: Start, tiny_bundle: Path, portrait: Path
) -> None:
    serving = start_serving("--port", 0, "--model", tiny_bundle)
    url = serving.url
    named(serving, "worker").kill()
    serving.wait_for(r"Worker 1 was ended by SIGKILL; restarting it in 1 s")
    with Client(url) as client:
        assert client.wait(client.submit(portrait).id, timeout_s=60).status == "succeeded"
    children = family(serving)
    named(serving, "api").kill()
    assert serving.process.wait(60) == 1
    assert "Error: The gateway was ended by SIGKILL" in serving.output
    assert alive(children) == []


def test_a_killed_redis_ends_the_stack(start_serving: Start, tiny_bundle: Path) -> None:
    serving = start_serving("--port", 0, "--model", tiny_bundle)
    assert serving.url
    children = family(serving)
    next(p for p in children if "redis-server" in p.name()).kill()
    assert serving.process.wait(90) == 1
    assert "Error: The embedded redis-server was ended by SIGKILL" in serving.output
    assert alive(children) == []


def test_children_die_with_a_killed_supervisor(
    start_serving: Start, tiny_bundle: Path, short_tmp: Path
) -> None:
    serving = start_serving(
        "--port", 0, "--model", tiny_bundle, environment={"TMPDIR": str(short_tmp)}
    )
    assert serving.url
    children = family(serving)
    os.kill(serving.process.pid, signal.SIGKILL)
    assert alive(children) == []


def test_sigterm_while_it_starts_stops_it(start_serving: Start, tiny_bundle: Path) -> None:
    serving = start_serving("--port", 0, "--model", tiny_bundle)
    serving.wait_for("Starting")
    time.sleep(0.2)
    children = family(serving)
    serving.process.terminate()
    assert serving.process.wait(60) == 0
    assert alive(children) == []
    assert "Ready" not in serving.output


def test_a_running_redis_can_be_used(
    start_serving: Start, tiny_bundle: Path, redis_url: str
) -> None:
    serving = start_serving("--port", 0, "--model", tiny_bundle, "--redis-url", redis_url)
    assert serving.url
    assert not any("redis-server" in p.name() for p in family(serving))
    assert serving.interrupt() == 0


def test_a_taken_port_is_named_before_anything_starts(run: RunCommand, tiny_bundle: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = run("serve", "--port", port, "--model", tiny_bundle)
    assert done.exit_code == 1
    assert f"Port {port} on 127.0.0.1 is taken" in done.stderr
    assert f"--port {port + 1}" in done.stderr
    assert psutil.Process().children() == [] or "Starting" not in done.stdout


@pytest.mark.parametrize("option", ["--model", "--video-model"])
def test_a_missing_model_is_named(run: RunCommand, tmp_path: Path, option: str) -> None:
    done = run("serve", "--port", 0, option, tmp_path / "nowhere")
    assert done.exit_code == 1
    assert f"No model bundle '{tmp_path / 'nowhere'}'" in done.stderr


def test_keys_in_redis_need_a_redis_that_keeps_them(
    run: RunCommand, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPFAKE_API_KEYS", "redis")
    done = run("serve", "--host", "0.0.0.0", "--port", 0, "--model", tiny_bundle)
    assert done.exit_code == 1
    assert "forgets everything. Name one with --redis-url" in done.stderr


def test_other_addresses_than_loopback_need_keys(run: RunCommand, tiny_bundle: Path) -> None:
    done = run("serve", "--host", "0.0.0.0", "--port", 0, "--model", tiny_bundle)
    assert done.exit_code == 1
    assert "deepfake keys new" in done.stderr


def test_an_address_that_is_none_is_named(run: RunCommand) -> None:
    assert "'no such host'" in run("serve", "--host", "no such host").stderr


def test_a_redis_that_does_not_answer_is_named(run: RunCommand, tiny_bundle: Path) -> None:
    done = run("serve", "--port", 0, "--model", tiny_bundle, "--redis-url", "redis://127.0.0.1:9/0")
    assert done.exit_code == 1
    assert "Redis cannot be reached" in done.stderr


def test_a_bad_variable_is_named(run: RunCommand, tiny_bundle: Path) -> None:
    done = run("serve", "--port", 0, "--model", tiny_bundle, env={"DEEPFAKE_MAX_UPLOADS": "many"})
    assert done.exit_code == 1
    assert "DEEPFAKE_MAX_UPLOADS" in done.stderr


def test_keys_made_by_the_command_open_the_service(
    run: RunCommand, start_serving: Start, tiny_bundle: Path, portrait: Path, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.txt"
    secret = run("keys", "new", "--tenant", "alice", "--file", keys).stdout.strip()
    serving = start_serving("--port", 0, "--model", tiny_bundle, "--api-keys", keys)
    refused = run("submit", portrait, "--server", serving.url)
    assert "401" in refused.stdout
    done = run("submit", portrait, "--server", serving.url, env={"DEEPFAKE_API_KEY": secret})
    assert done.exit_code == 0, done.output
