"""Passwords and keys are in no line that any process writes, and in no answer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from core.store.api_keys import digest
from tests.api.gateway import PNG
from tests.api.upload.test_reference import ok, status
from tests.core.bundle_factory import write_bundle
from tests.core.net.listener import Listener
from tests.e2e.echoing_s3 import EchoingS3
from tests.e2e.service import Service, service, until

PASSWORD = "hunter2/p@ss"
KEY, WRONG_KEY = "dfk_" + "K" * 43, "dfk_" + "W" * 43
SIGNED = "X-Amz-Signature=s1gned"  # of a URL, in place of a password
SECRETS = (PASSWORD, quote(PASSWORD, safe=""), "hunter2", "p@ss", "K" * 43, "W" * 43, "s1gned")
USER = ("--user", "app", "on", f">{PASSWORD}", "~*", "&*", "+@all")


def test_neither_the_password_of_redis_nor_a_key_is_ever_told(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = own_folder / "keys"
    keys.write_text(f"alice:{digest(KEY)}\n")
    with (
        Listener(_lead) as elsewhere,
        EchoingS3() as s3,
        _environment(monkeypatch, s3.environment),
        service(
            own_folder,
            *USER,
            fetch_urls=True,
            outgoing_ports=elsewhere.port,
            outgoing_private_networks="127.0.0.0/8",
            workers=0,
            redis_url=f"unix://app:{quote(PASSWORD, safe='')}@{own_folder}/redis.sock",
            api_keys_file=keys,
            blob_url="s3://uploads/of/us",
            log_level="DEBUG",
            model=write_bundle(own_folder / "tiny").path,
        ) as running,
    ):
        running.start_sender()
        running.start_worker()
        signing, answers = _answers_about_urls(running, elsewhere)
        answers += _answers(running) + _answers_without_objects(running, s3, own_folder)
        answers += _answers_without_redis(running, own_folder)
        told = "\n".join(answers)
    logs = {log.name: log.read_text(errors="replace") for log in own_folder.glob("*.log")}
    assert len(logs) == 3
    for name, text in {**logs, "answers": told}.items():
        assert [secret for secret in (*SECRETS, signing, *s3.secrets) if secret in text] == [], name
        assert "redis" in text.lower(), name  # so it is told of the trouble


@contextmanager
def _environment(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> Iterator[None]:
    """What the processes of the service get that start meanwhile."""
    with monkeypatch.context() as changed:
        for name, value in given.items():
            changed.setenv(name, value)
        yield


def _lead(head: bytes, client: socket.socket) -> None:
    """Another signed URL first, then a picture; a webhook is taken, and a callback is not."""
    if head.startswith(b"POST /broken"):
        client.sendall(status("500 Internal Server Error"))
    elif head.startswith(b"GET /first"):
        client.sendall(status("302 Found", f"Location: /second?{SIGNED}"))
    else:
        client.sendall(ok(PNG))


def _answers_about_urls(running: Service, elsewhere: Listener) -> tuple[str, list[str]]:
    """The secret of a webhook, and what is told of signed URLs when all of them were reached."""
    known = {"Authorization": f"Bearer {KEY}"}
    url = f"http://127.0.0.1:{elsewhere.port}"
    hook = running.http.post("/v1/webhooks", json={"url": f"{url}/hook?{SIGNED}"}, headers=known)
    assert hook.status_code == 201, hook.text
    fetched = {"url": f"{url}/first?{SIGNED}", "callback_url": f"{url}/broken?{SIGNED}"}
    sent = running.http.post("/v1/jobs", json=fetched, headers=known)
    assert sent.status_code == 202, sent.text
    for path in (b"POST /hook", b"POST /broken"):
        until(f"{path!r} was sent", lambda p=path: _asked(elsewhere, p), 60)  # type: ignore[misc]
    lost = {"url": f"http://127.0.0.1:1/away?{SIGNED}"}
    refused = running.http.post("/v1/jobs", json=lost, headers=known)
    assert refused.status_code == 422, refused.text
    return hook.json()["secret"], [sent.text, refused.text]


def _asked(elsewhere: Listener, start: bytes) -> bool:
    return any(head.startswith(start) for head in elsewhere.heads)


def _answers(running: Service) -> list[str]:
    """What is said to a known key, to an unknown one, and to keys in wrong places."""
    known = {"Authorization": f"Bearer {KEY}"}
    sent = running.http.post("/v1/jobs", content=PNG, headers=known)
    assert sent.status_code == 202, sent.text
    asked = [
        running.http.get("/v1/models", headers={"X-API-Key": WRONG_KEY}),
        running.http.get(f"/v1/jobs/{KEY}", headers=known),
        running.http.get("/v1/jobs", params={"cursor": KEY}, headers=known),
        running.http.post(f"/v1/jobs?key={KEY}", content=PNG, headers={"X-API-Key": WRONG_KEY}),
    ]
    assert [answer.status_code for answer in asked] == [401, 404, 422, 401]
    # A path and a parameter are quoted to whoever sent them, and to nobody else.
    return [sent.text, asked[0].text, asked[3].text]


def _answers_without_objects(running: Service, s3: EchoingS3, folder: Path) -> list[str]:
    """The store of uploads tells all that it was sent: to the gateway, then to the worker."""
    known = {"Authorization": f"Bearer {KEY}"}
    s3.refused = {"PUT"}
    refused = running.http.post("/v1/jobs", content=PNG, headers=known)
    assert refused.status_code == 503, refused.text
    s3.refused = {"GET"}
    sent = running.http.post("/v1/jobs", content=PNG, headers=known)
    assert sent.status_code == 202, sent.text
    log = next(folder.glob("worker-*.log"))
    until("the worker has noticed", lambda: "DEEPFAKE_BLOB_URL" in log.read_text(), 60)
    s3.refused = set()
    return [refused.text, sent.text]


def _answers_without_redis(running: Service, folder: Path) -> list[str]:
    """The password changes under the running processes, which cannot connect again."""
    with running.redis.client() as redis:
        redis.acl_setuser("app", enabled=True, reset_passwords=True, passwords=["+another"])
        redis.execute_command("CLIENT", "KILL", "USER", "app")
    until("every process has noticed", lambda: _all_complain(folder), 60)
    refused = running.http.post("/v1/jobs", content=PNG, headers={"X-API-Key": KEY})
    assert refused.status_code == 503, refused.text
    return [refused.text]


def _all_complain(folder: Path) -> bool:
    logs = [log.read_text(errors="replace") for log in folder.glob("*.log")]
    return all("WRONGPASS" in log or "invalid username-password" in log for log in logs)
