"""Statements of the press as the book judges them, on any day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.answers.shelf import Answer, Shelf, unknown
from lib.claims import entries, judge
from lib.tables import asof, catalog

JUDGED = ("as_of", "verdict", "text", "value", "unit", "bound", "only_for", "factor")
NOTHING = "No figure with which to test this statement was public on that day."


def get_claim(shelf: Shelf, name: str, as_of: str = "") -> Answer:
    """Answer with a claim and its verdicts: when its article appeared, now and, if asked, on another day.

    Raises Unknown, ValueError.
    """
    claim = shelf.claims().get(name)
    if claim is None:
        raise unknown("claim", name, shelf.claims())
    told = {key: claim[key] for key in ("id", "claim", "kind", "explanation", "article", "history")}
    told |= {when: _judged(shelf, claim[when]) for when in ("then", "now")}
    if as_of:
        day = asof.as_day(as_of).isoformat()
        with catalog.reading(shelf.data):
            told["on_that_day"] = _judged(shelf, entries.judgement(judge(name, day), day))
    return told | {"link": shelf.link(f"{claim['page']}.html#{claim['anchor']}")}


def _judged(shelf: Shelf, judged: Mapping[str, Any]) -> Answer:
    told = {key: judged.get(key) for key in JUDGED}
    told["sources"] = [shelf.source(name) for name in judged["sources"]]
    return told if judged["sources"] else told | {"note": NOTHING}
