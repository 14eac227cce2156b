"""What three publications of the IEA say of the largest refiner's share: past, projected, and where they disagree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from lib import markup, words
from lib.indicators import common
from lib.indicators.processing.rows import quoted
from lib.indicators.processing.stages import MAGNET, as_quantity, origin
from lib.indicators.processing.supply import iea_flow, iea_years
from lib.quantity import Number


def refiner_outlooks(
    stage_shares: pd.DataFrame, refined_supply: pd.DataFrame, statements: pd.DataFrame
) -> pd.DataFrame:
    """Collect the top refiner's share of separated magnet elements as three IEA publications saw it: year by outlook.

    The Outlook 2024 printed China's share, the data set of 2025 its tonnes (divided here by the world's), the summary
    of the Outlook 2026 the share of the top refining country of rare earths. Each table as known on a day, with all
    editions of `refined_supply`; what was not published by then is absent. Returns outlook, year, value, qualifier,
    projected, source_id, published, confidence, `_rows`.
    """
    parts = [_outlook_2024(stage_shares), _data_set_2025(refined_supply), _outlook_2026(statements)]
    columns = ["outlook", "year", "value", "qualifier", "projected", "source_id", "published", "confidence", "_rows"]
    frame = pd.concat([part[columns] for part in parts if len(part)] or [pd.DataFrame(columns=columns)])
    return frame.sort_values(["published", "year"], kind="stable").reset_index(drop=True)


def _outlook_2024(stage_shares: pd.DataFrame) -> pd.DataFrame:
    rows = stage_shares[
        (stage_shares["source_id"] == "seaisi_gcmo2024")
        & (stage_shares["stage"] == "separation")
        & (stage_shares["scope"] == MAGNET)
        & (stage_shares["holder"] == "CHN")
    ]
    rows = rows.assign(outlook="Outlook of May 2024", value=rows["share"], projected=rows["kind"] == "projection")
    return rows.assign(_rows=[(("stage_shares", int(index)),) for index in rows.index])


def _data_set_2025(refined_supply: pd.DataFrame) -> pd.DataFrame:
    refined_supply = refined_supply[refined_supply["edition"] == "IEA May 2025"]
    parts = []
    for year in iea_years(refined_supply, "refining", projections=True):
        rows = iea_flow(refined_supply, "refining", year)
        china, world = common.row(rows, "CHN"), common.row(rows, common.WORLD)
        pairs = tuple(("refined_supply", int(row.index[0])) for row in (china, world))
        share = common.share(rows, "CHN").value
        projected = china["kind"] == "projection"
        parts.append(china.assign(value=share, qualifier="derived", projected=projected, _rows=[pairs]))
    return pd.concat(parts).assign(outlook="Data set of May 2025") if parts else pd.DataFrame()


def _outlook_2026(statements: pd.DataFrame) -> pd.DataFrame:
    rows = statements[statements["statement_id"].str.fullmatch(r"newest-refining-share-\d{4}")].copy()
    rows["outlook"], rows["year"] = "Outlook of July 2026", rows["statement_id"].str[-4:].astype(int)
    digits = rows["value_text"].fillna("").str.extract(r"(\d+(?:\.\d+)?)")[0].astype("float64")
    rows["value"] = rows["value"].fillna(digits)
    rows["qualifier"] = [">" if str(text).startswith(">") else "" for text in rows["value_text"]]
    rows["projected"] = rows["year"] > rows["published"].dt.year
    rows["_rows"] = [(("statements", int(index)),) for index in rows.index]
    return rows


RIVALS = {
    "annex": "newest-refining-share-2025-annex",
    "text": "newest-refining-share-2025",
    "table": "newest-refining-share-2025-controls",
}


def rival_shares(statements: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Select the rows of the three figures one outlook prints for one share; none before all were published."""
    rows = {name: statements[statements["statement_id"] == key] for name, key in RIVALS.items()}
    return rows if all(map(len, rows.values())) else {}


def revised_down(outlooks: pd.DataFrame) -> bool:
    """Return whether each outlook of `refiner_outlooks` projects less than the one before for all years they share."""
    ahead = outlooks[outlooks["projected"]]
    series = [rows.set_index("year")["value"] for _, rows in ahead.groupby("outlook", sort=False)]
    if len(series) < 2:
        return False
    for before, after in pairwise(series):
        shared = before.index.intersection(after.index)
        if shared.empty or not (after[shared] < before[shared]).all():
            return False
    return True


