"""China's share at each stage, from the ground to the magnet: every estimate, its scope, and the one to put first.

A share belongs to a stage (mining, separation, …) and to a scope (all rare earths, the four magnet elements, …).
Nothing here subtracts, adds or averages across scopes: 91% of separated magnet elements less 69% of all mined oxide
is no quantity.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from lib import markup, words
from lib.indicators import common
from lib.quantity import Number, Quantity
from lib.tables import catalog
from lib.tables.dictionary import CONFIDENCES

STAGES = ("reserves", "mining", "separation", "metal", "magnets", "heavy_separation")
ALL = "all rare earths (TREO)"
MAGNET = "magnet rare earths (Nd, Pr, Dy, Tb)"
# One line of the funnel holds estimates of one stage and one kind of scope; the words are what a reader sees.
LINES = {
    ("reserves", "all"): "Reserves: all rare earths",
    ("mining", "all"): "Mining: all rare earths",
    ("mining", "magnet"): "Mining: four magnet elements",
    ("separation", "all"): "Separation: all rare earths",
    ("separation", "magnet"): "Separation: four magnet elements",
    ("metal", "all"): "Metal and alloy",
    ("magnets", "all"): "Magnets",
    ("heavy_separation", "all"): "Separation of heavy rare earths",
}
WHOLES = {
    "reserves": "world reserves",
    "mining": "world mine output",
    "separation": "world separation",
    "metal": "world output of metal and alloy",
    "magnets": "world output of magnets",
    "heavy_separation": "world separation of heavy rare earths",
}
"""What the estimates of a stage are shares of."""
STEPS = {
    "mine-share": (("mining", "all"), "mined {share} of the world’s rare earths in {year}"),
    "separation-share": (
        ("separation", "magnet"),
        "separated {share} of the four elements that magnets need in {year}",
    ),
    "magnet-share": (("magnets", "all"), "made {share} of the rare-earth magnets in {year} ({maker})"),
}
"""The facts of the answer: the line of each, and what the answer says of it."""
SPANS = {
    "mining-of-all-rare-earths": (("mining", "all"), "mining all rare earths"),
    "mining-of-the-four-magnet-elements": (("mining", "magnet"), "mining the four magnet elements"),
    "separation-of-all": (("separation", "all"), "separating all rare earths"),
    "separation-of-the-four": (("separation", "magnet"), "separating the four"),
    "magnets": (("magnets", "all"), "making magnets"),
}
"""Lines whose lowest and highest estimates are facts: their names, and what a sentence calls them."""
COLUMNS = (
    "stage", "stage_order", "line", "scope", "holder", "year", "low", "value", "high", "bound", "qualifier",
    "estimator", "edition", "source_id", "published", "confidence", "kind", "_rows",
)  # fmt: skip


def funnel(
    reserves: pd.DataFrame,
    mine_production: pd.DataFrame,
    stage_shares: pd.DataFrame,
    as_of: dt.date | str | None = None,
    since: int | None = None,
    holder: str = "CHN",
) -> pd.DataFrame:
    """Collect every estimate of one country's share at each stage, from the ground to the magnet.

    Reserves and mining of all rare earths are computed from USGS (100 R_i / R_world and 100 P_i / P_world, inside one
    edition); everything else is an estimate of `stage_shares`. Only shares of world supply, no projections, no years
    after that of `as_of` (a day; None: no limit) nor before `since`; shares of other wholes (EU consumption, the needs
    of the West) are not shares of the world and stay out.

    The tables are those of the catalog; `reserves` and `mine_production` with vintages="all" give a row per edition or
    year, else only what the newest edition prints. Returns one row per estimate, ordered by stage, line and year:
    stage, stage_order, line (stage and kind of scope), scope, holder, year, low, value, high (percent; `value` is
    missing where only a range was printed), bound (``<`` at most, ``>`` more than), qualifier, estimator, edition,
    source_id, published, confidence, kind (computed, published, quoted), `_rows`, the (table, row) pairs behind it, and
    for the picture `weak` (low confidence) and `label` (who, for the newest estimate of each maker that is not weak).
    """
    parts = [
        _reserve_shares(reserves, holder),
        _mine_shares(mine_production, holder),
        _estimates(stage_shares, holder),
    ]
    frame = pd.DataFrame([row for part in parts for row in part], columns=list(COLUMNS))
    last = catalog.as_day(as_of)
    until = last.year if last else frame["year"].max()
    kept = frame["year"].le(until) & frame["year"].ge(since if since is not None else 0)
    rank = {line: position for position, line in enumerate(LINES.values())}
    frame = frame[kept].sort_values(["line", "year", "published"], key=lambda c: c.map(rank) if c.name == "line" else c)
    frame = frame.reset_index(drop=True)
    frame["weak"] = frame["confidence"] == "low"
    frame["label"] = _labels(frame)
    return frame


def _labels(frame: pd.DataFrame) -> list[str | None]:
    """Name maker and year of estimates worth a name on the picture: the newest of each maker in a line, not weak."""
    strong = frame[~frame["weak"] & frame["value"].notna()]
    newest = set(strong.groupby(["line", "estimator"], sort=False).tail(1).index)
    return [
        f"{maker} {year}" if index in newest else None
        for index, maker, year in zip(frame.index, frame["estimator"], frame["year"], strict=True)
    ]


def _reserve_shares(reserves: pd.DataFrame, holder: str) -> list[dict]:
    usgs = reserves[reserves["series"] == "usgs_mcs"]
    return [
        _usgs("reserves", rows, holder, "value_t_reo", int(common.row(rows, common.WORLD)["year"].iloc[0]))
        for rows in (common.edition(usgs, name) for name in common.editions(usgs))
        if holder in set(rows["iso3"])
    ]


def _mine_shares(mine_production: pd.DataFrame, holder: str) -> list[dict]:
    return [
        _usgs("mining", rows, holder, "value", year)
        for year, rows in mine_years(mine_production).items()
        if holder in set(rows["iso3"])
    ]


def mine_years(mine_production: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """Return USGS mine output by year, each as the newest edition with a world total prints it (t REO); index kept."""
    usgs = mine_production[(mine_production["series"] == "usgs_mcs") & (mine_production["unit"] == "t REO")]
    years = {}
    for year, rows in usgs.groupby("year"):
        printed = common.editions(rows)
        if printed:
            years[int(year)] = common.edition(rows, printed[-1])
    return years


def _usgs(stage: str, rows: pd.DataFrame, holder: str, value: str, year: int) -> dict:
    held, world = common.row(rows, holder), common.row(rows, common.WORLD)
    share = common.share(rows, holder, value)
    marks = [mark for mark in ("quota", "e") if mark in held["qualifier"].iloc[0].split(";")]
    newest = max(held.iloc[0], world.iloc[0], key=lambda row: row["published"])
    return _row(
        stage=stage,
        line=LINES[stage, "all"],
        scope=ALL,
        holder=holder,
        year=year,
        value=share.value,
        bound=share.bound,
        qualifier=";".join(filter(None, [share.bound, "derived", *marks])),
        estimator="USGS",
        edition=_text(newest["edition"]),
        source_id=newest["source_id"],
        published=newest["published"],
        confidence=newest["confidence"],
        kind="computed",
        _rows=tuple((rows.attrs.get("table", ""), int(index)) for index in (held.index[0], world.index[0])),
    )


def _estimates(stage_shares: pd.DataFrame, holder: str) -> list[dict]:
    """List the estimates of the table but USGS mine shares: `_mine_shares` has those of all editions."""
    wanted = world_shares(stage_shares)
    wanted = wanted[(wanted["holder"] == holder) & ~((wanted["estimator"] == "USGS") & (wanted["kind"] == "computed"))]
    table = stage_shares.attrs.get("table", "stage_shares")
    return [
        _row(
            stage=row["stage"],
            line=LINES[row["stage"], "magnet" if row["scope"] == MAGNET else "all"],
            scope=row["scope"],
            holder=holder,
            year=int(row["year"]),
            low=row["share_low"],
            value=row["share"],
            high=row["share_high"],
            bound=Quantity.from_row(float(row["share"]), row["qualifier"]).bound,
            qualifier=row["qualifier"],
            estimator=row["estimator"],
            source_id=row["source_id"],
            published=row["published"],
            confidence=row["confidence"],
            kind=row["kind"],
            _rows=((table, int(index)),),
        )
        for index, row in wanted.iterrows()
    ]


def _row(**values: object) -> dict:
    blank = {
        "low": float("nan"),
        "high": float("nan"),
        "edition": "",
        "stage_order": STAGES.index(values["stage"]),
    }
    return blank | values


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)


def world_shares(stage_shares: pd.DataFrame) -> pd.DataFrame:
    """Select the rows that are shares of world supply and no projections; index kept."""
    return stage_shares[(stage_shares["share_of"] == "world supply") & (stage_shares["kind"] != "projection")]


def best(estimates: pd.DataFrame, line: str) -> pd.Series | None:
    """Choose the estimate to put into a sentence, never one of low confidence.

    High before medium confidence, what its maker published before what others pass on, then the newest. `line` is one
    of LINES' values. A bare range is no single value and is passed over. None when nothing is left.
    """
    rows = estimates[(estimates["line"] == line) & (estimates["confidence"] != "low") & estimates["value"].notna()]
    if rows.empty:
        return None
    ranked = rows.assign(
        trust=-rows["confidence"].map(CONFIDENCES.index),
        direct=rows["kind"].map({"computed": 1, "published": 1}).fillna(0),
    )
    return ranked.sort_values(["trust", "direct", "year", "published"], kind="stable").iloc[-1]


def spread(estimates: pd.DataFrame, line: str) -> tuple[pd.Series, pd.Series] | None:
    """Return the lowest and highest estimate of a line that are not of low confidence; None without two of them."""
    rows = estimates[(estimates["line"] == line) & (estimates["confidence"] != "low") & estimates["value"].notna()]
    if len(rows) < 2:
        return None
    return rows.loc[rows["value"].idxmin()], rows.loc[rows["value"].idxmax()]


def as_quantity(estimate: pd.Series) -> Quantity:
    """Return an estimate of the funnel as a quantity with its marks."""
    return Quantity.from_row(float(estimate["value"]), estimate["qualifier"])


def origin(estimate: pd.Series, *tables: pd.DataFrame) -> list[pd.DataFrame]:
    """Select the catalog rows behind one estimate of the funnel, for the record of a fact."""
    by_name = {table.attrs["table"]: table for table in tables}
    return [by_name[name].loc[[row]] for name, row in estimate["_rows"]]


def meaning(estimate: pd.Series) -> str:
    """Say what an estimate of the funnel is a share of, and who says so."""
    share = f"share of {common.called(estimate['holder'])} in {WHOLES[estimate['stage']]}"
    return f"{share}: {estimate['scope']}, according to {estimate['estimator']}"


@dataclass(frozen=True)
class Estimates:
    """Every estimate of China's share of the world since a year: `rows` of `funnel`, and the `tables` behind them."""

    rows: pd.DataFrame
    tables: tuple[pd.DataFrame, ...]
    as_of: common.Day

    def share(self, estimate: pd.Series) -> Number:
        """Return one estimate, in percent."""
        scope = meaning(estimate)
        formula = "China / world, inside one edition" if estimate["kind"] == "computed" else "as printed"
        rows = origin(estimate, *self.tables)
        return Number(as_quantity(estimate), "%", scope, int(estimate["year"]), formula, rows)

    def best(self, stage: str, scope: str = "all") -> Number:
        """Return the estimate of a line to put into a sentence, in percent. Raises NoDataYet for none."""
        row = best(self.rows, LINES[stage, scope])
        if row is None:
            raise common.not_yet("stage_shares", self.as_of, "A documented estimate of this stage")
        return self.share(row)

    def steps(self) -> Iterator[tuple[str, Number, markup.Marked]]:
        """Give what the answer says: the name and number of each fact, and its words with the place of the share."""
        for name, (line, told) in STEPS.items():
            row = best(self.rows, LINES[line])
            if row is not None:
                values = {"share": markup.Marked("{share}"), "year": row["year"], "maker": row["estimator"]}
                yield name, self.share(row), markup.filled(told, values)

    def ends(self, stage: str, scope: str = "all") -> tuple[Number, Number]:
        """Return the lowest and the highest documented estimate of a line. Raises NoDataYet without two of them."""
        ends = spread(self.rows, LINES[stage, scope])
        if ends is None:
            raise common.not_yet("stage_shares", self.as_of, "A second documented estimate of this stage")
        return self.share(ends[0]), self.share(ends[1])

    def spans(self) -> Iterator[tuple[str, Number]]:
        """Give the ends of each line of SPANS by the names of facts, or the one estimate where there is no range."""
        for name, (line, _) in SPANS.items():
            ends, row = spread(self.rows, LINES[line]), best(self.rows, LINES[line])
            for end, estimate in zip(("low", "high"), ends or (), strict=False):
                yield f"{name}-{end}", self.share(estimate)
            if row is not None and (ends is None or _alike(*ends)):
                yield name, self.share(row)

    def told(self, facts: Mapping[str, object]) -> markup.Marked:
        """Write all lines of SPANS as a sentence lists them, with the facts that `spans` became."""
        names = {name for name, _ in self.spans()}
        found = [
            markup.filled("{share} in {what}", {"share": _between(facts, name, name in names), "what": what})
            for name, (_, what) in SPANS.items()
            if name in names or f"{name}-low" in names
        ]
        return markup.Marked(words.joined(found))

    def weak(self) -> str:
        """Name the lines of which only weak estimates are known: for a and for b. Raises NoDataYet for none."""
        lines = [line for line, rows in self.rows.groupby("line", sort=False) if rows["weak"].all()]
        if not lines:
            raise common.not_yet("stage_shares", self.as_of, "A line with weak estimates alone")
        return words.joined("for " + line.replace(":", " of").lower() for line in lines)

    def title(self, facts: Mapping[str, object]) -> str:
        """Say China's shares from the ground to the magnet, and whether they rise; `facts` are those recorded."""
        places = {"reserve-share": ("reserves", "all", "reserves"), "mine-share": ("mining", "all", "mining")}
        places |= {"separation-share": ("separation", "magnet", "separating magnet elements")}
        levels = {name: best(self.rows, LINES[line[:2]]) for name, line in places.items()}
        known = [float(row["value"]) for row in levels.values() if row is not None]
        told = [f"{facts[name]} of {places[name][2]}" for name, row in levels.items() if row is not None]
        ends, one = spread(self.rows, LINES["magnets", "all"]), best(self.rows, LINES["magnets", "all"])
        if one is not None:
            told.append(f"{_plain(facts, 'magnets', ends is None or _alike(*ends))} of magnets")
        rises = ends is not None and len(known) > 1 and known[0] < known[1] < float(ends[0]["value"])
        return ("From ground to magnet China's share rises: " if rises else "China's share: ") + ", ".join(told)


