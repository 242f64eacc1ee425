"""The decoder child: ``python -m worker.decoder PARENT_PID MEMORY_BYTES THREADS``.

The only process that touches uploads. It reads requests from stdin and answers on stdout
(:mod:`worker.decoder.protocol`); it holds no secret, no model and no connection, so what a
hostile file can take over here is worth nothing. Started by :class:`worker.decoder.child.Child`.
"""

from __future__ import annotations

import sys

from worker.decoder import sandbox


def main(arguments: list[str]) -> None:
    """Serve requests until stdin ends."""
    parent_pid, memory_bytes, threads = (int(argument) for argument in arguments)
    sandbox.die_with_parent(parent_pid)
    held = sandbox.renounce()
    # Imported now: the libraries start threads, which have to be bound by what was given up.
    from worker.decoder.serve import serve  # noqa: PLC0415

    serve(held, memory_bytes, threads)


if __name__ == "__main__":
    main(sys.argv[1:])
