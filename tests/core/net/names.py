"""A DNS server on loopback that answers as a test wants, and a resolver that asks it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from dnslib import AAAA, QTYPE, RR, A, DNSRecord
from dnslib.server import BaseResolver, DNSLogger, DNSServer

from core.net.address import literal


class StubDns(BaseResolver):  # type: ignore[misc]  # dnslib has no types
    """Serves ``zone``; a name in ``changing`` gets the next of its answers at every question.

    ``asked`` counts the lookups of each name. :meth:`resolve_name` has the shape of
    :data:`core.net.guard.Resolver`.
    """

    def __init__(
        self,
        zone: Mapping[str, Sequence[str]],
        changing: Mapping[str, Sequence[Sequence[str]]] | None = None,
    ) -> None:
        self._zone = dict(zone)
        self._changing = {name: list(answers) for name, answers in (changing or {}).items()}
        self.asked: Counter[str] = Counter()
        self._server = DNSServer(
            self, address="127.0.0.1", port=0, logger=DNSLogger("-request,-reply")
        )

    def resolve(self, request: Any, _handler: Any) -> Any:
        """dnslib's side: the answer to one question."""
        reply = request.reply()
        name = str(request.q.qname).rstrip(".")
        wanted = {QTYPE.A: 4, QTYPE.AAAA: 6}.get(request.q.qtype)
        for text in self._answers(name, first=request.q.qtype == QTYPE.A):
            address = literal(text)
            if address is not None and address.version == wanted:
                data = A(text) if wanted == 4 else AAAA(tuple(address.packed))
                reply.add_answer(RR(name, request.q.qtype, rdata=data, ttl=0))
        return reply

    def _answers(self, name: str, *, first: bool) -> Sequence[str]:
        if name not in self._changing:
            return self._zone.get(name, ())
        answers = self._changing[name]
        return answers[0] if first or len(answers) == 1 else answers.pop(0)

    def resolve_name(self, host: str, _port: int) -> list[str]:
        """Ask for the addresses of ``host`` over UDP; an address stands for itself."""
        if literal(host) is not None:
            return [host]
        self.asked[host] += 1
        found: list[str] = []
        for kind in ("A", "AAAA"):
            answer = DNSRecord.question(host, kind).send("127.0.0.1", self.port, timeout=5)
            found += [str(record.rdata) for record in DNSRecord.parse(answer).rr]
        if not found:
            raise OSError(f"{host} is unknown")
        return found

    @property
    def port(self) -> int:
        port: int = self._server.server.server_address[1]
        return port

    def __enter__(self) -> Self:
        self._server.start_thread()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._server.stop()
        self._server.server.server_close()
