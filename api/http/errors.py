"""One renderer for every error: application/problem+json (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount

from api.http.headers import request_id_of, standard_headers
from api.http.problems import InvalidParameter, RateLimited, meaning_of
from api.http.request_state import PROBLEM
from core.errors import DeepfakeError

_LONGEST_PATH: Final = 200  # of a request, in its problem
_UNEXPECTED = "The gateway failed in a way that it did not foresee; its log has the request id."


def problem(
    request: Request,
    *,
    status: int,
    code: str,
    title: str,
    detail: str,
    retryable: bool = False,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem document; ``type`` is ``/problems/{code}``, stable across versions."""
    request.scope.setdefault("state", {})[PROBLEM] = code
    body = {
        "type": f"/problems/{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": _path_of(request),
        "request_id": request_id_of(request.scope),
        "retryable": retryable,
    }
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def install_error_handlers(app: FastAPI) -> None:
    """Answer every exception, known or not, with a problem."""
    app.exception_handler(DeepfakeError)(_ours)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_routing)
    app.exception_handler(Exception)(_unexpected)


def invalid_parameters(error: ValidationError) -> InvalidParameter:
    """The same sentence for a bad form field as for a bad query parameter."""
    return InvalidParameter(_faults(error.errors()))


def rendered(request: Request, error: DeepfakeError) -> JSONResponse:
    """The problem that an error of this project means."""
    meaning = meaning_of(error)
    headers = {}
    after_s = error.retry_after_s if isinstance(error, RateLimited) else meaning.retry_after_s
    if after_s is not None:
        headers["Retry-After"] = str(after_s)
    if meaning.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="deepfake"'
    return problem(
        request,
        status=meaning.status,
        code=error.code,
        title=meaning.title,
        detail=error.message,
        headers=headers,
        retryable=error.retryable,
    )


async def _ours(request: Request, error: DeepfakeError) -> JSONResponse:
    return rendered(request, error)


async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    return rendered(request, InvalidParameter(_faults(error.errors())))


def _faults(faults: Any) -> str:
    sentences = []
    for fault in faults:
        name = ".".join(str(part) for part in fault["loc"] if part not in ("query", "header"))
        given = repr(fault.get("input"))
        shown = given if len(given) <= 60 else f"{given[:60]}…"
        sentences.append(f"{name}: {fault['msg']} (given: {shown})")
    return "; ".join(sentences) + "."


async def _routing(request: Request, error: HTTPException) -> JSONResponse:
    phrase = HTTPStatus(error.status_code).phrase
    detail = f"{request.method} {_path_of(request)}: {error.detail}."
    code = phrase.lower().replace(" ", "_")
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = _allowed(request)
    return problem(
        request,
        status=error.status_code,
        code=code,
        title=phrase,
        detail=detail,
        headers=headers,
    )


def _path_of(request: Request) -> str:
    path = str(request.scope["path"])
    return path if len(path) <= _LONGEST_PATH else f"{path[:_LONGEST_PATH]}…"


def _allowed(request: Request) -> str:
    """All methods of the path (RFC 9110, 10.2.1); Starlette names those of one route only."""
    others = ("POST", "PATCH", "DELETE", "OPTIONS")
    told = {"GET": "GET, HEAD", **{method: method for method in others}}
    routes = [route for route in request.app.routes if not isinstance(route, Mount)]
    names = [
        names
        for method, names in told.items()
        if any(r.matches({**request.scope, "method": method})[0] is Match.FULL for r in routes)
    ]
    return ", ".join(names) or told["GET"]  # a mounted folder


async def _unexpected(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001
    # Starlette answers this one outside all middleware, and logs the traceback itself.
    return problem(
        request,
        status=500,
        code="internal_error",
        title="The gateway failed",
        detail=_UNEXPECTED,
        headers=dict(standard_headers(request.scope)),
    )
