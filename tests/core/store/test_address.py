"""The address of Redis: read once, and the same for the store and for the broker."""

from __future__ import annotations

import ssl
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from celery import Celery
from hypothesis import given, settings
from hypothesis import strategies as st
from kombu.transport.redis import Channel, SentinelChannel
from redis import ConnectionPool, SSLConnection, UnixDomainSocketConnection
from redis.sentinel import SentinelConnectionPool

from core.errors import ConfigurationError
from core.store.address import RedisAddress
from core.store.connection import connect, connect_async
from core.store.doorbell import broker_settings
from tests.redis_server import RedisServer

ADDRESSES = [
    "redis://localhost:6379?db=4",
    "redis://localhost:6379/0?health_check_interval=5",
    "redis://localhost",
    "redis://",
    "redis://h/7",
    "redis://h:1234/2",
    "redis://:pw@h/2",
    "redis://me:p%40%2F%3A%23%3Fw@h/2",
    "redis://me@h/2",
    "redis://h?username=me&password=p%26w&db=3",
    "redis://[::1]:7000/1",
    "rediss://h:6380/1",
    "rediss://h?ssl_cert_reqs=none",
    "rediss://h?ssl_cert_reqs=required&ssl_ca_certs=/etc/ca.pem&ssl_check_hostname=false",
    "rediss://me:pw@h?ssl_certfile=/c.pem&ssl_keyfile=/k.pem&ssl_ca_path=/etc/ssl",
    "unix:///path/redis.sock?db=2&password=pw",
    "unix://me:pw@/path/with%20space/redis.sock?db=2",
    "unix:///path/redis.sock",
    "sentinel://h/main",
    "sentinel://me:p%40%3B%3Fw@h1:26379,h2,[::1]:5/main?db=2&health_check_interval=5",
    "sentinel://h1,h2/main?sentinel_username=a&sentinel_password=b&password=c",
    "sentinel://h/main?tls=true&ssl_ca_certs=/etc/ca.pem",
]
# What may differ between the clients, and what redis-py makes for each pool by itself.
OWN = {
    "client_name",
    "himport_registry",
    "maint_notifications_config",
    "maint_notifications_pool_handler",
    "retry",
    "retry_on_timeout",
    "socket_keepalive_options",
}


def store_parameters(url: str) -> dict[str, Any]:
    return _comparable(connect(url).connection_pool)


def broker_parameters(url: str) -> dict[str, Any]:
    """What kombu would connect with; no connection is made."""
    app = Celery(set_as_current=False)
    app.conf.update(broker_settings(url))
    connection = app.connection_for_write()
    sentinels = connection.transport_cls == "sentinel"
    channel: Any = object.__new__(SentinelChannel if sentinels else Channel)
    options: dict[str, Any] = connection.transport_options or {}
    channel.connection = SimpleNamespace(client=connection, default_port=6379)
    for name in channel.from_transport_options:
        key = name if isinstance(name, str) else name[0]
        if key in options:
            setattr(channel, key, options[key])
    return _comparable(channel._get_pool())


def _comparable(pool: ConnectionPool) -> dict[str, Any]:
    own = {name: value for name, value in pool.connection_kwargs.items() if name not in OWN}
    if isinstance(pool, SentinelConnectionPool):
        del own["connection_pool"]  # the pool itself
        own["service"], own["sentinels"] = pool.service_name, _sentinels(pool)
    over_tls = issubclass(pool.connection_class, SSLConnection)
    unix = issubclass(pool.connection_class, UnixDomainSocketConnection)
    return {**own, "over_tls": over_tls, "unix": unix}


def _sentinels(pool: SentinelConnectionPool) -> list[dict[str, Any]]:
    pools = [client.connection_pool for client in pool.sentinel_manager.sentinels]
    return [{**_comparable(each), "retries": _retries(each)} for each in pools]


def _retries(pool: ConnectionPool) -> int:
    return int(pool.connection_kwargs["retry"].get_retries())


@pytest.mark.parametrize("url", ADDRESSES)
def test_the_store_and_the_broker_connect_alike(url: str) -> None:
    assert broker_parameters(url) == store_parameters(url)


