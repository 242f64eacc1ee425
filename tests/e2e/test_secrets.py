"""Passwords and keys are in no line that any process writes, and in no answer."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from core.store.api_keys import digest
from tests.api.gateway import PNG
from tests.core.bundle_factory import write_bundle
from tests.e2e.service import Service, service, until

PASSWORD = "hunter2/p@ss"
KEY, WRONG_KEY = "dfk_" + "K" * 43, "dfk_" + "W" * 43
SECRETS = (PASSWORD, quote(PASSWORD, safe=""), "hunter2", "p@ss", "K" * 43, "W" * 43)
USER = ("--user", "app", "on", f">{PASSWORD}", "~*", "&*", "+@all")


def test_neither_the_password_of_redis_nor_a_key_is_ever_told(own_folder: Path) -> None:
    keys = own_folder / "keys"
    keys.write_text(f"alice:{digest(KEY)}\n")
    with service(
        own_folder,
        *USER,
        workers=0,
        redis_url=f"unix://app:{quote(PASSWORD, safe='')}@{own_folder}/redis.sock",
        api_keys_file=keys,
        log_level="DEBUG",
        model=write_bundle(own_folder / "tiny").path,
    ) as running:
        running.start_sender()
        running.start_worker()
        told = "\n".join([*_answers(running), *_answers_without_redis(running, own_folder)])
    logs = {log.name: log.read_text(errors="replace") for log in own_folder.glob("*.log")}
    assert len(logs) == 3
    for name, text in {**logs, "answers": told}.items():
        assert [secret for secret in SECRETS if secret in text] == [], name
        assert "redis" in text.lower(), name  # so it is told of the trouble


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
