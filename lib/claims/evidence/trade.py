"""Exports, imports and dependence, and the neighbours gallium, germanium and copper."""

from __future__ import annotations

import pandas as pd

from lib import queries
from lib.claims.evidence.known import Known, answer, metric, printed, role_by_trust, year_role
from lib.claims.evidence.supply import ORDINALS
from lib.claims.rules import CONTEXT, NATURAL, OTHER, Reading, ratio_spread
from lib.indicators import common, dependence, neighbours, reserves
from lib.quantity import Quantity
from lib.tables import catalog

HEADLINE, MAGNETS = "rare earths (customs headline)", "magnets (rare-earth permanent)"
SEPARATED = "rare earths (smelting and separation products)"


# --- China's exports ---


@metric
def china_exports(view: Known, year: int, products: list[str]) -> list[Reading]:
    """Return the weight of China's exports in the year, from every series that prints it."""
    rows = _whole_years(view, products, "weight")
    rows = rows[rows["year"].eq(year)]
    return [
        Reading(
            f"{year}, {row['product'].iloc[0]}, {row['series'].iloc[0]}",
            printed(row),
            "t",
            (row,),
            role=role_by_trust(row, NATURAL),
            year=year,
        )
        for row in (rows.loc[[line]] for line in rows.index)
    ]


def _whole_years(view: Known, products: list[str], measure: str) -> pd.DataFrame:
    rows = view.table("china_exports", product=products, measure=measure, destination="WLD", flow="export")
    return rows[rows["month_start"].eq(1) & rows["month_end"].eq(12)]


@metric
def export_change(view: Known, year: int, since: int) -> list[Reading]:
    """Return the change of China's rare-earth exports by weight on the year before, for the years from `since` on."""
    rows = _whole_years(view, [HEADLINE], "weight")
    rows = rows[rows["series"].eq("customs")].drop_duplicates("year", keep="last").set_index("year", drop=False)
    readings = []
    for when in sorted(rows["year"], reverse=True):
        if when - 1 not in rows["year"].to_numpy():
            continue
        pair = rows.loc[[when, when - 1]]
        change = 100 * (pair["value"].iloc[0] / pair["value"].iloc[1] - 1)
        role = NATURAL if since <= when <= max(year, since) else CONTEXT
        readings.append(
            Reading(
                f"{when} against {when - 1}, customs headline",
                Quantity(change),
                "%",
                _lines(view, pair),
                "change of the weight",
                role,
                year=int(when),
            )
        )
    return readings + _magnet_fall(view)


def _lines(view: Known, pair: pd.DataFrame) -> tuple[pd.DataFrame, ...]:
    """Select the rows of the table themselves, whose index was replaced by the year."""
    table = view.table("china_exports")
    same = table["product"].isin(pair["product"]) & table["year"].isin(pair["year"]) & table["series"].eq("customs")
    same &= table["measure"].eq("weight") & table["destination"].eq("WLD") & table["month_end"].eq(12)
    return (table[same & table["month_start"].eq(1)],)


def _magnet_fall(view: Known) -> list[Reading]:
    """Return the steepest fall on the year that customs printed for magnets of a month: another product, so context."""
    rows = view.table("china_exports", product=MAGNETS, measure="weight change on year", destination="WLD")
    rows = rows[rows["month_start"].eq(rows["month_end"])]
    if rows.empty:
        return []
    low = rows.loc[[rows["value"].idxmin()]]
    when = pd.Timestamp(int(low["year"].iloc[0]), int(low["month_start"].iloc[0]), 1)
    return [Reading(f"magnets alone, {when:%B %Y} against a year before", printed(low), "%", (low,), role=CONTEXT)]


def _added_query(when: int, first: int) -> str:
    ratio = (
        "(SELECT sum(value) FILTER (WHERE hs_code = '850511') / sum(value) FILTER (WHERE hs_code <> '850511') "
        "FROM china_exports WHERE year = {})"
    )
    return f"SELECT {ratio.format(when)} / {ratio.format(first)}"


