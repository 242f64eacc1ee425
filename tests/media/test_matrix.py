"""Every form of film: its frames are those of a plain decode, and the sandbox changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.media.check import faults
from tests.media.form import Form
from tests.media.known import defect
from tests.media.matrix import forms
from tests.media.sandbox import sandboxed_faults
from worker.decoder.pool import DecoderPool


def cases(*, sandboxed: bool) -> Iterator[object]:
    for form in forms():
        reason = defect(form.name, sandboxed=sandboxed)
        mark = pytest.mark.xfail(strict=False, reason=reason or "")
        yield pytest.param(form, id=form.name, marks=[mark] if reason else [])


@pytest.mark.parametrize("form", list(cases(sandboxed=False)))
def test_the_frames_of_a_form_are_those_of_a_plain_decode(form: Form) -> None:
    assert faults(form, form.build()) == []


@pytest.mark.parametrize("form", list(cases(sandboxed=True)))
def test_the_sandbox_changes_nothing_about_a_form(form: Form, pool: DecoderPool) -> None:
    assert sandboxed_faults(pool, form.build()) == []
