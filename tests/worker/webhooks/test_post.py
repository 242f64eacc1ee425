"""What a post must never reach."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from core.net.guard import Guard
from core.store.outbox import Parcel
from core.store.webhook_records import Delivery, DeliveryState, Message, Signing
from tests.core.net.forms import FORMS, ZONE
from tests.core.net.listener import Listener
from tests.core.net.names import StubDns
from tests.worker.webhooks.conftest import NO_TLS
from worker.webhooks.post import Answer, Post

NOW = datetime.now(UTC)


def parcel(url: str) -> Parcel:
    """A callback to ``url``, as if it had passed the check at its creation."""
    delivery = Delivery(
        id="dlv_1", tenant="local", message="msg_1", type="job.succeeded", subject="job_1",
        endpoint=None, url=url, state=DeliveryState.SENDING, attempts=1, created_at=NOW,
        due_at=NOW, over_at=None, reason=None, tries=(),
    )  # fmt: skip
    message = Message("msg_1", "job.succeeded", NOW, job=None, data={})
    return Parcel(delivery, message, None, Signing(seed="ab" * 32), NOW)


def post(guard: Guard, urls: list[str]) -> list[Answer]:
    async def each() -> list[Answer]:
        sender = Post(guard, limit_s=10, connections=32, tls=NO_TLS)
        try:
            return [await sender(parcel(url)) for url in urls]
        finally:
            await sender.close()

    return asyncio.run(each())


def test_no_form_of_an_inner_address_is_reached() -> None:
    with Listener() as listener, StubDns(ZONE) as dns:
        guard = Guard(frozenset({80, 443, listener.port}), resolve=dns.resolve_name)
        urls = [form.replace("{port}", str(listener.port)) for form in FORMS]
        answers = post(guard, urls)
        assert listener.hits == 0
    assert len(urls) > 100
    assert all(answer.status is None for answer in answers)


def test_a_name_that_is_rebound_between_check_and_try_is_refused_without_its_address() -> None:
    answers = {"rebind.test": [("10.1.2.3",)]}
    with Listener() as listener, StubDns({}, answers) as dns:
        guard = Guard(frozenset({listener.port}), resolve=dns.resolve_name)
        (answer,) = post(guard, [f"http://rebind.test:{listener.port}/"])
        assert listener.hits == 0
    assert answer.error == "url_not_allowed: its address is private"
