"""What notebooks need, imported, read and used once: kernels that are forked from a process with it share that.

A table that changes afterwards is read again, as always. Importing is not all: much is loaded or compiled only at first
use, such as the styles of citations and what Altair needs to read a frame.
"""

from __future__ import annotations

import datetime as dt
import importlib
import pkgutil

ROOMS = ("lib.indicators", "lib.figures", "lib.figures.forms", "lib.claims", "lib.claims.evidence")


def _import_all() -> None:
    for name in ROOMS:
        room = importlib.import_module(name)
        for module in pkgutil.iter_modules(room.__path__, f"{name}."):
            importlib.import_module(module.name)
    importlib.import_module("lib.page")


def _rehearse() -> None:
    """Cite something and write the specification of a chart; nothing is shown, recorded or drawn."""
    import altair
    import pandas as pd

    from lib import cite

    day = dt.date(2000, 1, 1)
    cite.formatted(cite.Work("chapter", "rehearsal", "Rehearsal", day, day), "apa", "html")
    rows = pd.DataFrame({"name": ["a", "b"], "day": [day, day], "value": [1.0, 2.0]}).astype({"day": "datetime64[s]"})
    for column in rows:
        altair.Chart(rows).mark_point().encode(x=column).to_dict(validate=False)


_import_all()
importlib.import_module("lib.tables.catalog").preload()
_rehearse()
