from __future__ import annotations

import pytest

from worker.timeline import Timeline


def test_a_stage_is_noted_when_it_is_done() -> None:
    timeline = Timeline()
    with timeline.stage("infer"):
        assert timeline.stages == []
    (stage,) = timeline.stages
    assert (stage.name, stage.seconds >= 0) == ("infer", True)


def test_a_stage_that_raises_was_not_done() -> None:
    timeline = Timeline()
    with pytest.raises(ValueError, match="late"), timeline.stage("infer"):
        raise ValueError("late")
    assert timeline.stages == []


def test_stages_of_known_length_follow_each_other() -> None:
    timeline = Timeline()
    timeline.one_after_another(100.0, fetch=500, decode=1000)
    assert [(stage.name, stage.start_s, stage.end_s) for stage in timeline.stages] == [
        ("fetch", 100.0, 100.5),
        ("decode", 100.5, 101.5),
    ]
