"""A video file in memory, sampled at evenly spaced moments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from av.error import FFmpegError
from av.video.frame import VideoFrame

from core.errors import UnreadableMedia
from core.media.film.claims import lost_share
from core.media.film.encryption import refuse_encrypted
from core.media.film.mirroring import is_mirrored
from core.media.film.notes import notes_of
from core.media.film.opening import ISO_FORMATS, open_film
from core.media.film.packets import Film, PacketReader, demuxed
from core.media.film.picture import View
from core.media.film.scan import read_timeline
from core.media.film.timeline import Keyframe, Timeline
from core.media.film.walk import Picture, Walk
from core.media.film.wholeness import explain, missing_bytes, without_padding_of
from core.media.limits import MediaInfo, MediaLimits, refusing
from core.media.sampling import Coverage, Frame, moments
from core.media.sniff import Format, Kind
from core.media.syntax.sample_tables import claimed_samples
from core.options import Sampling

_BROADCAST = frozenset(("ts", "mpg"))


class VideoMedia:
    """An open video; :meth:`close` frees FFmpeg's side of it."""

    def __init__(self, data: memoryview, file_format: Format, limits: MediaLimits) -> None:
        self._data = data = without_padding_of(data, file_format)
        self._format = file_format
        self._limits = limits
        self.coverage = Coverage()
        with refusing(file_format.name.upper()):
            if file_format.name in ISO_FORMATS:
                limits.check_frames(claimed_samples(data))
            refuse_encrypted(data, file_format)
            try:
                self._open()
            except (FFmpegError, UnreadableMedia):
                explain(data, file_format)
                raise

    def close(self) -> None:
        self._film.container.close()

    def frames(self, count: int, sampling: Sampling) -> Iterator[Frame]:
        """Up to ``count`` frames in order, each once.

        Raises :class:`UnreadableMedia` when none decodes, :class:`TooManyPixels` and
        :class:`VideoTooLong` when the stream turns out to exceed what its header said.
        """
        self.coverage = Coverage(lost=self._lost)
        last, index = None, -1
        with refusing(self._format.name.upper()):
            for picture in self._pictures(count, sampling):
                time = picture.time
                if last is not None and time <= last:
                    continue
                last, index = time, max(index + 1, self._timeline.index(time))
                yield Frame(
                    index=index,
                    timestamp_s=self._seconds(time),
                    keyframe=self._walk.is_keyframe(picture),
                    pixels=self._shown.pixels(picture.frame),
                )
            if last is None:
                raise self._no_picture()

    def _open(self) -> None:
        self._film = open_film(self._data, self._format, self._limits)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        stream = self._film.stream
        self._time_base = stream.time_base or Fraction(1, 1000)
        self._view = View(
            stream.sample_aspect_ratio, is_mirrored(self._data, self._format, self._film)
        )
        missing = missing_bytes(self._data, self._format)
        packets = demuxed(self._film)
        timeline = read_timeline(packets, stream, self._limits, truncated=missing > 0)
        if timeline is None:
            raise self._no_picture()
        self._timeline = timeline
        reader = PacketReader(self._film, timeline, self._reopen)
        walk = self._walk = Walk(reader, timeline, self._inspect)
        first = walk.first_picture()  # only pictures carry the display matrix and the transfer
        if first is None:
            raise self._no_picture()
        # A stream that was cut out of a longer one begins with pictures that refer to what is
        # missing, and no player shows them. Where data are damaged they count as missed.
        if not self._begins_damaged(timeline, first):
            self._timeline = timeline.beginning_at(first.time)
        if walk.met_damage or self._timeline.start != timeline.start:
            self._walk = Walk(reader, self._timeline, self._inspect)
        self.info = self._describe(first.frame, truncated=missing > 0)
        length_s = self._seconds(self._timeline.end)
        self._lost = lost_share(self._film, length_s, len(self._data), missing)
        self._limits.check_duration(self.info.duration_s)

    def _begins_damaged(self, timeline: Timeline, first: Picture) -> bool:
        """Whether pictures before the first that decodes are lost by damage.

        A broadcast that was received from its middle on decodes as badly, and begins with no
        keyframe. Elsewhere that tells nothing: FFmpeg takes the mark from a damaged packet.
        """
        flagged = timeline.first.flagged
        if self._format.name in _BROADCAST:
            return flagged and self._walk.met_damage
        late = first.time > max(timeline.start, timeline.first.time)
        return self._walk.met_damage or (flagged and late)

    def _describe(self, first: VideoFrame, *, truncated: bool) -> MediaInfo:
        length_s = self._seconds(self._timeline.end)
        width, height = self._shown.size(first)
        return MediaInfo(
            kind=Kind.VIDEO,
            container=self._format.name,
            codec=self._film.stream.codec_context.codec.canonical_name,
            duration_s=length_s,
            width=width,
            height=height,
            frames_total=self._timeline.frames,
            notes=notes_of(self._film, first, length_s, truncated=truncated),
        )

    def _reopen(self) -> Film:
        self._film.container.close()
        self._film = open_film(self._data, self._format, self._limits)
        return self._film

    def _inspect(self, frame: VideoFrame) -> None:
        """Check a decoded picture, which may be larger than what the header said."""
        self._limits.check_pixels(*self._shown.size(frame))

    @property
    def _shown(self) -> View:
        """How the picture that was decoded last is shown.

        Broadcasts change their aspect between programmes; other containers state one for the film.
        """
        if self._format.name not in _BROADCAST:
            return self._view
        aspect = self._film.stream.codec_context.sample_aspect_ratio
        return replace(self._view, aspect=aspect or self._view.aspect)

    def _seconds(self, ticks: int) -> float:
        return max(0.0, float((ticks - self._timeline.start) * self._time_base))

    def _no_picture(self) -> UnreadableMedia:
        return UnreadableMedia(
            f"No frame of the {self._format.name.upper()} file can be decoded: "
            "its video data are damaged or missing, or its pictures have more than "
            f"{self._limits.max_pixels:,} pixels. Export or download it again."
        )

    def _pictures(self, count: int, sampling: Sampling) -> Iterator[Picture]:
        """A picture for every moment, as far as they decode; some may come twice."""
        line = self._timeline
        length = line.end - line.start
        asked = [line.start + offset for offset in moments(length, count)]
        if line.frames <= count:
            yield from self._all_pictures(asked)
            return
        for moment, picture in self._sampled(asked, sampling):
            if picture is not None:
                yield picture
            near = picture is not None and 2 * count * abs(picture.time - moment) <= length
            self._cover(moment, near or self._is_on_display(picture, moment))

    def _all_pictures(self, asked: list[int]) -> Iterator[Picture]:
        times = set()
        for picture in self._walk.all_frames():
            times.add(picture.time)
            yield picture
        for moment in asked:
            self._cover(moment, self._timeline.on_display(moment) in times)

    def _sampled(
        self, asked: list[int], sampling: Sampling
    ) -> Iterator[tuple[int, Picture | None]]:
        line, last, count = self._timeline, self._timeline.start - 1, len(asked)
        displayed = [line.on_display(moment) for moment in asked]
        for at, (moment, here) in enumerate(zip(asked, displayed, strict=True)):
            rest = asked[at + 1 :]
            following = displayed[at + 1] if rest else line.end
            picture, nearest = None, line.nearest_keyframe(moment)
            # One that another moment shows would be given twice, and one picture less in all.
            alone = last < nearest.time < max(following, here + 1)
            if sampling is Sampling.KEYFRAMES and alone and self._is_close(nearest, moment, count):
                goes_on = bool(rest) and self._leads_to(nearest, rest[0], count)
                picture = self._walk.keyframe(nearest, goes_on=goes_on)
            picture = picture or self._walk.frame_at(here)
            last = last if picture is None else picture.time
            yield moment, picture

    def _is_close(self, keyframe: Keyframe, moment: int, count: int) -> bool:
        """Whether a keyframe is shown within half the spacing of ``count`` moments."""
        return 2 * count * abs(keyframe.time - moment) <= self._timeline.end - self._timeline.start

    def _leads_to(self, keyframe: Keyframe, moment: int, count: int) -> bool:
        """Whether what is shown at ``moment`` is reached by decoding on from ``keyframe``."""
        line = self._timeline
        group = line.keyframes_until(line.on_display(moment))
        if group != line.keyframes_until(keyframe.time):
            return False
        other = line.nearest_keyframe(moment)
        return other.time <= keyframe.time or not self._is_close(other, moment, count)

    def _is_on_display(self, picture: Picture | None, moment: int) -> bool:
        return picture is not None and picture.time == self._timeline.on_display(moment)

    def _cover(self, moment: int, answered: bool) -> None:
        if answered:
            self.coverage.answered.append(self._seconds(moment))
        else:
            self.coverage.missed += 1
