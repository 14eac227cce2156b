"""The magnets that one economy imports: from whom, at what value and weight, and beside whom it stands."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from lib import queries
from lib.indicators import common, dependence
from lib.indicators.economies.flows import (
    COVERED,
    OTHERS,
    among_peers,
    by_origin,
    compared,
    from_outside,
    imports,
    listed_part,
    of_one,
    partners,
    reported,
    traded,
    weighed,
    weights_not_used,
    whole_years,
)
from lib.indicators.economies.who import OUTSIDE, UNION, Economy, nth, only_if, peers
from lib.quantity import Number, Quantity
from lib.tables import catalog

BACI = "imports from the partner / imports from all partners, CEPII BACI"
SUMS = "flows added up, CEPII BACI, fob"
THREE_DIGITS = "SELECT CAST(printf('%.3g', sum(value_usd)) AS REAL) FROM trade_flows"
MEASURES = {
    "rank": "total(usd) FILTER (WHERE partner = 'CHN') / sum(usd)",
    "value_rank": "sum(usd)",
    "hhi_rank": "sum(usd * usd) / (sum(usd) * sum(usd))",
}
RANKED = {
    "rank": ("China's share of magnet imports", "highest", "lowest"),
    "value_rank": ("the value of its magnet imports", "largest", "smallest"),
    "hhi_rank": ("the concentration of its magnet suppliers", "most concentrated", "least concentrated"),
}
"""By what importers are ranked, and the words for both ends."""
SMALL = 1_000_000  # USD a year: single deliveries move the shares of smaller imports
NEARLY_ALL = 97.0  # percent of value from which a list of the largest flows leaves out too little to be told
PLAINLY = 1.0  # points by which shares by weight and by value differ where one calls a kilogram cheaper or dearer
APART = 10.0  # points by which two datasets differ where they are said to differ
MILESTONE = 2010
ROWS = {"share": "From China", "leader_share": "From the largest supplier", "top3": "From the three largest"}
PUBLISHED = {
    "product": "Goods",
    "when": "Period",
    "share": "Share (%)",
    "marks": "Marks",
    "basis_text": "Basis",
    "source_id": "Source",
}


@dataclass(frozen=True)
class Magnets:
    """What one economy imports of permanent magnets, and what all others import.

    flows    `flows.traded`, all importers of the dataset
    groups   the table country_groups
    """

    who: Economy
    flows: pd.DataFrame
    groups: pd.DataFrame

    @cached_property
    def union(self) -> list[str]:
        """The codes of the members of the Union."""
        return dependence.members(self.groups, UNION)

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The imports of the economy by partner and year."""
        return imports(self.flows, self.who, self.union)

    @cached_property
    def whole(self) -> list[int]:
        """The years of which all flows are known."""
        return whole_years(self.rows)

    @property
    def year(self) -> int:
        """The newest year of which all flows are known."""
        return self.whole[-1]

    @property
    def first(self) -> int:
        """The first year of which the dataset has imports of the economy."""
        return int(self.rows["year"].min())

    @cached_property
    def suppliers(self) -> pd.DataFrame:
        """`dependence.suppliers` of the economy, by year."""
        return dependence.suppliers(self.rows).set_index("year")

    @cached_property
    def beside(self) -> pd.DataFrame:
        """`compared` for all that it is ranked with, by importer, in the newest whole year."""
        return compared(self._peers).set_index("reporter")

    @cached_property
    def _peers(self) -> pd.DataFrame:
        newest = self.flows[self.flows["year"] == self.year]
        return among_peers(newest, peers(self.groups, self.who), self.union)

    @cached_property
    def own(self) -> pd.Series:
        """Its row of `beside`."""
        return self.beside.loc[self.who.iso3]

    def of(self, year: int) -> pd.DataFrame:
        """Select the imports of one year."""
        return self.rows[self.rows["year"] == year]

    @cached_property
    def outside(self) -> pd.DataFrame:
        """What a member bought outside the Union in the newest whole year. Raises NoDataYet for any other economy."""
        return from_outside(self.of(only_if(self.who.member, self.year)), self.union)

    @property
    def late(self) -> int:
        """The first year of which there are imports, where others have earlier ones. Raises NoDataYet elsewhere."""
        return only_if(self.first > int(self.flows["year"].min()), self.first)

    # --- who sells ---

    @property
    def leader(self) -> str:
        """The code of the largest supplier in the newest whole year."""
        return str(self.own["leader"])

    def sellers(self, n: int = 3) -> list[str]:
        """List the n partners that sold most in the newest whole year, by their codes."""
        return list(self.of(self.year).groupby("partner")["value_usd"].sum().nlargest(n).index)

    def years(self) -> list[int]:
        """List the years that are compared: the first, one between, and the newest whole one."""
        between = [MILESTONE] if self.first < MILESTONE < self.year else []
        return [self.first, *between, self.year]

    def known(self) -> list[int]:
        """List those of `years` in which China's share is known."""
        return [year for year in self.years() if pd.notna(self.suppliers.loc[year, "share"])]

    def unknown(self) -> list[int]:
        """List those of `years` in which China is not among the largest flows. Raises NoDataYet without any."""
        years = [year for year in self.years() if year not in self.known()]
        return only_if(bool(years), years)

    def china(self, year: int) -> Number:
        """Return China's share by value in a year, in percent. Raises NoDataYet where the list does not name China."""
        row = self.suppliers.loc[only_if(pd.notna(self.suppliers.loc[year, "share"]), year)]
        share, scope = (
            Quantity.from_row(float(row["share"]), row["qualifier"]),
            f"share of China in the {self._goods}, by value",
        )
        return Number(share, "%", scope, year, BACI, self.of(year), _share_query("CHN"), places=1)

    def partner(self, code: str) -> Number:
        """Return a partner's share by value in the newest whole year, in percent."""
        rows = self.of(self.year)
        value = 100 * float(rows.loc[rows["partner"] == code, "value_usd"].sum()) / float(rows["value_usd"].sum())
        scope = f"share of {common.called(code)} in the {self._goods}, by value"
        query = _share_query(code).replace(OTHERS, "trade_flows")
        return Number(value, "%", scope, self.year, BACI, rows, query, places=1)

    def fact_of(self, code: str) -> str:
        """Name the fact that is a partner's share; codes of unspecified areas begin with what a name cannot have."""
        return f"partner-{code.lower().replace('_', 'x')}-{self.year}"

    def partners(self) -> Number:
        """Count the partners in the newest whole year."""
        n, query = int(self.own["n_partners"]), f"SELECT count(DISTINCT partner) FROM {OTHERS}"
        scope = f"partners in the {self._goods}"
        return Number(n, "count", scope, self.year, "partners counted", self.of(self.year), query)

    def worth(self) -> Number:
        """Return the value of its imports in the newest whole year, in USD or million USD."""
        return _worth(float(self.own["total"]), f"value of the {self._goods}", self.of(self.year))

    def outside_worth(self) -> Number:
        """Return the value of what a member bought outside the Union. Raises NoDataYet for any other economy."""
        return _worth(of_one(self.outside).total, f"value of the {self._goods} from outside the Union", self.outside)

    def china_outside(self) -> Number:
        """Return China's share of what a member bought outside the Union, in percent. Raises NoDataYet elsewhere."""
        rows, formula = self.outside, "imports from China / imports from outside the Union, CEPII BACI"
        scope = f"share of China in the {self._goods} from outside the Union, by value"
        return Number(of_one(rows).share, "%", scope, self.year, formula, rows, _share_query("CHN"), places=1)

    def part_of_union(self) -> Number:
        """Return which percentage of what the Union bought outside a member took. Raises NoDataYet elsewhere."""
        members = self.flows[self.flows["year"].eq(self.year) & self.flows["reporter"].isin(self.union)]
        rows, own = from_outside(members, self.union), float(self.outside["value_usd"].sum())
        scope = (
            f"share of {self.who.called} in the permanent magnets (HS 8505.11) that the Union bought outside, by value"
        )
        formula = "imports of the member from outside / imports of all members from outside, CEPII BACI"
        query = queries.share("value_usd", f"reporter = '{self.who.iso3}'", "trade_flows")
        return Number(100 * own / float(rows["value_usd"].sum()), "%", scope, self.year, formula, rows, query)

    def sold(self) -> Number:
        """Return the value of what other importers bought from the economy. Raises NoDataYet where that is nothing."""
        inside = self.union if self.who.is_union else [self.who.iso3]
        rows = self.flows[self.flows["year"].eq(self.year) & self.flows["partner"].isin(inside)]
        rows = rows[~rows["reporter"].isin(inside)]
        dollars = float(rows["value_usd"].sum())
        buyers = rows["reporter"].nunique()
        scope = f"magnets that {buyers} importers of the dataset bought from {self.who.called}"
        return _worth(only_if(dollars > 0, dollars), scope, rows)

    # --- beside whom ---

    def rank(self, column: str) -> Number:
        """Return its place among its peers by a column of RANKED, counted from the highest."""
        scope, formula = f"rank of {self.who.called} by {RANKED[column][0]}", "importers with a higher figure, and one"
        by_importer = f"measure AS (SELECT importer, {MEASURES[column]} AS figure FROM flow GROUP BY importer)"
        own = f"SELECT figure FROM measure WHERE importer = '{self.who.iso3}'"
        query = f"{self._importers}, {by_importer} SELECT 1 + count(*) FROM measure WHERE figure > ({own})"
        return Number(int(self.own[column]), "count", scope, self.year, formula, self._peers, query)

    def ranked(self) -> Number:
        """Count the importers that a rank is among."""
        scope, query = (
            f"{self.who.circle} with data on magnets",
            f"{self._importers} SELECT count(DISTINCT importer) FROM flow",
        )
        return Number(len(self.beside), "count", scope, self.year, "importers counted", self._peers, query)

    def place(self, column: str) -> str:
        """Say its place among its peers by a column of RANKED in words: `third highest`."""
        return nth(int(self.own[column]), len(self.beside), *RANKED[column][1:])

    def standing(self) -> str:
        """Say in a title in how many of its peers China's share is higher."""
        higher, others = int(self.own["rank"]) - 1, len(self.beside) - 1
        share = "China’s share of imported magnets"
        if not higher:
            return f"In none of {others} other economies was {share} higher than in {self.who.called}"
        how_many = f"all {others}" if higher == others else f"{higher} of {others}"
        return f"{share} was higher in {how_many} other economies than in {self.who.called} in {self.year}"

    @property
    def _importers(self) -> str:
        inside = ", ".join(f"'{code}'" for code in self.union)
        importer = f"iif(reporter IN ({inside}), 'EU27', reporter)" if self.who.is_union else "reporter"
        sums = f"SELECT {importer} AS importer, partner, sum(value_usd) AS usd FROM {OTHERS} GROUP BY 1, 2"
        return f"WITH flow AS ({sums})"

    def three_largest(self) -> Number:
        """Return the share of the three largest suppliers together, by value, in percent."""
        scope = f"share of the three largest suppliers in the {self._goods}, by value"
        formula, query = (
            "the three largest partners / all partners, CEPII BACI",
            queries.largest("value_usd", "partner", OTHERS),
        )
        return Number(float(self.own["top3"]), "%", scope, self.year, formula, self.of(self.year), query, places=1)

    def concentration(self) -> Number:
        """Return the Herfindahl–Hirschman index of its suppliers, from 0 to 10,000."""
        scope = f"Herfindahl–Hirschman index of the suppliers of the {self._goods}, by value"
        formula = "sum of the squared percentages of all partners, CEPII BACI"
        return Number(float(self.own["hhi"]), "HHI", scope, self.year, formula, self.of(self.year), _SQUARES)

    def concentration_outside(self) -> Number:
        """Return the index of a member's suppliers outside the Union. Raises NoDataYet for any other economy."""
        rows, formula = self.outside, "sum of the squared percentages of the partners outside the Union, CEPII BACI"
        scope = f"Herfindahl–Hirschman index of the suppliers of the {self._goods} from outside the Union, by value"
        return Number(of_one(rows).hhi, "HHI", scope, self.year, formula, rows, _SQUARES)

    # --- for charts ---

    @property
    def small(self) -> bool:
        """Tell whether a single delivery may move the shares."""
        return float(self.suppliers.loc[self.year, "total"]) < SMALL

    @cached_property
    def sure(self) -> pd.DataFrame:
        """The imports without those of a year that is unreliable."""
        return self.rows[self.rows["confidence"] != "low"]

    @cached_property
    def lines(self) -> list[str]:
        """The partners with a line of their own in a chart."""
        return partners(self.sure, n=2 if self.small else 4)

    @cached_property
    def origins(self) -> pd.DataFrame:
        """The share of each partner of `lines`, and of the others, by year (`by_origin`)."""
        return by_origin(self.sure, self.lines)

    def ends(self) -> str:
        """Say where the lines end in the newest whole year: `China 82%, …`."""
        data = self.origins
        last = data[data["year"] == self.year].sort_values("share", ascending=False)
        return ", ".join(f"{common.called(row.partner)} {row.share:.0f}%" for row in last.itertuples())

    def title(self, facts: Mapping[str, object]) -> str:
        """Say whence most of its magnets came, with the shares as the facts that they were recorded as."""
        of, china = f"of {self.who.of} imported magnets came from", facts[f"china-{self.year}"]
        if self.leader != dependence.CHINA:
            lead, leader = facts[self.fact_of(self.leader)], common.called(self.leader)
            return f"{lead} {of} {leader} in {self.year}, {china} from China"
        before = f", {facts[f'china-{self.first}']} in {self.first}" if self.first in self.known() else ""
        return f"{china} {of} China in {self.year}{before}"

    def note(self) -> str:
        """Say how much a list of the largest flows may leave out here; empty where that is next to nothing."""
        n, part = listed_part(self.rows)
        note = "Its imports are so small that single deliveries move the shares. " if self.small else ""
        if part >= NEARLY_ALL:
            return note
        return note + (
            f"For most years the data list only some {n} partners, those with the largest flows. In a year with all "
            f"flows the {n} largest had {part:.0f}% of the value, so older shares may be up to {100 / part:.2f} times "
            "too high."
        )

    @property
    def since(self) -> int:
        """The first year of a chart."""
        return int(self.sure["year"].min())

    def gap(self) -> str:
        """Say in a subtitle that a year is left out, where it is."""
        return "; gap: 2013, unreliable" if self.since < 2013 else ""

    def strip(self) -> pd.DataFrame:
        """Give a row per measure of ROWS and importer, that of the page last, so that it is on top."""
        data = self.beside.reset_index().melt(["reporter", "source_id"], list(ROWS), "what", "percent")
        data["what"], data["scope"] = data["what"].map(ROWS), "magnets of " + data["reporter"].map(common.called)
        data["word"] = data["reporter"].map({self.who.iso3: self.who.name})
        return data.sort_values("reporter", key=lambda column: column.eq(self.who.iso3), kind="stable")

    @property
    def _goods(self) -> str:
        return self.who.magnets


