"""Loads the Lua scripts of core/store/lua, each behind the preludes of its noun."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

_PRELUDES: Final = {"blob": ("blob",), "job": ("blob", "job")}  # a job owns its upload


def load_script(name: str) -> str:
    """The source of ``lua/{noun}_{verb}.lua`` behind the preludes of its noun."""
    folder = files("core.store") / "lua"
    preludes = [f"{noun}_prelude" for noun in _PRELUDES[name.partition("_")[0]]]
    return "".join((folder / f"{part}.lua").read_text("utf-8") for part in (*preludes, name))
