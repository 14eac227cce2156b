"""A country's share of the world's output of a metal, by stage, year and edition.

USGS prints world totals, rounded, and its shares are over them; BGS prints none, and its shares are over the sum of the
countries it lists. The two are never joined into one series.
"""

from __future__ import annotations

import pandas as pd

from lib.indicators import common, processing
from lib.quantity import Quantity

# (commodity, stage) of the table `mineral_production`: what a reader sees, in the order of the picture
LINES = {
    ("copper", "mine"): "Copper: mines",
    ("copper", "smelter"): "Copper: smelters",
    ("copper", "refinery"): "Copper: refineries",
    ("gallium", "primary refinery"): "Gallium: primary metal",
    ("germanium", "refinery"): "Germanium: refineries",
    ("antimony", "mine"): "Antimony: mines",
    ("tungsten", "mine"): "Tungsten: mines",
    ("natural graphite", "mine"): "Graphite: mines",
}
# the same inside a sentence: China's share of …
WORDS = {
    "Copper: mines": "mined copper",
    "Copper: smelters": "smelted copper",
    "Copper: refineries": "refined copper",
    "Gallium: primary metal": "primary gallium",
    "Germanium: refineries": "refined germanium",
    "Antimony: mines": "mined antimony",
    "Tungsten: mines": "mined tungsten",
    "Graphite: mines": "mined graphite",
}
USGS, BGS = "usgs_mcs", "bgs"
APART = 5  # percentage points
COLUMNS = ["commodity", "stage", "line", "series", "maker", "edition", "year", "value", "bound", "qualifier", "amount",
           "world", "unit", "source_id", "published", "confidence", "_rows"]  # fmt: skip


# --- shares of the world ---


def named_without_figure(production: pd.DataFrame, commodity: str, stage: str) -> set[str]:
    """List countries that USGS names as producers in its tables, and for which it has never printed a figure."""
    rows = _stage(production, commodity, stage)
    rows = rows[(rows["series"] == USGS) & ~rows["iso3"].isin([common.WORLD, common.REST])]
    return set(rows["iso3"]) - set(rows.loc[rows["value"].notna() | rows["qualifier"].eq("W"), "iso3"])


def _stage(production: pd.DataFrame, commodity: str, stage: str) -> pd.DataFrame:
    return production[(production["commodity"] == commodity) & (production["stage"] == stage)]


def share(
    production: pd.DataFrame,
    commodity: str,
    stage: str,
    year: int,
    edition: str | None = None,
    holder: str = "CHN",
) -> Quantity:
    """Compute a country's share of one stage of one metal, 100 P_i / P_world, in percent, inside one edition.

    `production` is the table `mineral_production` with all vintages; `edition` such as MCS2026 or BGS-WMS-2026, by
    default the newest USGS edition that prints a world total for the year. P_world is the printed total with USGS
    and the sum of the countries listed with BGS; that sum is a lower bound, and the share an upper one, where a
    listed country has no figure, or where BGS leaves out a producer whom USGS names without figures (germanium:
    Belgium, Canada, Germany). Raises KeyError when the edition prints no such share.
    """
    unnamed = named_without_figure(production, commodity, stage)  # from all editions, the year from its own
    rows = _stage(production, commodity, stage)
    frame = _shares(rows[rows["year"] == year], holder, unnamed, LINES.get((commodity, stage), commodity))
    frame = pd.DataFrame(frame, columns=COLUMNS)
    frame = frame[frame["series"] == USGS] if edition is None else frame[frame["edition"] == edition]
    if frame.empty:
        raise KeyError(f"{holder}, {commodity} {stage} {year}: no share in {edition or 'any USGS edition'}")
    return as_quantity(frame.sort_values("published", kind="stable").iloc[-1])


def shares(production: pd.DataFrame, holder: str = "CHN", lines: dict | None = None) -> pd.DataFrame:
    """List every share of a country that editions known so far print or allow: a row per line, year and edition.

    Returns commodity, stage, line, series, maker (USGS, BGS), edition, year, value (percent), bound, qualifier
    (``e`` where the country's figure or the total is an estimate), amount and world as printed, unit, source_id,
    published, confidence and `_rows`, the lines of the table behind it. A country that is not listed, or without a
    figure, or a total that is missing gives no row: missing is not zero. References: USGS Mineral Commodity
    Summaries; BGS World Mineral Production.
    """
    records = []
    for (commodity, stage), line in (lines or LINES).items():
        unnamed = named_without_figure(production, commodity, stage)
        records += _shares(_stage(production, commodity, stage), holder, unnamed, line)
    numbers = {"value": "float64", "amount": "float64", "world": "float64", "year": "int64"}
    frame = pd.DataFrame(records, columns=COLUMNS).astype(numbers)
    rank = {line: position for position, line in enumerate((lines or LINES).values())}
    frame = frame.sort_values(["line", "series", "year", "published"], key=lambda c: c.map(rank) if c.name == "line"
                              else c, kind="stable").reset_index(drop=True)  # fmt: skip
    frame.attrs = {"table": production.attrs.get("table", "mineral_production")}
    return frame


