"""The matrix as a table: ``python -m tests.media [PART OF A NAME ...]``.

Each line gives a form, what is wrong with it in this process or in the sandboxed decoder, and how
many milliseconds it took to build and check it.
"""

from __future__ import annotations

import sys
import time

from tests.media.check import faults
from tests.media.matrix import forms
from tests.media.sandbox import decoder, sandboxed_faults


def main(parts: list[str]) -> int:
    chosen = [form for form in forms() if not parts or any(part in form.name for part in parts)]
    width = max((len(form.name) for form in chosen), default=0)
    holding = 0
    with decoder() as pool:
        for form in chosen:
            started = time.perf_counter()
            data = form.build()
            wrong = faults(form, data) + sandboxed_faults(pool, data)
            holding += not wrong
            took_ms = (time.perf_counter() - started) * 1000
            verdict = "does not hold" if wrong else "holds"
            print(f"{form.name:<{width}}  {verdict:13} {took_ms:5.0f} ms")
            for fault in wrong[:3]:
                print(f"{'':<{width}}  {fault}")
    print(f"{holding} of {len(chosen)} forms hold")
    return 0 if holding == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
