"""The question for a provenance: whatever becomes of it, the verdict is safe."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator

import pytest

from core.errors import DecoderCrashed, UnreadableMedia
from core.evidence import ExtractOptions
from core.provenance import Credentials, CredentialState, NotChecked, Provenance
from tests.worker.decoder.decoders import PATIENT_S, obedient_pool
from worker.decoder import origin
from worker.decoder.pool import DecoderPool
from worker.decoder.protocol import Message

FOUND = Provenance(c2pa=Credentials(state=CredentialState.NONE), claims=[])


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    with obedient_pool() as made:
        yield made


def ask(pool: DecoderPool, order: str) -> list[Provenance]:
    """Have a file read, and then obey ``order`` when asked for its provenance."""
    told: list[Provenance] = []
    upload = f"later {order}\n".encode()
    with pytest.raises(UnreadableMedia, match="well read"):
        pool.extract(
            iter([upload]),
            len(upload),
            ExtractOptions(),
            deadline_s=PATIENT_S,
            on_provenance=told.append,
        )
    return told


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (f"crash {signal.SIGSEGV.value}", NotChecked.CRASHED),
        (f"crash {signal.SIGABRT.value}", NotChecked.CRASHED),
        ("noise", NotChecked.CRASHED),
        ("twice", NotChecked.CRASHED),
        ("origin {}", NotChecked.CRASHED),
        ("hang", NotChecked.TIMEOUT),
        ("burn", NotChecked.TIMEOUT),
    ],
)
def test_a_crash_or_a_hang_costs_the_provenance_alone(
    pool: DecoderPool, monkeypatch: pytest.MonkeyPatch, order: str, reason: NotChecked
) -> None:
    monkeypatch.setattr(origin, "LIMIT_S", 0.3 if order == "hang" else PATIENT_S)
    assert ask(pool, order) == [Provenance.not_checked(reason)]
    assert ask(pool, "origin " + FOUND.model_dump_json()) == [FOUND]


def test_a_file_that_nothing_can_be_told_of_has_no_provenance(pool: DecoderPool) -> None:
    assert ask(pool, "say that it is no file") == []


def test_a_job_that_is_canceled_meanwhile_ends_the_child(pool: DecoderPool) -> None:
    class Canceled(Exception):
        pass

    asked = False

    def cancel(*_: object) -> None:
        if asked:
            raise Canceled

    decoder = pool._take()
    upload = b"later hang\n"
    with pytest.raises(UnreadableMedia):
        decoder.extract(iter([upload]), len(upload), ExtractOptions(), deadline_s=PATIENT_S)
    asked = True
    with pytest.raises(Canceled):
        pool._finish(decoder, lambda _: None, cancel)
    assert not decoder._child.alive()


def test_a_provenance_arrives_as_it_was_sent() -> None:
    answer = origin.encode(FOUND)
    length = int.from_bytes(answer[:4])
    header, part = json.loads(answer[4 : 4 + length]), answer[4 + length :]
    assert origin.parse(Message(header, (part,))) == FOUND


@pytest.mark.parametrize(
    "part",
    [b"", b"null", b"[]", b"{}", b'{"c2pa": {"state": "sacred"}}', b"[" * 100_000, b"\xff"],
)
def test_a_provenance_that_is_none_is_a_crash(part: bytes) -> None:
    with pytest.raises(DecoderCrashed):
        origin.parse(Message({}, (part,)))