def _shares(rows: pd.DataFrame, holder: str, unnamed: set[str], line: str) -> list[dict]:
    """List the shares of one stage of one metal, a dict for each edition and year that has one."""
    records = []
    for (commodity, stage, series, edition, year), part in rows.groupby(
        ["commodity", "stage", "series", "edition", "year"], sort=False
    ):
        one = _share(part, series, holder, unnamed) if series in (USGS, BGS) else None
        if one is not None:
            names = {"commodity": commodity, "stage": stage, "line": line, "series": series}
            records.append(names | {"edition": edition, "year": int(year)} | one)
    return records


def _share(rows: pd.DataFrame, series: str, holder: str, unnamed: set[str]) -> dict | None:
    """Compute the share of one edition and year, or None where it prints none."""
    rows = rows.sort_values("published", kind="stable").drop_duplicates("iso3", keep="last")
    listed = set(rows["iso3"])
    held = common.row(rows, holder) if holder in listed else rows.head(0)
    if held["value"].isna().all():
        return None
    printed = series == USGS
    if printed:
        base = common.row(rows, common.WORLD) if common.WORLD in listed else rows.head(0)
        if base.empty or not base["value"].gt(0).all():
            return None
        whole = common.amount(base, common.WORLD)
    else:
        base = rows
        whole = common.total(rows, denominator="listed")
        if unnamed - listed:
            if whole.bound == "<":  # at most so much of those listed, and more of others: no statement
                return None
            whole = Quantity(whole.value, ">", whole.estimated)
    own = common.amount(held, holder)
    percent = own.share_of(whole)
    estimated = own.estimated or (printed and whole.estimated)
    first = held.iloc[0]
    return {
        "maker": "USGS" if printed else "BGS",
        "value": percent.value,
        "bound": percent.bound,
        "qualifier": ";".join(filter(None, [percent.bound, "derived", "e" if estimated else ""])),
        "amount": float(first["value"]),
        "world": whole.value,
        "unit": first["unit"],
        "source_id": first["source_id"],
        "published": base["published"].max(),
        "confidence": "medium" if "medium" in set(base["confidence"]) | {first["confidence"]} else "high",
        "_rows": tuple(int(index) for index in dict.fromkeys([held.index[0], *base.index])),
    }


def as_quantity(row: pd.Series) -> Quantity:
    """Return a row of `shares` as a quantity with its marks."""
    return Quantity.from_row(float(row["value"]), row["qualifier"])


def behind(production: pd.DataFrame, row: pd.Series) -> pd.DataFrame:
    """Select the rows of the table from which a share was computed, for the record of a fact."""
    return production.loc[list(row["_rows"])]


def words(row: pd.Series) -> str:
    """Name year and edition of a share as a chart does: `2024, MCS 2026`, `2023, BGS`."""
    return f"{row['year']}, {edition_name(row['edition'])}"


def edition_name(edition: str) -> str:
    """Write MCS2026 as `MCS 2026`; editions of BGS, which replace each other, as `BGS`."""
    return "BGS" if edition.startswith("BGS") else edition.replace("MCS", "MCS ")


def current(frame: pd.DataFrame) -> pd.DataFrame:
    """Select what to show of `shares` now: of each line the last year that is no forecast, as each edition prints it.

    USGS prints two years an edition, the newer one estimated before the year is over; the older one is taken, with
    what earlier editions printed for the same year where that is `APART` points or more from it. Of a table that USGS
    has given up, and of BGS, the newest year.
    `first` marks the figure to name in a sentence: the newest USGS edition, or BGS where USGS has no stage of that
    kind. `label` names it on the picture, and any figure that lies `APART` points or more from it.
    """
    kept, last = [], frame.loc[frame["series"] == USGS, "published"].max()
    for _, rows in frame.groupby("line", sort=False):
        usgs, bgs = rows[rows["series"] == USGS], rows[rows["series"] == BGS]
        if len(usgs):
            newest = usgs[usgs["published"] == usgs["published"].max()]
            year = newest["year"].min() if newest["published"].iloc[0] == last else newest["year"].max()
            kept.append(usgs[usgs["year"] == year])
        if len(bgs):
            kept.append(bgs[bgs["year"] == bgs["year"].max()])
    chosen = pd.concat(kept) if kept else frame.head(0)
    usgs = chosen[chosen["series"] == USGS].sort_values("published", kind="stable").groupby("line").tail(1).index
    lonely = chosen[~chosen["line"].isin(chosen.loc[usgs, "line"])].index
    chosen = chosen.assign(first=chosen.index.isin(usgs.union(lonely)))
    lead = chosen[chosen["first"]].set_index("line")["value"]
    far = (chosen["value"] - chosen["line"].map(lead).astype("float64")).abs() >= APART
    chosen = chosen.assign(label=[words(row) for _, row in chosen.iterrows()])
    chosen["label"] = chosen["label"].where(chosen["first"] | far, None)
    return chosen[chosen["first"] | far | (chosen["series"] == BGS)]


