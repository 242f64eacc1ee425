"""The packets of one video stream, by their number in the file.

A seek by time lands wherever the container's index says, and indices lie: cues are missing, early
or too many, tables are cut, transport streams have none. So a seek only saves time here. After it
packets are read until one is recognised by its place in the file; when none is, or when it lies
too far on, the file is opened again and read from its start.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from core.media.film.timeline import Identity, Keyframe, Timeline

_READ_ON = 1_000  # packets; to read over them takes about 3 ms, as long as a seek may
_ASTRAY = 500  # packets after a seek, none of them a known keyframe


class Film(NamedTuple):
    """An opened container and the stream of it that is looked at."""

    container: InputContainer
    stream: VideoStream


def demuxed(film: Film) -> Iterator[Packet[VideoStream]]:
    """All packets from where the container stands; ends where the file is cut or damaged."""
    try:
        yield from (packet for packet in film.container.demux(film.stream) if packet.size)
    except FFmpegError:
        return
    except IndexError:  # PyAV, at the end of a transport stream to which streams were added
        return


class PacketReader:
    """Gives packets in the order of the file, from any keyframe on."""

    def __init__(self, film: Film, timeline: Timeline, reopen: Callable[[], Film]) -> None:
        self.film = film
        self._reopen = reopen
        self._count = timeline.packets
        self._numbers = _recognisable(timeline.keyframes)
        self._packets: Iterator[Packet[VideoStream]] = iter(())
        self._next: int | None = None  # the number of the packet that comes next
        self._seekable = True

    def read_from(self, keyframe: Keyframe) -> Iterator[Packet[VideoStream]]:
        """The packet of ``keyframe`` and those of the timeline that follow.

        Ends early where the file is cut or damaged.
        """
        self._go_to(keyframe)
        self.film.stream.codec_context.flush_buffers()
        return islice(iter(self._read, None), self._count - keyframe.number)

    def _go_to(self, keyframe: Keyframe) -> None:
        if not self._reaches(keyframe, _READ_ON if self._seekable else None):
            self._seek(keyframe)
            if not self._reaches(keyframe, None):
                self._seekable = False
                self.film = self._reopen()
                self._packets, self._next = demuxed(self.film), 0
        while self._next is not None and self._next < keyframe.number:
            self._read()

    def _reaches(self, keyframe: Keyframe, within: int | None) -> bool:
        """Whether reading on leads to ``keyframe``, over at most ``within`` packets."""
        if self._next is None or self._next > keyframe.number:
            return False
        return within is None or keyframe.number - self._next <= within

    def _read(self) -> Packet[VideoStream] | None:
        packet = next(self._packets, None)
        if self._next is not None:
            self._next = None if packet is None else self._next + 1
        return packet

    def _seek(self, keyframe: Keyframe) -> None:
        self._next = None
        if not self._seekable:
            return
        film = self.film
        try:
            film.container.seek(keyframe.pts, stream=film.stream)
        except FFmpegError:
            return
        packets = demuxed(film)
        for packet in islice(packets, _ASTRAY):
            number = self._numbers.get(Identity.of(packet))
            if number is not None:
                self._packets, self._next = chain((packet,), packets), number
                return


def _recognisable(keyframes: Sequence[Keyframe]) -> dict[Identity, int]:
    """The numbers of the packets that occur once: edit lists may repeat parts of a film."""
    times = Counter(keyframe.identity for keyframe in keyframes)
    return {key.identity: key.number for key in keyframes if times[key.identity] == 1}
