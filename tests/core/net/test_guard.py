from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Final

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigurationError, UrlNotAllowed
from core.net.address import rule_against
from core.net.client import guarded_async_client
from core.net.guard import Guard
from core.settings import Settings
from tests.core.net.forms import FORMS, ZONE
from tests.core.net.listener import Listener
from tests.core.net.names import StubDns

LIMIT: Final = httpx.Timeout(5)
TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody, and loads fast


@pytest.fixture(scope="module")
def dns() -> Iterator[StubDns]:
    with StubDns(ZONE) as dns:
        yield dns


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with Listener() as listener:
        yield listener


@pytest.fixture
def guard(dns: StubDns, listener: Listener) -> Guard:
    return Guard(frozenset({80, 443, listener.port}), resolve=dns.resolve_name)


def test_there_are_forms_enough() -> None:
    assert len(set(FORMS)) == len(FORMS) >= 150


@pytest.mark.parametrize("form", FORMS)
def test_no_form_reaches_the_listener(guard: Guard, listener: Listener, form: str) -> None:
    url = form.replace("{port}", str(listener.port))

    async def ask() -> UrlNotAllowed:
        async with guarded_async_client(guard, timeout=LIMIT, tls=TLS) as client:
            with pytest.raises(UrlNotAllowed) as raised:
                await client.get(guard.check_url(url))
            with pytest.raises((UrlNotAllowed, httpx.InvalidURL, httpx.UnsupportedProtocol)):
                await client.get(url)  # what httpx makes of the string, without the first check
        return raised.value

    error = asyncio.run(ask())
    assert error.rule in error.message
    assert listener.hits == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "0x7f000001", "[::1]", "[::ffff:7f00:1]"])
def test_the_listener_is_reached_without_a_guard(host: str) -> None:
    with Listener() as listener:
        httpx.get(f"http://{host}:{listener.port}/", trust_env=False)
        assert listener.hits == 1


@pytest.mark.parametrize(
    ("given_url", "normal"),
    [
        ("http://Public.TEST", "http://public.test/"),
        ("https://public.test.:443/a?b=c#d", "https://public.test/a?b=c"),
        ("http://public.test:443/", "http://public.test:443/"),
        ("http://\uff18.8\u30028.8/", "http://8.8.8.8/"),
        ("http://[2606:2800:0220:0001:0:0:0:1]/", "http://[2606:2800:220:1::1]/"),
        ("http://[64:ff9b::8.8.8.8]/", "http://[64:ff9b::808:808]/"),
        ("https://bücher.test/ü", "https://xn--bcher-kva.test/%C3%BC"),
        ("https://my_bucket.public.test/x%20y", "https://my_bucket.public.test/x%20y"),
    ],
)
def test_a_url_gets_one_normal_form(given_url: str, normal: str) -> None:
    assert Guard().check_url(given_url).raw_host.decode() in normal
    assert str(httpx.URL(normal)) == str(Guard().check_url(given_url))


def test_public_addresses_pass_and_all_of_a_name_are_given(guard: Guard) -> None:
    assert guard.addresses("public.test", 443) == ["93.184.216.34", "2606:2800:220:1::1"]


def test_one_bad_address_among_good_ones_refuses_the_host(guard: Guard) -> None:
    with pytest.raises(UrlNotAllowed) as raised:
        guard.addresses("mixed.test", 443)
    error = raised.value
    assert (error.host, error.address) == ("mixed.test", "127.0.0.1")
    assert error.message.startswith("'mixed.test' may not be reached from here: its address")
    assert "127.0.0.1" not in error.message


def test_a_message_holds_neither_the_password_nor_the_path_of_a_url() -> None:
    with pytest.raises(UrlNotAllowed) as raised:
        Guard().check_url("https://me:hunter2@public.test/secret?token=s3cret")
    assert "hunter2" not in raised.value.message
    assert "secret" not in raised.value.message


@given(st.ip_addresses())
def test_what_is_not_global_is_never_allowed(address: IPv4Address | IPv6Address) -> None:
    if not address.is_global or address.is_multicast:
        assert rule_against(address)


@given(st.text(max_size=60), st.sampled_from(["", "http://", "https://", "http://[", "//"]))
def test_any_text_is_refused_or_has_one_reading(text: str, start: str) -> None:
    try:
        url = Guard().check_url(start + text)
    except UrlNotAllowed:
        return
    assert url.scheme in ("http", "https")
    assert not url.userinfo
    assert Guard().check_url(str(url)) == url


def test_networks_and_ports_are_allowed_by_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPFAKE_OUTGOING_PORTS", "443, 8443")
    monkeypatch.setenv("DEEPFAKE_OUTGOING_PRIVATE_NETWORKS", "10.1.0.0/16,fd00::/8")
    guard = Guard.of(Settings.load())
    assert guard.private_networks == (ip_network("10.1.0.0/16"), ip_network("fd00::/8"))
    assert str(guard.check_url("https://10.1.2.3:8443/")) == "https://10.1.2.3:8443/"
    for refused in ("https://10.2.2.3:8443/", "http://10.1.2.3/", "https://[::ffff:10.1.2.3]/"):
        with pytest.raises(UrlNotAllowed):
            guard.check_url(refused)


def test_a_network_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPFAKE_OUTGOING_PRIVATE_NETWORKS", "10.1.0.5/16")
    with pytest.raises(ConfigurationError, match="DEEPFAKE_OUTGOING_PRIVATE_NETWORKS"):
        Settings.load()
