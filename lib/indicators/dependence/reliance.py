"""US net import reliance by form and by edition, and volume and value of US imports, as the USGS gives them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib import words
from lib.indicators import common
from lib.indicators.countries import label
from lib.quantity import HIGHER, Number, Quantity, compared
from lib.tables import catalog

NIR = "net_import_reliance.compounds_metals"
OUTPUT, USE = "production.compounds_metals", "consumption_apparent.compounds_metals"
FORMS = {
    "Ore concentrate": ("rare earths", "net_import_reliance.mineral_concentrates"),
    "Compounds and metals": ("rare earths", NIR),
    "Heavy rare earths": ("heavy rare earths", NIR),
    "Yttrium": ("yttrium", "net_import_reliance.all"),
    "Scandium": ("scandium", "net_import_reliance.all"),
}
"""The forms for which the USGS gives a reliance, with commodity and series."""
OVERLAPPING = ("Heavy rare earths", "Yttrium", "Scandium")
# The metal series changed its scope and its name with MCS 2026; an edition prints one of the two.
VOLUMES = ("imports.compounds", "imports.metals_alloys", "imports.metals_sc_y")
WORTH = "value.imports_compounds_metals"
SUMS = {
    "volume": "sum(value) FILTER (WHERE series LIKE 'imports.%')",
    "value": "sum(value) FILTER (WHERE series LIKE 'value.%')",
}
RECOMPUTED_LOOK = {
    "colours": {"printed": "USA", "recomputed": "OTH"},
    "domain": (40, 100),
    "actor": "kind",
    "unit": "%",
}
"""How a chart shows `printed_and_recomputed`."""
MEASURES = {"volume": "Volume, t REO", "value": "Value, million USD", "unit_value": "Value per kg, USD"}
# Which printed reliances follow from the consumption and production of their edition, each moved by half a unit of its
# last digit that is not zero.
RECOMPUTED = """WITH input AS (SELECT edition, year, series, value, row_number() OVER (PARTITION BY edition, year, series
    ORDER BY "row" DESC) AS nth, CAST(CAST(value AS INTEGER) AS TEXT) AS digits FROM us_salient
    WHERE series NOT LIKE 'net_import%'),
  unit AS (SELECT *, 0.5 * CAST('1e' || (length(digits) - length(rtrim(digits, '0'))) AS REAL) AS half FROM input
    WHERE nth = 1 AND value = CAST(value AS INTEGER)),
  pair AS (SELECT edition, year, p.value AS p, p.half AS b, c.value AS c, c.half AS a FROM unit AS p JOIN unit AS c
    USING (edition, year) WHERE p.series LIKE 'production%' AND c.series LIKE 'consumption%' AND p.value > 0
    AND c.value > 0),
  span AS (SELECT edition, year, min(1 - (p + b) / (c + a), 1 - (p + b) / (c - a)) * 100 AS low,
    max(1 - (p - b) / (c + a), 1 - (p - b) / (c - a)) * 100 AS high FROM pair)