@metric
def value_added(view: Known, year: int, first: int) -> list[Reading]:
    """Return China's exports of magnets over compounds and metals by value, as a multiple of the ratio of `first`."""
    rows = view.table("china_exports", series="baci", measure="value")
    if rows.empty:
        return []
    wide = rows.pivot_table(index="year", columns="hs_code", values="value", aggfunc="sum").astype(float)
    wide.columns = wide.columns.astype(str).str.removesuffix(".0")
    ratio = wide["850511"] / (wide["280530"] + wide["284690"])
    readings = []
    for when in (year, int(ratio.index.max()), year - 10):
        if when in ratio.index and first in ratio.index:
            used = rows[rows["year"].isin([first, when]) & rows["hs_code"].isin(["850511", "280530", "284690"])]
            role = NATURAL if when == year else CONTEXT
            what = f"magnets over compounds and metals by value, {when} against {first}"
            readings.append(
                Reading(
                    what,
                    Quantity(ratio[when] / ratio[first]),
                    "times",
                    (used,),
                    "ratio of the year / ratio of the first year",
                    role,
                    year=when,
                    query=_added_query(when, first),
                )
            )
    return list({reading.what: reading for reading in readings}.values())


@metric
def magnet_price(view: Known, year: int) -> list[Reading]:
    """Return the unit value of China's magnet exports, which customs count by weight and not by piece."""
    rows = view.table("china_exports", product=MAGNETS, measure="unit value")
    return [
        Reading(
            f"export unit value, {row['year'].iloc[0]}", printed(row), "USD/kg", (row,), year=int(row["year"].iloc[0])
        )
        for row in (rows.loc[[line]] for line in rows.index)
    ]


@metric
def cheaper_than_others(view: Known, year: int) -> list[Reading]:
    """Compare China's unit value of magnets with all other origins together, in what economies of BACI import."""
    flows = view.table("trade_flows", dataset="baci", hs_code="850511", flow="import")
    flows = flows[flows["weight_kg"].gt(0) & flows["value_usd"].gt(0) & flows["reporter"].ne("CHN")]
    readings = []
    for when, rows in flows.groupby("year"):
        home, away = rows[rows["partner"].eq("CHN")], rows[rows["partner"].ne("CHN")]
        unit = [part["value_usd"].sum() / part["weight_kg"].sum() for part in (home, away)]
        what = f"USD/kg of magnets from China over all other origins, {when}"
        readings.append(
            Reading(
                what,
                Quantity(100 * unit[0] / unit[1]),
                "%",
                (rows,),
                "unit value China / others",
                NATURAL if when == year else OTHER,
                year=int(when),
            )
        )
    return readings[::-1]


# --- the United States ---


@metric
def ore_shipped(view: Known, year: int) -> list[Reading]:
    """Return US exports of ores and compounds in percent of US output of concentrates, in oxide, by edition."""
    rows = view.editions("us_salient", commodity="rare earths")
    out = rows[rows["series"].eq("exports.ores_compounds") & rows["value"].notna()]
    mined = rows[rows["series"].eq("production.mineral_concentrates") & rows["value"].notna()]
    pairs = []
    for (edition, when), part in out.groupby(["edition", "year"]):
        whole = mined[mined["edition"].eq(edition) & mined["year"].eq(when)]
        if len(part) == len(whole) == 1 and whole["value"].iloc[0] > 0:
            pairs.append((int(when), edition, part, whole))
    newest = max((entry[0] for entry in pairs), default=year)
    last = {when: edition for when, edition, *_ in pairs}
    return [
        Reading(
            f"exports of ores and compounds over mine output, {when}, {reserves.label(edition)}",
            printed(part) / printed(whole) * 100,
            "%",
            (part, whole),
            "exports / mine output, both in oxide",
            year_role(when, year, newest) if last[when] == edition else OTHER,
            spread=ratio_spread(part["value"].iloc[0], whole["value"].iloc[0]),
            year=when,
        )
        for when, edition, part, whole in sorted(pairs, key=lambda entry: (-entry[0], entry[1]))
    ]


