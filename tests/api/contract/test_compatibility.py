"""What breaks clients and what does not, one change at a time."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from api.contract.compatibility import breaking_changes
from api.contract.document import document

Change = Callable[[dict[str, Any]], object]
DOCUMENT = document()
JOBS, JOB = "/v1/jobs", "/v1/jobs/{job_id}"


def schema(told: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = told["components"]["schemas"][name]
    return found


def parameter(told: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        one for one in told["paths"][JOBS]["get"]["parameters"] if one["name"] == name
    )
    return found


def new_key(told: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = told["paths"]["/v1/keys"]["post"]["requestBody"]
    found: dict[str, Any] = body["content"]["application/json"]["schema"]
    return found


def webhook_key(told: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = told["paths"]["/v1/webhooks"]["post"]["requestBody"]
    found: dict[str, Any] = body["content"]["application/json"]["schema"]
    return found


BREAKING: dict[str, tuple[Change, str]] = {
    "a path": (lambda d: d["paths"].pop(JOB), f"GET {JOB} is gone."),
    "a method": (lambda d: d["paths"][JOB].pop("delete"), f"DELETE {JOB} is gone."),
    "a parameter": (
        lambda d: d["paths"][JOBS]["get"]["parameters"].remove(parameter(d, "tag")),
        f"GET {JOBS}: the query parameter 'tag' is gone.",
    ),
    "a parameter that is required": (
        lambda d: parameter(d, "tag").update(required=True),
        f"GET {JOBS}: the query parameter 'tag' is required now.",
    ),
    "a smaller limit": (
        lambda d: parameter(d, "limit")["schema"].update(maximum=50),
        "has the maximum 50 now, and had 100.",
    ),
    "a value of an enum": (
        lambda d: schema(d, "Sampling")["enum"].remove("exact"),
        "has no value 'exact' any more.",
    ),
    "a field of an answer": (
        lambda d: schema(d, "JobView")["properties"].pop("tags"),
        "has no field 'tags' any more.",
    ),
    "a field deep in an answer": (
        lambda d: schema(d, "Face")["properties"].pop("box"),
        "has no field 'box' any more.",
    ),
    "a field that may be missing now": (
        lambda d: schema(d, "JobView")["required"].remove("tags"),
        "may lack the field 'tags' now.",
    ),
    "a field that may be null now": (
        lambda d: schema(d, "JobView")["properties"].update(
            attempt={"anyOf": [{"type": "integer"}, {"type": "null"}]}
        ),
        ".attempt may be null now.",
    ),
    "a field of another type": (
        lambda d: schema(d, "JobView")["properties"].update(attempt={"type": "string"}),
        ".attempt may be string now.",
    ),
    "a field of a request": (
        lambda d: new_key(d)["properties"].pop("label"),
        "has no field 'label' any more.",
    ),
    "a new required field of a request": (
        lambda d: webhook_key(d)["required"].append("description"),
        "needs the field 'description' now.",
    ),
    "a media type": (
        lambda d: d["paths"][JOBS]["post"]["requestBody"]["content"].pop("application/json"),
        f"POST {JOBS}: the body application/json is not taken any more.",
    ),
    "a status": (
        lambda d: d["paths"][JOBS]["post"]["responses"].pop("202"),
        f"POST {JOBS}: the answer 202 is gone.",
    ),
    "a header of an answer": (
        lambda d: d["paths"][JOBS]["post"]["responses"]["202"]["headers"].pop("Location"),
        "has no header Location any more.",
    ),
    "a scope": (
        lambda d: d["paths"][JOBS]["get"]["security"][0]["HTTPBearer"].append("admin"),
        f"GET {JOBS} needs the scope 'admin' now.",
    ),
}
HARMLESS: dict[str, Change] = {
    "nothing": lambda _: None,
    "a new path": lambda d: d["paths"].update({"/v2/jobs": {"get": {"responses": {}}}}),
    "a new optional parameter": lambda d: d["paths"][JOBS]["get"]["parameters"].append(
        {"in": "query", "name": "mood", "schema": {"type": "string"}}
    ),
    "a new field of an answer": lambda d: schema(d, "JobView")["properties"].update(
        mood={"type": "string"}
    ),
    "a new value of an answer": lambda d: schema(d, "BatchStatus")["enum"].append("paused"),
    "a larger limit": lambda d: parameter(d, "limit")["schema"].update(maximum=500),
    "another description": lambda d: schema(d, "JobView").update(description="A job."),
    "a new optional field of a request": lambda d: new_key(d)["properties"].update(
        mood={"type": "string"}
    ),
}


@pytest.mark.parametrize("change", BREAKING)
def test_what_clients_would_miss_is_named(change: str) -> None:
    make, sentence = BREAKING[change]
    new = copy.deepcopy(DOCUMENT)
    make(new)
    assert any(sentence in told for told in breaking_changes(DOCUMENT, new))


@pytest.mark.parametrize("change", HARMLESS)
def test_what_clients_do_not_notice_is_let_pass(change: str) -> None:
    new = copy.deepcopy(DOCUMENT)
    HARMLESS[change](new)
    assert breaking_changes(DOCUMENT, new) == []