def magnets(who: Economy, groups: pd.DataFrame, as_of: dt.date | str | None) -> Magnets:
    """Read what one economy imports of magnets. Raises NoDataYet with the day on which such data begin."""
    return Magnets(who, traded(as_of), groups)


def _share_query(code: str, column: str = "value_usd") -> str:
    return queries.share(column, f"partner = '{code}'", OTHERS)


_SQUARES = queries.squares("value_usd", "partner", OTHERS)


def _worth(dollars: float, scope: str, rows: pd.DataFrame) -> Number:
    """Return a value in millions or, where it is small, in dollars, to three digits."""
    year = int(rows["year"].iloc[0])
    if dollars < 1e6:
        return Number(float(f"{dollars:.3g}"), "USD", scope, year, SUMS, rows, THREE_DIGITS, places=0)
    query, places = "SELECT sum(value_usd) / 1e6 FROM trade_flows", 1 if dollars < 1e7 else 0
    return Number(dollars / 1e6, "million USD", scope, year, SUMS, rows, query, places=places)


# --- weights ---


@dataclass(frozen=True)
class Weights:
    """China's share by weight, as far as the weights say something of their own, and what customs report.

    customs  `flows.reported` for the newest whole year
    """

    magnets: Magnets
    customs: pd.DataFrame

    @cached_property
    def _reasons(self) -> dict[str, str]:
        who = self.magnets.who
        return weights_not_used(self.customs, self.magnets.union if who.is_union else [who.iso3])

    @cached_property
    def _usable(self) -> tuple[pd.DataFrame, float]:
        """The flows with a weight that counts, and the percentage of value they stand for."""
        reporters = self.magnets.flows["reporter"] if self.magnets.who.is_union else None
        return weighed(self.magnets.of(self.magnets.year), self._reasons, reporters)

    @property
    def _shown(self) -> pd.DataFrame:
        rows, covered = self._usable
        return only_if(covered >= COVERED, rows)

    @property
    def reason(self) -> str:
        """Why no share by weight is shown. Raises NoDataYet where one is."""
        only_if(self._usable[1] < COVERED, self)
        who, year = self.magnets.who, self.magnets.year
        reasons = {
            "missing": f"the customs weights of {year} are missing or made from one unit value for all partners, "
            "so that they would repeat the shares by value",
            "conflict": f"the tonnes that {who.of} customs and China’s report for {year} differ by more than a "
            "factor of two",
        }
        few = f"too few flows of {year} have a weight that can be used"
        return few if who.is_union else reasons.get(self._reasons.get(who.iso3, ""), few)

    def share(self) -> Number:
        """Return China's share by weight, in percent. Raises NoDataYet where the weights cannot be used."""
        rows, scope = self._shown, f"share of China in the {self.magnets.who.magnets}, by weight"
        formula = "imports from China / imports from all partners, flows with a usable weight, CEPII BACI"
        value, query = of_one(rows, "weight_kg").share, _share_query("CHN", "weight_kg")
        return Number(value, "%", scope, self.magnets.year, formula, rows, query, places=1)

    def covered(self) -> Number:
        """Return the percentage of the value that the usable weights stand for. Raises NoDataYet as `share`."""
        named = {"usable": self._shown, "flows": self.magnets.of(self.magnets.year)}
        query = "SELECT 100 * (SELECT sum(value_usd) FROM usable) / (SELECT sum(value_usd) FROM flows)"
        formula = "flows with a usable weight / all flows, by value, CEPII BACI"
        scope = f"share with a usable weight in the value of the {self.magnets.who.magnets}"
        return Number(self._usable[1], "%", scope, self.magnets.year, formula, named, query)

    def reported(self, basis: str) -> Number:
        """Return China's share as customs report it, by value or by weight, in percent.

        Raises NoDataYet where there is none that counts.
        """
        code = OUTSIDE if self.magnets.who.is_union else self.magnets.who.iso3
        rows = self.customs
        row = rows[rows["importer"].eq(code) & rows["basis"].eq(basis) & rows["partner"].eq(dependence.CHINA)]
        counts = len(row) > 0 and pd.notna(row["share"].iloc[0]) and (basis == "value" or pd.isna(row["flags"].iloc[0]))
        only_if(bool(counts), row)
        scope = f"share of China in the {self.magnets.who.magnets}, by {basis}, UN Comtrade"
        formula, value = "imports from China / imports from all partners, UN Comtrade", float(row["share"].iloc[0])
        return Number(value, "%", scope, self.magnets.year, formula, row, places=1)

    def bases(self) -> list[str]:
        """List the bases on which customs report a share that counts. Raises NoDataYet where there is none."""
        found = []
        for basis in ("value", "weight"):
            with contextlib.suppress(catalog.NoDataYet):
                self.reported(basis)
                found.append(basis)
        return only_if(bool(found), found)

    def price(self) -> str:
        """Say whether a kilogram from China cost less or more than the average, as far as both datasets say so.

        Raises NoDataYet where they do not.
        """
        gaps = [_plain(self.share()) - float(self.magnets.suppliers.loc[self.magnets.year, "share"])]
        with contextlib.suppress(catalog.NoDataYet):
            gaps.append(_plain(self.reported("weight")) - _plain(self.reported("value")))
        less, more = min(gaps) > PLAINLY, max(gaps) < -PLAINLY
        return only_if(less or more, "less" if less else "more")

    def apart(self, basis: str) -> str:
        """Say by how many points BACI and UN Comtrade differ on a share. Raises NoDataYet where they differ little."""
        own = self.share() if basis == "weight" else self.magnets.china(self.magnets.year)
        gap = abs(_plain(own) - _plain(self.reported(basis)))
        return only_if(gap >= APART, f"{gap:.0f}")


