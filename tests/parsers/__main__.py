"""One of our parsers under libFuzzer: ``python -m tests.parsers TARGET [OPTIONS OF LIBFUZZER]``.

atheris has to be importable; the project does not depend on it: ``pip install --target FOLDER
atheris`` puts it beside the environment. ``-max_total_time=SECONDS`` bounds a run.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path

_INSTRUMENTED = ["api", "core", "worker", "python_multipart", "stream_unzip", "tests.parsers"]


def main(arguments: list[str]) -> int:
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=_INSTRUMENTED):
        targets = importlib.import_module("tests.parsers.targets").TARGETS
    if not arguments or arguments[0] not in targets:
        print(f"Name one of {', '.join(targets)}.", file=sys.stderr)
        return 2
    target = targets[arguments[0]]
    corpus = Path(tempfile.mkdtemp(prefix=f"parsers-{arguments[0]}-"))
    for number, data in enumerate(target.begin()):
        (corpus / str(number)).write_bytes(data)
    atheris.Setup([sys.argv[0], *arguments[1:], str(corpus)], target.run)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
