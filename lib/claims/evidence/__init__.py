"""The metrics that tests of claims name, by what they are about."""

from lib.claims.evidence import events, stages, supply, trade
from lib.claims.evidence.known import METRICS, Known, places, shown

__all__ = ["METRICS", "Known", "events", "places", "shown", "stages", "supply", "trade"]
