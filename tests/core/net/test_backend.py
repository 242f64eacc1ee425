"""What the guarded client does with connections: pinned addresses, names in TLS, no environment."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Final

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from core.errors import UrlNotAllowed
from core.net.client import guarded_async_client
from core.net.guard import Guard, Resolver, system_resolver
from tests.core.net.listener import OK, Listener
from tests.core.net.names import StubDns

LIMIT: Final = httpx.Timeout(5)
TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
LOOPBACK: Final = (ip_network("127.0.0.1/32"),)  # and not 127.0.0.2


def guard_of(listener: Listener, resolve: Resolver = system_resolver) -> Guard:
    return Guard(frozenset({listener.port}), LOOPBACK, resolve)


def fetch(guard: Guard, url: str, tls: ssl.SSLContext = TLS) -> list[int]:
    """Ask twice, on a connection each time; the statuses."""

    async def ask() -> int:
        async with guarded_async_client(guard, timeout=LIMIT, tls=tls) as client:
            return (await client.get(guard.check_url(url))).status_code

    return [asyncio.run(ask()), asyncio.run(ask())]


def test_an_allowed_private_network_is_reached() -> None:
    with Listener() as listener:
        assert fetch(guard_of(listener), f"http://127.0.0.1:{listener.port}/") == [200, 200]
        with pytest.raises(UrlNotAllowed, match=r"127\.0\.0\.2.*loopback"):
            fetch(guard_of(listener), f"http://127.0.0.2:{listener.port}/")
        assert listener.hits == 2


def test_a_name_that_is_rebound_is_refused_and_each_connection_asks_once() -> None:
    answers = {"rebind.test": [("127.0.0.1",), ("127.0.0.1",), ("127.0.0.2",)]}
    with Listener() as listener, StubDns({}, answers) as dns:
        guard = guard_of(listener, dns.resolve_name)
        assert fetch(guard, f"http://rebind.test:{listener.port}/") == [200, 200]
        assert dns.asked["rebind.test"] == 2
        with pytest.raises(UrlNotAllowed) as raised:
            fetch(guard, f"http://rebind.test:{listener.port}/")
        assert raised.value.address == "127.0.0.2"
        assert listener.hits == 2
        assert all(f"host: rebind.test:{listener.port}".encode() in head.lower()
                   for head in listener.heads)  # fmt: skip


def test_the_address_that_was_checked_is_the_one_that_is_used() -> None:
    def fickle(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    asked: list[str] = []
    with Listener() as listener:
        guard = guard_of(listener, fickle)

        async def ask() -> int:
            async with guarded_async_client(guard, timeout=LIMIT, tls=TLS) as client:
                return (await client.get(f"http://once.test:{listener.port}/")).status_code

        assert asyncio.run(ask()) == 200
        assert (asked, listener.hits) == (["once.test"], 1)


def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    with Listener(host="127.0.0.1") as listener:
        guard = Guard(
            frozenset({listener.port}),
            (ip_network("127.0.0.0/8"),),
            lambda *_: ["127.0.0.9", "127.0.0.1"],  # nobody listens on the first one
        )
        assert fetch(guard, f"http://two.test:{listener.port}/") == [200, 200]


def test_the_next_address_is_tried_when_one_does_not_even_refuse() -> None:
    with Listener(host="127.0.0.1") as listener, socket.socket() as deaf, ExitStack() as stack:
        deaf.bind(("127.0.0.9", listener.port))
        deaf.listen(0)
        for _ in range(4):  # nobody accepts them, so that none finds a place any more
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(deaf.getsockname())
        guard = Guard(
            frozenset({listener.port}),
            (ip_network("127.0.0.0/8"),),
            lambda *_: ["127.0.0.9", "127.0.0.1"],
        )

        async def ask() -> int:
            limit = httpx.Timeout(5, connect=1)
            async with guarded_async_client(guard, timeout=limit, tls=TLS) as client:
                return (await client.get(f"http://two.test:{listener.port}/")).status_code

        assert asyncio.run(ask()) == 200


def test_a_name_without_addresses_cannot_be_reached() -> None:
    with StubDns({}) as dns, pytest.raises(httpx.ConnectError, match=r"no\.test does not resolve"):
        fetch(Guard(resolve=dns.resolve_name), "http://no.test/")


def test_a_resolver_that_hangs_does_not_hold_the_gateway() -> None:
    def hang(host: str, port: int) -> list[str]:
        time.sleep(0.5)
        return ["127.0.0.1"]

    async def ask(guard: Guard) -> None:
        limit = httpx.Timeout(0.1)
        async with guarded_async_client(guard, timeout=limit, tls=TLS) as client:
            await client.get("http://slow.test/")

    with pytest.raises(httpx.ConnectTimeout):
        asyncio.run(ask(Guard(resolve=hang)))


def test_no_proxy_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with Listener() as listener, Listener() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert fetch(guard_of(listener), f"http://127.0.0.1:{listener.port}/") == [200, 200]
        assert (listener.hits, proxy.hits) == (2, 0)


def test_redirects_are_not_followed_and_cookies_not_kept() -> None:
    with Listener() as target:
        moved = (
            f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{target.port}/\r\n"
            "Set-Cookie: tenant=one\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ).encode()
        with Listener(moved) as listener:
            url = f"http://127.0.0.1:{listener.port}/"
            guard = guard_of(listener)

            async def ask() -> list[int]:
                async with guarded_async_client(guard, timeout=LIMIT, tls=TLS) as client:
                    return [(await client.get(url)).status_code for _ in range(2)]

            assert asyncio.run(ask()) == [302, 302]
            assert not any(b"cookie" in head.lower() for head in listener.heads)
        assert target.hits == 0


def certificate_for(name: str, folder: Path) -> Path:
    """A file with a key and a certificate for ``name`` that nobody but itself has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, text = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(pem, text, serialization.NoEncryption()) + made.public_bytes(pem)
    )
    return path


def test_tls_asks_for_the_name_and_checks_the_certificate_against_it(tmp_path: Path) -> None:
    names: list[str | None] = []
    pem = certificate_for("named.test", tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    server.sni_callback = lambda _socket, name, _context: names.append(name)
    trusting = ssl.create_default_context(cafile=str(pem))
    with Listener(OK, tls=server) as listener:
        guard = guard_of(listener, lambda *_: ["127.0.0.1"])
        assert fetch(guard, f"https://named.test:{listener.port}/", trusting) == [200, 200]
        with pytest.raises(httpx.ConnectError, match=r"(?i)certificate"):
            fetch(guard, f"https://other.test:{listener.port}/", trusting)
    assert names == ["named.test", "named.test", "other.test"]
