"""Technical figures of separation, metal and magnets, patents, and China's output of magnets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from lib import markup, words
from lib.indicators import common
from lib.indicators.processing.rows import quoted
from lib.markup import Link
from lib.quantity import Number, Quantity
from lib.tables import catalog

FIELDS = {"environment": "Residue and rock", "magnets": "Magnets", "metal": "Metal", "separation": "Separation"}
FILINGS = "rare-earth patent filings, cumulative since 1950"
BAYAN_OBO = {
    "waste-water": ("acidic waste water per tonne of rare earth", "m³"),
    "radioactive-residue": ("radioactive residue per tonne of rare earth", "t"),
}
"""What making a tonne of rare earths leaves behind at Bayan Obo, by the names of facts: the indicator and its unit."""
CASCADE = (
    ("solvent", "Fresh solvent", "Solvent with the heavier elements", "commercial extractants"),
    ("acid", "Acid", "Acid with the lighter elements", "theory of countercurrent (cascade) extraction"),
    ("mixture", "Feed: all elements, dissolved in acid", "", "theory of countercurrent (cascade) extraction"),
)
"""What flows through a cascade of solvent extraction, how it goes in and comes out, and the indicator that tells it."""


def printed(row: pd.Series) -> str:
    """Write a technical figure as its source prints it: a number, a bound or a range, without unit."""
    if pd.isna(row["value"]):
        return f"{row['value_low']:,g}–{row['value_high']:,g}"
    return f"{Quantity.from_row(float(row['value']), row['qualifier']).bound}{row['value']:,g}"


def technical_figures(technology: pd.DataFrame, topics: list[str]) -> pd.DataFrame:
    """Select the rows of these topics that hold a number, with `figure`, the number as text; index kept."""
    rows = technology[
        technology["topic"].isin(topics) & (technology["value"].notna() | technology["value_low"].notna())
    ]
    return rows.assign(figure=[printed(row) for _, row in rows.iterrows()])


def magnet_estimates(magnet_production: pd.DataFrame) -> pd.DataFrame:
    """Select whole-country output of NdFeB magnets by year, every figure: adds kt, when (year), weak; index kept."""
    rows = magnet_production[
        (magnet_production["flow"] == "production")
        & magnet_production["company"].isna()
        & magnet_production["product"].isin(["sintered NdFeB", "NdFeB"])
    ]
    rows = rows.assign(weak=rows["confidence"] == "low", kt=rows["value"] / 1000, when=rows["year"].astype(str))
    return rows.sort_values(["year", "value"], kind="stable")


def technology(as_of: common.Day) -> pd.DataFrame:
    """Read the technical figures that hold a number, with their `field`. Raises NoDataYet."""
    rows = technical_figures(common.optional("technology", as_of), list(FIELDS))
    if rows.empty:
        first = technical_figures(catalog.table("technology"), list(FIELDS))["published"].min()
        raise common.not_yet("technology", as_of, "The table of technical figures", first)
    return rows.assign(field=rows["topic"].map(FIELDS)).sort_values(["field", "indicator"])


def figures_found(rows: pd.DataFrame) -> Number:
    """Return how many technical figures there are, from the rows of `technology`."""
    scope = "technical figures on separation, metal, magnets and residue"
    return Number(len(rows), "count", scope, "as printed", "figures counted", rows)


def weakly_documented(rows: pd.DataFrame) -> Number:
    """Return how many of these technical figures are of low confidence. Raises NoDataYet for none."""
    weak = rows[rows["confidence"] == "low"]
    if weak.empty:
        raise common.not_yet("technology", rows.attrs["as_of"], "A technical figure of low confidence")
    scope = "technical figures on separation, metal, magnets and residue, of low confidence"
    return Number(len(weak), "count", scope, "as printed", "figures counted", weak)


def rock_moved(as_of: common.Day) -> tuple[Number, Number]:
    """Return the least and the most rock that a mine moves for a tonne of metal, in t. Raises NoDataYet."""
    rows = common.select("technology", as_of, "The rock moved for a tonne", source_id="usgs_rtm")
    scope = "rock moved per tonne of rare-earth metal, 21 operations"
    low, high = (
        Number(
            float(rows[column].iloc[0]),
            "t",
            scope,
            2018,
            "end of the printed range",
            rows,
            f"SELECT {column} FROM technology",
        )
        for column in ("value_low", "value_high")
    )
    return low, high


def cascade(as_of: common.Day) -> pd.DataFrame:
    """Give what flows through a cascade: flow, enters, leaves, source_id. Raises NoDataYet."""
    told = [common.select("technology", as_of, "The theory of the cascade", indicator=row[-1]) for row in CASCADE]
    rows = pd.DataFrame([row[:-1] for row in CASCADE], columns=["flow", "enters", "leaves"])
    return rows.assign(source_id=[row["source_id"].iloc[0] for row in told])


def extractants(as_of: common.Day) -> Link:
    """Name the solvents that separation uses as their source lists them, with a link to it. Raises NoDataYet."""
    rows = common.select("technology", as_of, "The list of solvents", indicator="commercial extractants")
    return cited(rows, str(rows["value_text"].iloc[0]))


def stages_needed(as_of: common.Day) -> dict[str, Number]:
    """Return how many stages weak sources name for heavy elements and for high purity, by the names of facts.

    Raises NoDataYet.
    """
    heavy = common.select("technology", as_of, "The number of stages", indicator="stages for heavy separation")
    ends = {"least": "value_low", "most": "value_high"}
    found = {
        f"heavy-stages-{end}": Number(
            float(heavy[column].iloc[0]),
            "count",
            "stages of solvent extraction for heavy rare earths, China",
            2025,
            "end of the printed range",
            heavy,
            f"SELECT {column} FROM technology",
        )
        for end, column in ends.items()
    }
    pure = common.select("technology", as_of, "The number of stages", indicator="mixer-settler stages for 99.9% purity")
    return found | {"pure-stages": quoted(pure, "count", "mixer-settler stages for 99.9% purity", 2026)}


def left_behind(as_of: common.Day) -> dict[str, Number]:
    """Return what a tonne of rare earths leaves behind at Bayan Obo, by the names of facts. Raises NoDataYet."""
    found = {}
    for name, (indicator, unit) in BAYAN_OBO.items():
        rows = common.select("technology", as_of, "The residue of Bayan Obo", indicator=indicator)
        found[name] = quoted(
            rows, unit, f"Bayan Obo, {indicator} (Chinese Society of Rare Earths, as quoted)", "undated"
        )
    return found


def filings(as_of: common.Day) -> pd.DataFrame:
    """Read how many patents on rare earths were filed since 1950 in each place. Raises NoDataYet."""
    return common.select("technology", as_of, "The count of patents", indicator=FILINGS)


def filed(rows: pd.DataFrame) -> tuple[Number, Number]:
    """Return how many of these patents were filed in China, and how many in the other places together."""
    china, rest = rows[rows["iso3"] == "CHN"], rows[rows["iso3"] != "CHN"]
    year = str(china["date"].iloc[0].year)
    return (
        quoted(china, "count", "filings in China", year),
        Number(float(rest["value"].sum()), "count", "filings elsewhere", year, "sum", rest),
    )


def filed_late(as_of: common.Day) -> Number:
    """Return the percentage of the Chinese filings that were made after 2011. Raises NoDataYet."""
    which = "share of Chinese filings made after 2011"
    rows = common.select("technology", as_of, "The date of the filings", indicator=which)
    return quoted(rows, "%", which, int(rows["date"].iloc[0].year))


def cited(rows: pd.DataFrame, name: str) -> Link:
    """Return words that lead to the source of the first of some rows."""
    return Link(name, f"source:{rows['source_id'].iloc[0]}")


def yields(as_of: common.Day) -> Iterator[tuple[str, str, Number]]:
    """Give what part of a magnet blank becomes a finished magnet: name of the fact, maker, and percent."""
    rows = common.optional("technology", as_of)
    for index, row in rows[rows["indicator"] == "blank-to-finished yield"].iterrows():
        scope, name = (
            f"share of a magnet blank that becomes finished magnets, by weight, {row['scope']}",
            row["technology_id"].rpartition("-yield-")[2],
        )
        year = str(row["date"].year)
        yield (
            f"yield-{name}",
            row["scope"],
            Number(float(row["value"]), "%", scope, year, row["note"], rows.loc[[index]]),
        )


def yields_told(as_of: common.Day, facts: Mapping[str, object]) -> markup.Marked:
    """Write these yields as a sentence lists them, with the facts that they became. Raises NoDataYet for none."""
    found = [f"{markup.text(facts[name])} ({markup.text(maker)})" for name, maker, _ in yields(as_of)]
    if not found:
        raise common.not_yet("technology", as_of, "A yield of finished magnets")
    return markup.Marked(words.joined(found))


def newest_output(rows: pd.DataFrame) -> Number:
    """Return the newest documented figure of China's output of magnets, in kt, from the rows of `magnet_estimates`."""
    row = rows[~rows["weak"]].tail(1)
    amount = Quantity.from_row(float(row["value"].iloc[0]) / 1000, row["qualifier"].iloc[0])
    return Number(amount, "kt", "China, NdFeB magnets", row["when"].iloc[0], "as printed", row, places=0)


def magnet_output(as_of: common.Day) -> pd.DataFrame:
    """Read every estimate of China's output of magnets: the rows of `magnet_estimates`. Raises NoDataYet."""
    return magnet_estimates(common.select("magnet_production", as_of, "The table of magnet output", iso3="CHN"))
