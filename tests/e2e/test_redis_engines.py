"""Redis as others run it: behind TLS, with a user of few rights, and with a sentinel."""

from __future__ import annotations

import re
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import NoPermissionError, RedisError

from api.app import create_app
from api.settings import GatewaySettings
from core.errors import ConfigurationError, StoreUnavailable
from core.options import Queue
from core.store.connection import check_server, connect
from core.store.doorbell import WEBHOOK_QUEUE, WEBHOOK_TASK, broker_settings
from core.store.jobs import JobStore
from tests.api.gateway import serve
from tests.core.bundle_factory import write_bundle
from tests.e2e.sentinel import replicated
from tests.e2e.tls_proxy import tls_in_front_of, write_certificate
from tests.redis_server import RedisServer
from tests.worker.media_factory import still
from tests.worker.processes import started
from worker.webhooks.bells import create_listener

ROOT = Path(__file__).parents[2]
LIMIT_S = 30.0
PASSWORD = "p@ss/word?"


def documented_rights() -> list[str]:
    """The words of the line ACL SETUSER in docs/operations.md, behind the password."""
    line = re.search(
        r"^ACL SETUSER deepfake on >PASSWORD (.+)$",
        (ROOT / "docs/operations.md").read_text("utf-8"),
        re.MULTILINE,
    )
    assert line is not None
    return line[1].split()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="df-") as path:
        yield Path(path)


@pytest.fixture(scope="module")
def guarded(folder: Path) -> Iterator[RedisServer]:
    """A Redis with the user of the documentation, that refuses everybody else but on its socket."""
    with RedisServer(folder) as server:
        with server.client() as admin:
            admin.execute_command(
                "ACL", "SETUSER", "deepfake", "on", f">{PASSWORD}", *documented_rights()
            )
        yield server


@pytest.fixture(scope="module")
def tls_url(folder: Path, guarded: RedisServer) -> Iterator[str]:
    certificate, key = write_certificate(folder)
    with tls_in_front_of(guarded.url.removeprefix("unix://"), certificate, key) as port:
        login = f"deepfake:{quote(PASSWORD, safe='')}"
        yield f"rediss://{login}@127.0.0.1:{port}/0?ssl_ca_certs={quote(str(certificate))}"


@contextmanager
def gateway(url: str) -> Iterator[httpx.Client]:
    """A gateway with its own Celery, so that bells go over the same address."""
    with serve(create_app(GatewaySettings(redis_url=url))) as client:
        yield client


def wait_until_ready(client: httpx.Client) -> None:
    deadline = time.monotonic() + LIMIT_S
    while (answer := client.get("/readyz")).status_code != 200:  # 503 while Redis takes its time
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.1)