@dataclass(frozen=True)
class Outlooks:
    """The publications known by a day: `rows` of `refiner_outlooks`, and the `tables` behind them."""

    rows: pd.DataFrame
    tables: tuple[pd.DataFrame, ...]
    as_of: common.Day

    def link(self) -> markup.Link:
        """Return the name of the newest publication, which leads to it."""
        return _link(self._newest[~self._newest["projected"]].iloc[-1])

    def newest(self) -> tuple[Number, Number]:
        """Return what the newest one gives for the last past and the last projected year, in percent."""
        rows = self._newest
        return self._share(rows[~rows["projected"]].iloc[-1]), self._share(rows[rows["projected"]].iloc[-1])

    def before(self) -> Number:
        """Return what the newest one gives for its first past year, in percent. Raises NoDataYet without a second."""
        past = self._newest[~self._newest["projected"]]
        if len(past) < 2:
            raise common.not_yet("stage_shares", self.as_of, "A publication with two past years")
        return self._share(past.iloc[0])

    def each(self) -> Iterator[tuple[str, Number]]:
        """Give what each one says of its last past and its first projected year, by the names of facts."""
        for number, (_, rows) in enumerate(self.rows.groupby("outlook", sort=False), start=1):
            yield f"outlook-{number}-now", self._share(rows[~rows["projected"]].iloc[-1])
            yield f"outlook-{number}-then", self._share(rows[rows["projected"]].iloc[0])

    def told(self, facts: Mapping[str, object]) -> markup.Marked:
        """Write what each one says as a sentence lists it, with the facts that `each` became."""
        numbers, found = dict(self.each()), []
        for number, (_, rows) in enumerate(self.rows.groupby("outlook", sort=False), start=1):
            names = (f"outlook-{number}-now", f"outlook-{number}-then")
            now, then = (f"{markup.text(facts[name])} for {numbers[name].period}" for name in names)
            found.append(f"{now} and {then} in the {markup.text(_link(rows[~rows['projected']].iloc[-1], lower=True))}")
        return markup.Marked(words.joined(found))

    def course(self) -> str:
        """Say whether each publication expects less than the one before. Raises NoDataYet before the second."""
        if self.rows["outlook"].nunique() < 2:
            raise common.not_yet("stage_shares", self.as_of, "A second publication of the IEA")
        return "expects less than the one before" if revised_down(self.rows) else "differs from the one before"

    def revision(self) -> tuple[Number, Number]:
        """Return what the last two project for the last year that both project, in percent. Raises NoDataYet."""
        self.course()
        ahead = self.rows[self.rows["projected"]]
        before, after = [rows.set_index("year", drop=False) for _, rows in ahead.groupby("outlook", sort=False)][-2:]
        year = before.index.intersection(after.index).max()
        return self._share(before.loc[year]), self._share(after.loc[year])

    def bars(self) -> pd.DataFrame:
        """Give the rows of a chart, with `when`, publication and year."""
        when = [f"{outlook}: {year}" for outlook, year in zip(self.rows["outlook"], self.rows["year"], strict=True)]
        return self.rows.assign(when=when)

    def limits(self) -> tuple[str, str]:
        """Write the largest and the smallest share of that chart."""
        return f"{self.rows['value'].max():.0f}%", f"{self.rows['value'].min():.0f}%"

    def scope(self) -> str:
        """Say what is counted, and whose share it is."""
        if self._newest["published"].max().year > 2025:
            return "Four magnet elements. The 2026 outlook refers to “the top refining country” and to “rare earths”."
        return "Four magnet elements; the country is China."

    @property
    def _newest(self) -> pd.DataFrame:
        return self.rows[self.rows["outlook"] == self.rows["outlook"].iloc[-1]]

    def _share(self, row: pd.Series) -> Number:
        rows = origin(row, *self.tables)
        formula = "as printed" if len(rows) == 1 else "China / world, base case"
        expected = "expected " if int(row["year"]) > row["published"].year else ""
        scope = f"{expected}share of the largest refiner of rare earths, IEA, {row['outlook']}"
        bound = "value" in rows[0] and rows[0]["value"].isna().all()  # then it is printed as `>90`
        query = "SELECT CAST(substr(value_text, 2) AS REAL) FROM statements" if bound else ""
        return Number(as_quantity(row), "%", scope, int(row["year"]), formula, rows, query)


def outlooks(as_of: common.Day) -> Outlooks:
    """Read what the IEA's publications say of the largest refiner. Raises NoDataYet before the first of them."""
    common.select("stage_shares", as_of, "The IEA's series", source_id="seaisi_gcmo2024")
    tables = (
        common.optional("stage_shares", as_of),
        common.optional("refined_supply", as_of, vintages="all"),
        common.optional("statements", as_of),
    )
    return Outlooks(refiner_outlooks(*tables), tables, as_of)


def rivals(as_of: common.Day) -> dict[str, Number]:
    """Return the figures that one outlook prints for one share, by where they stand, in percent. Raises NoDataYet."""
    rows = rival_shares(common.optional("statements", as_of))
    if not rows:
        raise common.not_yet("statements", as_of, "An outlook with several figures for one share")
    return {
        f"refining-2025-{name}": quoted(row, "%", row["statement"].iloc[0], 2025, places=1 if name == "annex" else 0)
        for name, row in rows.items()
    }


def _link(row: pd.Series, lower: bool = False) -> markup.Link:
    name = row["outlook"]
    return markup.Link(name[0].lower() + name[1:] if lower else name, f"source:{row['source_id']}")
