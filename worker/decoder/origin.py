"""The answer of the child to the question what a file says of its own origin.

It is asked for after the evidence has come, so that neither a crash nor a hang of the library for
credentials costs a verdict.
"""

from __future__ import annotations

import json
from typing import Final

from core.errors import DecoderCrashed
from core.provenance import Provenance
from worker.decoder import protocol
from worker.decoder.protocol import Bounds, Message

LIMIT_S: Final = 30.0  # hashing 512 MiB takes about 3 on a core of its own
_MOST_BYTES: Final = 256 * 1024
BOUNDS: Final = Bounds(parts=1, part_bytes=_MOST_BYTES, total_bytes=_MOST_BYTES)


def encode(provenance: Provenance) -> bytes:
    """A provenance as an answer; that of a file which is none is an error instead."""
    return protocol.encode_message({"provenance": True}, [provenance.model_dump_json().encode()])


def parse(message: Message) -> Provenance | None:
    """What an answer says; None when the child could not tell anything of the file.

    Raises :class:`DecoderCrashed` when it makes no sense. Texts are cut and cleaned here again,
    because the child may be under the control of the file's author.
    """
    if "error" in message.header and not message.parts:
        return None
    try:
        return Provenance.from_json(json.loads(message.parts[0]))
    except (IndexError, ValueError, RecursionError) as error:
        raise DecoderCrashed("The decoder's provenance is malformed.") from error
