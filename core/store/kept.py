"""Connections of redis-py's asyncio pool that go from one call to the next.

redis-py's client takes a connection from the pool for each call and gives it back, and tells of
both to whoever might observe it. That takes longer than the call itself.
"""

from __future__ import annotations

from typing import Any

from redis.exceptions import ResponseError
from redis.typing import EncodableT


class KeptConnections:
    """Sends commands one at a time on each connection; whoever calls bounds how many run at once.

    Raises what redis-py raises, and retries nothing. The pool still makes the connections, checks
    each before its next command, and closes them.
    """

    def __init__(self, pool: Any) -> None:  # redis-py has few annotations here
        self._pool = pool
        self._idle: list[Any] = []

    async def call(self, *command: EncodableT) -> Any:
        """The answer to a command."""
        connection = await self._taken()
        try:
            await connection.send_command(*command)
            answer = await connection.read_response()
        except ResponseError:  # it is an answer too
            await self._keep(connection)
            raise
        except BaseException:
            await self._give_back(connection)
            raise
        await self._keep(connection)
        return answer

    async def _taken(self) -> Any:
        if not self._idle:
            return await self._pool.get_connection()
        connection = self._idle.pop()
        try:
            await self._pool.ensure_connection(connection)
        except BaseException:
            await self._give_back(connection)
            raise
        return connection

    async def _keep(self, connection: Any) -> None:
        if connection.should_reconnect():
            await self._give_back(connection)
        else:
            self._idle.append(connection)

    async def _give_back(self, connection: Any) -> None:
        """Leave it to the pool with all that are idle, since what ended one may have ended them.

        Where a sentinel names another master, the pool closes those that it has.
        """
        idle, self._idle = self._idle, []
        for one in (connection, *idle):
            await self._pool.release(one)
