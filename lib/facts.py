"""Numbers for the prose: recorded once with their derivation, shown in the text, listed on a page.

A fact holds the value with its bound, the unit, scope and period, the formula in words, the table rows it came from
and the query that gives the value from them. Markdown cells show it with an expression: ``{eval}`fact.china_share```.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from math import isclose

import pandas as pd

from lib import absent, markup, queries, run
from lib.metadata import Record
from lib.quantity import ESTIMATES, MixedBases, Number, Quantity, one_basis
from lib.tables import catalog

NAME = re.compile(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
QUALIFIERS = {"": "", "<": "at most ", ">": "more than "}
MARK_WORDS = {
    "e": "estimated",
    "r": "revised",
    ">": "printed as a lower bound",
    "<": "printed as an upper bound",
    "quota": "an official quota stands in for output",
    "trade": "derived from trade statistics",
    "exports": "exports stand in for output",
    "derived": "computed from the named sources",
    "reported": "reported",
    "fiscal": "for a fiscal year",
    "break": "break in the series",
    "zero": "printed as a dash (zero)",
    "range": "printed as a range",
    "E": "net exporter",
    "X": "not applicable",
    "W": "withheld",
    "NA": "not available",
}
PREFIXED_UNITS = {
    "USD": "USD ",
    "million USD": "USD ",
    "billion USD": "USD ",
    "EUR": "EUR ",
    "million EUR": "EUR ",
    "AUD": "AUD ",
}
SUFFIXED_UNITS = {
    "%": "%",
    "percentage points": " percentage points",
    "million USD": " million",
    "billion USD": " billion",
    "million EUR": " million",
    "USD": "",
    "EUR": "",
    "AUD": "",
    "count": "",
    "HHI": "",
    "ratio": "",
    "index": "",
}
MANY = 40
THOUSANDS = (
    0,
    3,
    6,
    9,
)  # powers of ten by which a cell and the number in the text may differ: kg and t, USD and millions


@dataclass(frozen=True)
class Fact:
    """A number of the prose with its derivation. `str(fact)` is the text that a reader sees."""

    name: str
    value: float | None
    unit: str
    scope: str
    period: str
    formula: str
    inputs: tuple[Record, ...] = field(repr=False)
    bound: str
    estimated: bool
    text: str
    chapter: str = ""
    query: str = ""

    @property
    def id(self) -> str:
        return f"{self.chapter}.{self.name}" if self.chapter else self.name

    @property
    def quantity(self) -> Quantity:
        return Quantity(self.value, self.bound, self.estimated)

    @property
    def qualifier(self) -> str:
        """The marks on the value, in words."""
        words = [
            {"<": "upper bound", ">": "lower bound"}.get(self.bound),
            "estimate" if self.estimated else None,
        ]
        return ", ".join(filter(None, words))

    def as_record(self) -> Record:
        """Return the fact as plain data, for facts.json."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return values | {"id": self.id, "qualifier": self.qualifier, "inputs": list(self.inputs)}

    def as_html(self, escape: Callable[[str], str] = markup.text) -> str:
        """Return the text as a link to its derivation, for Markdown too; the site resolves the `fact:` address."""
        meaning = markup.in_html(f"{self.scope}, {self.period}")
        return markup.Marked(f'<a class="iv-fact" href="fact:{self.id}" title="{meaning}">{escape(self.text)}</a>')

    def __str__(self) -> str:
        return self.text

    def __format__(self, spec: str) -> str:
        return format(self.text, spec)

    def _repr_html_(self) -> str:
        return self.as_html(markup.in_html)

    def __repr__(self) -> str:
        return self.text


class LowConfidence(ValueError):
    """A headline number would rest on a row that is marked as of low confidence."""


