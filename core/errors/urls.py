"""Another server, which a client named by a URL."""

from __future__ import annotations

from core.errors.base import DeepfakeError


class UrlError(DeepfakeError):
    """Another server, which a client named by a URL."""

    code = "url_error"


class UrlNotAllowed(UrlError):
    """Nothing was sent to the host.

    ``host`` and ``address`` say which one it was, ``rule`` why; ``address`` is None where the rule
    is about the URL itself. The message leaves the address out: it is for those who named the
    host, and they need not learn what addresses our own network has.
    """

    code = "url_not_allowed"
    host: str = ""
    address: str | None = None
    rule: str = ""

    def __init__(self, host: str, *, rule: str, address: str | None = None) -> None:
        self.host, self.address, self.rule = host, address, rule
        super().__init__(
            f"{host!r} may not be reached from here: {rule}. "
            "Name an http or https URL of a server on the public Internet."
        )


class UrlFetchFailed(UrlError):
    """The server answered, and what it said will not change by asking again."""

    code = "url_fetch_failed"


class UrlUnavailable(UrlError):
    """The server did not answer, or not now."""

    code = "url_unavailable"
    retryable = True
