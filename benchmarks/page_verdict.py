"""From the last byte of a film to its verdict on the page, in a browser.

    python -m benchmarks.page_verdict [--rounds 10] [--write benchmarks/page_verdict.md]

Runs ``deepfake serve`` as a user would, opens its page in Chromium, sends a film of 10 s in 720p
with a face in every frame, and takes both times from the clock of the page. The machine should be
idle.
"""

from __future__ import annotations

import platform
from pathlib import Path
from statistics import median
from typing import Any

import click
from playwright.sync_api import Page, expect

from benchmarks.end_to_end import STAGES, mark, served
from tests.browser.chromium import launched
from tests.browser.visitor import film, visit
from tests.e2e.films import face_video

VERDICT_MS = 120_000
# The modules of the page are loaded once: this is the list that the page itself holds.
_TIMES = """
() => import(new URL('web/js/jobs.js', document.baseURI)).then(({ jobs }) => {
  const { sentAt, shownAt, job } = jobs.get(location.hash.slice(1));
  return { took: shownAt - sentAt, timings: job.result.timings_ms, cached: job.cached };
})
"""


def judge(page: Page, address: str, clip: bytes) -> dict[str, float]:
    """Milliseconds from the last byte to the verdict, and those of the stages."""
    page.goto(address)
    page.set_input_files("#files", film("clip.mp4", clip))
    expect(page.locator(".verdict")).to_be_visible(timeout=VERDICT_MS)
    told: dict[str, Any] = page.evaluate(_TIMES)
    if told["cached"]:
        raise SystemExit("The service had judged the film before.")
    stages = {stage: float(told["timings"][stage]) for stage in STAGES}
    return {**stages, "the rest": told["took"] - sum(stages.values()), "all": told["took"]}


def table(seen: list[dict[str, float]]) -> list[str]:
    columns = list(seen[0])
    lines = ["| | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    for name, choose in (("median", median), ("best", min), ("worst", max)):
        cells = " | ".join(f"{choose(row[column] for row in seen):,.0f}" for column in columns)
        lines.append(f"| {name} | {cells} |")
    return lines


@click.command()
@click.option("--rounds", default=10, show_default=True)
@click.option("--write", type=click.Path(path_type=Path), help="Save the table here as well.")
def main(rounds: int, write: Path | None) -> None:
    """Print the table."""
    clip = face_video(seconds=10, fps=30)
    with served() as (address, _), launched() as browser, visit(browser, address) as visitor:
        judge(visitor.page, visitor.address, clip + mark(0))  # everything is warm afterwards
        seen = [judge(visitor.page, visitor.address, clip + mark(1 + n)) for n in range(rounds)]
        chromium = browser.version
    text = "\n".join(
        [
            "# From the last byte of a film to its verdict on the page",
            "",
            "    python -m benchmarks.page_verdict --write benchmarks/page_verdict.md",
            "",
            f"Python {platform.python_version()}, {platform.machine()}, Chromium {chromium}; "
            f"gateway, worker and browser on one machine. A film of 10 s in 720p, "
            f"{len(clip) / 1e6:.1f} MB, {rounds} rounds, milliseconds. Each column is by itself.",
            "",
            *table(seen),
            "",
            "The rest is the way through the gateway, the event stream, and drawing the page.",
            "",
        ]
    )
    click.echo(text)
    if write is not None:
        write.write_text(text)


if __name__ == "__main__":
    main()
