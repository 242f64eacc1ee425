"""Registers the Lua scripts of core/store/lua, each behind its preludes.

Keys are derived inside the scripts from the table of :mod:`core.store.keys`, and not declared in
KEYS: everything lives in one Redis server, and Redis Cluster is refused at start.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any, Final

import redis.asyncio as aioredis
from redis import Redis
from redis.commands.core import AsyncScript
from redis.exceptions import NoScriptError

from core.errors import StoreUnavailable
from core.store.connection import store_errors
from core.store.formats import FORMAT
from core.store.kept import KeptConnections
from core.store.keys import PREFIX, Key

_UPLOADS: Final = ("clock", "webhook", "line", "blob", "evidence", "batch", "sweep")
_JOBS: Final = (*_UPLOADS, "job")  # a job owns its upload and its evidence
_PRELUDES: Final = {
    "blob": (*_UPLOADS, "incoming"),
    "upload": (*_UPLOADS, "incoming", "upload"),
    "job": (*_JOBS, "answer", "queue", "rate"),
    "batch": _JOBS,
    "evidence": _JOBS,
    "feedback": _JOBS,
    "rate": ("clock", "rate"),
    "webhook": ("clock", "webhook"),
    "worker": ("clock",),
    "gpu": (),
    "audit": ("audit",),
    "api_key": ("clock", "audit", "api_key"),
    "job_look": ("clock", "due", "rate"),  # the two that clients ask for most
    "job_glance": ("clock", "due"),
}


class Scripts:
    """Some scripts of one noun, by their verbs: ``lua/{noun}_{verb}.lua``."""

    def __init__(
        self, redis: Redis, noun: str, verbs: Iterable[str], *, prefix: str = PREFIX
    ) -> None:
        self._scripts = {
            verb: redis.register_script(load_script(noun, verb, prefix=prefix)) for verb in verbs
        }

    @store_errors()
    def __call__(self, verb: str, *arguments: str | bytes | float) -> Any:
        """Run one script; raises a StoreError."""
        return self._scripts[verb](args=arguments)


class AsyncScripts:
    """The same for asyncio, without threads.

    At most ``at_once`` calls run at one time, on a connection each; ``limit_s`` is for a call
    with the wait before it. A call that is given up takes its connection along, and is not retried.
    """

    def __init__(
        self,
        redis: aioredis.Redis,
        noun: str,
        verbs: Iterable[str],
        *,
        limit_s: float,
        at_once: int,
        prefix: str = PREFIX,
    ) -> None:
        self._limit_s = limit_s
        self._places = asyncio.Semaphore(at_once)
        self._connections = KeptConnections(redis.connection_pool)
        self._scripts = {
            verb: redis.register_script(load_script(noun, verb, prefix=prefix)) for verb in verbs
        }

    async def __call__(self, verb: str, *arguments: str | bytes | float) -> Any:
        """Run one script; raises a StoreError."""
        try:
            with store_errors():
                async with asyncio.timeout(self._limit_s), self._places:
                    return await self._run(self._scripts[verb], *arguments)
        except TimeoutError as error:
            raise StoreUnavailable(f"Redis did not answer within {self._limit_s:g} s.") from error

    async def _run(self, script: AsyncScript, *arguments: str | bytes | float) -> Any:
        call = self._connections.call
        try:
            return await call("EVALSHA", script.sha, 0, *arguments)
        except NoScriptError:  # Redis was started anew, or is another one
            await call("SCRIPT LOAD", script.script)
            return await call("EVALSHA", script.sha, 0, *arguments)


@cache
def load_script(noun: str, verb: str, *, prefix: str = PREFIX) -> str:
    """The source of a script: its keys, the format of records, its preludes, its text."""
    name = f"{noun}_{verb}"
    preludes = _PRELUDES.get(name, _PRELUDES[noun])
    folder = files("core.store") / "lua"
    parts = [*(f"{prelude}_prelude" for prelude in preludes), name]
    text = "".join((folder / f"{part}.lua").read_text("utf-8") for part in parts)
    named = set(re.findall(r"\bKEY\.([A-Z_]+)", text))
    table = ", ".join(f"{key.name} = '{key.at(prefix=prefix)}'" for key in Key if key.name in named)
    return f"local KEY, FORMAT = {{{table}}}, {FORMAT}\n{text}"