def judged(client: httpx.Client, job_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + LIMIT_S
    while True:
        job: dict[str, Any] = client.get(f"/v1/jobs/{job_id}", params={"wait": 5}).json()
        if job["status"] not in ("queued", "processing"):
            return job
        assert time.monotonic() < deadline, job


def test_gateway_and_worker_need_no_more_than_the_documented_rights_and_speak_tls(
    tls_url: str, guarded: RedisServer, folder: Path
) -> None:
    model = str(write_bundle(folder / "brightness").path)
    with gateway(tls_url) as client, started(tls_url, model=model):
        wait_until_ready(client)
        job = client.post("/v1/jobs", content=still("JPEG")).json()
        assert judged(client, job["id"])["status"] == "succeeded"
        assert client.get("/v1/jobs").json()["jobs"][0]["id"] == job["id"]
        assert client.delete(f"/v1/jobs/{job['id']}").status_code == 204
        with guarded.client() as admin:
            denied: Any = admin.acl_log()
    # Of each connection over TCP redis-py asks for notices that Redis does not have.
    assert [each for each in denied if each["object"] != "client"] == []


def test_a_certificate_that_nobody_vouches_for_is_refused(tls_url: str) -> None:
    with (
        connect(tls_url.partition("?")[0]) as redis,
        pytest.raises(StoreUnavailable, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        check_server(redis)


@pytest.mark.parametrize(
    "command",
    [
        ["KEYS", "*"],
        ["FLUSHALL"],
        ["CONFIG", "GET", "*"],
        ["ACL", "LIST"],
        ["DEBUG", "SLEEP", "0"],
        ["REPLICAOF", "NO", "ONE"],
        ["GET", "of-another-program"],
    ],
    ids=lambda command: command[0],
)
def test_the_documented_rights_reach_nothing_else(guarded: RedisServer, command: list[str]) -> None:
    login = f"username=deepfake&password={quote(PASSWORD, safe='')}"
    with connect(f"{guarded.url}?{login}") as redis:
        with pytest.raises(NoPermissionError):
            redis.execute_command(*command)
        with guarded.client() as admin:
            admin.acl_log_reset()


def test_every_command_of_the_scripts_is_among_the_documented_rights() -> None:
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "core/store/lua").glob("*.lua"))
    used = set(re.findall(r"redis\.call\(\s*'([A-Z]+)'", sources))
    assert len(used) > 30
    assert used <= {right[1:].upper() for right in documented_rights() if right[0] == "+"}
    assert sources.count("redis.call(") == len(re.findall(r"redis\.call\(\s*'[A-Z]+'", sources))


@contextmanager
def listening(url: str) -> Iterator[list[float]]:
    """Celery as a sender of webhooks uses it; the times at which a bell was heard."""
    heard: list[float] = []
    ready = threading.Event()
    listener = create_listener(url, lambda: heard.append(time.monotonic()), lambda _: ready.set())
    thread = threading.Thread(target=listener.start, daemon=True)
    thread.start()
    try:
        assert ready.wait(LIMIT_S)
        yield heard
    finally:
        listener.stop()
        thread.join(LIMIT_S)


def ring_until_heard(app: Celery, heard: list[float]) -> None:
    """Ring as a worker does: a bell that gets lost is followed by another one."""
    before, deadline = len(heard), time.monotonic() + LIMIT_S
    while len(heard) == before:
        assert time.monotonic() < deadline
        with suppress(OperationalError, RedisError):  # the broker may be away
            app.send_task(WEBHOOK_TASK, queue=WEBHOOK_QUEUE)
        time.sleep(0.2)


def test_a_failover_costs_503_for_seconds_and_no_job(folder: Path) -> None:
    app = Celery("test", set_as_current=False)
    with replicated(folder) as servers, listening(servers.url) as heard:
        app.conf.update(broker_settings(servers.url))
        ring_until_heard(app, heard)
        with gateway(servers.url) as client, connect(servers.url) as redis:
            job = client.post("/v1/jobs", content=still("JPEG")).json()
            assert redis.wait(1, 5000) == 1  # the replica has it
            servers.master.stop()
            lost = time.monotonic()
            answer = client.get(f"/v1/jobs/{job['id']}")
            assert answer.status_code == 503
            while (answer := client.get(f"/v1/jobs/{job['id']}")).status_code == 503:
                assert time.monotonic() < lost + LIMIT_S
                time.sleep(0.1)
            assert answer.json()["status"] == "queued"
            assert client.post("/v1/jobs", content=still("PNG")).status_code == 202
            assert JobStore(redis).counts().queued[Queue.INTERACTIVE] == 2
            ring_until_heard(app, heard)
    app.close()


def test_an_address_of_a_sentinel_alone_is_refused_with_advice(folder: Path) -> None:
    (folder / "other").mkdir()
    with replicated(folder / "other") as servers:
        with (
            connect(f"redis://127.0.0.1:{servers.port}/0") as redis,
            pytest.raises(ConfigurationError, match="sentinel://host:26379/service"),
        ):
            check_server(redis)
        with (
            connect(servers.url.replace("/main", "/other")) as redis,
            pytest.raises(StoreUnavailable, match="No master found for 'other'"),
        ):
            check_server(redis)
