"""Walking one video stream with as little decoding as the wanted frames need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core.media.timeline import Timeline

# A damaged stretch is skipped packet by packet; a stream of nothing else is given up.
_MAX_BAD_PACKETS = 1_000
_MAX_TRIES = 60  # packets fed to the decoder before a keyframe that gave no picture is given up

Opened = tuple[InputContainer, VideoStream]


class Walk:
    """Takes frames out of a stream in rising order of time.

    Of a group of pictures nothing is decoded twice: a keyframe wanted alone is one packet;
    frames after it are reached by decoding on.
    """

    def __init__(
        self, opened: Opened, timeline: Timeline, inspect: Callable[[VideoFrame], None]
    ) -> None:
        self._container, self._stream = opened
        self._timeline = timeline
        self._inspect = inspect
        self._running: Iterator[VideoFrame] | None = None
        self._shown: VideoFrame | None = None
        self._ahead: VideoFrame | None = None
        self._bad_packets = 0

    def keyframe(self, start: int) -> VideoFrame | None:
        """The keyframe at ``start`` ticks, by decoding its packet alone."""
        if self._ahead is not None and self.time(self._ahead) == start:
            return self._ahead
        self.stop()
        for packet in self._packets(start):
            frames = self._decode(packet) + self._decode(None)
            if frames:
                return frames[0]
            break
        return self._first_after(start)

    def frame_at(self, start: int, moment: int) -> VideoFrame | None:
        """The frame on display at ``moment`` ticks, by decoding from the keyframe ``start``."""
        reached = self._ahead or self._shown
        if self._running is None or reached is None or start > self.time(reached):
            self.stop()
            self._running = self._frames(start)
        if self._ahead is not None:
            if self.time(self._ahead) > moment:
                return self._shown or self._ahead
            self._shown, self._ahead = self._ahead, None
        for frame in self._running:
            if self.time(frame) > moment:
                self._ahead = frame
                return self._shown or frame
            self._shown = frame
        return self._shown

    def all_frames(self) -> Iterator[VideoFrame]:
        """Every frame from the start."""
        self.stop()
        return self._frames(self._timeline.start)

    def time(self, frame: VideoFrame) -> int:
        """When a frame is shown, in ticks; some AVI files only have decoding times."""
        when = frame.dts if frame.pts is None else frame.pts
        return self._timeline.start if when is None else when

    def stop(self) -> None:
        """Forget where the walk is; the next frame may lie anywhere."""
        self._running = self._shown = self._ahead = None

    def _first_after(self, start: int) -> VideoFrame | None:
        """The first picture at or after ``start`` when one packet does not make a picture."""
        for frame in self._frames(start, tries=_MAX_TRIES):
            return frame
        return None

    def _frames(self, start: int, tries: int | None = None) -> Iterator[VideoFrame]:
        """Frames in order of presentation; leading pictures of an open group are left out.

        They refer to the group before, which was not decoded.
        """
        opening: int | None = None
        for packet in islice(self._packets(start), tries):
            if opening is None and start > self._timeline.start:
                opening = packet.pts
            for frame in self._decode(packet):
                if opening is None or self.time(frame) >= opening:
                    yield frame
        for frame in self._decode(None):
            if opening is None or self.time(frame) >= opening:
                yield frame

    def _packets(self, start: int) -> Iterator[Packet[VideoStream]]:
        """Packets from the keyframe at ``start`` on; ends where the file is cut or damaged."""
        timeline = self._timeline
        if not self._seek(start):
            return
        started = start <= timeline.start
        try:
            for packet in self._container.demux(self._stream):
                if not packet.size:
                    continue
                when = packet.dts if packet.pts is None else packet.pts
                if not started:
                    early = when is not None and when < start - timeline.step // 2
                    if early or not packet.is_keyframe:
                        continue
                    started = True
                yield packet
                if self._bad_packets > _MAX_BAD_PACKETS:
                    return
        except FFmpegError:
            return

    def _seek(self, start: int) -> bool:
        try:
            self._container.seek(start, stream=self._stream)
        except FFmpegError:
            try:
                self._container.seek(0)
            except FFmpegError:
                return False
        return True

    def _decode(self, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
        try:
            frames = self._stream.codec_context.decode(packet)
        except MemoryError:
            raise
        except EOFError:
            return []
        except FFmpegError:
            self._bad_packets += 1
            return []
        for frame in frames:
            self._inspect(frame)
        return frames