@metric
def ore_to_china(view: Known, year: int) -> list[Reading]:
    """Return China's share of US exports of compounds and concentrates (HS 2846) by weight, every year since then."""
    flows = view.table("trade_flows", dataset="usitc", flow="export", hs_code="2846", reporter="USA")
    flows = flows[flows["weight_kg"].notna() & ~flows["partner"].isin([common.WORLD])]
    readings = []
    for when, rows in flows.groupby("year"):
        part, whole = rows.loc[rows["partner"].eq("CHN"), "weight_kg"].sum(), rows["weight_kg"].sum()
        months = "" if rows["month_end"].max() == 12 else f", first {rows['month_end'].max()} months"
        role = NATURAL if when >= year else OTHER if when >= year - 5 else CONTEXT
        weights = f"{part / 1000:,.0f} of {whole / 1000:,.0f} t"
        readings.append(
            Reading(
                f"{when}{months}",
                Quantity(100 * part / whole),
                "%",
                (rows,),
                "weight to China / weight to all",
                role,
                year=int(when),
                text=f"{100 * part / whole:.0f}% ({weights})",
            )
        )
    return readings[::-1]


@metric
def import_rank(view: Known, year: int, commodity: str, product: str, iso3: str) -> list[Reading]:
    """Rank a country among the sources of US imports, by edition of the USGS."""
    rows = view.editions("us_import_sources", commodity=commodity, product=product)
    readings = []
    for edition in reversed(list(dict.fromkeys(rows.sort_values("published")["edition"]))):
        listed = rows[rows["edition"].eq(edition) & rows["partner"].ne(common.REST)]
        own = listed[listed["partner"].eq(iso3)]
        if own.empty:
            readings.append(
                Reading(
                    _sources(listed, edition),
                    Quantity(None),
                    "rank",
                    (listed,),
                    "sources sorted",
                    _edition_role(edition, rows),
                    text="not among the sources named",
                )
            )
            continue
        shares = listed["share_pct"]
        rank = own["rank"].iloc[0] if shares.isna().all() else (shares > own["share_pct"].iloc[0]).sum() + 1
        share = own["share_pct"].iloc[0]
        text = ORDINALS.get(int(rank), f"number {int(rank)}") + ("" if pd.isna(share) else f", {share:.0f}%")
        readings.append(
            Reading(
                _sources(listed, edition),
                Quantity(float(rank)),
                "rank",
                (listed,),
                "sources sorted",
                _edition_role(edition, rows),
                text=text,
            )
        )
    return readings


def _sources(listed: pd.DataFrame, edition: str) -> str:
    first = listed.iloc[0]
    return f"US imports {int(first['period_start'])} to {int(first['period_end'])}, {reserves.label(edition)}"


def _edition_role(edition: str, rows: pd.DataFrame) -> str:
    return NATURAL if edition == rows.sort_values("published")["edition"].iloc[-1] else OTHER


@metric
def net_import_reliance(view: Known, year: int, commodity: str, series: str) -> list[Reading]:
    """Return US net import reliance as the USGS prints it, (AC − P)/AC; a net exporter has none."""
    rows = view.editions("us_salient", commodity=commodity, series=f"net_import_reliance.{series}")
    rows = rows.sort_values(["year", "published"])
    newest = rows["year"].max()
    last = rows.groupby("year").tail(1).index
    readings = []
    for line in rows.index[::-1]:
        row, first = rows.loc[[line]], rows.loc[line]
        role = year_role(int(first["year"]), year, int(newest))
        role = OTHER if role == NATURAL and line not in last else role
        exporter = "E" in str(first["qualifier"]).split(";")
        value = Quantity(0.0, "<") if exporter else printed(row)
        what = f"{series.replace('_', ' ')}, {first['year']}, {reserves.label(first['edition'])}"
        readings.append(
            Reading(
                what, value, "%", (row,), role=role, text="net exporter" if exporter else "", year=int(first["year"])
            )
        )
    return readings