SELECT count(*) FROM us_salient AS printed JOIN span USING (edition, year)
WHERE printed.series LIKE 'net_import%' AND iif(coalesce(printed.qualifier, '') LIKE '%>%', high >= printed.value,
  printed.value BETWEEN low - 0.5 AND high + 0.5)"""  # noqa: E501


# --- net import reliance ---


@dataclass(frozen=True)
class Twice:
    """A reliance for one year by two editions, or by one alone where no other differs."""

    first: pd.DataFrame
    last: pd.DataFrame

    @property
    def year(self) -> int:
        """The year described."""
        return int(self.first["year"].iloc[0])

    @property
    def before(self) -> str:
        """The earlier edition."""
        return label(str(self.first["edition"].iloc[0]))

    @property
    def after(self) -> str:
        """The later edition."""
        return label(str(self.last["edition"].iloc[0]))

    @property
    def differing(self) -> Twice:
        """The pair itself. Raises NoDataYet where both are one edition."""
        if self.before == self.after:
            raise catalog.DoesNotHold("A second edition for the same year")
        return self

    def title(self, first: object, last: object) -> str:
        """Write the title of a chart of editions; `first` and `last` are the two figures."""
        later = "" if self.before == self.after else f", {last} in {self.after}"
        return f"US reliance for {self.year}: {first} in {self.before}{later}"


@dataclass(frozen=True)
class Growth:
    """US output and use of compounds and metals in t in two years of one edition, the earlier first."""

    output: tuple[Number, Number]
    use: tuple[Number, Number]
    rows: list[pd.DataFrame]

    @property
    def reliance(self) -> tuple[Number, Number]:
        """The reliance of the two years, in percent."""
        first, last = self.rows
        return printed(first), printed(last)

    @property
    def rose(self) -> bool:
        """Whether output and reliance both rose, bounds considered."""
        pairs = (self.output, self.reliance)
        return all(compared(now.quantity, then.quantity) == HIGHER for then, now in pairs)


@dataclass(frozen=True)
class Reliance:
    """US net import reliance on compounds and metals in percent: the newest figure of each year, and all editions'."""

    rows: pd.DataFrame
    every: pd.DataFrame
    as_of: dt.date | str | None

    @property
    def year(self) -> int:
        """The newest year described."""
        return int(self.rows["year"].max())

    @property
    def edition(self) -> str:
        """The edition that gives the newest year."""
        return label(str(self.rows.loc[self.rows["year"] == self.year, "edition"].iloc[0]))

    def newest(self) -> Number:
        """Return the reliance of the newest year, in percent."""
        return printed(self.rows[self.rows["year"] == self.year])

    def revised(self) -> Twice:
        """Return what two editions say of one of the two newest years. Raises NoDataYet where none was revised."""
        recent = self.every[self.every["year"] >= self.year - 1].sort_values(["year", "published"])
        recent = recent.drop_duplicates(["year", "value"])
        changed = recent[recent.duplicated("year", keep=False)]
        if changed.empty:
            raise common.not_yet("us_salient", self.as_of, "A revision of a recent reliance")
        return Twice(changed.head(1), changed.tail(1))

    def net_exporter(self) -> str:
        """Say that more ore was sold abroad than bought. Raises NoDataYet where the newest figures do not say so."""
        if not self._sold_ore:
            raise common.not_yet("us_salient", self.as_of, "A year of net exports of ore")
        return "sold more ore concentrate abroad than it bought"

    def title_by_form(self, newest: object) -> str:
        """Write the title of a chart of `by_form`; `newest` is the reliance on compounds and metals."""
        start = "A net exporter of ore concentrate, the" if self._sold_ore else "The"
        return f"{start} United States met {newest} of its use of compounds and metals by net imports in {self.year}"

    def by_form(self) -> pd.DataFrame:
        """Give the rows of the newest year by `form`, for the forms that have a figure."""
        rows = catalog.table("us_salient", self.as_of)
        keys = list(zip(rows["commodity"], rows["series"], rows["year"], strict=True))
        names = {(*key, self.year): form for form, key in FORMS.items()}
        data = rows[[key in names for key in keys]]
        return data.assign(form=[names[key] for key in keys if key in names])

    def overlapping(self) -> str:
        """Name the forms whose tables overlap with that of compounds and metals. Raises NoDataYet without any."""
        known = set(self.by_form()["form"])
        listed = [form for form in OVERLAPPING if form in known]
        if not listed:
            raise common.not_yet("us_salient", self.as_of, "The reliance on heavy rare earths")
        text = words.joined(form.lower() for form in listed)
        return text[:1].upper() + text[1:]

    def table(self) -> pd.DataFrame:
        """Give `reliance_by_edition` where it can be recomputed from an output above zero. Raises NoDataYet."""
        made = _select(self.as_of, OUTPUT, "US output of compounds and metals")
        table = reliance_by_edition(catalog.table("us_salient", self.as_of, vintages="all"))
        table = table[table["computed"].notna() & table["production"].gt(0)]
        if table.empty:
            starts = made["published"].min().date()
            raise common.not_yet("us_salient", self.as_of, "US output of compounds", starts)
        return table

    def rewritten(self) -> Twice:
        """Return the first and the last figure of the newest year that editions give differently. Raises NoDataYet."""
        table = self.table()
        values = table.drop_duplicates(["year", "printed"]).groupby("year").size()
        year = int(values[values > 1].index.max()) if values.gt(1).any() else int(table["year"].max())
        one = self.every[self.every["year"] == year].sort_values("published")
        return Twice(one.head(1), one.tail(1))

    def recomputed(self) -> Number:
        """Count the printed figures that follow from output and use in their edition, within rounding."""
        fits = [agrees(row.printed, row.qualifier, row.low, row.high) for row in self.table().itertuples()]
        rows = _select(self.as_of, [NIR, OUTPUT, USE], "Consumption and production", "all")
        scope = "printed US reliances that follow from the inputs of their edition"
        return Number(sum(fits), "count", scope, "all editions", "count", rows, RECOMPUTED)

    def more_of_both(self) -> Growth:
        """Return the two newest years of one edition. Raises NoDataYet unless output and reliance both rose."""
        now = self.rows[self.rows["year"] == self.year]
        edition = self.every[self.every["edition"] == now["edition"].iloc[0]]
        last = [edition[edition["year"] == year].tail(1) for year in (self.year - 1, self.year)]
        if not last[0].empty:
            first, second = last
            output, use = ((self.behind(first, series), self.behind(second, series)) for series in (OUTPUT, USE))
            growth = Growth(output, use, last)
            if growth.rose:
                return growth
        raise common.not_yet("us_salient", self.as_of, "A year with more of both")

    def behind_both(self, twice: Twice, series: str) -> tuple[Number, Number]:
        """Return `behind` for both editions of a pair."""
        return self.behind(twice.first, series), self.behind(twice.last, series)

    def behind(self, rows: pd.DataFrame, series: str) -> Number:
        """Return the output or use in t printed beside a reliance. Raises NoDataYet where none is."""
        edition, year = str(rows["edition"].iloc[0]), int(rows["year"].iloc[0])
        used = _select(self.as_of, series, "US output and use", "all", edition=edition, year=year).tail(1)
        what = "output" if series == OUTPUT else "apparent consumption"
        scope = f"US {what} of rare-earth compounds and metals, USGS {label(edition)}"
        return Number(Quantity.from_row(*_cell(used)), "t", scope, year, "as printed", used)

    @property
    def _sold_ore(self) -> bool:
        return bool(self.by_form().set_index("form")["qualifier"].get("Ore concentrate") == "E")


