"""A JSON body of a few hundred bytes, which is no upload: bounded in size and in time."""

from __future__ import annotations

import asyncio
from typing import Final, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from api.http.errors import invalid_parameters
from api.http.problems import MalformedRequest, UploadTimeout

MAX_BYTES: Final = 16 * 1024
LIMIT_S: Final = 10.0

M = TypeVar("M", bound=BaseModel)


async def read_json(request: Request, shape: type[M], *, most: int = MAX_BYTES) -> M:
    """The body as ``shape``, of ``most`` bytes at most; 1 is no ``true``, and "1" no number.

    Raises MalformedRequest, InvalidParameter or UploadTimeout.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(LIMIT_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise MalformedRequest(
                        f"The body has more than {most:,} bytes, which is the limit here."
                    )
    except ClientDisconnect as error:
        raise MalformedRequest("The client went away before its body was over.") from error
    except TimeoutError as error:
        raise UploadTimeout(
            f"The body did not arrive within {LIMIT_S:g} s, which is the limit here."
        ) from error
    try:
        return shape.model_validate_json(bytes(body), strict=True)
    except ValidationError as error:
        raise invalid_parameters(error) from error
