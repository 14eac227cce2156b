"""Gallium, germanium, copper and their like: shares by stage, US reliance, trade with China as two customs saw it.

A share belongs to a metal, a stage, a year and an edition. USGS prints world totals, rounded, and its shares are
over them; BGS prints none, and its shares are over the sum of the countries it lists. The two are never joined into
one series. HS 811292 holds gallium and germanium together with other metals: it is shown as what it is, a basket.
"""

from __future__ import annotations

import pandas as pd

from lib import quantity
from lib.indicators import common, controls, processing
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
METALS = {"copper": "Copper", "gallium": "Gallium", "germanium": "Germanium", "antimony": "Antimony",
          "tungsten": "Tungsten", "natural graphite": "Natural graphite"}  # fmt: skip
SYMBOLS = {"Ga": "gallium", "Ge": "germanium", "Sb": "antimony", "graphite": "graphite", "W": "tungsten",
           "Cu": "copper"}  # fmt: skip
# the product of the table `us_import_sources` that counts a metal as a whole
WHOLE = {
    "rare earths": "compounds and metals",
    "copper": "refined copper",
    "gallium": "metal",
    "germanium": "combined total",
    "antimony": "total metal and oxide",
    "tungsten": "ores, concentrates, and other forms",
    "natural graphite": "all",
}
# what an act names without binding it as its type says: the ban of 2024 puts graphite under a stricter review
REVIEWED = {"CHN-2024-04-P2": {"graphite"}}
USGS, BGS = "usgs_mcs", "bgs"
BASKET = "811292"
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


# --- the United States ---


def reliance(us_salient: pd.DataFrame, commodities: tuple[str, ...] = tuple(METALS)) -> pd.DataFrame:
    """Select US net import reliance as printed, percent of apparent consumption, with ``>`` kept, by metal and year.

    `us_salient` is the table with the vintages wanted; of rare earths it is that of compounds and metals. Adds
    `name`; index kept.
    """
    series = {"rare earths": "net_import_reliance.compounds_metals"}
    wanted = [(name, series.get(name, "net_import_reliance.all")) for name in commodities]
    pairs = list(zip(us_salient["commodity"], us_salient["series"], strict=True))
    rows = us_salient[[pair in wanted for pair in pairs]]
    return rows.assign(name=rows["commodity"].map(METALS).fillna("Rare earths: compounds and metals"))


BALANCE = {
    "production.mine": "Mined",
    "production.refinery_primary": "Refined from ore",
    "production.refinery_secondary": "Refined from scrap",
    "recovery.old_scrap": "Recovered from old scrap",
    "exports.ores_concentrates": "Exported in concentrate",
    "imports.refined": "Imported refined",
    "consumption_apparent.all": "Used (apparent consumption)",
}


def copper_balance(us_salient: pd.DataFrame) -> pd.DataFrame:
    """Select US copper by year, kt as printed: mined, refined from ore and scrap, imported, exported in ore, used.

    Every year from the newest edition that is in the table. Returns year, flow (the series), name, value, qualifier,
    edition, source_id, published; index kept.
    """
    rows = us_salient[(us_salient["commodity"] == "copper") & us_salient["series"].isin(list(BALANCE))]
    rows = rows.sort_values("published", kind="stable").drop_duplicates(["series", "year"], keep="last")
    return rows.assign(flow=rows["series"], name=rows["series"].map(BALANCE)).sort_values(["flow", "year"])


def processing_gap(us_salient: pd.DataFrame, year: int) -> Quantity:
    """Return US copper exported in ores and concentrates, kt: what refining all own ore could add at most.

    Mine output less what is refined from ore is no measure of it, since refineries also work on imported ore.
    """
    rows = copper_balance(us_salient)
    rows = rows[(rows["year"] == year) & (rows["flow"] == "exports.ores_concentrates")]
    return Quantity.from_row(rows["value"].iloc[0], rows["qualifier"].iloc[0])


def origins(us_import_sources: pd.DataFrame, commodity: str, product: str | None = None) -> pd.DataFrame:
    """Select origins of US imports of a metal in the newest period, as the newest edition lists them; index kept.

    Largest first, the rest last. `product` is by default the one that counts the metal as a whole. `share_pct` is empty
    in editions that print the order only (then `rank`).
    """
    rows = us_import_sources[
        (us_import_sources["commodity"] == commodity) & (us_import_sources["product"] == (product or WHOLE[commodity]))
    ]
    rows = rows[rows["period_end"] == rows["period_end"].max()]
    rows = rows[rows["published"] == rows["published"].max()]
    last = rows["partner"].eq(common.REST)
    return rows.assign(_last=last).sort_values(["_last", "share_pct", "rank"], ascending=[True, False, True]).drop(
        columns="_last"
    )  # fmt: skip


