"""Every form of film: its frames are those of a plain decode, and the sandbox changes nothing."""

from __future__ import annotations

import pytest

from tests.media.check import faults
from tests.media.form import Form
from tests.media.matrix import forms
from tests.media.sandbox import sandboxed_faults
from worker.decoder.pool import DecoderPool

# The tests of a form run one after the other, while its file is at hand.
every_form = pytest.mark.parametrize(
    "form", [pytest.param(form, id=form.name) for form in forms()], scope="module"
)


@every_form
def test_the_frames_of_a_form_are_those_of_a_plain_decode(form: Form) -> None:
    assert faults(form, form.build()) == []


@every_form
def test_the_sandbox_changes_nothing_about_a_form(form: Form, pool: DecoderPool) -> None:
    assert sandboxed_faults(pool, form.build()) == []
