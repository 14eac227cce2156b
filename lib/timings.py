"""Where the time of a build goes: spans by name, as a table and as a trace that a browser can open.

The trace is in the Trace Event Format, which chrome://tracing and ui.perfetto.dev read.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Progress = Callable[[str, str, float], None]
NOTEBOOKS = "notebooks"


@dataclass(frozen=True)
class Span:
    """Something that took time: `kind` is what the table adds up, `lane` is a row of the trace."""

    kind: str
    name: str
    start: float
    seconds: float
    lane: str


@dataclass
class Timings:
    """The spans of one process, to which those of others can be added."""

    spans: list[Span] = field(default_factory=list)

    @contextlib.contextmanager
    def span(self, kind: str, name: str = "") -> Iterator[None]:
        """Measure a block."""
        start = time.time()
        try:
            yield
        finally:
            self.spans.append(Span(kind, name or kind, start, time.time() - start, f"process {os.getpid()}"))

    def watching(self, progress: Progress) -> Progress:
        """Return `progress` so that it notes notebooks too, those that run at the same time in lanes of their own."""
        running: dict[str, tuple[float, int]] = {}

        def tell(name: str, event: str, seconds: float) -> None:
            if event == "started":
                taken = {lane for _, lane in running.values()}
                running[name] = time.time(), next(lane for lane in range(len(taken) + 1) if lane not in taken)
            elif event in ("done", "failed") and name in running:
                start, lane = running.pop(name)
                self.spans.append(Span(NOTEBOOKS, name, start, time.time() - start, f"notebooks {lane + 1}"))
            progress(name, event, seconds)

        return tell

    def table(self) -> list[tuple[str, int, float, float]]:
        """Add up the spans by kind: how many, their seconds, and the seconds in which any of them went on."""
        kinds = dict.fromkeys(span.kind for span in sorted(self.spans, key=lambda span: span.start))
        return [(kind, *_added([span for span in self.spans if span.kind == kind])) for kind in kinds]

    def trace(self) -> str:
        """Write the spans as JSON in the Trace Event Format, in microseconds."""
        first = min((span.start for span in self.spans), default=0.0)
        lanes = list(dict.fromkeys(span.lane for span in self.spans))
        names = [
            {"ph": "M", "name": "thread_name", "pid": 1, "tid": number, "args": {"name": lane}}
            for number, lane in enumerate(lanes)
        ]
        events = [
            {
                "ph": "X",
                "name": span.name,
                "cat": span.kind,
                "pid": 1,
                "tid": lanes.index(span.lane),
                "ts": round(1e6 * (span.start - first)),
                "dur": round(1e6 * span.seconds),
            }
            for span in self.spans
        ]
        return json.dumps({"traceEvents": [*names, *events], "displayTimeUnit": "ms"}) + "\n"


def _added(spans: list[Span]) -> tuple[int, float, float]:
    covered, end = 0.0, 0.0
    for span in sorted(spans, key=lambda span: span.start):
        stop = span.start + span.seconds
        covered += max(0.0, stop - max(span.start, end))
        end = max(end, stop)
    return len(spans), sum(span.seconds for span in spans), covered