def all_origins(us_import_sources: pd.DataFrame, commodities: tuple[str, ...] = tuple(WHOLE)) -> pd.DataFrame:
    """Join the `origins` of every metal whose shares are printed, with `name`; what no edition attributes stays out."""
    parts = [origins(us_import_sources, name).assign(name=METALS.get(name, name.capitalize())) for name in commodities]
    rows = pd.concat(parts)
    return rows[rows["share_pct"].notna()]


def cathode(mineral_trade: pd.DataFrame, partner: str, year: int) -> Quantity:
    """Compute a country's share of US imports of refined copper cathodes (HS 740311) by weight, percent; UN Comtrade.

    Raises KeyError for a year or partner that the extract does not hold.
    """
    rows = mineral_trade[(mineral_trade["hs"] == "740311") & (mineral_trade["reporter"] == "USA")]
    rows = rows[(rows["period_start"].dt.year == year) & rows["partner"].isin([partner, common.WORLD])]
    rows = rows.rename(columns={"partner": "iso3"})
    return common.share(rows, partner, "net_kg")


def cathode_rows(mineral_trade: pd.DataFrame, partner: str, year: int) -> pd.DataFrame:
    """Select the two rows behind `cathode`."""
    rows = mineral_trade[(mineral_trade["hs"] == "740311") & mineral_trade["partner"].isin([partner, common.WORLD])]
    return rows[rows["period_start"].dt.year == year]


US_METAL = {
    ("gallium", "imports.metal"): "Gallium metal",
    ("germanium", "imports.metal"): "Germanium metal",
    ("germanium", "imports.dioxide"): "Germanium dioxide",
}


def us_imports(us_salient: pd.DataFrame) -> pd.DataFrame:
    """Select US imports of gallium and germanium from everywhere, kg by year, with `name`, as printed."""
    pairs = list(zip(us_salient["commodity"], us_salient["series"], strict=True))
    rows = us_salient[[pair in US_METAL for pair in pairs]]
    rows = rows.assign(name=[US_METAL[pair] for pair in pairs if pair in US_METAL])
    rows = rows.sort_values("published", kind="stable").drop_duplicates(["name", "year"], keep="last")
    return rows.sort_values(["name", "year"])


# --- controls ---


def covering(register: pd.DataFrame, symbols: tuple[str, ...] = tuple(SYMBOLS)) -> pd.DataFrame:
    """Select China's export licences and bans that name one of these minerals: register rows with `metals` in words.

    `register` may be that of `controls.with_states`. `reviewed` is what the act names and only reviews (graphite in
    the ban of December 2024). Quotas and duties, which tungsten shared with rare earths until 2015, are left out;
    index and attrs kept.
    """
    rows = controls.china_exports_side(register, reported=False)
    rows = rows[rows["type"].isin(["licence", "ban"])]
    named = [[code for code in str(text).split(";") if code in symbols] for text in rows["minerals"]]
    bound = [[SYMBOLS[code] for code in codes if code not in REVIEWED.get(key, ())]
             for key, codes in zip(rows["id"], named, strict=True)]  # fmt: skip
    seen = [[SYMBOLS[code] for code in codes if code in REVIEWED.get(key, ())]
            for key, codes in zip(rows["id"], named, strict=True)]  # fmt: skip
    kept = rows.assign(metals=[", ".join(names).capitalize() for names in bound],
                       reviewed=[", ".join(names) for names in seen])  # fmt: skip
    kept = kept[kept["metals"].ne("") | kept["reviewed"].ne("")]
    kept.attrs = dict(register.attrs)
    return kept


# --- what two customs saw ---


def seen_twice(china_exports: pd.DataFrame, mineral_trade: pd.DataFrame, commodity: str) -> pd.DataFrame:
    """List trade in one metal from China to the US as both sides recorded it, kg: a row per period and side.

    China records where a shipment goes; the US records where goods were made. Material that passed a third country,
    or lay in store, is in the second and not in the first. Returns name (period and side), side, period, kg,
    qualifier, weak (low confidence), source_id, published, table, `_row`; weights only, months of one year joined.
    """
    sent = china_exports[
        (china_exports["product"] == commodity)
        & (china_exports["destination"] == "USA")
        & (china_exports["measure"] == "weight")
        & (china_exports["series"] == "customs")
    ]
    starts, ends = _months(sent)
    sent = sent.assign(side="Chinese customs, by destination", start=starts, end=ends, table="china_exports",
                       kg=sent["value"])  # fmt: skip
    come = mineral_trade[
        (mineral_trade["commodity"] == commodity)
        & (mineral_trade["reporter"] == "USA")
        & (mineral_trade["basis"] == "country of origin")
        & mineral_trade["net_kg"].notna()
    ]
    come = come.assign(side="US statistics, by origin", start=come["period_start"], end=come["period_end"],
                       table="mineral_trade", kg=come["net_kg"])  # fmt: skip
    both = pd.concat([part.assign(_row=part.index) for part in (sent, come)], ignore_index=True)
    periods = [_period(start, end) for start, end in zip(both["start"], both["end"], strict=True)]
    both = both.assign(weak=both["confidence"].eq("low"), period=pd.array(periods, dtype="str"))
    both["name"] = both["period"] + ": " + both["side"]
    kept = ["name", "side", "period", "start", "end", "kg", "qualifier", "weak", "source_id", "published", "table",
            "_row"]  # fmt: skip
    return both[kept].sort_values(["start", "end", "side"], kind="stable", ignore_index=True)


