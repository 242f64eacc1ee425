"""Codes and figures of a job as sentences, for the report. The page has its own words."""

from __future__ import annotations

import shlex
from typing import Final

from api.schemas import JobView, Media
from core.provenance import CredentialState, NotChecked, Provenance
from core.result import Label, Reason, Result
from core.store.records import JobOptions

_VERDICTS: Final = {
    Label.FAKE: "Likely manipulated.",
    Label.REAL: "No sign of manipulation was found. That is no proof that the file is genuine.",
    Label.INCONCLUSIVE: "Cannot tell.",
}
_REASONS: Final = {
    Reason.NO_FACE: "No face was found in the frames that were looked at.",
    Reason.LOW_QUALITY: "The faces are narrower than 40 pixels, which is too small to judge.",
    Reason.FRAMES_DISAGREE: "The frames contradict each other: many are on each side.",
    Reason.UNLIKE_TRAINING: "The faces are too unlike those that the model was trained on.",
    Reason.NEAR_THRESHOLD: "The probability lies between the two thresholds.",
    Reason.PARTLY_UNREADABLE: "More than half of the film could not be looked at.",
}
_NOTES: Final = {
    "audio_not_checked": "The film has sound, and nothing is said about it.",
    "other_video_streams_ignored": "The container has further films, which were not looked at.",
    "duration_corrected": "The container claims another length than its packets have.",
    "truncated_file": "The end of the file is missing; what is there was judged.",
    "hdr_tone_mapped": "The picture has a high dynamic range and was converted.",
    "motion_photo_clip_ignored": "The photo carries a short film, which was not looked at.",
    "other_pages_ignored": "The file has further pictures, which were not looked at.",
    "more_faces_ignored": "A frame shows more than eight faces; the eight largest were judged.",
    "decoded_at_reduced_size": "The photo was made smaller before it was looked at.",
    "icc_profile_ignored": "The colour profile could not be used; sRGB was assumed.",
    "evidence_not_kept": "The frames were not kept: there was no room for them.",
    "heatmaps_not_available": "The model has no heat maps.",
}
_CREDENTIALS: Final = {
    CredentialState.VALID: "The file carries content credentials (C2PA). It is unchanged since "
    "it was signed, by somebody whom this service was told to trust. That says who signed it, and "
    "not that what it shows is true.",
    CredentialState.UNTRUSTED: "The file carries content credentials (C2PA). It is unchanged "
    "since it was signed, but nobody vouches here for the signer: anybody can sign so.",
    CredentialState.INVALID: "The file carries content credentials (C2PA) that do not hold: the "
    "file or they were changed after the signature, or they break the rules of C2PA. Programs "
    "that know nothing of credentials do that too.",
    CredentialState.NONE: "The file carries no content credentials (C2PA). Most files carry none, "
    "and they are easily removed, so this says nothing.",
    CredentialState.NOT_CHECKED: "Content credentials (C2PA) were not checked.",
}
_NOT_CHECKED: Final = {
    NotChecked.REMOTE_MANIFEST: "They lie at an address elsewhere, and nothing is fetched.",
    NotChecked.UNREADABLE_MANIFEST: "What is there is damaged and cannot be read.",
    NotChecked.MANIFEST_TOO_LARGE: "They are too large.",
    NotChecked.FORMAT_NOT_SUPPORTED: "They cannot be read in files of this format.",
    NotChecked.TIMEOUT: "Reading them took too long.",
    NotChecked.CRASHED: "Reading them ended the process that read them.",
}
_NEVER: Final = (
    "Sound and voices.",
    "Text, subtitles and file names. Metadata are told below, and the verdict does not use them.",
    "Where the file was published, and by whom.",
    "Everything outside of faces: bodies, backgrounds, objects.",
    "Edits that leave faces as they are, such as cuts, another order, or a false caption.",
    "Who the people are.",
)


def verdict(result: Result) -> str:
    """What was found, in words that do not overstate it."""
    return _VERDICTS[result.verdict]


def figures(result: Result) -> str:
    """The probability behind the verdict, and the threshold that made it one."""
    p = result.fake_probability
    if p is None:
        return "No face was scored, so there is no probability."
    shown, limits = _percent(result, p), result.thresholds
    where = {
        Label.FAKE: f"at or above its threshold of {_percent(result, limits.fake)}",
        Label.REAL: f"at or below its threshold of {_percent(result, limits.real)}",
        Label.INCONCLUSIVE: f"and its thresholds are {_percent(result, limits.real)} for real and "
        f"{_percent(result, limits.fake)} for fake",
    }[result.verdict]
    fitted = "" if result.calibrated else " This output was not calibrated: it is no probability."
    return (
        f"The model puts the probability that a face was generated or swapped at "
        f"{shown}, {where}.{fitted}"
    )


def reason(code: str) -> str:
    """Why a verdict is inconclusive; the code itself where a newer worker wrote it."""
    return _REASONS[Reason(code)] if code in set(Reason) else code


def note(code: str) -> str:
    """What a note on the file means; the code itself where a newer worker wrote it."""
    return _NOTES.get(code, code)


def error_rate(result: Result) -> str:
    """How often the model was wrong on files like this one."""
    error = result.expected_error
    if result.verdict is Label.INCONCLUSIVE:
        return "An inconclusive answer is no verdict, so no error rate belongs to it."
    if error is None:
        return "How often this model is wrong on files like this one was not measured."
    return (
        f"Measured on files that neither training nor calibration saw, a verdict of this model was "
        f"{error.sentence()}; the range holds the true share with 95 % confidence. On a kind of "
        "fake that was not among those files it can be wrong more often."
    )


def credentials(found: Provenance | None) -> str:
    """What became of the content credentials, and what that does not mean."""
    if found is None:
        return "Nobody looked for content credentials (C2PA) and metadata."
    told, reason = _CREDENTIALS[found.c2pa.state], found.c2pa.reason
    if reason is None:
        return told
    why = _NOT_CHECKED[NotChecked(reason)] if reason in set(NotChecked) else reason
    return f"{told} {why}"


def not_checked(media: Media, result: Result) -> list[str]:
    """What nobody looked at, so that the verdict says nothing about it."""
    of_file = []
    if media.frames_total and (result.frames_decoded or 0) < media.frames_total:
        of_file = [
            f"All but {result.frames_decoded} of the {media.frames_total:,} frames of the film."
        ]
    return [*of_file, *_NEVER]


def commands(job: JobView, options: JobOptions) -> list[str]:
    """What repeats the judgement on a machine with this project and the file."""
    repeat = ["sha256sum FILE"]
    if job.result is not None:
        model = job.result.model
        # A machine may have another model for videos, which this one is to take the place of.
        of = "--video-" if job.media.kind == "video" else "--"
        choice = [f"{of}model", model.name, f"{of}runtime", model.runtime]
        sampled = ["--frames", str(options.frames), "--sampling", str(options.sampling)]
        repeat.append(shlex.join(["deepfake", "scan", "FILE", *sampled, *choice, "--json"]))
    return repeat


def _percent(result: Result, p: float) -> str:
    """On the side of the thresholds where it is: 79.996 % is not shown as 80 %."""
    text = result.thresholds.text(p, 3)
    digits = max(len(text.partition(".")[2]) - 2, 0)
    return f"{100 * p:.{digits}f} %"