@metric
def own_output(view: Known, year: int, commodity: str, series: str) -> list[Reading]:
    """Return US output of a commodity in the newest year that the USGS prints."""
    rows = view.table("us_salient", commodity=commodity, series=series)
    rows = rows[rows["value"].notna() & rows["year"].le(year)]
    row = rows[rows["year"].eq(rows["year"].max())].tail(1)
    return (
        [
            Reading(
                f"US {series.replace('production.', '').replace('_', ' ')}, {row['year'].iloc[0]}",
                printed(row),
                row["unit"].iloc[0],
                (row,),
                year=int(row["year"].iloc[0]),
            )
        ]
        if len(row)
        else []
    )


# --- dependence over time ---


@metric
def magnet_dependence(view: Known, year: int, first: int, economies: list[str]) -> list[Reading]:
    """Return the change of China's share of magnet imports by value from `first` to the year, economy by economy."""
    flows = view.table("trade_flows", dataset="baci", hs_code="850511", flow="import")
    if flows.empty:
        return []
    members = view.table("country_groups", group="EU27")["iso3"]
    united = dependence.outside(flows, members, "EU27")
    flows = pd.concat([flows, united[united["reporter"].eq("EU27")]])
    flows = flows[flows["year"].isin([first, year]) & flows["reporter"].isin(economies)]
    shares = dependence.suppliers(flows).set_index(["reporter", "year"])["share"]
    readings = []
    for code in economies:
        change = shares[code, year] - shares[code, first]
        used = flows[flows["reporter"].eq(code)]
        text = f"{shares[code, first]:.0f}% to {shares[code, year]:.0f}%"
        readings.append(
            Reading(
                f"{catalog.country_name(code)}, {first} to {year}",
                Quantity(change),
                "percentage points",
                (used,),
                "share of the last year less that of the first",
                text=text,
                year=year,
            )
        )
    return readings


# --- neighbours ---


@metric
def metal_share(view: Known, year: int, commodity: str, stage: str, iso3: str = "CHN") -> list[Reading]:
    """Return a country's world share at a stage of another metal, by year and edition of the USGS, and by the BGS."""
    production = view.editions("mineral_production", commodity=commodity)
    frame = neighbours.shares(production, iso3, {(commodity, stage): commodity})
    frame = frame.sort_values(["year", "published"], kind="stable")
    newest = frame["year"].max()
    last = set(frame.groupby(["series", "year"]).tail(1).index)
    readings = []
    for line in frame.index[::-1]:
        row = frame.loc[line]
        role = year_role(int(row["year"]), year, newest)
        role = OTHER if role == NATURAL and line not in last else role
        spread = ratio_spread(float(row["amount"]), float(row["world"])) if row["maker"] == "USGS" else None
        rows = (neighbours.behind(production, row),)
        share = neighbours.as_quantity(row)
        readings.append(
            Reading(
                neighbours.words(row),
                share,
                "%",
                rows,
                f"100 × {iso3} / world",
                role,
                spread=spread,
                year=int(row["year"]),
                query="" if spread else queries.share("value", f"iso3 = '{iso3}'", "mineral_production"),
            )
        )
    return readings


@metric
def metal_rank(view: Known, year: int, commodity: str, stage: str, iso3: str = "CHN") -> list[Reading]:
    """Rank a country at a stage of another metal in the newest year of the newest edition."""
    rows = view.editions("mineral_production", commodity=commodity, stage=stage, series="usgs_mcs")
    printed_editions = common.editions(rows[rows["value"].notna()])
    if not printed_editions:
        return []
    edition = printed_editions[-1]
    when = int(min(year, rows.loc[rows["edition"].eq(edition), "year"].max()))
    listed = common.edition(rows, edition, year=when)
    single = listed[~listed["iso3"].isin([common.WORLD, common.REST]) & listed["value"].notna()]
    if iso3 not in set(single["iso3"]):
        return []
    rank = int((single["value"] > common.amount(single, iso3).value).sum()) + 1
    return [
        Reading(
            f"{when}, {reserves.label(edition)}",
            Quantity(rank),
            "rank",
            (single,),
            "countries sorted",
            text=ORDINALS.get(rank, f"number {rank}"),
            year=when,
        )
    ]


