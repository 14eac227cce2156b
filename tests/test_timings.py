"""Where the time of a build went."""

from __future__ import annotations

import json

from lib.timings import NOTEBOOKS, Span, Timings


def test_time_is_added_up_by_kind_and_once_where_spans_overlap():
    took = Timings([Span("a", "x", 10, 4, "1"), Span("a", "y", 12, 4, "2"), Span("b", "z", 30, 1, "1")])
    assert took.table() == [("a", 2, 8, 6), ("b", 1, 1, 1)]


def test_a_block_that_fails_is_measured_too():
    took = Timings()
    try:
        with took.span("a"):
            raise KeyError
    except KeyError:
        pass
    assert [span.kind for span in took.spans] == ["a"]


def test_notebooks_that_run_at_once_have_lanes_of_their_own_and_progress_is_told_as_before():
    told, took = [], Timings()
    tell = took.watching(lambda *event: told.append(event))
    for event in (("x", "started"), ("y", "started"), ("x", "done"), ("z", "started"), ("y", "done"), ("z", "failed")):
        tell(*event, 0.0)
    tell("w", "reused", 0.0)
    lanes = {span.name: span.lane for span in took.spans}
    assert lanes == {"x": "notebooks 1", "y": "notebooks 2", "z": "notebooks 1"}
    assert {span.kind for span in took.spans} == {NOTEBOOKS}
    assert len(told) == 7


def test_the_trace_has_an_event_for_each_span_from_the_first_on():
    trace = json.loads(Timings([Span("a", "x", 10.5, 0.25, "p"), Span("b", "y", 11, 1, "q")]).trace())
    whole = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    assert [(event["name"], event["ts"], event["dur"]) for event in whole] == [("x", 0, 250_000), ("y", 500_000, 10**6)]
    assert {event["args"]["name"] for event in trace["traceEvents"] if event["ph"] == "M"} == {"p", "q"}