def us_reliance(as_of: dt.date | str | None) -> Reliance:
    """Read the US net import reliance on compounds and metals. Raises NoDataYet."""
    what = "The US net import reliance on rare earths (USGS)"
    return Reliance(_select(as_of, NIR, what), _select(as_of, NIR, what, "all"), as_of)


def printed(rows: pd.DataFrame) -> Number:
    """Return the one row of a US reliance as a number in percent."""
    edition, year = label(str(rows["edition"].iloc[0])), int(rows["year"].iloc[0])
    scope = f"US net import reliance on rare-earth compounds and metals, USGS {edition}"
    return Number(Quantity.from_row(*_cell(rows)), "%", scope, year, "as printed", rows)


def printed_and_recomputed(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Give the rows of `Reliance.table` for dots, as printed and as recomputed, and the order of the years.

    Adds value (percent), kind, word (the edition, where printed) and line (the year).
    """
    first = table.assign(value=table["printed"], kind="printed", word=table["edition"].str.removeprefix("MCS"))
    first = first.drop_duplicates(["year", "value", "qualifier"], keep="last")
    again = table.drop_duplicates("year", keep="last").assign(kind="recomputed", word="", qualifier="derived")
    data = pd.concat([first, again.assign(value=again["computed"])])
    data["line"] = data["year"].astype(str)
    return data, sorted(data["line"].unique(), reverse=True)


def _select(as_of, series, what: str, vintages: str = "newest", **more: object) -> pd.DataFrame:
    return common.select("us_salient", as_of, what, vintages=vintages, series=series, commodity="rare earths", **more)


def _cell(rows: pd.DataFrame) -> tuple[float, str]:
    return float(rows["value"].iloc[0]), str(rows["qualifier"].iloc[0])


def reliance(consumption: Quantity, production: Quantity) -> Quantity:
    """Compute net import reliance in percent, NIR = 100 (AC − P) / AC (USGS, Mineral Commodity Summaries, appendix A).

    AC is apparent consumption P + M − X ± stocks as the source prints it. Raises ZeroDivisionError for AC = 0.
    """
    return (1 - production / consumption) * 100


def half_unit(value: float) -> float:
    """Return half a unit of the last digit that is not zero: how far a printed number may be from the true one."""
    if value == 0:
        return 0.0
    digits = f"{abs(value):.10g}"
    if "." in digits:
        return 0.5 * 10.0 ** -len(digits.split(".")[1])
    return 0.5 * 10.0 ** (len(digits) - len(digits.rstrip("0")))


def reliance_range(consumption: float, production: float) -> tuple[float, float]:
    """Return the lowest and highest net import reliance in percent that the rounding of both figures allows."""
    c, p = half_unit(consumption), half_unit(production)
    ends = [100 * (1 - (production + b) / (consumption + a)) for a in (-c, c) for b in (-p, p)]
    return min(ends), max(ends)


def reliance_by_edition(salient: pd.DataFrame) -> pd.DataFrame:
    """Compare printed with recomputed reliance on imports of rare-earth compounds and metals, by edition and data year.

    `salient` is us_salient with all vintages. Columns: edition, year, published, source_id, printed, qualifier (of
    the printed figure), consumption, production, computed, low, high (percent); computed is missing where an edition
    prints no production of compounds and metals for the year.
    """
    rare = salient[salient["commodity"] == "rare earths"]
    key = ["edition", "year"]
    printed = rare[rare["series"] == NIR]
    frame = printed.set_index(key)[["value", "qualifier", "published", "source_id"]]
    frame = frame.rename(columns={"value": "printed"})
    for column in ("production", "consumption_apparent"):
        series = rare[rare["series"] == f"{column}.compounds_metals"].set_index(key)["value"]
        frame[column.split("_")[0]] = series[~series.index.duplicated(keep="last")].reindex(frame.index)
    both = frame["production"].notna() & frame["consumption"].gt(0)
    frame["computed"] = (1 - frame["production"] / frame["consumption"]).where(both) * 100
    ends = [
        reliance_range(row.consumption, row.production) if complete else (np.nan, np.nan)
        for row, complete in zip(frame.itertuples(), both, strict=True)
    ]
    frame["low"], frame["high"] = zip(*ends, strict=True) if ends else ([], [])
    return frame.reset_index().sort_values(["year", "published"], kind="stable", ignore_index=True)


def agrees(printed: float, qualifier: str, low: float, high: float) -> bool:
    """Return whether a printed percentage (or lower bound ``>``) is compatible with a recomputed range."""
    if ">" in qualifier.split(";"):
        return high >= printed
    return low - 0.5 <= printed <= high + 0.5


# --- where imports come from, volume and value ---


@dataclass(frozen=True)
class Sources:
    """The newest USGS list of where US imports of compounds and metals come from, over some years together."""

    rows: pd.DataFrame

    @property
    def years(self) -> str:
        """The years taken together."""
        return f"{self.rows['period_start'].iloc[0]}–{self.rows['period_end'].iloc[0]}"

    @property
    def edition(self) -> str:
        """The edition that gives the list."""
        return label(str(self.rows["edition"].iloc[0]))

    def china(self) -> Number:
        """Return China's share in percent. Raises NoDataYet where the list gives the order of countries alone."""
        if self.rows["share_pct"].isna().any():
            raise catalog.DoesNotHold("Shares of the countries of origin")
        china = self.rows[self.rows["partner"] == "CHN"]
        scope = f"share of China in US imports of rare-earth compounds and metals, USGS {self.edition}"
        return Number(float(china["share_pct"].iloc[0]), "%", scope, self.years, "as printed", china)

    def order(self) -> str:
        """Name the countries in their order where no shares are given. Raises NoDataYet where they are."""
        if self.rows["share_pct"].notna().all():
            raise catalog.DoesNotHold("An order without shares")
        return words.joined(common.called(code) for code in self.rows.sort_values("rank")["partner"])


def import_sources(as_of: dt.date | str | None) -> Sources:
    """Read where US imports of compounds and metals come from. Raises NoDataYet."""
    rows = common.select("us_import_sources", as_of, "The USGS list of countries of origin", commodity="rare earths")
    return Sources(rows[rows["period_end"] == rows["period_end"].max()])


@dataclass(frozen=True)
class Volumes:
    """Volume and value of US imports of compounds and metals: `unit_values`, and the rows they rest on."""

    table: pd.DataFrame
    salient: pd.DataFrame

    @property
    def years(self) -> tuple[int, int]:
        """The last two years described."""
        first, last = self.table["year"].iloc[-2:]
        return int(first), int(last)

    def change(self, column: str) -> Number:
        """Return by how many percent volume or value rose or fell between the last two years; `moved` says which."""
        first, last = self._ends
        query = f"SELECT abs(100 * ((SELECT {SUMS[column]} FROM last) / (SELECT {SUMS[column]} FROM first) - 1))"
        rows = {"first": unit_value_rows(self.salient, first), "last": unit_value_rows(self.salient, last)}
        period, scope = "–".join(map(str, self.years)), f"change of US imports of compounds and metals, {column}"
        return Number(abs(self._change(column)), "%", scope, period, "last / first − 1", rows, query)

    def moved(self, column: str) -> str:
        """Say whether volume or value rose or fell between the last two years."""
        return "rose" if self._change(column) > 0 else "fell"

    def cheapened(self) -> str:
        """Say that the average kilogram became cheaper in the last year. Raises NoDataYet where it did not."""
        if self._change("unit_value") >= 0:
            raise catalog.DoesNotHold("A year in which imports became cheaper")
        return "fell"

    def unit_value(self, year: int) -> Number:
        """Return what a kilogram cost in one of the last two years, in USD."""
        row = next(row for row in self._ends if int(row["year"]) == year)
        query = f"SELECT 1000 * {SUMS['value']} / {SUMS['volume']} FROM us_salient"
        scope, formula = "US imports of compounds and metals, value per kg", "value / volume, same edition"
        rows = unit_value_rows(self.salient, row)
        return Number(row["unit_value"], "USD/kg", scope, year, formula, rows, query, places=0)

    def by_measure(self) -> pd.DataFrame:
        """Give year, edition, source_id, measure and amount, for a chart of three panels."""
        data = self.table.melt(["year", "edition", "source_id"], list(MEASURES), "measure", "amount")
        return data.assign(measure=data["measure"].map(MEASURES))

    @property
    def _ends(self) -> tuple[pd.Series, pd.Series]:
        return self.table.iloc[-2], self.table.iloc[-1]

    def _change(self, column: str) -> float:
        first, last = self._ends
        return float(100 * (last[column] / first[column] - 1))


def import_volumes(as_of: dt.date | str | None) -> Volumes:
    """Read volume and value of US imports of compounds and metals. Raises NoDataYet."""
    _select(as_of, WORTH, "The value of US imports of compounds and metals", "all")
    salient = catalog.table("us_salient", as_of, vintages="all")
    table = unit_values(salient)
    if len(table) < 2:
        starts, what = dt.date(2019, 2, 28), "Volume and value of US imports"
        raise common.not_yet("us_salient", as_of, what, starts)
    return Volumes(table, salient)


def unit_values(salient: pd.DataFrame) -> pd.DataFrame:
    """Compute volume M (t REO), value V (million USD) and V/M (USD/kg) of US imports of compounds and metals by year.

    Each year comes whole from the newest edition that prints both; years without such an edition are left out.
    Columns: year, edition, source_id, published, volume, value, unit_value.
    """
    rare = salient[salient["commodity"] == "rare earths"]
    volumes = rare[rare["series"].isin(VOLUMES)].dropna(subset="value").groupby(["edition", "year"])["value"]
    worth = rare[rare["series"] == WORTH].dropna(subset="value")
    frame = worth.set_index(["edition", "year"])[["value", "published", "source_id"]]
    frame["volume"] = volumes.sum().where(volumes.size() == 2)
    frame = frame.dropna(subset="volume").reset_index().sort_values("published", kind="stable")
    frame = frame.drop_duplicates("year", keep="last").sort_values("year", ignore_index=True)
    return frame.assign(unit_value=frame["value"] * 1000 / frame["volume"])


def unit_value_rows(salient: pd.DataFrame, row: pd.Series) -> pd.DataFrame:
    """Select the rows of `salient` from which a row of `unit_values` was computed."""
    printed = salient[salient["commodity"].eq("rare earths") & salient["edition"].eq(row["edition"])]
    kinds = [*VOLUMES, WORTH]
    return printed[printed["series"].isin(kinds) & printed["year"].eq(row["year"]) & printed["value"].notna()]