def record(
    name: str,
    quantity: Quantity | float | None,
    unit: str,
    *,
    scope: str,
    period: str | int,
    formula: str,
    rows: pd.DataFrame | Iterable[pd.DataFrame] | Mapping[str, pd.DataFrame],
    query: str = "",
    places: int | None = None,
    headline: bool = False,
) -> Fact:
    """Record a number for the prose and return it as a Fact.

    name      slug, unique in the chapter; recording the same name again replaces it (a cell may be run twice)
    quantity  the value with its bound; a plain number is exact; never missing
    unit      one of the units that `format_quantity` knows
    scope     what exactly is counted: stage, elements, countries, edition
    period    the year or dates described
    formula   the derivation in words
    rows      the table rows it came from, as read from the catalog (index and attrs kept); a mapping names them for
              the query, which else knows them by the names of their tables
    query     SQL that gives the value from these rows as the published files print them; a quoted cell, a count, a sum
              and one cell against another need none (`queries.plain`)
    places    decimals shown; by default none for percentages and counts of rounded figures; of a figure that is
              quoted never more than its source prints
    headline  True for key findings: refuses rows of low confidence (LowConfidence)

    A number is an estimate where the quantity or one of the rows is; one of rows that are counted is none.

    A statement on states is of the day to which its sources carry them: where rows have a column `known_to`, the
    period is the oldest day in it.

    Raises ValueError for a bad name, a missing value, no rows, or a period that is not that of the states, and
    MixedBases for a number made of masses that count different things (rows that are only counted may).
    """
    if not NAME.match(name):
        raise ValueError(f"fact name {name!r}: use lower-case words joined by hyphens, such as china-reserve-share")
    amount = quantity if isinstance(quantity, Quantity) else Quantity(quantity)
    if amount.missing:
        raise ValueError(f"fact {name!r} has no value: say in words that the figure is not available")
    named = queries.operands(rows)
    frames = [frame for parts in named.values() for frame in parts]
    inputs = tuple(
        {"operand": operand} | entry
        for operand, parts in named.items()
        for frame in parts
        for entry in inputs_of(frame)
    )
    if not inputs:
        raise ValueError(f"fact {name!r} names no source row")
    if headline:
        _refuse_low_confidence(name, inputs)
    _refuse_later_than_known(name, str(period), frames)
    if unit != "count":
        _refuse_mixed_bases(name, frames)
        amount = replace(amount, estimated=bool(amount.estimated or any(map(_estimated, frames))))
    fact = Fact(
        name=name,
        value=amount.value,
        unit=unit,
        scope=scope,
        period=str(period),
        formula=formula,
        inputs=inputs,
        bound=amount.bound,
        estimated=amount.estimated,
        text=format_quantity(amount, unit, _as_quoted(amount.value, unit, places, frames)),
        chapter=run.current().chapter,
        query=query or ("" if amount.value is None else queries.plain(amount.value, unit, named)),
    )
    run.current().facts[name] = fact
    return fact


class Facts:
    """The facts of a page by name. Giving a Number a name records it; the name then has the fact as its value.

        fact.china_reserves = table.amount("CHN")   # recorded as china-reserves
        fact[f"reserves-{code}"] = table.amount(code)

    With `headline` only numbers that may carry a headline are taken: those of rows of low confidence raise
    LowConfidence. What else `record` raises is raised here too. A name that was given to nothing raises AttributeError;
    one that a section without data would have given raises NoDataYet.
    """

    _run: run.Run
    _headline: bool

    def __init__(self, of: run.Run, headline: bool = False) -> None:
        vars(self).update(_run=of, _headline=headline)

    def __setitem__(self, name: str, number: Number) -> None:
        with self._run.entered():
            record(name, headline=self._headline, **vars(number))
        self._run.absent.pop(name, None)

    def __getitem__(self, name: str) -> Fact:
        if name in self._run.absent:
            raise self._run.absent[name]
        if name not in self._run.facts and absent.COMPUTED in self._run.absent:
            raise self._run.absent[absent.COMPUTED]
        fact: Fact = self._run.facts[name]
        self._run.read_by_part.update(entry["table"] for entry in fact.inputs)
        return fact

    def __setattr__(self, name: str, number: Number) -> None:
        self[_slug(name)] = number

    def __getattr__(self, name: str) -> Fact:
        try:
            return self[_slug(name)]
        except KeyError:
            raise AttributeError(f"no number of this page is called {_slug(name)!r}") from None

    def leave_out(self, name: str, reason: Exception) -> None:
        """Make a name raise `reason` wherever it is used from here on, because its data were not yet public.

        A number that an earlier part of the page recorded under it stays on record: it was shown there.
        """
        self._run.absent[_slug(name)] = reason


def _slug(name: str) -> str:
    return name.replace("_", "-")


def recorded() -> list[Fact]:
    """List the facts of the current run, in the order of recording."""
    return list(run.current().facts.values())


def format_quantity(quantity: Quantity, unit: str, places: int | None = None) -> str:
    """Write a number as text, here alone: rounding, thousands, unit, and the words for a bound.

    Whole numbers by default; 1,234 t; 69%; at most 59%; more than 90%; USD 110 per kg is `USD/kg`.
    """
    if quantity.value is None:
        return "not available"
    number = format_number(quantity.value, _places(quantity.value, unit, places))
    prefix = PREFIXED_UNITS.get(unit, "")
    suffix = SUFFIXED_UNITS.get(unit, f" {unit}")
    return f"{QUALIFIERS[quantity.bound]}{prefix}{number}{suffix}"


