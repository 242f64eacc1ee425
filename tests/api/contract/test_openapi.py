"""The OpenAPI document: as committed, and as the running gateway keeps it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, assume, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import create_app
from api.contract.compatibility import breaking_changes
from api.contract.document import document, text_of
from api.settings import GatewaySettings
from core.scopes import Scope
from core.store.connection import connect
from deepfake.commands.openapi import openapi
from tests.api.contract import media_types  # noqa: F401  # before the schema is read
from tests.api.gateway import DoorbellTwin, serve
from tests.api.keys import bearer, make_key
from tests.api.worker_twin import worker_twin
from tests.redis_server import RedisServer

COMMITTED = Path(__file__).parents[3] / "docs" / "openapi.json"


def test_the_committed_document_is_that_of_the_gateway() -> None:
    old, new = json.loads(COMMITTED.read_text("utf-8")), document()
    broken = breaking_changes(old, new)
    assert not broken, "These changes break clients:\n" + "\n".join(broken)
    old["info"]["version"] = new["info"]["version"]  # an installation may be of another commit
    assert text_of(old) == text_of(new), (
        "The API has changed in a way that breaks no client. If that is meant, run: "
        "deepfake openapi --out docs/openapi.json"
    )


def test_a_file_that_clients_know_is_not_overwritten_by_what_breaks_them(tmp_path: Path) -> None:
    out = tmp_path / "openapi.json"
    known = document()
    known["paths"]["/v1/jobs"]["put"] = {"responses": {}}
    out.write_text(text_of(known))
    refused = CliRunner().invoke(openapi, ["--out", str(out)])
    assert refused.exit_code == 1
    assert "breaks clients: PUT /v1/jobs is gone." in refused.stderr
    assert json.loads(out.read_text()) == known
    assert CliRunner().invoke(openapi, ["--out", str(out), "--breaking"]).exit_code == 0
    assert json.loads(out.read_text()) == document()


@pytest.fixture(scope="module")
def live(redis_server: RedisServer) -> Iterator[tuple[str, dict[str, str]]]:
    """A running gateway with keys and a worker: its address, and a key with all scopes."""
    with redis_server.client() as client:
        client.flushall()
    chosen = GatewaySettings(
        redis_url=redis_server.url, api_keys="redis", max_upload_bytes=3_000_000,
        batch_patience_s=0.2, upload_idle_s=2,
    )  # fmt: skip
    with connect(redis_server.url) as redis:
        headers = bearer(make_key(redis, "acme", *Scope))
    app = create_app(chosen, doorbell=DoorbellTwin())
    with serve(app) as http, worker_twin(redis_server.url):
        yield str(http.base_url), headers


schema = schemathesis.openapi.from_dict(document())


@schema.parametrize()
@settings(
    max_examples=3,
    phases=[Phase.explicit, Phase.generate],
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_the_document_tells(
    case: schemathesis.Case[Any], live: tuple[str, dict[str, str]]
) -> None:
    address, headers = live
    response = case.call(base_url=address, headers=headers, timeout=20)
    # A busy machine may keep Redis from answering in time, which the document tells too.
    assume(response.status_code != 503 or b"/problems/store_unavailable" not in response.content)
    case.validate_response(
        response,
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_headers_conformance,
            response_schema_conformance,
        ],
    )