LOGINS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@settings(deadline=None, max_examples=150)
@given(user=LOGINS, password=LOGINS, form=st.sampled_from(["login", "query"]), unix=st.booleans())
def test_whatever_is_in_a_password_both_clients_send_it(
    user: str, password: str, form: str, unix: bool
) -> None:
    name, secret = quote(user, safe=""), quote(password, safe="")
    login, query = f"{name}:{secret}@", ""
    if form == "query":
        login, query = "", f"&username={name}&password={secret}"
    url = f"unix://{login}/r.sock?db=3{query}" if unix else f"redis://{login}h:6379?db=3{query}"
    for parameters in (store_parameters(url), broker_parameters(url)):
        assert (parameters["username"], parameters["password"]) == (user, password)
        assert parameters["db"] == 3


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://localhost:6379?db=4", {"host": "localhost", "port": 6379, "db": 4}),
        ("redis://h?health_check_interval=5", {"health_check_interval": 5}),
        ("redis://h", {"over_tls": False, "unix": False, "db": 0, "password": None}),
        (
            "unix:///path/redis.sock?db=2&password=pw",
            {
                "unix": True,
                "path": "/path/redis.sock",
                "db": 2,
                "password": "pw",
            },
        ),
        ("redis://[::1]:7000/1", {"host": "::1", "port": 7000, "db": 1}),
    ],
)
def test_every_option_of_an_address_counts(url: str, expected: dict[str, Any]) -> None:
    parameters = store_parameters(url)
    assert {name: parameters.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("query", "checks", "names"),
    [
        ("", ssl.CERT_REQUIRED, True),
        ("?ssl_cert_reqs=none", ssl.CERT_NONE, False),
        ("?ssl_cert_reqs=optional", ssl.CERT_OPTIONAL, False),
        ("?ssl_check_hostname=false", ssl.CERT_REQUIRED, False),
    ],
)
def test_a_certificate_is_verified_unless_the_address_says_otherwise(
    query: str, checks: ssl.VerifyMode, names: bool
) -> None:
    for parameters in (
        store_parameters(f"rediss://h{query}"),
        broker_parameters(f"rediss://h{query}"),
    ):
        assert parameters["over_tls"]
        assert (parameters["ssl_cert_reqs"], parameters["ssl_check_hostname"]) == (checks, names)


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("redis://h?protocol=3", "'protocol' is not understood"),
        ("redis://h?retry_on_timeout=1", "'retry_on_timeout'"),
        ("redis://h?ssl_cert_reqs=none", "'ssl_cert_reqs'"),
        ("redis://h?db=x", "db is 'x'"),
        ("redis://h?db=-1", "db is '-1'"),
        ("redis://h/zero", "db is 'zero'"),
        ("redis://h/1?db=2", "two databases"),
        ("redis://h?db=1&db=2", "twice"),
        ("redis://:a@h?password=b", "password stands in it twice"),
        ("redis://h:port", "host or port cannot be read"),
        ("redis://[::1:6379", "host or port cannot be read"),
        ("redis://h?health_check_interval=often", "health_check_interval is 'often'"),
        ("redis://a:1,b:2/0", "several servers"),
        ("redis://h/0#x", "%23"),
        ("rediss://h?ssl_cert_reqs=maybe", "ssl_cert_reqs is 'maybe'"),
        ("rediss://h?ssl_cert_reqs=none&ssl_check_hostname=true", "ssl_check_hostname"),
        ("unix://", "names no socket"),
        ("unix://host/r.sock", "a host before it"),
        ("sentinel://h:26379/0", "names no service"),
        ("sentinel://h:26379", "names no service"),
        ("sentinel://h/main/0", "names no service"),
        ("sentinel://h:1,/main", "host or port cannot be read"),
        ("sentinel://h:1,g:port/main", "host or port cannot be read"),
        ("sentinel:///main", "host or port cannot be read"),
        ("sentinel://h/main?ssl_ca_certs=/ca.pem", "'ssl_ca_certs' is not understood"),
        ("sentinel://h/main?tls=yes", "tls is 'yes'"),
        ("redis://h?sentinel_password=x", "'sentinel_password' is not understood"),
        ("redis+sentinel://h:26379/0", "write redis://"),
        ("redis+cluster://h:6379", "cluster:// is not supported"),
        ("http://h", "http:// is not an address of Redis"),
        ("h:6379", "not an address of Redis"),
        ("redis:6379", "not an address of Redis"),
        ("redis:/0", "not an address of Redis"),
        ("", "no scheme"),
    ],
)
def test_what_is_not_understood_is_refused_by_its_name(url: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named) as refused:
        RedisAddress.parse(url)
    assert refused.value.message.startswith("DEEPFAKE_REDIS_URL: ")


def test_a_refusal_does_not_tell_the_password() -> None:
    for raw in ("s3cret@h?fast=1", "a/s3cret@h", "a?s3cret@h", "a#s3cret@h", "s3cret/b@h"):
        with pytest.raises(ConfigurationError) as refused:
            RedisAddress.parse(f"redis://:{raw}")
        assert "s3cret" not in refused.value.message
    assert "s3cret" not in repr(RedisAddress.parse("redis://:s3cret@h"))
    both = "sentinel://:s3cret@h/main?sentinel_password=s3cret"
    assert "s3cret" not in repr(RedisAddress.parse(both))


def test_a_listener_connects_like_the_store() -> None:
    url = "rediss://me:pw@h:6380/2?ssl_ca_certs=/ca.pem"
    listener, store = connect_async(url).connection_pool, connect(url).connection_pool
    for name in ("host", "port", "db", "username", "password", "ssl_cert_reqs", "ssl_ca_certs"):
        assert listener.connection_kwargs[name] == store.connection_kwargs[name]


def test_a_database_of_a_socket_is_the_one_that_is_used(redis_server: RedisServer) -> None:
    url = f"{redis_server.url}?db=5"
    connect(url).set("here", 1)
    try:
        app = Celery(set_as_current=False)
        app.conf.update(broker_settings(url))
        with app.connection_for_write() as connection:
            channel: Any = connection.default_channel
            assert channel.client.get("here") == b"1"
    finally:
        connect(url).flushdb()
