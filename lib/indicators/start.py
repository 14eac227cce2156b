"""What the first page draws: the chain from ore to motor, the figures to quote beside their rivals, and dependence.

All of it comes from what the chapters compute; nothing is computed here in a second way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pandas as pd

from lib import words
from lib.indicators import common, processing
from lib.indicators.controls.elements import Licensed
from lib.indicators.dependence.compounds import Compounds
from lib.indicators.dependence.magnets import Magnets
from lib.indicators.dependence.trade import suppliers
from lib.indicators.dependence.west import OUTSIDE
from lib.indicators.processing.plants import RUNNING, Plants
from lib.indicators.processing.stages import LINES, Estimates, best
from lib.quantity import Quantity
from lib.tables import catalog


class Stage(NamedTuple):
    """A stage of the chain: its name, what it is, its line of estimates, and what others call it.

    counts    what an estimate of the line counts
    licensed  the stage in the register of measures
    plant     the stage in the table of plants
    """

    name: str
    what: str
    line: tuple[str, str] | None = None
    counts: str = ""
    licensed: str = ""
    plant: str = ""


CHAIN = (
    Stage("Ore", "reserves in the ground", ("reserves", "all"), "all rare earths"),
    Stage("Concentrate", "from the mine, still mixed", ("mining", "all"), "all rare earths", "ore"),
    Stage("Oxide", "separated, one by one", ("separation", "magnet"), "magnet elements", "oxide", "separation"),
    Stage("Metal", "reduced from oxide", ("metal", "all"), "", "metal", "metal"),
    Stage("Alloy", "with iron and boron", ("metal", "all"), "", "metal", "alloy"),
    Stage("Magnet", "pressed and sintered", ("magnets", "all"), "", "magnet", "magnets"),
    Stage("Motor", "or generator"),
)
"""The stages from the ground to the motor. The estimates of metal count alloy with it, and so does the register."""
NOTES = {"control": "Export licence by name", "elsewhere": "Running outside China"}
"""The columns of `chain` that a chart shows under the shares, with their headings."""
TITLE = {
    "reserve-share": "of the reserves",
    "mine-share": "of the mine output",
    "separation-share": "of the separated magnet elements",
    "magnet-share": "of the magnets",
}
"""The facts that the title of the chain names, with what each is a share of."""
RIVALS = {
    ("reserves", "all"): "Reserves",
    ("mining", "all"): "Mining",
    ("separation", "magnet"): "Separation of magnet elements",
    ("magnets", "all"): "Magnets made",
}
"""The lines of estimates of which one is to be quoted, and what a chart calls them."""
EUROPE = "Magnets that the EU imports"
EUROPEAN = {
    "eu27-magnets-2024-value": "Eurostat 2024",
    "eu27-magnets-2024-weight": "Eurostat 2024, by weight",
    "eu27-magnets-2022": "KITA 2022",
    "eu27-98-percent": "political statements",
}
"""The published shares of China in the magnets of the EU, or taken for one, and whose they are; the first to quote."""
IMPORTERS = (OUTSIDE, "USA", "JPN")
MEASURES = ("Magnets, by value", "Magnets, by weight", "Compounds and metals, by weight")

COLUMNS = {
    "stage": "Stage",
    "share": "China’s share (%)",
    "maker": "Estimate of",
    "control": NOTES["control"],
    "elsewhere": NOTES["elsewhere"],
    "source_id": "Source",
}
QUOTED = {"what": "Share of", "value": "China (%)", "by": "Who, and of when", "rival": "A rival", "source_id": "Source"}
MEASURED = {"measure": "Measure", "importer": "Importer", "year": "Year", "share": "China (%)", "source_id": "Source"}
"""What the tables of the three charts show."""
DOTS = {"unit": "%", "places": 0, "order": MEASURES, "domain": (0, 100)}
RIVAL_DOTS = {
    "arrows": False,
    "unit": "%",
    "places": 0,
    "order": [*RIVALS.values(), EUROPE],
    "domain": (0, 100),
    "colours": dict.fromkeys([*RIVALS.values(), EUROPE], "CHN"),
}
"""How the two dot plots show their rows."""


def chain(estimates: Estimates, licences: Iterable[Licensed], plants: Plants | None) -> pd.DataFrame:
    """Give a row per stage of CHAIN: stage, what, share of China, qualifier, maker, control, elsewhere, source_id.

    share      the estimate to put into a sentence; missing where none is documented
    maker      whose it is, its year and what it counts; `weak sources only` where there are others
    control    how many rare earths need a licence that names them at this stage, as a few words
    elsewhere  how many plants outside China ran at this stage when last described
    """
    in_force = [group for group in licences if group.elements["state"].iloc[0] == "in force"]
    return pd.DataFrame([_stage(stage, estimates, in_force, plants) for stage in CHAIN])


def _stage(stage: Stage, estimates: Estimates, in_force: list[Licensed], plants: Plants | None) -> dict[str, object]:
    found = {"share": float("nan"), "qualifier": "", "maker": "", "source_id": None}
    if stage.line is not None:
        line = LINES[stage.line]
        row = best(estimates.rows, line)
        if row is not None:
            maker = ", ".join(filter(None, [f"{row['estimator']} {row['year']}", stage.counts]))
            found = {"share": row["value"], "qualifier": row["bound"], "maker": maker, "source_id": row["source_id"]}
        elif (estimates.rows["line"] == line).any():
            found["maker"] = "weak sources only"
    control = " + ".join(_licensed(group, stage) for group in in_force if _licensed(group, stage))
    return {"stage": stage.name, "what": stage.what, "control": control, "elsewhere": _running(stage, plants)} | found


def _licensed(group: Licensed, stage: Stage) -> str:
    stages = {name for listed in group.rows["stage"] for name in str(listed).split(";")}
    return f"{len(group.elements)} elements" if stage.licensed in stages else ""


def _running(stage: Stage, plants: Plants | None) -> str:
    if plants is None or not stage.plant:
        return ""
    try:
        _, every = plants.counted(RUNNING, stage.plant)
    except catalog.NoDataYet:
        return ""
    return "1 plant" if every.quantity == 1 else f"{every.quantity} plants"


def documented(rows: pd.DataFrame) -> str:
    """Say of how many of the stages of `chain` China's share is documented: `4 of the 7`."""
    return f"{rows['share'].notna().sum()} of the {len(rows)}"


