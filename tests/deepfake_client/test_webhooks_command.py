"""``deepfake webhooks`` against a real gateway."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from api.app import create_app
from api.settings import GatewaySettings
from deepfake_client.webhooks_command import webhooks
from tests.api.gateway import DoorbellTwin, serve


@pytest.fixture
def server(redis_url: str) -> Iterator[str]:
    app = create_app(GatewaySettings(redis_url=redis_url), doorbell=DoorbellTwin())
    with serve(app) as client:
        yield str(client.base_url)


def run(server: str, *arguments: str) -> Result:
    return CliRunner().invoke(webhooks, [*arguments, "--server", server])


def test_a_webhook_is_made_tried_shown_rotated_and_deleted(server: str) -> None:
    made = json.loads(run(server, "create", "https://example.org/", "--event", "job.failed").output)
    assert made["events"] == ["job.failed"]
    assert made["secret"].startswith("whsec_")
    tried = json.loads(run(server, "test", made["id"]).output)
    again = json.loads(run(server, "redeliver", made["id"], tried["id"]).output)
    shown = json.loads(run(server, "deliveries", made["id"]).output)["deliveries"]
    assert {delivery["id"] for delivery in shown} == {tried["id"], again["id"]}
    assert json.loads(run(server, "rotate", made["id"]).output)["secret"] != made["secret"]
    assert "whsec_" not in run(server, "list").output
    assert run(server, "delete", made["id"]).output == ""
    assert json.loads(run(server, "list").output) == {"webhooks": []}


def test_what_the_service_refuses_is_one_line(server: str) -> None:
    refused = run(server, "create", "http://127.0.0.1/")
    assert refused.exit_code == 1
    assert "may not be reached from here" in refused.output
    assert "There is no webhook" in run(server, "deliveries", "whe_1").output