def rare_earths(funnel: pd.DataFrame, year: int) -> pd.DataFrame:
    """Set rare earths beside the metals: mining (USGS) and magnet-four separation of `processing.funnel`, by `year`.

    Of each line and maker the newest documented estimate for `year` or earlier, low confidence left out; mining of
    all rare earths and separation of four are two scopes, and stand in two rows. Columns as in `current`.
    """
    lines = [processing.LINES["mining", "all"], processing.LINES["separation", "magnet"]]
    rows = funnel[funnel["line"].isin(lines) & ~funnel["weak"] & funnel["value"].notna() & (funnel["year"] <= year)]
    rows = rows[rows["estimator"].isin(["USGS", "IEA"])]
    rows = rows.sort_values(["year", "published"], kind="stable").groupby(["line", "estimator"], sort=False).tail(1)
    editions = [edition_name(name) if name else who for name, who in zip(rows["edition"], rows["estimator"],
                strict=True)]  # fmt: skip
    label = [f"{year}, {name}" for year, name in zip(rows["year"], editions, strict=True)]
    names = {lines[0]: "Rare earths: mines", lines[1]: "Rare earths: separation (magnet four)"}
    return rows.assign(line=rows["line"].map(names), label=label, maker=rows["estimator"]).sort_values("line")


def by_year(frame: pd.DataFrame, commodity: str) -> pd.DataFrame:
    """Select a line per stage and publisher, each year as the newest edition prints it; index of `shares` kept."""
    rows = frame[frame["commodity"] == commodity].sort_values("published", kind="stable")
    return rows.drop_duplicates(["line", "series", "year"], keep="last").sort_values(["line", "series", "year"])


def country_shares(production: pd.DataFrame, commodity: str, stages: list[str], top: int) -> pd.DataFrame:
    """List who mines, smelts and refines: a row per country and stage, world percent, newest year of one publisher.

    BGS where it is known, since it alone has smelters; before that USGS. Countries are the `top` largest of any
    stage. Returns iso3, stage, value (percent), qualifier, amount, year, edition, source_id, published, `_row`.
    """
    rows = production[(production["commodity"] == commodity) & production["stage"].isin(stages)]
    series = BGS if (rows["series"] == BGS).any() else USGS
    rows = rows[rows["series"] == series]
    parts = []
    for stage, part in rows.groupby("stage", sort=False):
        year = part["year"].max() if series == BGS else part[part["published"] == part["published"].max()]["year"].min()
        one = part[part["year"] == year].sort_values("published", kind="stable").drop_duplicates("iso3", keep="last")
        listed = common.shares(one, denominator="printed" if series == USGS else "listed")
        listed = listed[listed["iso3"].ne(common.REST) & listed["share"].gt(0)]
        parts.append(listed.assign(stage=stage, amount=listed["value"], value=listed["share"], _row=listed.index))
    frame = pd.concat(parts) if parts else rows.head(0).assign(amount=[], _row=[])
    large = {iso3 for _, part in frame.groupby("stage") for iso3 in part.nlargest(top, "value")["iso3"]}
    kept = ["iso3", "stage", "value", "qualifier", "amount", "unit", "year", "edition", "source_id", "published",
            "_row"]  # fmt: skip
    return frame[frame["iso3"].isin(large)][kept].sort_values(["iso3", "stage"], kind="stable")


# --- from edition to edition ---


def revisions(frame: pd.DataFrame, least: float = 0) -> pd.DataFrame:
    """Compare a share as USGS first printed it for a year with that of the newest edition, in percentage points.

    Takes `shares`. A row per line and year that at least two editions print and whose share moved by `least` points
    or more, furthest first: line, year, name, first and last (percent), change, first_edition, last_edition,
    amount_first, amount_last, unit, `_rows`. An edition can move the country, the world, or both.
    """
    moves = []
    for (line, year), rows in frame[frame["series"] == USGS].groupby(["line", "year"], sort=False):
        rows = rows.sort_values("published", kind="stable")
        if len(rows) < 2:
            continue
        a, b = rows.iloc[0], rows.iloc[-1]
        moves.append({"line": line, "year": int(year), "name": f"{line.partition(':')[0]}, {year}", "first": a["value"],
                      "last": b["value"], "change": b["value"] - a["value"], "first_edition": a["edition"],
                      "last_edition": b["edition"], "amount_first": a["amount"], "amount_last": b["amount"],
                      "unit": b["unit"], "_rows": (*a["_rows"], *b["_rows"])})  # fmt: skip
    columns = ["line", "year", "name", "first", "last", "change", "first_edition", "last_edition", "amount_first",
               "amount_last", "unit", "_rows"]  # fmt: skip
    moved = pd.DataFrame(moves, columns=columns).astype({"change": "float64"})
    moved = moved[moved["change"].abs() >= least]
    return moved.reindex(moved["change"].abs().sort_values(ascending=False, kind="stable").index)
