"""Nothing is imported and no file is opened once the child is locked down."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

LOADED = """
import sys
from worker.decoder import preload
import worker.decoder.serve
preload.load(1)
for name, module in list(sys.modules.items()):
    print(name, getattr(module, "__file__", None), sep="\\t")
"""
# What decoding runs; the sources of PyAV are compiled and imported whole.
ROOMS = ("PIL.", "pillow_heif.", "core.", "worker.decoder.")
# Imported by functions that show, save, draw or print pictures, or read other formats.
NOT_FOR_DECODING = {
    "ImageQt", "ImageShow", "ImageTk", "IPython", "qt", "PyQt6", "PySide6", "tkinter", "olefile",
    "report", "shutil", "colorsys", "defusedxml", "subprocess", "tempfile", "urllib",
    "webbrowser", "socket",
}  # fmt: skip


@pytest.fixture(scope="module")
def loaded() -> dict[str, str]:
    """Module to file, in a fresh process that has loaded what a child loads."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    return dict(line.split("\t", 1) for line in done.stdout.splitlines())


def late_imports(module: str, source: Path) -> Iterator[str]:
    """Modules that functions of a file import when they are called."""
    package = module if source.name == "__init__.py" else module.rpartition(".")[0]
    for function in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = "." * node.level + (node.module or "")
                origin = importlib.util.resolve_name(base, package)
                for alias in node.names:
                    inner = f"{origin}.{alias.name}"
                    yield inner if _is_module(inner) else origin


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, AttributeError):
        return False


def test_whatever_a_function_imports_when_it_is_called_is_loaded_before(
    loaded: dict[str, str],
) -> None:
    missing = {
        f"{module} imports {name}"
        for module, file in loaded.items()
        if module.startswith(ROOMS) and file.endswith(".py")
        for name in late_imports(module, Path(file))
        if name not in loaded and not NOT_FOR_DECODING & set(name.split("."))
    }
    assert not missing


@pytest.mark.parametrize(
    "name",
    ["av.subtitles.stream", "av.audio.stream", "PIL.ImageCms", "PIL._imagingcms", "pillow_heif",
     "encodings.shift_jis", "linecache", "tracemalloc", "core.media.film.video"],
)  # fmt: skip
def test_what_files_were_refused_for_is_loaded(loaded: dict[str, str], name: str) -> None:
    assert name in loaded


def test_toolkits_stay_out(loaded: dict[str, str]) -> None:
    assert not {"tkinter", "IPython", "PyQt6", "tensorflow", "redis", "celery"} & set(loaded)
