"""What one unit of a product contains, and what the United States plans to put in stock."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from lib.indicators import common
from lib.quantity import Number, Quantity
from lib.tables import catalog

KG_PER_LB = 0.45359237
PLATFORMS = {
    "defence-ssn774-rare-earths": "Virginia-class submarine",
    "defence-ddg51-rare-earths": "Arleigh Burke destroyer (DDG-51)",
    "defence-f35-rare-earths": "F-35 fighter",
}
MATERIALS = ["rare earths", "NdFeB magnet", "sintered NdFeB blanks", "NdPr metal", "Nd", "La"]
IN_OXIDE = ["neodymium-praseodymium oxide"]
IN_GROSS = ["cerium", "lanthanum", "NdFeB magnet block", "samarium-cobalt alloy"]


@dataclass(frozen=True)
class Uses:
    """Masses of rare earths or magnets in one unit: of weapon platforms, and of products where those were public."""

    platforms: pd.DataFrame
    rows: pd.DataFrame

    def mass(self, statement_id: str) -> Number:
        """Return the mass in pounds that one platform contains, as the US Department of Defense states it."""
        row = self._row(statement_id)
        scope = f"{PLATFORMS[statement_id]}, rare-earth materials"
        return Number(float(row["value"].iloc[0]), "lb", scope, "as stated in 2013", "as printed", row)

    def in_kilograms(self, statement_id: str) -> Number:
        """Return the same mass in kg."""
        row = self._row(statement_id)
        scope = f"{PLATFORMS[statement_id]}, rare-earth materials"
        query, formula = f"SELECT value * {KG_PER_LB} FROM statements", f"pounds × {KG_PER_LB}"
        return Number(float(kilograms(row)["kg"].iloc[0]), "kg", scope, "as stated in 2013", formula, row, query)

    def order(self) -> list[str]:
        """List the lines of a chart, the heaviest first."""
        return self.rows.groupby("line")["kg"].max().sort_values(ascending=False).index.tolist()

    def ranges(self) -> dict[str, str]:
        """Name the columns of ranges that a chart has, if any."""
        return {"low": "low", "high": "high"} if "low" in self.rows else {}

    def title(self, most: object) -> str:
        """Write the title of that chart; `most` is the mass in the submarine."""
        if len(self.rows) > len(PLATFORMS):
            return f"From kilograms in a car to {most} in a submarine"
        return f"{most} of rare-earth materials in a submarine"

    def _row(self, statement_id: str) -> pd.DataFrame:
        return self.platforms[self.platforms["statement_id"] == statement_id]


def uses(as_of: dt.date | str | None) -> Uses:
    """Read what one unit of a product contains. Raises NoDataYet."""
    what = "The weight of rare earths in weapon platforms"
    platforms = common.select("statements", as_of, what, statement_id=list(PLATFORMS))
    frame = platforms.assign(application=platforms["statement_id"].map(PLATFORMS), material="rare earths")
    try:
        products = common.select("applications", as_of, "products", material=MATERIALS)
        products = products[products["confidence"].ne("low") & products["value_low"].fillna(products["value"]).gt(0)]
        frame = pd.concat([frame, products[products["unit"] != "%"]])
    except catalog.NoDataYet:
        pass
    frame = kilograms(frame)
    line = frame["application"] + ": " + frame["material"] + frame["unit"].map({"kg/MW": " per MW"}).fillna("")
    return Uses(platforms, frame.assign(line=line.str[:1].str.upper() + line.str[1:]))


def kilograms(rows: pd.DataFrame) -> pd.DataFrame:
    """Convert masses per unit of a product to kg: `low`, `kg`, `high`; pounds too, and ranges get their mid-point."""
    factor = rows["unit"].str.startswith("lb").map({True: KG_PER_LB, False: 1.0})
    columns = {"low": "value_low", "kg": "value", "high": "value_high"}
    frame = rows.assign(**{new: rows[old] * factor for new, old in columns.items() if old in rows})
    if "low" in frame:
        frame["kg"] = frame["kg"].fillna((frame["low"] + frame["high"]) / 2)
    return frame


# --- stocks ---


@dataclass(frozen=True)
class Purchase:
    """A planned purchase of the US stockpile: the row, and the use in oxide that its edition gives."""

    row: pd.DataFrame
    use: pd.DataFrame

    @property
    def material(self) -> str:
        """The material bought."""
        return str(self.row["material"].iloc[0])

    @property
    def fiscal_year(self) -> int:
        """The fiscal year of the plan."""
        return int(self.row["fiscal_year"].iloc[0])

    @property
    def slug(self) -> str:
        """The purchase as part of the name of a fact."""
        return f"cover-{self.material.split('-')[0]}-{self.fiscal_year}"

    @property
    def name(self) -> str:
        """The material as prose writes it."""
        return self.material.replace("-", "–")

    def tonnes(self) -> Number:
        """Return the purchase in t."""
        scope, period = f"{self.name}, planned purchase", f"fiscal {self.fiscal_year}"
        return Number(float(self.row["value"].iloc[0]), "t", scope, period, "as printed", self.row)

    def days(self) -> Number:
        """Return how many days of the use of all compounds and metals the purchase equals."""
        (basis,) = set(catalog.bases(self.row))
        planned = Quantity(float(self.row["value"].iloc[0]), basis=basis)
        year = Quantity.from_row(float(self.use["value"].iloc[0]), str(self.use["qualifier"].iloc[0]))
        scope = f"{self.material}, planned purchase, against US use of all rare-earth compounds and metals"
        period, formula = f"fiscal {self.fiscal_year}", "365 × tonnes / consumption"
        return Number(days_of_cover(planned, year), "days", scope, period, formula, [self.row, self.use])


def purchases(as_of: dt.date | str | None) -> list[Purchase]:
    """List the planned purchases in oxide, each with the use of one edition, the largest of the newest year last.

    Use is counted in oxide: only a plan for an oxide can be set against it, a gross weight of something else cannot.
    Raises NoDataYet.
    """
    what = "The US stockpile’s buying plan in oxide"
    plan = common.select("us_stockpile", as_of, what, material=IN_OXIDE)
    series = "consumption_apparent.compounds_metals"
    used = common.select(
        "us_salient", as_of, "US consumption", vintages="all", commodity="rare earths", series=series
    )  # fmt: skip
    found = [
        Purchase(plan.loc[[index]], used[used["edition"] == edition].nlargest(1, "year"))
        for index, edition in plan["edition"].items()
    ]
    return sorted(found, key=lambda purchase: (purchase.fiscal_year, purchase.tonnes().value))


def covered(bought: list[Purchase]) -> pd.DataFrame:
    """Give each purchase with the days it equals, for a chart: what, t, days, edition, source_id."""
    return pd.DataFrame(
        {
            "what": f"{purchase.material.capitalize()}, fiscal {purchase.fiscal_year}",
            "t": purchase.row["value"].iloc[0],
            "days": purchase.days().value,
            "edition": purchase.row["edition"].iloc[0],
            "source_id": purchase.row["source_id"].iloc[0],
        }
        for purchase in bought
    )


def gross_purchases(as_of: dt.date | str | None) -> list[tuple[str, str, Number]]:
    """List what else is planned, in t as bought: the name of a fact, material and fiscal year, the tonnes."""
    rows = common.select("us_stockpile", as_of, "The US stockpile’s buying plan", vintages="all", material=IN_GROSS)
    rows = rows.sort_values("published", kind="stable").drop_duplicates(["material", "fiscal_year"], keep="last")
    listed = []
    for index, row in rows.sort_values(["fiscal_year", "material"]).iterrows():
        scope, period = f"{row['material']}, planned purchase, gross weight", f"fiscal {row['fiscal_year']}"
        tonnes = Number(float(row["value"]), "t", scope, period, "as printed", rows.loc[[index]])
        name = f"plan-{row['material'].split()[0].lower()}-{row['fiscal_year']}"
        listed.append((name, f"{row['material']} in fiscal {row['fiscal_year']}", tonnes))
    return listed


def days_of_cover(stock: Quantity, use_a_year: Quantity) -> Quantity:
    """Compute how many days a stock lasts at the year's use: 365 · stock / use."""
    return stock / use_a_year * 365