def plants_or_none(as_of: common.Day, since: int) -> Plants | None:
    """Return the plants outside China, or None before any of them was described."""
    try:
        return processing.abroad(as_of, since)
    except catalog.NoDataYet:
        return None


def maker(estimates: Estimates, stage: str, scope: str = "all") -> str:
    """Name whose estimate of a line is to be quoted. Raises NoDataYet for none."""
    row = best(estimates.rows, LINES[stage, scope])
    if row is None:
        raise common.not_yet("stage_shares", estimates.as_of, "A documented estimate of this stage")
    return str(row["estimator"])


def title(facts: Mapping[str, object]) -> str:
    """Write the title of the chain with those facts of TITLE that there are."""
    told = []
    for name, whole in TITLE.items():
        try:
            told.append(f"{facts[name]} {whole}")
        except (KeyError, catalog.NoDataYet):
            continue
    return (
        f"China has {words.joined(told)}" if told else "From the ground to the motor: where China’s share is not known"
    )


# --- the figures to quote, and their rivals ---


def rivals(estimates: Estimates, as_of: common.Day) -> pd.DataFrame:
    """Give the documented figures that are quoted for one share: what, value, qualifier, by, word, rival, source_id.

    `rival` is False for the one to quote, which alone has a `word`. What political statements say of Europe is `weak`.
    """
    rows = [row for line, what in RIVALS.items() for row in _estimates(estimates, LINES[line], what)]
    shares = common.optional("dependence_estimates", as_of)
    for rank, (key, by) in enumerate(EUROPEAN.items()):
        found = shares[shares["estimate_id"] == key].to_dict("records")
        rows += [_rival(EUROPE, row, row["share"], by, rival=rank > 0) for row in found]
    return pd.DataFrame(rows)


def _estimates(estimates: Estimates, line: str, what: str) -> Iterable[dict[str, object]]:
    chosen = best(estimates.rows, line)
    found = estimates.rows[(estimates.rows["line"] == line) & estimates.rows["value"].notna() & ~estimates.rows["weak"]]
    for index, row in found.iterrows():
        rival = chosen is None or index != chosen.name
        yield _rival(what, row, row["value"], f"{row['estimator']} {row['year']}", rival)


def _rival(what: str, row: Mapping, value: float, by: str, rival: bool) -> dict[str, object]:
    bound = Quantity.from_row(float(value), row["qualifier"]).bound
    return {
        "what": what,
        "value": float(value),
        "qualifier": bound,
        "by": by,
        "word": "" if rival else f"{bound}{value:.0f}% {by}",
        "rival": rival,
        "weak": row["confidence"] == "low",
        "source_id": row["source_id"],
    }


def apart(rows: pd.DataFrame, as_of: common.Day) -> str:
    """Write by how many points documented figures of one share lie apart at most. Raises NoDataYet without two."""
    values = rows[~rows["weak"]].groupby("what")["value"]
    widest = (values.max() - values.min()).max()
    if not round(widest):
        raise common.not_yet("stage_shares", as_of, "A second documented figure for one share")
    return f"{widest:.0f}"


# --- dependence, by measure ---


def measures(magnets: Magnets, compounds: Compounds) -> pd.DataFrame:
    """Give China's share of what the EU, the United States and Japan import, by three measures.

    Columns: measure, importer, name, year, share (percent), source_id.
    """
    bought = pd.concat([magnets.into(code) for code in IMPORTERS])
    bought = bought[bought["year"] == magnets.year]
    parts = [
        suppliers(bought, column).rename(columns={"reporter": "importer"}) for column in ("value_usd", "weight_kg")
    ]
    parts.append(compounds.usable(IMPORTERS))
    columns = ["importer", "year", "share", "source_id"]
    rows = pd.concat([part[columns].assign(measure=name) for name, part in zip(MEASURES, parts, strict=True)])
    return rows.assign(name=rows["importer"].map({OUTSIDE: "EU", "USA": "US", "JPN": "Japan"}))
