"""Loads the Lua scripts of core/lua, each behind the prelude of its noun."""

from __future__ import annotations

from importlib.resources import files


def load_script(name: str) -> str:
    """The source of ``core/lua/{name}.lua`` with ``{noun}_prelude.lua`` in front of it."""
    noun = name.partition("_")[0]
    folder = files("core") / "lua"
    prelude = (folder / f"{noun}_prelude.lua").read_text("utf-8")
    return prelude + (folder / f"{name}.lua").read_text("utf-8")
