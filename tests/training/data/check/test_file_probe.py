from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.training.data.check.files import picture
from training.data.check.file_facts import FileFacts
from training.data.check.file_probe import MAX_AUC, probe_sources

_RNG = np.random.default_rng(0)


def _facts(count: int, *, fake: bool, source: str = "s", **same: object) -> list[FileFacts]:
    facts = FileFacts(
        picture(Path("x.jpg"), fake=fake),
        0,
        64,
        64,
        "JPEG",
        75,
        "4:2:0",
        b"",
        np.zeros(32, np.uint8),
    )
    known = replace(facts, picture=replace(facts.picture, source=source))
    return [
        replace(known, size=int(size), **same)  # type: ignore[arg-type]
        for size in _RNG.integers(2000, 4000, count)
    ]


def test_files_of_one_kind_tell_nothing() -> None:
    probes = probe_sources([*_facts(300, fake=True), *_facts(300, fake=False)])
    assert [probe.source for probe in probes] == ["s"]
    assert all(probe.auc < MAX_AUC for probe in probes)


def test_a_format_that_goes_with_the_class_is_named() -> None:
    pngs = _facts(60, fake=True, format="PNG", quality=None, subsampling="")
    probe = probe_sources([*pngs, *_facts(60, fake=False)])[0]
    assert probe.auc > 0.95
    assert probe.by_feature["format"] == probe.by_feature["JPEG quality"] == 1.0
    assert probe.by_feature["width"] == 0.5


def test_a_size_between_two_others_is_seen_too() -> None:
    reals = _facts(60, fake=False, width=50) + _facts(60, fake=False, width=90)
    probe = probe_sources([*reals, *_facts(60, fake=True, width=70)])[0]
    assert probe.auc > 0.95
    assert probe.telling == "width"


def test_sources_that_differ_tell_the_classes_only_together() -> None:
    facts = _facts(60, fake=True, source="a", width=100) + _facts(60, fake=False, source="b")
    assert [(probe.source, probe.auc > 0.95) for probe in probe_sources(facts)] == [("all", True)]


def test_too_few_pictures_of_a_class_are_not_probed() -> None:
    assert probe_sources([*_facts(19, fake=True, width=9), *_facts(60, fake=False)]) == []
