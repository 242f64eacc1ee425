"""The calls by which a tenant manages its own API keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field, field_validator

from api.access.audited import actor_of, log
from api.documents import json_body, problems
from api.gateway import Administrator, CurrentGateway
from api.http.problems import Forbidden
from api.http.small_body import read_json
from core.scopes import Scope
from core.store.api_keys import MAX_LABEL, ApiKey, NewSecret

router = APIRouter(prefix="/v1/keys", tags=["keys"])

MAX_LIFE_S: Final = 10 * 365 * 24 * 3600
MAX_GRACE_S: Final = 30 * 24 * 3600
KeyId = Annotated[str, Path(examples=["key_01JD8ZK3V5T8M2Q9W4R7X6Y1AB"], max_length=64)]


class KeyRequest(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field("", max_length=MAX_LABEL, description="What the key is for.")
    scopes: list[Literal["submit", "read"]] = Field(
        ["read", "submit"],
        min_length=1,
        description="What it may do. Keys with `admin` are made by `deepfake keys create` alone.",
    )
    expires_in_s: float | None = Field(
        None, gt=0, le=MAX_LIFE_S, description="Null for a key that does not expire."
    )

    @field_validator("label")
    @classmethod
    def _printable(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("a label has printable characters only")
        return value


class Rotation(BaseModel):
    """How long the secret that is replaced still counts."""

    model_config = ConfigDict(extra="forbid")

    grace_s: float = Field(24 * 3600, ge=0, le=MAX_GRACE_S)


class KeyView(BaseModel):
    """A key without its secret."""

    id: str
    label: str
    scopes: list[Scope]
    state: Literal["active", "expired", "revoked"]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute; null when it never was.")
    rotated_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> KeyView:
        """What its tenant sees of a key."""
        return cls(
            id=key.id,
            label=key.label,
            scopes=sorted(key.scopes),
            state=key.state,
            created_at=key.created_at,
            expires_at=key.expires_at,
            last_used_at=key.last_used_at,
            rotated_at=key.rotated_at,
            revoked_at=key.revoked_at,
        )


class KeyWithSecret(KeyView):
    """The only answer that shows the secret."""

    secret: str

    @classmethod
    def showing(cls, new: NewSecret) -> KeyWithSecret:
        """A key that was made or rotated just now."""
        return cls(**KeyView.of(new.key).model_dump(), secret=new.secret)


class Keys(BaseModel):
    """All keys of the tenant, the oldest first."""

    keys: list[KeyView]


@router.get("", summary="The tenant's API keys", responses=problems(401, 403))
async def list_keys(gateway: CurrentGateway, caller: Administrator) -> Keys:
    """Also those that ended within 30 days. Keys of a keys file are not among them."""
    found = await gateway.store(gateway.api_keys.listing, caller.tenant)
    return Keys(keys=[KeyView.of(key) for key in found])


@router.post(
    "",
    status_code=201,
    summary="Make an API key",
    responses=problems(400, 401, 403, 408, 422, 429),
    openapi_extra=json_body(KeyRequest),
)
async def create_key(
    request: Request, gateway: CurrentGateway, caller: Administrator
) -> KeyWithSecret:
    """The secret is shown in this answer and never again."""
    wanted = await read_json(request, KeyRequest)
    actor = actor_of(request, caller)
    new = await gateway.store(
        gateway.api_keys.create,
        caller.tenant,
        {Scope(name) for name in wanted.scopes},
        actor=actor,
        label=wanted.label,
        ttl_s=wanted.expires_in_s,
    )
    log("key.created", caller.tenant, new.key.id, actor)
    return KeyWithSecret.showing(new)


@router.post(
    "/{key_id}/rotate",
    summary="Give an API key a new secret",
    responses=problems(400, 401, 403, 404, 408, 409, 422),
    openapi_extra=json_body(Rotation),
)
async def rotate_key(
    request: Request, gateway: CurrentGateway, caller: Administrator, key_id: KeyId
) -> KeyWithSecret:
    """The old secret counts for `grace_s` more; one that was replaced earlier ends now."""
    rotation = await read_json(request, Rotation)
    key = await gateway.store(gateway.api_keys.get, key_id, caller.tenant)
    if Scope.ADMIN in key.scopes:
        raise Forbidden(
            f"API key {key_id} has the scope 'admin'; such keys are rotated on the server, by "
            f"`deepfake keys rotate {key_id}`."
        )
    actor = actor_of(request, caller)
    new = await gateway.store(
        gateway.api_keys.rotate,
        key_id,
        actor=actor,
        grace_s=rotation.grace_s,
        tenant=caller.tenant,
    )
    log("key.rotated", caller.tenant, key_id, actor)
    return KeyWithSecret.showing(new)


@router.delete(
    "/{key_id}",
    status_code=204,
    summary="Revoke an API key",
    responses=problems(401, 403, 404, 422),
)
async def revoke_key(
    request: Request, gateway: CurrentGateway, caller: Administrator, key_id: KeyId
) -> None:
    """Every gateway refuses it within a second. One that is revoked stays so."""
    actor = actor_of(request, caller)
    await gateway.store(gateway.api_keys.revoke, key_id, actor=actor, tenant=caller.tenant)
    log("key.revoked", caller.tenant, key_id, actor)
