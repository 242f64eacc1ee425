"""Pictures that are passed over on the way to a wanted one, and to which no other refers."""

from __future__ import annotations

from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from core.media.film.timeline import Timeline

# H.264 says in every packet whether other pictures refer to its picture (nal_ref_idc, ITU-T
# H.264, section 7.4.1). HEVC says so only of pictures of the same temporal layer.
_TELLING = frozenset(("h264",))


class Shortcut:
    """Spares the decoder packets that the wanted picture does not need.

    A picture to which no other refers changes nothing in those after it. So the wanted picture is
    the same, bit by bit, whether such pictures before it were decoded or not; half of the pictures
    of an encoder with B-frames are such. Where packets and decoded pictures do not carry the same
    times, it stays closed.
    """

    def __init__(self, timeline: Timeline) -> None:
        self._open = timeline.placed is None
        self._wanted: int | None = None  # what is shown before it is passed over
        self.taken = False

    def lead_to(self, time: int | None) -> None:
        """From now on the picture that is shown at ``time`` is wanted; with None every one."""
        self._wanted = time

    def close(self) -> None:
        """Have every packet decoded from now on."""
        self._open = self.taken = False

    def prepare(self, decoder: VideoCodecContext, packet: Packet[VideoStream]) -> None:
        """Tell the decoder what to do with the next ``packet``."""
        passed = decoder.name in _TELLING and self._is_passed(packet.pts)
        self.taken = self.taken or passed
        decoder.skip_frame = "NONREF" if passed else "DEFAULT"

    def _is_passed(self, pts: int | None) -> bool:
        if not self._open or self._wanted is None or pts is None:
            return False
        return pts < self._wanted