def estimates(as_of: common.Day, since: int) -> Estimates:
    """Read every estimate of China's share for `since` or a later year. Raises NoDataYet without a documented one."""
    tables = (
        common.optional("reserves", as_of, vintages="all"),
        common.optional("mine_production", as_of, vintages="all"),
        common.optional("stage_shares", as_of),
    )
    frame = funnel(*tables, as_of=as_of, since=since)
    if frame.empty or frame["weak"].all():
        ground, mined, shares = (catalog.table(table.attrs["table"], vintages="all") for table in tables)
        later = funnel(ground, mined, shares, since=since)
        what = f"A documented estimate for {since} or a later year"
        raise common.not_yet("stage_shares", as_of, what, later.loc[~later["weak"], "published"].min())
    return Estimates(frame, tables, as_of)


def elements() -> tuple[Number, Number]:
    """Return how many rare earths there are, and how many of them the strongest magnets are made of."""
    table = catalog.table("elements")
    rare = table[table["rare_earth"]]
    drive = rare[rare["symbol"].isin(["Nd", "Pr", "Dy", "Tb"])]
    scopes = {"rare earths": rare, "Nd, Pr, Dy and Tb": drive}
    every, four = (Number(len(rows), "count", scope, "timeless", "count", rows) for scope, rows in scopes.items())
    return every, four


def _alike(low: pd.Series, high: pd.Series) -> bool:
    return (round(low["value"]), low["bound"]) == (round(high["value"]), high["bound"])


def _plain(facts: Mapping[str, object], name: str, single: bool) -> str:
    return str(facts[name]) if single else f"{facts[f'{name}-low']} to {facts[f'{name}-high']}"


def _between(facts: Mapping[str, object], name: str, single: bool) -> markup.Marked:
    ends = [facts[name]] if single else [facts[f"{name}-low"], facts[f"{name}-high"]]
    return markup.Marked(" to ".join(map(markup.text, ends)))
