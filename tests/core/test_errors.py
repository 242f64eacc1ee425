from __future__ import annotations

import inspect

from core import errors

TREE = [
    cls
    for _, cls in inspect.getmembers(errors, inspect.isclass)
    if issubclass(cls, errors.DeepfakeError)
]


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [cls.code for cls in TREE]
    assert len(set(codes)) == len(codes)


def test_the_tree_in_the_docstring_names_every_error() -> None:
    assert errors.__doc__ is not None
    for cls in TREE:
        assert f"{cls.__name__}" in errors.__doc__


def test_an_error_that_crossed_a_process_boundary_keeps_class_code_and_message() -> None:
    sent = errors.VideoTooLong(seconds=912, limit=600)
    back = errors.revive(sent.code, sent.message)
    assert type(back) is errors.VideoTooLong
    assert back.message == "The video is 912.0 s long; the limit is 600 s."


def test_an_unknown_code_is_still_an_error() -> None:
    back = errors.revive("no_such_code", "something")
    assert type(back) is errors.DeepfakeError
    assert back.message == "no_such_code: something"
