"""The decoder child: ``python -m worker.decoder PARENT_PID MEMORY_BYTES THREADS [ANCHORS]``.

The only process that touches uploads. It reads requests from stdin and answers on stdout
(:mod:`worker.decoder.protocol`); it holds no secret, no model and no connection, so what a
hostile file can take over here is worth nothing. ANCHORS is a file of certificates, see
:mod:`core.media.origin.credentials`. Started by :class:`worker.decoder.child.Child`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from worker.decoder import sandbox


def main(arguments: list[str]) -> None:
    """Serve requests until stdin ends."""
    parent_pid, memory_bytes, threads = (int(argument) for argument in arguments[:3])
    sandbox.die_with_parent(parent_pid)
    sandbox.ignore_stops()
    held = sandbox.renounce()
    # Imported now: the libraries start threads, which have to be bound by what was given up.
    from worker.decoder.serve import serve  # noqa: PLC0415

    anchors = [Path(file).read_text(encoding="utf-8") for file in arguments[3:]]
    serve(held, memory_bytes, threads, *anchors)


if __name__ == "__main__":
    main(sys.argv[1:])
