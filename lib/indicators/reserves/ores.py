"""What is in the ground: the elements in an ore, and how common they are in the crust."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from lib import quantity
from lib.indicators import common
from lib.quantity import Number, Quantity
from lib.tables import catalog

MAGNET_ELEMENTS = ("Nd", "Pr", "Dy", "Tb")
PARTS = {
    "La+Ce": ("La", "Ce"),
    "Nd+Pr": ("Nd", "Pr"),
    "Sm+Eu": ("Sm", "Eu"),
    "Dy+Tb": ("Dy", "Tb"),
    "Y and other heavy": ("Y", "Gd", "Ho", "Er", "Tm", "Yb", "Lu"),
}
BY_NUMBER = {
    "label": "symbol",
    "actor": "kind",
    "log_y": True,
    "unit": "ppm",
    "colours": {"rare earths": "accent", "for comparison": "axis"},
    "x_title": "Atomic number",
    "y_title": "ppm",
}
"""How a chart shows `abundance`."""
HEAVY = ("Y", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu")


def deposits(as_of: dt.date | str | None) -> pd.DataFrame:
    """Read the USGS table of elements by deposit. Raises NoDataYet."""
    return common.select("deposits", as_of, "The USGS table of elements by deposit", series="usgs_myb")


def ranked(rows: pd.DataFrame, elements: tuple[str, ...], whole: bool = False) -> list[str]:
    """List the deposits, the richest in these elements first; with `whole` those with a figure for every element."""
    shares = element_share(rows, elements)
    return list((shares.query("qualifier == ''") if whole else shares)["deposit"])


def share_in(rows: pd.DataFrame, deposit: str, elements: tuple[str, ...], what: str) -> Number:
    """Return the percentage that elements have in the rare-earth oxide of a deposit; `what` names them."""
    row = element_share(rows, elements).set_index("deposit").loc[deposit]
    share = Quantity.from_row(float(row["share"]), row["qualifier"])
    used = rows[(rows["deposit"] == deposit) & rows["component"].isin(elements)]
    scope, formula = f"{what} in total rare-earth oxide, {deposit}", "Σ of " + ", ".join(elements)
    places = 1 if share.value is not None and share.value < 1 else 0
    return Number(share, "%", scope, "MYB 2022", formula, used, places=places)


def by_heavy(rows: pd.DataFrame) -> dict[str, object]:
    """Say how a chart shows `baskets`: deposits with their country, the richest in heavy rare earths first."""
    places = rows.drop_duplicates("deposit")
    named = zip(places["deposit"], places["iso3"], strict=True)
    return {
        "labels": {deposit: f"{deposit} ({catalog.country_name(iso3)})" for deposit, iso3 in named},
        "order": ranked(rows, HEAVY),
        "part_order": list(PARTS),
        "colours": dict(zip(PARTS, ("OTH", "seq-4", "seq-2", "ink", "accent"), strict=True)),
    }


def crust(as_of: dt.date | str | None) -> pd.DataFrame:
    """Read the table of elements. Raises NoDataYet."""
    return catalog.table("elements", as_of)


@dataclass(frozen=True)
class Element:
    """An element: its symbol, and its name inside a sentence."""

    symbol: str
    name: str


def commonest(rows: pd.DataFrame) -> Element:
    """Return the rare earth of which the crust holds most."""
    return _rare_earths(rows)[0]


def scarcest(rows: pd.DataFrame) -> Element:
    """Return the rare earth of which the crust holds least, of those with a figure."""
    return _rare_earths(rows)[-1]


def _rare_earths(rows: pd.DataFrame) -> list[Element]:
    named = abundance(rows).query("rare_earth")
    return [Element(symbol, name.lower()) for symbol, name in zip(named["symbol"], named["name"], strict=True)]


def ppm(rows: pd.DataFrame, symbol: str) -> Number:
    """Return how much of an element is in the continental crust, in parts per million by weight, as listed."""
    used = rows[rows["symbol"] == symbol]
    amount = float(used["crustal_abundance_ppm"].iloc[0])
    scope = f"{used['name'].iloc[0].lower()} in the continental crust, by weight"
    places = len(f"{amount:g}".partition(".")[2])
    return Number(amount, "ppm", scope, "one compilation", "as listed", used, places=places)


def ppm_elsewhere(rows: pd.DataFrame, symbol: str) -> Number:
    """Return how much of an element is in the crust according to a second compilation."""
    used = rows[rows["symbol"] == symbol]
    scope = f"{used['name'].iloc[0].lower()} in the crust, second source"
    amount = float(used["crustal_abundance_ppm_alt"].iloc[0])
    return Number(amount, "ppm", scope, "another compilation", "as listed", used)


def likened(one: Number, other: Number) -> str:
    """Say how common one element is beside another: within a quarter they are about as common."""
    ratio = (one.value or 0) / (other.value or 1)
    return "about as common as" if 0.8 < ratio < 1.25 else "more common than" if ratio > 1 else "less common than"


def baskets(deposits: pd.DataFrame) -> pd.DataFrame:
    """Return what the rare earths of each deposit consist of: % of total oxide by group of elements (`PARTS`), long.

    `deposits` holds one series with one element a row. Elements without a figure count nothing, so that the parts of
    a deposit add to about 100 and not exactly. Returns deposit, iso3, mineral, part, share, source_id.
    """
    rows = []
    for (deposit, iso3, mineral), group in deposits.groupby(["deposit", "iso3", "mineral"], sort=False):
        by_element = group.set_index("component")["share"]
        for part, elements in PARTS.items():
            share = float(by_element.reindex(elements).sum())
            rows.append({"deposit": deposit, "iso3": iso3, "mineral": mineral, "part": part, "share": share})
    return pd.DataFrame(rows).assign(source_id=str(deposits["source_id"].iloc[0]))


def element_share(deposits: pd.DataFrame, elements: tuple[str, ...]) -> pd.DataFrame:
    """Σ of the shares of `elements` by deposit, in % of total oxide, largest first.

    Returns deposit, iso3, mineral, share, qualifier, source_id. An element printed with ``<`` makes the sum an upper
    bound, one without a figure a lower bound. Raises KeyError when an element is in no row, and
    quantity.Undetermined when a deposit has both marks.
    """
    chosen = deposits[deposits["component"].isin(elements)]
    lacking = set(elements) - set(chosen["component"])
    if lacking:
        raise KeyError(f"no rows of {', '.join(sorted(lacking))}")
    found = []
    for (deposit, iso3, mineral), rows in chosen.groupby(["deposit", "iso3", "mineral"], sort=False):
        parts = [Quantity.from_row(v, q) for v, q in zip(rows["share"].tolist(), rows["qualifier"], strict=True)]
        whole = quantity.total(parts)
        found.append(
            {"deposit": deposit, "iso3": iso3, "mineral": mineral, "share": whole.value, "qualifier": whole.bound}
        )
    frame = pd.DataFrame(found).assign(source_id=str(deposits["source_id"].iloc[0]))
    return frame.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def abundance(elements: pd.DataFrame) -> pd.DataFrame:
    """Elements with a crustal abundance (ppm by weight), most abundant first; `kind` sets rare earths apart."""
    frame = elements[elements["crustal_abundance_ppm"].notna()].copy()
    frame["kind"] = frame["rare_earth"].map({True: "rare earths", False: "for comparison"})
    return frame.sort_values("crustal_abundance_ppm", ascending=False, kind="stable")