def weights(magnets: Magnets, as_of: dt.date | str | None) -> Weights:
    """Read what tells whose weights can be used. Raises NoDataYet with the day on which such data begin."""
    return Weights(magnets, reported(as_of, magnets.year))


def _plain(number: Number) -> float:
    if number.value is None:
        raise ValueError(f"{number.scope}: no value")
    return number.value


# --- shares that others published ---


def published(who: Economy, as_of: dt.date | str | None, marks: dict[str, str]) -> pd.DataFrame:
    """Read shares of China that others published, oldest first, with `when` and `marks` in words.

    `marks` are the words of each mark. Raises NoDataYet where there are none.
    """
    rows = catalog.table("dependence_estimates", as_of)
    rows = rows[(rows["importer"] == who.iso3) & (rows["partner"] == dependence.CHINA) & (rows["confidence"] != "low")]
    rows = only_if(len(rows) > 0, rows).sort_values(["period_start", "product"], kind="stable")
    told = rows["qualifier"].map(lambda marked: ", ".join(marks[mark] for mark in marked.split(";") if mark))
    return rows.assign(when=rows["period"].str.replace("/", " to "), marks=told)


def as_published(importer: str, product: str, period: str, basis: str, as_of: dt.date | str | None) -> Number:
    """Return a share of China, in percent, as another publisher has it. Raises NoDataYet."""
    what, wanted = f"The share of China in {product}", {"importer": importer, "product": product, "period": period}
    row = common.select("dependence_estimates", as_of, what, partner=dependence.CHINA, basis=basis, **wanted)
    value, scope = float(row["share"].iloc[0]), f"share of China in {product}, {row['basis_text'].iloc[0]}"
    return Number(value, "%", scope, period, "as printed", row, places=1)


def published_columns(rows: pd.DataFrame) -> dict[str, str]:
    """Give the columns of a table of `published` with their heads; that of the marks only where there are any."""
    return {name: head for name, head in PUBLISHED.items() if name != "marks" or rows["marks"].any()}