def format_number(value: float, places: int = 0) -> str:
    """Write a number with comma thousands and a true minus sign, rounded half away from zero, once."""
    from decimal import ROUND_HALF_UP

    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = f"{abs(rounded):,.{places}f}"
    return f"−{text}" if rounded < 0 else text


def typographic(text: str) -> str:
    """Write apostrophes as print has them: China’s, not China's."""
    return re.sub(r"(?<=\w)'(?=\w|\s)", "’", text)


def _places(value: float, unit: str, places: int | None) -> int:
    if places is not None:
        return places
    if unit in ("Mt", "kt", "USD/kg", "years", "ratio", "index", "ppm") and abs(value) < 10 and value != int(value):
        return 1
    return 0


def inputs_of(frame: pd.DataFrame) -> list[Record]:
    """Describe what identifies the rows of a frame: table, line, source, day and the columns that are not empty.

    A frame of more than MANY rows is told by source: the lines it came from and the lowest confidence.
    """
    name = frame.attrs.get("table")
    if not name:
        raise ValueError("rows must come from catalog.table (their attrs name the table); got a computed frame")
    if len(frame) > MANY:
        return [_summary(name, source, rows) for source, rows in frame.groupby("source_id", sort=True)]
    frame = frame[[column for column in frame if not str(column).startswith("_")]]
    cells = frame.to_numpy(dtype=object).tolist()  # three times as quick as `to_dict` for a row or two
    return [
        {"table": name, "row": int(row)} | {k: _plain(v) for k, v in zip(frame, values, strict=True) if _filled(v)}
        for row, values in zip(frame.index, cells, strict=True)
    ]


def _summary(table: str, source_id: str, rows: pd.DataFrame) -> Record:
    confidence = next((level for level in ("low", "medium") if (rows["confidence"] == level).any()), "high")
    carried = {"known_to": _plain(rows["known_to"].min())} if "known_to" in rows else {}
    return carried | {
        "table": table,
        "rows": [int(row) for row in rows.index],
        "source_id": source_id,
        "published": _plain(rows["published"].max()),
        "confidence": confidence,
    }


def _filled(value: object) -> bool:
    return not (pd.isna(value) or value == "")


def _plain(value: object) -> object:
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return value.item() if hasattr(value, "item") else value


def _estimated(frame: pd.DataFrame) -> bool:
    """Whether the publisher calls a figure of these rows an estimate, in a mark or in a flag on a weight."""
    marks = (frame[column].fillna("").str.split(";") for column in ("qualifier", "flags") if column in frame)
    return any(not ESTIMATES.isdisjoint(found) for column in marks for found in column)


def _refuse_low_confidence(name: str, inputs: tuple[Record, ...]) -> None:
    low = [
        f"{entry['table']} row {entry.get('row', entry.get('rows'))}"
        for entry in inputs
        if entry.get("confidence") == "low"
    ]
    if low:
        raise LowConfidence(
            f"headline fact {name!r} rests on low-confidence rows ({', '.join(low[:5])}); "
            "choose better rows or show it as an estimate outside the headline"
        )


def _refuse_later_than_known(name: str, period: str, frames: list[pd.DataFrame]) -> None:
    carried = [frame["known_to"].min() for frame in frames if "known_to" in frame]
    if carried and period != f"{min(carried):%Y-%m-%d}":
        raise ValueError(
            f"fact {name!r} has statuses that are known only up to {min(carried):%Y-%m-%d}, the oldest of them: "
            f"make that day its period, not {period}"
        )


def _refuse_mixed_bases(name: str, frames: list[pd.DataFrame]) -> None:
    try:
        one_basis(basis for frame in frames for basis in catalog.bases(frame))
    except MixedBases as error:
        raise MixedBases(f"fact {name!r}: {error}") from None


def _as_quoted(value: float | None, unit: str, places: int | None, frames: list[pd.DataFrame]) -> int:
    """Return the decimals to show: those asked for, of a figure quoted from one row not more than the file prints."""
    asked = 0 if value is None else _places(value, unit, places)
    rows = [(frame.attrs["table"], int(row)) for frame in frames for row in frame.index]
    if value is None or len(rows) != 1 or not asked:
        return asked
    printed = [found for text in catalog.printed(*rows[0]) if (found := _decimals(text, value)) is not None]
    return min(asked, max(printed)) if printed else asked


def _decimals(text: str, value: float) -> int | None:
    """How many decimals a printed number has in the unit in which `value` is told; None where the two are not one."""
    number = Decimal(text)
    for power in THOUSANDS:
        if isclose(float(number.scaleb(-power)), value, rel_tol=1e-12):
            exact = number if power == 0 else number.normalize().scaleb(-power)
            exponent = exact.as_tuple().exponent
            return max(0, -exponent) if isinstance(exponent, int) else None
    return None
