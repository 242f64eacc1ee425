"""What a provenance costs a decoder: time by kind of file, and memory.

    python -m benchmarks.provenance [--rounds 20] [--write benchmarks/provenance.md]

Asks a real decoder, in its sandbox, for the provenance of files that it has just read, each
without and with a manifest. Times are those of the worker, with the way through the pipe.
"""

from __future__ import annotations

import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import click

from core.evidence import ExtractOptions
from tests.credentials_factory import authority, signed
from tests.worker.media_factory import still, video
from worker.decoder.config import DecoderConfig
from worker.decoder.decoder import Decoder

FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "JPEG": ("image/jpeg", lambda: still("JPEG")),
    "PNG": ("image/png", lambda: still("PNG")),
    "MP4": ("video/mp4", lambda: video("mp4", "libx264")),
    "MP4 of 256 MB": ("video/mp4", lambda: _large(video("mp4", "libx264"))),
}


@click.command()
@click.option("--rounds", default=20, show_default=True)
@click.option("--write", type=click.Path(path_type=Path))
def main(rounds: int, write: Path | None) -> None:
    """Print the table, and write it where asked."""
    table = "\n".join(_lines(rounds))
    click.echo(table)
    if write is not None:
        write.write_text(f"{table}\n", "utf-8")


def _lines(rounds: int) -> Iterator[str]:
    yield "# What a provenance costs\n"
    command = f"python -m benchmarks.provenance --rounds {rounds}"
    yield f"`{command}` on {platform.machine()}, median ms.\n"
    yield "| File | without a manifest | with a manifest |"
    yield "|---|---|---|"
    with tempfile.TemporaryDirectory() as folder:
        anchors = Path(folder, "anchors.pem")
        anchors.write_text(authority().root)
        decoder = Decoder.start(DecoderConfig(trust_anchors=anchors))
    try:
        held = []
        for file in (still("JPEG"), signed(still("JPEG"), "image/jpeg")):
            _asked(decoder, file, rounds)
            held.append(round((decoder._child.resident_bytes() or 0) / 1e6))  # noqa: SLF001
        for name, (media_type, make) in FILES.items():
            plain = make()
            times = [
                _asked(decoder, file, min(rounds, max(3, 10**9 // len(file))))
                for file in (plain, signed(plain, media_type))
            ]
            yield f"| {name} | {times[0]:.1f} | {times[1]:.1f} |"
    finally:
        decoder.close()
    yield f"\nThe decoder holds {held[0]} MB before the first manifest and {held[1]} MB after it."


def _asked(decoder: Decoder, file: bytes, rounds: int) -> float:
    options, times = ExtractOptions(frames=1), []
    for _ in range(rounds):
        decoder.extract(iter([file]), len(file), options, deadline_s=60.0, keeps_media=True)
        started = time.perf_counter()
        decoder.provenance()
        times.append(1000 * (time.perf_counter() - started))
    return median(times)


def _large(film: bytes) -> bytes:
    """The film with a box of zeros behind it, which a signature covers too."""
    size = 256 * 1000**2
    return film + size.to_bytes(4, "big") + b"mdat" + bytes(size - 8)


if __name__ == "__main__":
    main()
