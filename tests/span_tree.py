"""Spans that are over, as a tree of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from opentelemetry.sdk.trace import ReadableSpan


def tree(spans: Sequence[ReadableSpan], *, times: bool = False) -> list[str]:
    """One line for each span, below that which it belongs to and by the time of its start."""
    known = {span.context.span_id for span in spans}
    roots = [span for span in spans if span.parent is None or span.parent.span_id not in known]
    began = min(span.start_time or 0 for span in spans)
    return [line for root in _sorted(roots) for line in _lines(root, spans, 0, began, times)]


def _lines(
    span: ReadableSpan, spans: Sequence[ReadableSpan], depth: int, began: int, times: bool
) -> Iterator[str]:
    start, end = span.start_time or 0, span.end_time or 0
    took = f"  {(start - began) / 1e6:.0f} ms + {(end - start) / 1e6:.0f} ms" if times else ""
    yield f"{'  ' * depth}{span.name}{took}"
    below = [s for s in spans if s.parent and s.parent.span_id == span.context.span_id]
    for part in _sorted(below):
        yield from _lines(part, spans, depth + 1, began, times)


def _sorted(spans: Sequence[ReadableSpan]) -> list[ReadableSpan]:
    return sorted(spans, key=lambda span: span.start_time or 0)