@metric
def copper_from_china(view: Known, year: int) -> list[Reading]:
    """Return China's share of US imports of refined copper, from customs and from what is left beside named sources."""
    trade = view.table("mineral_trade", commodity="copper", partner="CHN", reporter="USA", flow="import")
    trade = trade[trade["share_weight_pct"].notna()].sort_values("period_start")
    readings = [
        Reading(
            f"cathodes by weight, {row['period_start'].iloc[0]:%Y}, customs",
            printed(row, "share_weight_pct"),
            "%",
            (row,),
            year=int(row["period_start"].iloc[0].year),
        )
        for row in (trade.loc[[line]] for line in trade.index[::-1])
    ]
    rest = view.table("statements", statement_id="copper-chile-canada-peru-share-2024")
    if len(rest):
        left = (100 - printed(rest)).value
        readings.append(
            Reading(
                "refined copper, all but Chile, Canada and Peru, 2024",
                Quantity(left, "<"),
                "%",
                (rest,),
                "100 less the share of the three",
                year=2024,
            )
        )
    return readings


@metric
def shipped_to_us(view: Known, year: int, metals: list[str]) -> list[Reading]:
    """Return the weight of gallium and germanium shipped directly to the US after July 2023, by China's customs."""
    rows = view.table("china_exports", product=metals, destination="USA")
    rows = rows[rows["measure"].eq("weight") & (rows["year"].gt(2023) | rows["month_start"].gt(7))]
    readings = [
        Reading(
            f"{row['product'].iloc[0]}, {_months(row)}, China's customs",
            printed(row),
            "kg",
            (row,),
            role=role_by_trust(row, NATURAL),
            year=int(row["year"].iloc[0]),
        )
        for row in (rows.loc[[line]] for line in rows.index[::-1])
    ]
    values = view.table("china_exports", product=metals, destination="USA", measure="value", year=2023)
    readings += _no_world_exports(view)
    return readings + [
        Reading(
            f"{row['product'].iloc[0]}, all of 2023 by value, months before the licences included",
            printed(row),
            "USD",
            (row,),
            role=CONTEXT,
            year=2023,
        )
        for row in (values.loc[[line]] for line in values.index)
    ]


def _months(row: pd.DataFrame) -> str:
    first = row.iloc[0]
    names = [f"{pd.Timestamp(int(first['year']), int(first[column]), 1):%B}" for column in ("month_start", "month_end")]
    return f"{' to '.join(dict.fromkeys(names))} {first['year']}"


@metric
def chinese_origin_in_us(view: Known, year: int) -> list[Reading]:
    """Return the weight of gallium and germanium of Chinese origin that US statistics record after July 2023."""
    rows = view.table("mineral_trade", dataset="quoted", reporter="USA", partner="CHN", flow="import")
    rows = rows[rows["net_kg"].notna() & rows["period_start"].ge("2023-08-01")]
    return [
        Reading(
            f"{row['commodity'].iloc[0]} of Chinese origin from {row['period_start'].iloc[0]:%B %Y}, US statistics",
            printed(row, "net_kg"),
            "kg",
            (row,),
            role=role_by_trust(row, NATURAL),
        )
        for row in (rows.loc[[line]] for line in rows.index[::-1])
    ]


def _no_world_exports(view: Known) -> list[Reading]:
    """Return all gallium and germanium exports in the first month of licences: context for a stop."""
    rows = view.table("statements", statement_id="gage-zero-exports-2023-08")
    return (
        [answer("exports to all destinations, August 2023", True, "none recorded", rows, role=CONTEXT)]
        if len(rows)
        else []
    )
