"""Plants outside China: what they can make by stage, unit and status, where they are, and what two of them made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from lib import markup, quantity, words
from lib.indicators import common
from lib.indicators.processing.rows import quoted
from lib.quantity import Number, Quantity
from lib.tables import catalog

SUMMED_STATES = ("operating", "ramping up", "under construction", "planned", "stalled")
RUNNING = ("operating", "ramping up")
COMING = ("under construction", "planned")
TONES = dict(zip(SUMMED_STATES, ("accent", "seq-4", "accent-soft", "seq-2", "OTH"), strict=True))
UNITS = {"t/yr REO": "oxides", "t/yr NdPr oxide": "neodymium-praseodymium oxide", "t/yr magnets": "magnets"}
LEFT_OUT = (
    "The units differ, so bars must not be added. Each bar is a minimum of what its plants can make. It leaves out "
    "plants whose capacity is not given, is a range, is measured in feed, is only a target, or repeats another plant’s "
    "tonnes. Weak sources are included. The table below names the plants without a figure."
)
GENERIC = re.compile(r"separation|magnets|metal|circuit|plant\b|campus|Facility")
LIST = "The list of plants"


def plants(facilities: pd.DataFrame, since: int | None = None, home: str = "CHN") -> pd.DataFrame:
    """Select plants outside `home`; with `since`, only those whose status was described in that year or later."""
    abroad = facilities[facilities["iso3"] != home]
    if since is not None:
        abroad = abroad[abroad["as_of"].dt.year >= since]
    return abroad


def capacity_by_status(facilities: pd.DataFrame) -> pd.DataFrame:
    """Add up capacity by stage, unit and status, with the number of plants summed.

    Only rows that count output, do not overlap with another row and print a capacity (the middle one where phases are
    given): never across units. Returns stage, capacity_unit, status, capacity, plants, source_id (of the largest).
    """
    rows = summable(facilities).sort_values("capacity", ascending=False)
    keys = ["stage", "capacity_unit", "status"]
    frame = rows.groupby(keys, sort=False).agg(
        capacity=("capacity", "sum"), plants=("facility_id", "count"), source_id=("source_id", "first")
    )
    return frame.reset_index().sort_values(keys).reset_index(drop=True)


def summable(facilities: pd.DataFrame) -> pd.DataFrame:
    """Select the plants whose capacities may be added within one unit; index kept.

    A plant that runs counts with what it is built for or makes (nameplate, running), never with what it hopes for.
    """
    keep = (facilities["capacity_basis"] == "output") & facilities["overlaps_with"].isna()
    keep &= ~(facilities["status"].isin(RUNNING) & facilities["capacity_kind"].eq("target"))
    return facilities[keep & facilities["capacity"].notna() & facilities["status"].isin(SUMMED_STATES)]


def without_figure(facilities: pd.DataFrame) -> pd.DataFrame:
    """Select plants that no sum of `summable` holds, though they are no part of another row; index kept."""
    whole = facilities["overlaps_with"].isna() & facilities["status"].isin(SUMMED_STATES)
    return facilities[whole & ~facilities.index.isin(summable(facilities).index)]


def at_least(facilities: pd.DataFrame, unit: str) -> Quantity:
    """Add up the capacities of one unit (t a year); a lower bound while a plant of the same stage has no figure.

    Missing where no plant of that unit has one.
    """
    rows = summable(facilities)
    rows = rows[rows["capacity_unit"] == unit]
    if rows.empty:
        return Quantity(None)
    unknown = without_figure(facilities)["stage"].isin(rows["stage"]).any()
    parts = [
        Quantity.from_row(*cell) for cell in zip(rows["capacity"], rows["qualifier"], catalog.bases(rows), strict=True)
    ]
    return quantity.total([*parts, *([Quantity(None)] if unknown else [])])


def places(facilities: pd.DataFrame) -> pd.DataFrame:
    """List towns with their plants, for a map: lat, lon, iso3, name, plants, running, future, source_id.

    `plants` names them with their statuses; `name` is the `place_name` of those that run, or else of all. `running` is
    True where at least one plant operates or ramps up; `future` is its opposite. Plants without a known town are left
    out.
    """
    located = facilities[facilities["lat"].notna()]
    located = located.assign(
        plants=located["facility"] + " (" + located["status"] + ")",
        running=located["status"].isin(["operating", "ramping up"]),
    )
    keys = ["lat", "lon", "iso3"]
    frame = located.groupby(keys, sort=True).agg(
        plants=("plants", "; ".join), running=("running", "any"), source_id=("source_id", "first")
    )
    best = located[located["running"] | ~located.groupby(keys)["running"].transform("any")]
    frame["name"] = best.groupby(keys)["facility"].agg(place_name)
    return frame.assign(future=~frame["running"]).reset_index()


def place_name(facilities: Iterable[str]) -> str:
    """Return the shortest name among plants of one place, without the words for what is there."""
    plain = [re.sub(r" Rare Earths? Processing Facility$", "", name) for name in facilities]
    parts = [part for name in plain for part in name.split(", ")]
    names = [part for part in parts if not GENERIC.search(part)] or parts
    return min(names, key=len)


@dataclass(frozen=True)
class Plants:
    """The plants outside China that were described since a year: `rows` of the table of facilities."""

    rows: pd.DataFrame
    since: int
    as_of: common.Day

    def capacity(self, states: tuple[str, ...], unit: str, where: str = "outside China") -> Number:
        """Return the capacity of documented plants in some states in one unit, in t a year. Raises NoDataYet.

        `where` says where the plants are.
        """
        plants = self._in(states)
        total, rows = at_least(plants, unit), summable(plants)
        if total.missing:
            raise common.not_yet("facilities", self.as_of, "A documented capacity")
        rows = rows[rows["capacity_unit"] == unit]
        stage = plants[plants["stage"].isin(rows["stage"])]
        scope = f"plants {where} that are {_either(states)}, capacity in {unit}; {len(summable(stage))} of "
        return Number(
            total,
            "t",
            f"{scope}{len(stage)} plants of the stage print a capacity",
            f"capacities of {_months(rows['capacity_as_of'])}, statuses of {_months(rows['as_of'])}",
            "sum of capacities",
            rows,
        )

    def capacities(self) -> Iterator[tuple[str, Number]]:
        """Give the capacities of each unit of UNITS, running and coming, by the names of facts, as far as known."""
        for unit, what in UNITS.items():
            for states in (RUNNING, COMING):
                try:
                    yield _fact(what, states), self.capacity(states, unit)
                except catalog.NoDataYet:
                    continue

    def told(self, states: tuple[str, ...], facts: Mapping[str, object]) -> markup.Marked:
        """Write the capacities in some states as a sentence lists them, as facts. Raises NoDataYet for none."""
        known = dict(self.capacities())
        named = {_fact(what, states): what for what in UNITS.values()}
        found = [f"{markup.text(facts[name])} of {what}" for name, what in named.items() if name in known]
        if not found:
            raise common.not_yet("facilities", self.as_of, "A documented capacity")
        return markup.Marked(words.joined(found))

    def counted(self, states: tuple[str, ...], stage: str) -> tuple[Number, Number]:
        """Return how many plants of a stage print a capacity that a sum may hold, and how many there are.

        Raises NoDataYet without plants.
        """
        plants = self._in(states, stage)
        if plants.empty:
            raise common.not_yet("facilities", self.as_of, "A plant of this stage")
        scope, with_figure = f"plants outside China, {stage}, {' or '.join(states)}", summable(plants)
        period = f"statuses of {_months(plants['as_of'])}"
        rows = with_figure if len(with_figure) else plants
        counted = Number(len(with_figure), "count", f"{scope}, with a capacity", period, "plants counted", rows)
        return counted, Number(len(plants), "count", scope, period, "plants counted", plants)

    def by_status(self) -> pd.DataFrame:
        """Give capacity by stage and unit (`what`) and status, for a chart. Raises NoDataYet for none."""
        table = capacity_by_status(self.summed())
        if table.empty:
            raise common.not_yet("facilities", self.as_of, "A capacity")
        return table.assign(what=table["stage"].str.capitalize() + ", " + table["capacity_unit"])

    def summed(self) -> pd.DataFrame:
        """Give the rows of the plants whose capacities that chart adds up."""
        rows = summable(self.rows)
        return rows[rows["capacity_unit"].isin([*UNITS, "t/yr metal"])]

    def places(self) -> pd.DataFrame:
        """Give the towns with plants that run or come, for a map. Raises NoDataYet where no place is known."""
        placed = places(self.rows[self.rows["status"].isin([*RUNNING, *COMING])])
        if placed.empty:
            raise common.not_yet("facilities", self.as_of, "A plant with a known place")
        return placed

    def places_counted(self) -> tuple[Number, Number]:
        """Return in how many of the known places a plant ran when it was last described, and how many places there are.

        Raises NoDataYet where no place is known.
        """
        placed = self.places()
        rows = self.rows[self.rows["lat"].notna() & self.rows["status"].isin([*RUNNING, *COMING])]
        period = f"statuses of {_months(rows['as_of'])}"
        every = "SELECT count(*) FROM (SELECT DISTINCT lat, lon, iso3 FROM facilities{})"
        runs = " WHERE status IN ('operating', 'ramping up')"
        counts = {"where one runs": (int(placed["running"].sum()), runs), "that run or come": (len(placed), "")}
        running, all_places = (
            Number(
                count,
                "count",
                f"towns outside China with plants, {what}",
                period,
                "towns counted",
                rows,
                every.format(on),
            )
            for what, (count, on) in counts.items()
        )
        return running, all_places

    def listed(self) -> pd.DataFrame:
        """Give all plants for a table: `state` with its month, `unit` without the year, and `figure`, what it is."""
        rows = self.rows.sort_values(["stage", "iso3", "facility"])
        return rows.assign(
            stage=rows["stage"].str.replace("_", " "),
            state=rows["status"] + " (" + rows["as_of"].dt.strftime("%Y-%m") + ")",
            unit=rows["capacity_unit"].str.removeprefix("t/yr "),
            figure=[_capacity_kind(row) for _, row in rows.iterrows()],
        )

    def older(self) -> str:
        """Name the plants that were last described before that year, as the note of the table does; empty for none."""
        rows = plants(common.select("facilities", self.as_of, LIST))
        rows = rows[rows["as_of"].dt.year < self.since].sort_values("facility")
        named = zip(rows["facility"], rows["iso3"], rows["as_of"], strict=True)
        told = "; ".join(f"{plant} ({catalog.country_name(iso3)}, {day:%Y})" for plant, iso3, day in named)
        return f" These were last described before {self.since} and are in no sum: {told}." if told else ""

    def _in(self, states: tuple[str, ...], stage: str | None = None) -> pd.DataFrame:
        """Select documented plants in some states, of one stage where it is given."""
        rows = self.rows[self.rows["status"].isin(states) & (self.rows["confidence"] != "low")]
        return rows if stage is None else rows[rows["stage"] == stage]


def abroad(as_of: common.Day, since: int) -> Plants:
    """Read the plants outside China that were described since a year. Raises NoDataYet before the first of them."""
    rows = plants(common.select("facilities", as_of, LIST), since)
    if rows.empty:
        what = f"The list of plants outside China that were described since {since}"
        raise common.not_yet("facilities", as_of, what, plants(catalog.table("facilities"), since)["published"].min())
    return Plants(rows, since, as_of)


def yardstick(as_of: common.Day) -> Number:
    """Return the design of the largest plant for separation in Baotou, in t of oxides a year. Raises NoDataYet."""
    rows = common.select("facilities", as_of, "The yardstick plant in Baotou", facility_id="F001")
    return Number(float(rows["capacity"].iloc[0]), "t", "Baotou Huamei, oxides a year", 2025, "as printed", rows)


def status_look(table: pd.DataFrame) -> dict[str, object]:
    """Say how a chart shows the rows of `Plants.by_status`."""
    order = [state for state in TONES if state in set(table["status"])]
    return {"normalise": True, "totals": True, "colours": TONES, "part_order": order}


def _either(states: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(states[:-1]), *states[-1:]]))


def times_as_large(plant: Number, other: Number) -> Number:
    """Return how many times as large a plant's capacity is as another's output of a year."""
    times = quantity.share(plant.quantity, other.quantity) / 100
    rows = {"plant": plant.rows, "made": other.rows}
    query = "SELECT (SELECT capacity FROM plant) / (SELECT sum(value) FROM made)"
    scope = f"{plant.scope}, over {other.scope}"
    return Number(times, "ratio", scope, other.period, "capacity / output", rows, query, places=0)


def in_words(count: object, one: str) -> markup.Marked:
    """Write a count with what it counts, in the singular or the plural: 1 magnet plant, 9 magnet plants."""
    return markup.Marked(f"{markup.text(count)} {one if str(count) == '1' else one + 's'}")


def promised(table: pd.DataFrame) -> tuple[int, int]:
    """Count in how many units more capacity comes than runs, and the units; `table` is that of `Plants.by_status`."""
    sums = table.assign(runs=table["status"].isin(RUNNING)).query("status != 'stalled'")
    sums = sums.pivot_table(index="what", columns="runs", values="capacity", aggfunc="sum", fill_value=0)
    return int((sums.get(False, 0) > sums.get(True, 0)).sum()), len(sums)


@dataclass(frozen=True)
class Maker:
    """What a company outside China made of one product in its newest full year, and what its plant is built for.

    `rows` are its output in that year, as one row or in quarters; `plant` is the row of its plant, which may have no
    capacity.
    """

    company: str
    product: str
    rows: pd.DataFrame
    plant: pd.DataFrame
    as_of: common.Day

    @property
    def year(self) -> int:
        """The year of the output."""
        return int(self.rows["year"].iloc[0])

    def made(self) -> Number:
        """Return the output of the year, in t of oxide."""
        parts = zip(self.rows["value"], self.rows["qualifier"], strict=True)
        amount = quantity.total(Quantity.from_row(*part) for part in parts)
        formula = "as printed" if len(self.rows) == 1 else "sum of the quarters"
        return Number(amount, "t", f"{self.company}, output of {self.product}", self.year, formula, self.rows)

    def capacity(self) -> Number:
        """Return what the plant is built for, in t of oxide a year. Raises NoDataYet where no figure is known."""
        if self.plant["capacity"].isna().any():
            raise common.not_yet("facilities", self.as_of, "The capacity of this plant")
        amount = Quantity.from_row(float(self.plant["capacity"].iloc[0]), self.plant["qualifier"].iloc[0])
        when = f"{self.plant['capacity_as_of'].iloc[0]:%Y-%m}"
        return Number(amount, "t", f"{self.company}, capacity for {self.product}", when, "as printed", self.plant)


def maker(as_of: common.Day, company: str, product: str, facility_id: str) -> Maker:
    """Read what a company made of a product in its newest year that is known whole. Raises NoDataYet before it."""
    rows = common.optional("refined_supply", as_of)
    rows = rows[(rows["flow"] == "company_output") & (rows["company"] == company) & (rows["product"] == product)]
    rows = rows[rows["kind"].ne("projection") & rows["confidence"].ne("low")]
    whole = rows[rows["period_kind"] == "year"].groupby("year").filter(lambda part: len(part) == 1)
    quarters = rows[rows["period_kind"] == "quarter"].groupby("year").filter(lambda part: len(part) == 4)
    known = pd.concat([whole, quarters])
    if known.empty:
        raise common.not_yet("refined_supply", as_of, f"A year's output of {company}")
    plant = common.select("facilities", as_of, LIST, facility_id=facility_id)
    return Maker(company, product, known[known["year"] == known["year"].max()], plant, as_of)


def heavy_output(as_of: common.Day) -> Number:
    """Return what Lynas made of dysprosium and terbium in its last two quarters, in t of oxide. Raises NoDataYet."""
    which = {"flow": "company_output", "company": "Lynas Rare Earths", "product": "Dy + Tb"}
    rows = common.select("refined_supply", as_of, "The output of heavy rare earths", **which)
    rows = rows.sort_values("period_start").tail(2)
    if len(rows) < 2:
        raise common.not_yet("refined_supply", as_of, "A second quarter of heavy rare earths")
    period = f"{rows['period_start'].iloc[0]:%Y-%m} to {rows['period_end'].iloc[-1]:%Y-%m}"
    scope = "Lynas Rare Earths, output of dysprosium and terbium"
    return Number(float(rows["value"].sum()), "t", scope, period, "sum of the quarters", rows)


def india(as_of: common.Day) -> tuple[Number, Number]:
    """Return what India's IREL made by its own account and by the press, in t. Raises NoDataYet."""
    which = {"flow": "company_output", "company": "IREL", "kind": "quoted"}
    rows = common.select("refined_supply", as_of, "The output of India", **which)
    own, press = (rows[rows["basis"] == basis] for basis in ("company statement", "press"))
    if own.empty or press.empty:
        raise common.not_yet("refined_supply", as_of, "A second figure of India's output")
    return (
        quoted(own, "t", "IREL, output of neodymium, by its own account", f"year to {own['period_end'].iloc[0]:%B %Y}"),
        quoted(press, "t", "IREL, output of neodymium-praseodymium oxide, by the press", int(press["year"].iloc[0])),
    )


def _fact(what: str, states: tuple[str, ...]) -> str:
    """Name the fact that is a capacity: oxides-operating, neodymium-under-construction."""
    return f"{what.split('-')[0]}-{states[0].replace(' ', '-')}"


def _months(days: pd.Series) -> str:
    return f"{days.min():%Y-%m} to {days.max():%Y-%m}"


def _capacity_kind(row: pd.Series) -> str:
    """Say what the capacity of a plant is and of when: nameplate, 2023-07."""
    if pd.isna(row["capacity_as_of"]):
        return "no figure found"
    kind = {"feed": "feed", "enabled downstream": "feed"}.get(row["capacity_basis"], row["capacity_kind"])
    return f"{kind}, {row['capacity_as_of']:%Y-%m}"