def longest(rows: pd.DataFrame) -> pd.DataFrame:
    """Select rows of `seen_twice` of half a year or more that lie in no longer period of the same side."""
    long = rows[rows["end"] - rows["start"] >= pd.Timedelta(days=180)]
    inside = [
        ((long["start"] <= row.start) & (long["end"] >= row.end) & (long["side"] == row.side)
         & (long["end"] - long["start"] > row.end - row.start)).any()
        for row in long.itertuples()
    ]  # fmt: skip
    return long[[not within for within in inside]]


def measured_year(us_salient: pd.DataFrame) -> int:
    """Return the last year that the newest edition does not estimate: the one before its newest."""
    return int(us_salient.loc[us_salient["published"] == us_salient["published"].max(), "year"].max()) - 1


def _months(rows: pd.DataFrame) -> list[pd.Series]:
    """Return the first and last day of the months of `china_exports`."""
    first, last = (pd.to_datetime({"year": rows["year"], "month": rows[month], "day": 1})
                   for month in ("month_start", "month_end"))  # fmt: skip
    return [first, last + pd.offsets.MonthEnd(0)]


def _period(start: pd.Timestamp, end: pd.Timestamp) -> str:
    if start.month == 1 and end.month == 12 and start.year == end.year:
        return f"{start.year}"
    if (start.year, start.month) == (end.year, end.month):
        return f"{start:%b %Y}"
    return f"{start:%b}–{end:%b %Y}" if start.year == end.year else f"{start:%b %Y}–{end:%b %Y}"


def everywhere(china_exports: pd.DataFrame, commodity: str) -> pd.DataFrame:
    """Select China's exports of a metal to all destinations over several months: kg by `period`, rival figures apart.

    Of a year with parts printed, both the year and its longest part are rows; single months are left to the monthly
    series. Adds months, weak (low confidence); index kept.
    """
    rows = china_exports[
        (china_exports["product"] == commodity)
        & (china_exports["destination"] == "WLD")
        & (china_exports["measure"] == "weight")
        & (china_exports["month_end"] - china_exports["month_start"] >= 8)
    ]
    periods = [_period(a, b) for a, b in zip(*_months(rows), strict=True)]
    months = rows["month_end"] - rows["month_start"] + 1
    return rows.assign(period=periods, months=months, weak=rows["confidence"].eq("low")).sort_values(
        ["months", "year"], kind="stable"
    )  # fmt: skip


def basket(mineral_trade: pd.DataFrame) -> pd.DataFrame:
    """Select HS 811292 from China to the United States by year, t, by reporting side: year, side, value; index kept.

    The code mixes gallium and germanium with hafnium, indium, niobium and others: never gallium.
    """
    rows = mineral_trade[mineral_trade["hs"].eq(BASKET)]
    years = rows["period_start"].dt.month.eq(1) & rows["period_end"].dt.month.eq(12)
    sent = rows["reporter"].eq("CHN") & rows["flow"].eq("export") & rows["partner"].eq("USA")
    come = rows["reporter"].eq("USA") & rows["flow"].eq("import") & rows["partner"].eq("CHN")
    side = sent.map({True: "China: exports to the US", False: "US: imports from China"})
    frame = rows.assign(year=rows["period_start"].dt.year, side=side, value=rows["net_kg"] / 1000)
    return frame[years & (sent | come)].sort_values(["side", "year"])


def mirror_factor(mineral_trade: pd.DataFrame, year: int) -> Quantity:
    """Compute how many times as much of the basket the US reports importing as China reports exporting in a year."""
    rows = basket(mineral_trade)
    rows = rows[rows["year"] == year].set_index("reporter")["value"]
    return quantity.Quantity(float(rows["USA"]) / float(rows["CHN"]))
