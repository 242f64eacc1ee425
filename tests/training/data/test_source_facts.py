from __future__ import annotations

import pytest

from core.errors import ConfigurationError
from training.data.source_facts import SourceFacts, parse_facts


def test_nothing_is_said_of_a_source_that_is_not_named() -> None:
    facts = parse_facts(["old=0.76"], [r"clips=^(.+)_\d+\."])
    assert facts.centre_of("new") == 1
    assert facts.group_of("new", "ada_07.jpg") == "ada_07"
    assert facts.group_of("new", "ada.jpg.chip.jpg") == "ada"


def test_a_file_that_the_pattern_does_not_fit_is_named() -> None:
    facts = parse_facts([], [r"clips=^(.+)_\d+\."])
    assert facts.group_of("clips", "ada_b_07.jpg") == "clips/ada_b"
    with pytest.raises(ConfigurationError, match=r"--group clips=.*ada\.jpg of clips does not"):
        facts.group_of("clips", "ada.jpg")


@pytest.mark.parametrize(
    ("centres", "groups", "told"),
    [
        (["old"], [], "--centre old: expected NAME=SHARE"),
        (["old=0"], [], "above 0 and at most 1"),
        (["old=1.2"], [], "above 0 and at most 1"),
        (["old=nan"], [], "above 0 and at most 1"),
        ([], ["clips"], "expected NAME=PATTERN"),
        ([], ["clips=("], "--group clips=.*the pattern is wrong"),
        ([], ["clips=^.+_"], "one pair of brackets"),
        ([], ["clips=(a)(b)"], "one pair of brackets"),
    ],
)
def test_what_is_no_fact_is_refused_with_what_would_be(
    centres: list[str], groups: list[str], told: str
) -> None:
    with pytest.raises(ConfigurationError, match=told):
        parse_facts(centres, groups)


def test_a_fact_of_a_source_that_does_not_occur_is_refused_with_those_that_do() -> None:
    facts = parse_facts(["old=0.76"], ["clips=(.)"])
    facts.check_names(["old", "clips"])
    with pytest.raises(ConfigurationError, match=r"--group clips: no source .* there are a, old"):
        facts.check_names(["old", "a"])
    SourceFacts().check_names([])
