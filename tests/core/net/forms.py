"""URLs that must never reach this machine, its network or its cloud; ``{port}`` is a listener's.

The names are those of :data:`ZONE`, which :class:`tests.core.net.names.StubDns` serves.
"""

# ruff: noqa: E501, RUF001  # tables of look-alikes

from __future__ import annotations

from typing import Final

_LOOPBACK_IPV4: Final = (
    "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "127.127.127.127", "127.0.0.2", "0", "0.0.0.0",
    "0.0.0.1", "00.0.0.0", "2130706433", "2130706433.", "02130706433", "017700000001",
    "0177.0.0.1", "0177.0.0.01", "0177.1", "0o177.0.0.1", "0x7f000001", "0X7F000001", "0x7f.1",
    "0x7f.0x0.0x0.0x1", "0x7f.0.1", "127.0x1", "127.0.0x0.1", "0x7f.0.0.0x1", "127.000.000.001",
    "0127.0.0.1", "00000177.0.0.1", "4294967295", "4294967296", "2852039166", "0xa9fea9fe",
    "0251.0376.0251.0376", "0x", "1.2.3.4.5", "127.0.0.256", "256.256.256.256",
)  # fmt: skip
_OTHER_IPV4: Final = (
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255",
    "100.64.0.1", "100.100.100.200", "100.127.255.255", "169.254.169.254", "169.254.170.2",
    "168.63.129.16", "192.0.0.192", "192.0.0.8", "192.0.2.1", "198.51.100.7", "203.0.113.9",
    "198.18.0.1", "198.19.255.255", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255", "192.88.99.1",
)  # fmt: skip
_IPV6: Final = (
    "::", "::1", "0:0:0:0:0:0:0:1", "0000::0001", "::127.0.0.1", "::7f00:1", "::ffff:127.0.0.1",
    "::ffff:7f00:1", "::FFFF:169.254.169.254", "::ffff:0:127.0.0.1", "::ffff:0a00:0001",
    "64:ff9b::7f00:1", "64:ff9b::169.254.169.254", "64:ff9b::10.0.0.1", "64:ff9b:1::7f00:1",
    "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:0a00:0001::", "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "2001::1", "2001:db8::1", "3fff::1", "2001:2::1", "2001:10::1", "fe80::1", "fe80::1%25eth0",
    "fe80::1%eth0", "::1%251", "::1%lo", "fec0::1", "fc00::1", "fd00:ec2::254", "fd20:ce::254",
    "ff02::1", "ff0e::1", "100::1", "5f00::1", "4000::1", "v1.127", "::1::",
)  # fmt: skip
_NAMES: Final = (
    "local.test", "LOCAL.test", "local.test.", "loopback6.test", "mapped.test", "metadata.google.internal",
    "instance-data.ec2.internal", "private.test", "mixed.test", "mixed6.test", "unspecified.test",
    "nat64.test", "linklocal.test", "cgnat.test", "alias.test", "bücher.test", "xn--bcher-kva.test",
    "ⓛⓞⓒⓐⓛ.test", "ｌｏｃａｌ．ｔｅｓｔ", "local。test", "loc\u00adal.test",
)  # fmt: skip
_UNICODE_IPV4: Final = (
    "１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "１２７．１", "０x7f.1", "𝟏𝟐𝟕.0.0.1",
)  # fmt: skip
_WHOLE: Final = (
    "http://user@127.0.0.1:{port}/", "http://user:word@local.test:{port}/",
    "http://example.com@127.0.0.1:{port}/", "http://127.0.0.1:{port}@example.com/",
    "http://example.com:80@127.0.0.1:{port}/", "http://@127.0.0.1:{port}/", "http://:@local.test:{port}/",
    "http://example.com#@127.0.0.1:{port}/", "http://127.0.0.1:{port}#@example.com/",
    "http://127.0.0.1:{port}\\@example.com/", "http:\\\\127.0.0.1:{port}\\", "http:/\\127.0.0.1:{port}/",
    "http://example.com\\@127.0.0.1:{port}/", "http://127.0.0.1:{port}?@example.com/",
    "http://127.0.0.1\t:{port}/", "http://127.0.\t0.1:{port}/", "\thttp://127.0.0.1:{port}/",
    " http://127.0.0.1:{port}/", "http:// 127.0.0.1:{port}/", "http://127.0.0.1:{port}/ HTTP/1.1\r\nX: y",
    "http://127.0.0.1:{port}/\r\nHost: example.com", "http://127.0.0.1%0d%0a:{port}/", "http://127.0.0.1\0:{port}/",
    "http://127.0.0.1%00.example.com:{port}/", "http://127.0.0.1%2eexample:{port}/", "http://%31%32%37.0.0.1:{port}/",
    "http://127%2e0%2e0%2e1:{port}/", "http://[::1]x:{port}/", "http://[::1:{port}/", "http://::1:{port}/",
    "http://[127.0.0.1]:{port}/", "http:///127.0.0.1:{port}/", "http:127.0.0.1:{port}", "//127.0.0.1:{port}/",
    "127.0.0.1:{port}", "http://", "http://:{port}/", "http://.:{port}/", "http://..:{port}/", "", "/v1/jobs",
    "http://127.0.0.1:{port}{port}/", "http://127.0.0.1:-1/", "http://127.0.0.1:0/", "http://local.test:22/",
    "http://local.test:6379/", "http://127.0.0.1:８０/", "gopher://127.0.0.1:{port}/_", "file:///etc/passwd",
    "ftp://127.0.0.1:{port}/", "dict://127.0.0.1:{port}/", "ws://127.0.0.1:{port}/", "unix:///tmp/redis.sock",
    "http+unix://%2ftmp%2fredis.sock/", "data:,127.0.0.1", "javascript:1", "jar:http://127.0.0.1:{port}/!/",
    "HTTP://127.0.0.1:{port}/", "hTTps://127.0.0.1:{port}/", "https://local.test:{port}/",
    "http://-local.test:{port}/", "http://local..test:{port}/", "http://a/b@127.0.0.1:{port}",
    "http://127.0.0.1:{port}/" + "a" * 3000,
)  # fmt: skip

FORMS: Final[tuple[str, ...]] = (
    *(f"http://{host}:{{port}}/" for host in (*_LOOPBACK_IPV4, *_OTHER_IPV4, *_UNICODE_IPV4)),
    *(f"http://[{host}]:{{port}}/" for host in _IPV6),
    *(f"http://{host}:{{port}}/" for host in _NAMES),
    *_WHOLE,
)

# What the names stand for. Some are those by which clouds give out passwords.
ZONE: Final[dict[str, tuple[str, ...]]] = {
    "local.test": ("127.0.0.1",),
    "loopback6.test": ("::1",),
    "mapped.test": ("::ffff:127.0.0.1",),
    "metadata.google.internal": ("169.254.169.254",),
    "instance-data.ec2.internal": ("169.254.169.254", "fd00:ec2::254"),
    "private.test": ("10.1.2.3",),
    "mixed.test": ("93.184.216.34", "127.0.0.1"),
    "mixed6.test": ("2606:2800:220:1::1", "::1"),
    "unspecified.test": ("0.0.0.0",),
    "nat64.test": ("64:ff9b::7f00:1",),
    "linklocal.test": ("fe80::1",),
    "cgnat.test": ("100.64.1.1",),
    "alias.test": ("127.0.0.1",),
    "xn--bcher-kva.test": ("127.0.0.1",),
    "public.test": ("93.184.216.34", "2606:2800:220:1::1"),
    "www.public.test": ("93.184.216.34",),
    "a": ("127.0.0.1",),
    "example.com": ("127.0.0.1",),
}
