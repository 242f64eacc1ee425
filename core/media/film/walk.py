"""Takes pictures out of a film with as little decoding as the wanted ones need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core.media.film.packets import PacketReader
from core.media.film.shortcut import Shortcut
from core.media.film.timeline import Keyframe, Timeline

# A damaged stretch is skipped packet by packet; a start that leads to nothing else is given up, and
# in a film with so many of them only the nearest start is tried.
_MAX_BAD_PACKETS = 1_000
# FFmpeg's decoders of CineForm and QuickTime Animation call no picture a keyframe.
_UNMARKED = frozenset(("cfhd", "qtrle"))
# With intra-refresh, keyframes that must be passed until pictures are whole. One is not enough:
# x264 also flags packets at which no refresh begins.
_REFRESHES = 2
_TRIED = 50  # keyframes, where the beginning of a film does not decode
_DELAY = 64  # packets; decoders hold back 16 pictures to reorder them, and one a thread


class Picture(NamedTuple):
    """A decoded frame and when it is shown, in ticks of the timeline."""

    time: int
    frame: VideoFrame


class Walk:
    """Decodes single keyframes, or from a keyframe on to the picture that is wanted.

    A container's word that decoding can start at a packet is tried and not trusted: with
    intra-refresh (H.264's recovery points) pictures come much later, some muxers flag every
    packet, and damage does the rest. Where a start does not lead to the wanted picture, the walk
    begins at earlier ones, in the end at the first packet, as a player does that shows the film
    from its beginning.
    """

    def __init__(
        self, reader: PacketReader, timeline: Timeline, inspect: Callable[[VideoFrame], None]
    ) -> None:
        self._reader = reader
        self._timeline = timeline
        self._inspect = inspect
        self._shortcut = Shortcut(timeline)
        self._began: Keyframe | None = None
        self._running: Iterator[Picture] = iter(())
        self._shown: Picture | None = None
        self._ahead: Picture | None = None
        self._bad_packets = 0

    @property
    def met_damage(self) -> bool:
        """Whether a packet could not be decoded."""
        return self._bad_packets > 0

    def first_picture(self) -> Picture | None:
        """The first that decodes from the first packet on; a walk goes on from it if it can.

        Where the beginning is damaged so far that it is given up, one of the keyframes behind it.
        """
        running = self.all_frames()
        self._began, self._running = self._timeline.first, running
        self._shown = picture = next(running, None)
        if picture is None or self.met_damage or not self._is_whole(picture):
            self.stop()
        return picture or self._any_keyframe()

    def _any_keyframe(self) -> Picture | None:
        keyframes = self._timeline.keyframes
        tried = map(self.keyframe, keyframes[:: -(-len(keyframes) // _TRIED)])
        return next((picture for picture in tried if picture is not None), None)

    def keyframe(self, keyframe: Keyframe, *, goes_on: bool = False) -> Picture | None:
        """The picture of ``keyframe`` by decoding its packet alone; None when that gives none.

        With ``goes_on`` a picture behind it is wanted next, so those that follow are decoded too.
        """
        for seen in (self._shown, self._ahead):
            if seen is not None and seen.time == keyframe.time:
                return seen
        self.stop()
        if goes_on:
            self._shortcut.lead_to(keyframe.time)
            first = self._from(keyframe, keyframe.time)
            if first is not None and first.time == keyframe.time and self._is_whole(first):
                return first
            self.stop()
        self._shortcut.lead_to(None)
        for packet in self._reader.read_from(keyframe):
            for frame in [*self._decode(packet), *self._decode(None)]:
                picture = self._timed(frame, keyframe)
                if picture.time == keyframe.time and self._is_whole(picture):
                    return picture
            break
        return None

    def frame_at(self, time: int) -> Picture | None:
        """The picture that is shown at exactly ``time``, else the nearest that decodes."""
        self._shortcut.lead_to(time)
        bad_packets = self._bad_packets
        picture = self._nearest(time)
        exact = picture is not None and picture.time == time
        if exact or not self._shortcut.taken:
            return picture
        self._shortcut.close()  # the nearest may be one of those that were left out
        self.stop()
        self._bad_packets = bad_packets  # they come again
        return self._nearest(time)

    def _nearest(self, time: int) -> Picture | None:
        nearest: Picture | None = None
        for start in self._starts(time):
            picture = self._from(start, time)
            if picture is None:
                continue
            if picture.time <= time:  # decoding began well, so an earlier start gives no more
                return picture
            if nearest is None or picture.time < nearest.time:
                nearest = picture
        return nearest

    def all_frames(self) -> Iterator[Picture]:
        """Every picture from the first packet on."""
        self.stop()
        self._shortcut.lead_to(None)
        return self._pictures(self._timeline.first, self._timeline.end)

    def is_keyframe(self, picture: Picture) -> bool:
        """What the decoder says, or the container where the decoder never does."""
        if self._codec in _UNMARKED:
            nearest = self._timeline.nearest_keyframe(picture.time)
            return nearest.flagged and nearest.time == picture.time
        return picture.frame.key_frame

    def _is_whole(self, picture: Picture) -> bool:
        """A picture that decodes without those before it is whole only in a keyframe."""
        return self.is_keyframe(picture) and not picture.frame.is_corrupt

    def stop(self) -> None:
        """Forget where the walk is; the next picture may lie anywhere."""
        self._began = self._shown = self._ahead = None
        self._running = iter(())

    def _starts(self, time: int) -> Iterator[Keyframe]:
        """Where to begin decoding: the keyframe before, then ever earlier ones."""
        line, back = self._timeline, 1
        at = line.keyframes_until(time)
        while at > 0:
            yield line.keyframes[at - 1]
            if line.keyframes[at - 1] is line.first or self._bad_packets > _MAX_BAD_PACKETS:
                return
            at, back = at - back, 2 * back
        yield line.first

    def _from(self, start: Keyframe, time: int) -> Picture | None:
        if not self._passes(start, time):
            self.stop()
            self._began, self._running = start, self._pictures(start, time)
        if self._ahead is not None and self._ahead.time <= time:
            self._shown, self._ahead = self._ahead, None
        while self._ahead is None and (self._shown is None or self._shown.time < time):
            picture = next(self._running, None)
            if picture is None:
                break
            if picture.time > time:
                self._ahead = picture
            else:
                self._shown = picture
        return self._shown or self._ahead

    def _passes(self, start: Keyframe, time: int) -> bool:
        """Whether the walk has come by ``start`` already, and not yet past ``time``."""
        reached = self._ahead or self._shown
        if self._began is None or reached is None or self._began.number > start.number:
            return False
        return reached.time >= start.time and (self._shown is None or self._shown.time <= time)

    def _pictures(self, start: Keyframe, wanted: int) -> Iterator[Picture]:
        """Pictures in the order of presentation, from the first whole one on.

        Leading pictures of an open group are left out: they refer to the group before, which was
        not decoded. Ends when none was whole up to the one ``wanted``, so that a start which leads
        nowhere does not cost the rest of the film.
        """
        opening, last = start is not self._timeline.first, None
        enough = self._timeline.index(wanted) - self._timeline.index(start.time) + _DELAY
        for packets, frames in enumerate(self._decoded(start)):
            for frame in frames:
                picture = self._timed(frame, start, last)
                if not opening or self._begins(picture, start):
                    opening, last = False, picture.time
                    yield picture
            if opening and packets > enough:
                return

    def _begins(self, picture: Picture, start: Keyframe) -> bool:
        """Whether all pictures from this one on are whole, though decoding began at ``start``.

        H.264's decoder holds pictures back until it takes them for whole; the others give grey
        ones. With intra-refresh H.264's are whole once two refreshes are over.
        """
        if picture.time < start.time or self.is_keyframe(picture):
            return picture.time >= start.time
        if self._codec != "h264":
            return False
        refreshes = self._timeline.keyframes_until(picture.time)
        refreshes -= self._timeline.keyframes_until(start.time)
        return picture.time == start.time or refreshes >= _REFRESHES

    def _decoded(self, start: Keyframe) -> Iterator[list[VideoFrame]]:
        """What comes out of the decoder for every packet from ``start`` on, and at the end."""
        most = self._bad_packets + _MAX_BAD_PACKETS
        for packet in self._reader.read_from(start):
            yield self._decode(packet)
            if self._bad_packets > most:
                return
        yield self._decode(None)

    @property
    def _codec(self) -> str:
        return self._reader.film.stream.codec_context.name

    def _timed(self, frame: VideoFrame, start: Keyframe, last: int | None = None) -> Picture:
        pts = frame.dts if frame.pts is None else frame.pts
        return Picture(self._timeline.time_of(pts, start, last), frame)

    def _decode(self, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
        decoder = self._reader.film.stream.codec_context
        if packet is not None:
            self._shortcut.prepare(decoder, packet)
        try:
            frames = decoder.decode(packet)
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
