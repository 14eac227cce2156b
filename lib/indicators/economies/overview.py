"""All economies beside each other: China's share of their magnets, who else sells, and where two datasets differ."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import pandas as pd

from lib import quantity, queries
from lib.indicators import common, dependence
from lib.indicators.economies.flows import (
    OTHERS,
    all_beside,
    from_outside,
    kept,
    reported,
    traded,
    weighed,
    weights_not_used,
    whole_years,
    with_union,
)
from lib.indicators.economies.who import UNION, only_if
from lib.quantity import HIGHER, LOWER, Number, Quantity
from lib.tables import catalog
from lib.words import joined

CHINA = queries.share("value_usd", "partner = 'CHN'", OTHERS)
SHARES = (
    "WITH shares AS (SELECT reporter, year, 100 * sum(value_usd) FILTER (WHERE partner = 'CHN') / sum(value_usd) AS "
    f"share FROM {OTHERS} GROUP BY reporter, year) SELECT "
)
BOTH = "count(*) FROM shares AS a JOIN shares AS b USING (reporter) WHERE a.year > b.year AND b.share IS NOT NULL"
LEADERS = (
    "count(*) FROM (SELECT reporter, partner, max(usd) FROM (SELECT reporter, partner, sum(value_usd) AS usd "
    f"FROM {OTHERS} GROUP BY 1, 2) GROUP BY reporter) WHERE partner <> 'CHN'"
)
WEIGHTS = (
    "FROM (SELECT reporter, 100 * sum(weight_kg) FILTER (WHERE partner = 'CHN') / sum(weight_kg) AS share FROM "
    "usable GROUP BY reporter HAVING sum(value_usd) >= 0.9 * (SELECT sum(value_usd) FROM trade_flows AS every "
    "WHERE every.reporter = usable.reporter)) AS weights"
)
DIFFERENCE = "abs(shares.share - customs.share)"
CUSTOMS = "FROM shares JOIN customs ON customs.importer = shares.reporter"
FEW = 4  # a title names fewer economies than this
APART = 10.0  # percentage points by which two datasets differ where they are said to differ
HEADS = {
    "iso3": "Economy",
    "name": "Economy",
    "reporter": "Economy",
    "year": "Year",
    "base": "Base",
    "value": "Million USD",
    "share": "China (%)",
    "percent": "China (%)",
    "part": "Share (%)",
    "partner": "Partner",
    "rank": "Rank",
    "outside": "Outside EU (%)",
    "earlier": "2010 (%)",
    "weight": "Weight (%)",
    "hhi": "HHI",
    "leader_name": "Leader",
    "leader": "Largest supplier",
    "t": "All larger flows (t)",
    "source_id": "Source",
    "stage": "Stage",
    "plants": "Plants",
}


TABLE = {"sort": "share", "links": "address"}
SMALL_CHARTS = {"places": 0, "maximum": 100, "columns": 4, "narrow": {"columns": 2}, "panel_height": 72}
TWO_DOTS = {"places": 0, "hollow": "faint", "domain": (0, 100)}
"""How charts show `for_table`, `by_year`, and frames with two rows an economy."""
SELLS = 5.0  # percent of an importer's purchases from which a partner is shown by name


columns = partial(common.columns, HEADS)
"""Give columns with the heads that they have in this chapter: `common.columns`."""


def is_union(rows: pd.DataFrame) -> pd.Series:
    """Mark the row of the Union as one importer, which a table sets off."""
    return rows["iso3"].eq(UNION)


@dataclass(frozen=True)
class Overview:
    """What every economy with a page imports of magnets, by partner and year.

    flows    `flows.traded`, all importers of the dataset
    groups   the table country_groups
    customs  `flows.reported` for the newest whole year, which tells whose weights can be used; None while not known
    as_of    the day of the page
    """

    flows: pd.DataFrame
    groups: pd.DataFrame
    customs: pd.DataFrame | None
    as_of: dt.date | str | None = None

    @cached_property
    def union(self) -> list[str]:
        """The codes of the members of the Union."""
        return dependence.members(self.groups, UNION)

    @cached_property
    def west(self) -> list[str]:
        """The codes of the economies that are compared, the Union as one not among them."""
        return dependence.members(self.groups, dependence.WEST_38)

    @cached_property
    def whole(self) -> list[int]:
        """The years of which all flows are known."""
        return whole_years(self.flows)

    @property
    def year(self) -> int:
        """The newest year of which all flows are known."""
        return self.whole[-1]

    @cached_property
    def every(self) -> pd.DataFrame:
        """`all_beside`: a row per economy, the Union as one importer last."""
        return all_beside(self.flows, self.groups, self.customs)

    @property
    def table(self) -> pd.DataFrame:
        """A row per economy, without the Union as one."""
        return self.every[self.every["iso3"] != UNION]

    @cached_property
    def by_year(self) -> pd.DataFrame:
        """China's share of each economy by year (`dependence.suppliers`), without the year that is unreliable."""
        sure = self.flows[self.flows["confidence"] != "low"]
        rows = sure[sure["reporter"].isin(self.west)]
        return dependence.suppliers(pd.concat([rows, with_union(sure, self.union)]))

    @property
    def first(self) -> int:
        """The first year of the dataset."""
        return int(self.by_year["year"].min())

    @property
    def sources(self) -> list[str]:
        """The sources of all years."""
        return list(self.flows["source_id"].unique())

    # --- which economies ---

    def largest(self, n: int) -> list[str]:
        """List the codes of the n economies that import most by value."""
        return list(self.table.sort_values("value", ascending=False)["iso3"].head(n))

    def end(self, lowest: bool) -> str:
        """Name the economy with the lowest or highest share of China, by its code."""
        return str(self.table.sort_values("share")["iso3"].iloc[0 if lowest else -1])

    def most_concentrated(self) -> str:
        """Name the economy whose suppliers are the most concentrated, by its code."""
        return self._furthest(self.table["hhi"])

    def widest_gap(self) -> str:
        """Name the member whose share of China rises most when trade inside the Union is left out, by its code."""
        return self._furthest(self.table["outside"] - self.table["share"])

    def least_outside(self) -> str:
        """Name the member with the lowest share of China in what comes from outside the Union, by its code."""
        return self._furthest(-self.table["outside"])

    def heaviest(self, n: int) -> str:
        """Name that of the n largest importers whose share by weight lies furthest above that by value, by its code.

        Raises NoDataYet where no weight can be used.
        """
        self.usable  # noqa: B018 -- there is no share by weight without it
        largest = self.table["iso3"].isin(self.largest(n))
        return self._furthest((self.table["weight"] - self.table["share"])[largest])

    def _furthest(self, distance: pd.Series) -> str:
        return str(self.every.loc[distance.astype(float).idxmax(), "iso3"])

    def led_by_others(self, n: int | None = None) -> list[tuple[str, str]]:
        """List the economies (of the n largest importers) that buy most from another country than China, with it.

        Raises NoDataYet where there are none: the prose that names them is left out.
        """
        rows = self.table[self.table["leader"] != dependence.CHINA]
        rows = rows if n is None else rows[rows["iso3"].isin(self.largest(n))]
        return list(zip(only_if(len(rows) > 0, rows)["iso3"], rows["leader"], strict=True))

    def sellers(self, iso3: str, n: int = 3) -> list[str]:
        """List the n partners that sold most to an importer in the newest whole year, by their codes."""
        return list(self._newest([iso3]).groupby("partner")["value_usd"].sum().nlargest(n).index)

    def runner_up(self, n: int) -> tuple[str, str]:
        """Find the strongest second supplier where China leads: of the n largest importers which one, and the seller.

        Raises NoDataYet where China leads in none of them.
        """
        second: dict[tuple[str, str], float] = {}
        for code in self.largest(n):
            sums = self._newest([code]).groupby("partner")["value_usd"].sum().nlargest(2)
            if len(sums) == 2 and sums.index[0] == dependence.CHINA:
                second[code, str(sums.index[1])] = float(sums.iloc[1] / self._of(code, "value"))
        return max(only_if(bool(second), second), key=lambda pair: second[pair])

    def most_from_another(self) -> tuple[str, str]:
        """Find the economy that buys the largest share from one country other than China, and that country.

        Raises NoDataYet where China leads everywhere.
        """
        pairs = dict(self.led_by_others())
        shares = self.every.set_index("iso3").loc[list(pairs), "leader_share"].astype(float)
        return str(shares.idxmax()), pairs[str(shares.idxmax())]

    def behind(self, iso3: str) -> list[tuple[str, str]]:
        """List the largest sellers to an importer but China, each with the one it bought most of its own imports from.

        Only sellers that the dataset has as importers count. Raises NoDataYet where there is none.
        """
        known = set(self.flows.loc[self.flows["year"] == self.year, "reporter"]) - {dependence.CHINA}
        chain = [(code, self.sellers(code, 1)[0]) for code in self.sellers(iso3) if code in known]
        return only_if(bool(chain), chain)

    def furthest_apart(self, n: int) -> str:
        """Name that of the n largest importers on whose share of China two datasets differ most, by its code.

        Raises NoDataYet as `apart`.
        """
        rows = self.two_datasets()
        return str(rows.loc[rows["iso3"].isin(self.largest(n)), "iso3"].iloc[0])

    def and_lower(self) -> str:
        """Say in the end of a title where the share is certainly lower than in the first year, where that are few."""
        lower = self.changed(LOWER)
        return f", and lower in {joined(map(common.called, lower))}" if 0 < len(lower) < FEW else ""

    def without_weights(self) -> list[str]:
        """List the economies whose weights cannot be used. Raises NoDataYet where there are none or it is not known."""
        self.usable  # noqa: B018 -- it is not known without it
        codes = list(self.table.loc[self.table["weight"].isna(), "iso3"])
        return only_if(bool(codes), codes)

    def late(self) -> list[tuple[str, int]]:
        """List the economies whose imports begin later than those of others, with that year. Raises NoDataYet."""
        since = self.by_year.groupby("reporter")["year"].min()
        found = [(str(code), int(year)) for code, year in since.items() if year > self.first]
        return only_if(bool(found), found)

    def missing(self) -> list[str]:
        """List the economies of which the dataset has no imports. Raises NoDataYet where there are none."""
        codes = [code for code in self.west if code not in set(self.by_year["reporter"])]
        return only_if(bool(codes), codes)

    def changed(self, way: str) -> list[str]:
        """List where China's share is certainly HIGHER (or LOWER) now than in the first year, bounds considered."""
        rows = self.by_year[self.by_year["reporter"] != UNION]
        return dependence.surely(rows, self.first, self.year, compared_as=way)

    def undecided(self) -> list[str]:
        """List the economies whose bounds leave open which way China's share went. Raises NoDataYet without any."""
        ends = self.by_year[self.by_year["year"].isin([self.first, self.year]) & self.by_year["share"].notna()]
        both = ends.groupby("reporter")["year"].nunique().eq(2)
        known = {UNION, *self.changed(HIGHER), *self.changed(LOWER)}
        codes = [code for code in both.index[both] if code not in known]
        return only_if(bool(codes), codes)

    # --- numbers ---

    def share(self, iso3: str, year: int | None = None) -> Number:
        """Return China's share in the magnets of one economy, or of the Union as one importer, by value, in percent."""
        scope = f"share of China in the permanent magnets (HS 8505.11) that {common.called(iso3)} imported"
        scope += " from outside, by value" if iso3 == UNION else ", by value"
        shares = self.by_year[self.by_year["year"].eq(year or self.year)].set_index("reporter")
        row = shares.loc[iso3]
        rows = self._newest(self.union if iso3 == UNION else [iso3], year)
        rows = with_union(rows, self.union) if iso3 == UNION else rows
        share = Quantity.from_row(float(row["share"]), row["qualifier"])
        return self._percent(share, scope, "imports from China / imports from all partners, CEPII BACI", rows, year)

    def outside(self, iso3: str) -> Number:
        """Return China's share in what a member bought outside the Union, by value, in percent."""
        scope = f"share of China in the magnets that {common.called(iso3)} bought outside the Union, by value"
        rows = from_outside(self._newest([iso3]), self.union)
        formula = "imports from China / imports from outside the Union, CEPII BACI"
        return self._percent(float(self._of(iso3, "outside")), scope, formula, rows)

    def partner(self, iso3: str, partner: str) -> Number:
        """Return the share of a partner in the magnets that an importer of the dataset bought, by value, in percent."""
        rows = self._newest([iso3])
        value = 100 * rows.loc[rows["partner"] == partner, "value_usd"].sum() / rows["value_usd"].sum()
        scope = f"share of {common.called(partner)} in the permanent magnets (HS 8505.11) that {common.called(iso3)} "
        formula = "imports from the partner / imports from all partners, CEPII BACI"
        query = queries.share("value_usd", f"partner = '{partner}'", "trade_flows")
        return self._percent(float(value), f"{scope}imported, by value", formula, rows, query=query)

    def concentration(self, iso3: str) -> Number:
        """Return the Herfindahl–Hirschman index of the suppliers of one economy, from 0 to 10,000."""
        scope = f"Herfindahl–Hirschman index of the suppliers of the magnets (HS 8505.11) that {common.called(iso3)}"
        formula, query = (
            "sum of the squared percentages of all partners, CEPII BACI",
            queries.squares("value_usd", "partner", OTHERS),
        )
        rows, index = self._newest([iso3]), self._of(iso3, "hhi")
        return Number(index, "HHI", f"{scope} imported, by value", self.year, formula, rows, query)

    def weight(self, iso3: str) -> Number:
        """Return China's share in the magnets of one economy by weight, in percent. Raises NoDataYet."""
        usable = self.usable["usable"]
        rows = kept(usable[usable["reporter"] == iso3], self.flows)
        scope = f"share of China in the permanent magnets (HS 8505.11) that {common.called(iso3)} imported, by weight"
        formula = "imports from China / imports from all partners, flows with a usable weight, CEPII BACI"
        query = queries.share("weight_kg", "partner = 'CHN'", OTHERS)
        return self._percent(float(self._of(iso3, "weight")), scope, formula, rows, query=query)

    def customs_share(self, iso3: str) -> Number:
        """Return China's share in the magnets of one economy by value as UN Comtrade has it, in percent.

        Raises NoDataYet while the extract of UN Comtrade is not known.
        """
        rows = self.from_customs
        row = rows[rows["importer"] == iso3]
        scope = f"share of China in the permanent magnets (HS 8505.11) that {common.called(iso3)} imported, by value, "
        formula = "imports from China / imports from all partners, UN Comtrade"
        return Number(float(row["share"].iloc[0]), "%", f"{scope}UN Comtrade", self.year, formula, row, places=1)

    def _percent(
        self, value: Quantity | float, scope: str, formula: str, rows: pd.DataFrame, year: int | None = None,
        query: str = CHINA,
    ) -> Number:  # fmt: skip
        return Number(value, "%", scope, year or self.year, formula, rows, query, places=1)

    def over_half(self) -> Number:
        """Count the economies that bought more than half of their imported magnets from China."""
        chosen, scope = (
            self.table["share"] > 50,
            "economies that bought more than half of their imported magnets from China",
        )
        return self._count(chosen.sum(), scope, "count(*) FROM shares WHERE share > 50")

    def compared(self) -> Number:
        """Count the economies with data on magnets."""
        return self._count(len(self.table), "economies with data on magnets", "count(*) FROM shares")

    def led_elsewhere(self) -> Number:
        """Count the economies whose largest supplier is not China."""
        others = self.table["leader"] != dependence.CHINA
        return self._count(others.sum(), "economies whose largest supplier is not China", LEADERS)

    def higher_than(self, year: int) -> Number:
        """Count the economies whose share of China is certainly higher now than in an earlier year."""
        before = self._before(year)
        now = self.table.set_index("iso3")["share"]
        surely = [quantity.compared(now[code], Quantity(then, "<")) == HIGHER for code, then in before.items()]
        scope, query = f"economies with a higher share than in {year}", BOTH + " AND a.share > b.share"
        return self._count(sum(surely), scope, query, self._rows_of_both(year), f"{year} and {self.year}")

    def with_both(self, year: int) -> Number:
        """Count the economies with a share of China now and in an earlier year."""
        rows, period = self._rows_of_both(year), f"{year} and {self.year}"
        return self._count(len(self._before(year)), "economies with data for both years", BOTH, rows, period)

    def heavier(self) -> Number:
        """Count the economies with a higher share of China by weight than by value. Raises NoDataYet."""
        query = f"count(*) {WEIGHTS} JOIN shares USING (reporter) WHERE weights.share > shares.share"
        more = self.table["weight"] > self.table["share"]
        return self._count(more.sum(), "economies with a higher share by weight", query, self.usable)

    def with_weights(self) -> Number:
        """Count the economies with weights that can be used. Raises NoDataYet."""
        scope, known = "economies with weights that can be used", self.table["weight"].notna()
        return self._count(known.sum(), scope, f"count(*) {WEIGHTS}", self.usable)

    def apart(self) -> Number:
        """Count the economies on whose share of China BACI and UN Comtrade differ by `APART` points or more.

        Raises NoDataYet while the extract of UN Comtrade is not known.
        """
        scope = f"economies for which two datasets differ on China's share by {APART:.0f} points or more"
        gaps = self.two_datasets()["gap"].abs()
        return self._count(
            gaps.ge(APART).sum(), scope, f"count(*) {CUSTOMS} WHERE {DIFFERENCE} >= {APART:.0f}", self._both_datasets
        )

    def in_both(self) -> Number:
        """Count the economies of which both datasets have China's share. Raises NoDataYet as `apart`."""
        number, scope = len(self.two_datasets()), "economies for which two datasets give China's share by value"
        return self._count(number, scope, f"count(*) {CUSTOMS}", self._both_datasets)

    def _count(
        self,
        n: int,
        scope: str,
        query: str,
        rows: pd.DataFrame | Mapping[str, pd.DataFrame] | None = None,
        period: str = "",
    ) -> Number:
        """Return how many economies are meant; the query counts `shares`, China's share by reporter and year."""
        rows = self._newest(self.west) if rows is None else rows
        return Number(int(n), "count", scope, period or str(self.year), "economies counted", rows, SHARES + query)

    # --- rows ---

    def _newest(self, codes: list[str], year: int | None = None) -> pd.DataFrame:
        return self.flows[self.flows["reporter"].isin(codes) & (self.flows["year"] == (year or self.year))]

    def _of(self, iso3: str, column: str) -> float:
        return float(self.every.set_index("iso3").loc[iso3, column])

    def _before(self, year: int) -> pd.Series:
        """Return the share of an earlier year by economy, where it is known."""
        rows = dependence.suppliers(self._newest(self.west, year))
        return rows.set_index("reporter")["share"].dropna()

    def _rows_of_both(self, year: int) -> pd.DataFrame:
        return self.flows[self.flows["reporter"].isin(self.west) & self.flows["year"].isin([year, self.year])]

    @cached_property
    def from_customs(self) -> pd.DataFrame:
        """China's share of each economy by value as UN Comtrade has it. Raises NoDataYet."""
        rows = reported(self.as_of, self.year) if self.customs is None else self.customs
        china = rows["partner"].eq(dependence.CHINA) & rows["basis"].eq("value") & rows["importer"].isin(self.west)
        return kept(rows[china & rows["share"].notna()], rows)

    @cached_property
    def usable(self) -> dict[str, pd.DataFrame]:
        """The flows of the newest year, and those of them whose weight can be used. Raises NoDataYet."""
        customs = reported(self.as_of, self.year) if self.customs is None else self.customs
        rows = self._newest(self.west)
        usable, _ = weighed(rows, weights_not_used(customs, self.west))
        return {"trade_flows": rows, "usable": usable}

    @property
    def _both_datasets(self) -> dict[str, pd.DataFrame]:
        return {"trade_flows": self._newest(self.west), "customs": self.from_customs}

    # --- for charts and tables ---

    def for_table(self) -> pd.DataFrame:
        """Give `every` with the name of each leader and the address of each page, the Union as `EU27 as one`."""
        leaders = self.every["leader"].map(catalog.country_name)
        names = self.every["name"].where(self.every["iso3"] != UNION, "EU27 as one")
        addresses = "economies/" + self.every["slug"] + ".html"
        return self.every.assign(leader_name=leaders, address=addresses, name=names)

    def panels(self, n: int) -> list[str]:
        """List the codes of small charts: the Union, then the n largest importers, the highest share of China first."""
        largest = self.table.nlargest(n, "value").sort_values("share", ascending=False)
        return [UNION, *largest["iso3"]]

    def members_twice(self) -> pd.DataFrame:
        """Give two rows per member: China's share of all imports, and, `faint`, of those from outside the Union."""
        rows = self.table.dropna(subset="outside").sort_values("outside", ascending=False)
        everything = rows.assign(base="all imports", percent=rows["share"], faint=False)
        return pd.concat([everything, rows.assign(base="from outside the EU", percent=rows["outside"], faint=True)])

    def by_supplier(self, n: int, least: float = SELLS) -> pd.DataFrame:
        """Give the shares of the partners that sold `least` percent or more to one of the n largest importers.

        The Union as one importer comes first. Columns: iso3, partner (the others as ROW), part (percent), source_id.
        """
        newest = self.flows[self.flows["year"] == self.year]
        codes = [UNION, *self.largest(n)]
        rows = pd.concat([newest[newest["reporter"].isin(codes)], with_union(newest, self.union)])
        rows = rows[rows["reporter"] != rows["partner"]]
        sums = rows.groupby(["reporter", "partner"])["value_usd"].sum()
        percent = (sums / sums.groupby("reporter").transform("sum") * 100).rename("part").reset_index()
        keep = set(percent.loc[percent["part"] >= least, "partner"])
        percent["partner"] = percent["partner"].where(percent["partner"].isin(keep), "ROW")
        parts = percent.groupby(["reporter", "partner"], as_index=False)["part"].sum()
        parts = parts.rename(columns={"reporter": "iso3"}).assign(source_id=str(newest["source_id"].iloc[0]))
        return parts.sort_values("iso3", key=lambda column: column.map(codes.index), kind="stable", ignore_index=True)

    def weights_beside(self) -> pd.DataFrame:
        """Give two rows per economy whose weights can be used: China's share by value, and, `faint`, by weight.

        Raises NoDataYet where none can.
        """
        self.usable  # noqa: B018 -- there is no share by weight without it
        rows = self.table.dropna(subset="weight").sort_values("weight", ascending=False)
        by_value = rows.assign(base="by value", percent=rows["share"], faint=False)
        return pd.concat([by_value, rows.assign(base="by weight", percent=rows["weight"], faint=True)])

    def two_datasets(self) -> pd.DataFrame:
        """Give China's share by value in BACI (`share`) and in UN Comtrade (`customs`), and their `gap` in points.

        A row per economy that both have, the widest gap first. Raises NoDataYet as `apart`.
        """
        columns = {"share": "customs", "source_id": "customs_source_id"}
        customs = self.from_customs.set_index("importer")[list(columns)].rename(columns=columns)
        rows = self.table.join(customs, on="iso3").dropna(subset="customs")
        rows = rows.assign(gap=(rows["share"] - rows["customs"]).astype(float))
        return rows.sort_values("gap", key=abs, ascending=False, kind="stable")

    def datasets_beside(self, n: int) -> pd.DataFrame:
        """Give two rows for each of the n widest gaps: `percent` in BACI and, `faint`, in UN Comtrade."""
        rows = self.two_datasets().head(n)
        baci = rows.assign(base="CEPII BACI", percent=rows["share"], faint=False)
        customs = rows.assign(base="UN Comtrade", percent=rows["customs"], source_id=rows["customs_source_id"])
        return pd.concat([baci, customs.assign(faint=True)])


def overview(as_of: dt.date | str | None) -> Overview:
    """Read what all economies import of magnets. Raises NoDataYet with the day on which such data begin."""
    flows = traded(as_of)
    year = whole_years(flows)[-1]
    try:
        customs = reported(as_of, year)
    except catalog.NoDataYet:
        customs = None
    return Overview(flows, catalog.table("country_groups"), customs, as_of)
