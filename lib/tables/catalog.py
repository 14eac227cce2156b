"""The tables of the book: loaded, typed, and seen as of a day.

Every observation has two clocks: the period it describes and the day it became public (`published`). A table
read `as_of` a day holds, per series and period, the newest figure published by then, and nothing that nobody
could have known. What each table's series and period are is declared in ``data/datapackage.json`` as
`vintageKey`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import pandas as pd

from lib import run
from lib.tables import asof, values
from lib.tables.dictionary import DataError, Stamp, stamp
from lib.tables.dictionary import UnknownTable as UnknownTable
from lib.tables.dictionary import data_dir as data_dir
from lib.tables.dictionary import dictionary as dictionary
from lib.tables.dictionary import reading as reading
from lib.tables.dictionary import resource as resource
from lib.tables.dictionary import tables as tables

SPECIAL_PLACES = {
    "WLD": "World",
    "OTH": "Other countries",
    "ROW": "Rest of the world",
    "EU27": "EU27",
    "EUX": "EU27 from outside",
    "SUN": "Soviet Union",
    "TOP3": "Top three",
    "CIS": "Commonwealth of Independent States",
    "ASIA": "Asia",
    "USA": "United States",
    "GBR": "United Kingdom",
    "RUS": "Russia",
    "VNM": "Viet Nam",
    "LAO": "Laos",
    "KOR": "South Korea",
    "CZE": "Czechia",
    "TWN": "Taiwan",
    "COD": "DR Congo",
    "XKX": "Kosovo",
    "SCG": "Serbia and Montenegro",
    "ANT": "Netherlands Antilles",
    "S19": "Other Asia, not elsewhere specified",
}
# Rows are chosen many times from small tables, which takes Arrow's strings several times as long.
pd.set_option("mode.string_storage", "python")
DTYPES = {"integer": "Int64", "number": "float64", "string": "str", "boolean": "boolean", "date": "str"}

WHOLE, NOTHING = dt.date.max, dt.date.min
"""Days that stand for all rows of a table, and for none."""


class NoDataYet(LookupError):
    """Error for a table, or the part of it that was asked for, of which nothing was public on the as-of day."""

    def __init__(self, table: str, as_of: dt.date | None, starts: dt.date | None, what: str = "") -> None:
        self.table, self.as_of, self.starts, self.what = table, as_of, starts, what
        subject = what or f"the table {table!r}"
        when = f"; its data start on {starts:%Y-%m-%d}" if starts else ""
        super().__init__(f"{subject} is not in this book’s tables for {as_of or 'today'}{when}")


class DoesNotHold(NoDataYet):
    """Error for what is said only where the data bear it out, and here they do not: `what` names it, as a subject."""

    def __init__(self, what: str) -> None:
        super().__init__("", None, None, what)
        self.args = (f"{what} is not supported by the data",)


def table(name: str, as_of: str | dt.date | None = None, *, vintages: str = "newest") -> pd.DataFrame:
    """Return a table as it was known on a day.

    The DataFrame is typed by the dictionary; `published`, `confidence` and `qualifier` are always there and filled. The
    index `row` is the line in the CSV file (the header is line 1), so that a number can name the rows it came from.
    `attrs` hold `table` and `as_of`.

    `vintages="newest"` keeps per `vintageKey` the row published last by `as_of`; `"all"` keeps every edition published
    by then. `as_of=None` is today: everything in the table. Tables declared `timeless` (the periodic table, country
    groups) are never cut.

    Raises UnknownTable, NoDataYet, DataError for a cell of another type than its column's, or ValueError for an `as_of`
    that is not a day.
    """
    if vintages not in ("newest", "all"):
        raise ValueError(f"vintages must be 'newest' or 'all', not {vintages!r}")
    day = as_day(as_of)
    entry = resource(name)
    _note(name, day or WHOLE)
    frame = _cut(name, day, vintages, *_stamps(name)).copy(deep=False)  # pandas copies what is then changed
    if frame.empty and not entry.get("timeless"):
        raise NoDataYet(name, day, starts(name))
    frame.attrs = {"table": name, "as_of": day.isoformat() if day else None}
    return frame


def blank(name: str) -> pd.DataFrame:
    """Return a table without rows, as `table` would give it before anything of it was public."""
    _note(name, NOTHING)
    frame = _blank(name, *_stamps(name)).copy(deep=False)
    frame.attrs = {"table": name, "as_of": None}
    return frame


def starts(name: str, chosen: Callable[[pd.DataFrame], pd.DataFrame] = lambda rows: rows) -> dt.date | None:
    """Return the first day on which any row of a table, or of those `chosen` from it, was public; None without any."""
    first = chosen(_cut(name, None, "all", *_stamps(name)))["published"].min()
    day = None if pd.isna(first) else first.date()
    _note(name, day or WHOLE)  # what became public after the first day does not move it
    return day


def tables_read() -> dict[str, dt.date | None]:
    """List the tables read in the current run, each with the latest day asked for; None where that was all of it."""
    return {name: None if day == WHOLE else day for name, day in run.current().read.items()}


def _note(name: str, day: dt.date) -> None:
    now = run.current()
    now.read[name] = max(day, now.read.get(name, NOTHING))
    now.read_by_part.add(name)


def sources() -> pd.DataFrame:
    """Return all sources, indexed by id."""
    return _sources(stamp(data_dir() / "sources.csv"))[0].copy(deep=False)


def vintage(as_of: dt.date | None = None) -> dt.date:
    """Return the last day on which sources public by `as_of` were read; without a day, what an open `as_of` means.

    What was read later does not move an edition of a past day. Where nothing was public by then, all sources count.
    """
    listed, public = _sources(stamp(data_dir() / "sources.csv"))
    published = listed if as_of is None else listed[public <= pd.Timestamp(as_of)]
    newest: dt.datetime = (listed if published.empty else published)["accessed"].max()
    return newest.date()


def as_day(value: str | dt.date | None) -> dt.date | None:
    """Read an as-of date; empty or None means today, without a limit. Raises ValueError for anything else."""
    if value is None or value == "":
        return None
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return asof.as_day(str(value))
    except ValueError:
        raise ValueError(f"as_of must be a day such as 2025-06-30, not {value!r}") from None


@lru_cache
def country_names() -> dict[str, str]:
    """Return short English names by ISO 3166-1 alpha-3 code, with the codes that stand for groups."""
    import pycountry

    listed = {country.alpha_3: getattr(country, "common_name", country.name) for country in pycountry.countries}
    return listed | SPECIAL_PLACES


def country_name(iso3: str) -> str:
    """Return the short name of a country; trade specials such as `_X` are unspecified areas."""
    if iso3.startswith("_"):
        return "Unspecified areas"
    return country_names().get(iso3, iso3)


def _known_by(frame: pd.DataFrame, day: dt.date | None) -> pd.DataFrame:
    """Keep the rows of a frame that were public by a day, as `asof.known_by`; rows without a day are dropped."""
    return frame if day is None else frame[frame["published"] <= pd.Timestamp(day)]


def _newest(frame: pd.DataFrame, key: list[str] | None) -> pd.DataFrame:
    if not key:
        return frame
    return frame.sort_values("published", kind="stable").drop_duplicates(key, keep="last").sort_index()


@lru_cache(maxsize=4)
def _sources(stamp: Stamp) -> tuple[pd.DataFrame, pd.Series]:
    """Read all sources, and the days on which they became public, by id."""
    frame = pd.read_csv(stamp[0], dtype="str", keep_default_na=False, encoding="utf-8").set_index("id")
    public = pd.Series([asof.row_day(row) for row in frame.to_dict("records")], index=frame.index, dtype="str")
    _refuse_strange(Path(stamp[0]), {"published": "date", "accessed": "date"})
    for column in ("published", "accessed"):
        frame[column] = pd.to_datetime(frame[column])
    return frame, pd.to_datetime(public)


def _refuse_strange(path: Path, kinds: Mapping[str, str]) -> None:
    """Raise DataError for the first cell that is not written as its column's type; `kinds` is `{column: type}`."""
    from pyarrow import csv

    texts = csv.read_csv(
        io.BytesIO(path.read_bytes()),
        read_options=csv.ReadOptions(use_threads=False),  # threads would be left behind in a process that forks
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(kinds, "string"), include_columns=list(kinds), include_missing_columns=True
        ),
    )
    for column, kind in kinds.items():
        strange = values.strange(kind, texts[column].unique().to_pylist())
        if strange:
            line, cell = next((line, text) for line, text in enumerate(texts[column].to_pylist(), 2) if text in strange)
            expected = f"expected {values.EXPECTED[kind]}"
            raise DataError(f"{path.name}, line {line}, column {column}: {cell!r}; {expected}")


def _stamps(name: str) -> Iterator[Stamp]:
    """Yield the stamps of all files that say what a table holds on a day."""
    for path in (resource(name)["path"], "sources.csv", "corrections.csv", "datapackage.json"):
        yield stamp(data_dir() / path)


@lru_cache(maxsize=256)
def _cut(name: str, day: dt.date | None, vintages: str, *_stamps: Stamp) -> pd.DataFrame:
    """Return the rows of a table as known on a day, which may be none."""
    entry = resource(name)
    frame = _corrected(_load(name), name, day)
    if entry.get("timeless"):
        return frame
    frame = _known_by(frame, day)
    return frame if vintages == "all" else _newest(frame, entry.get("vintageKey"))


def _load(name: str) -> pd.DataFrame:
    folder = data_dir()
    return _load_stamped(name, stamp(folder / resource(name)["path"]), stamp(folder / "sources.csv"))


@lru_cache(maxsize=128)
def _blank(name: str, *_stamps: Stamp) -> pd.DataFrame:
    return _load(name).head(0)


@lru_cache(maxsize=128)
def _load_stamped(name: str, path: Stamp, _sources_stamp: Stamp) -> pd.DataFrame:
    fields = resource(name)["schema"]["fields"]
    dtypes = {field["name"]: DTYPES[field["type"]] for field in fields}
    kinds = {field["name"]: field["type"] for field in fields if field["type"] in values.EXPECTED}
    try:
        if kinds:
            _refuse_strange(Path(path[0]), kinds)
        frame = pd.read_csv(path[0], dtype=dtypes, keep_default_na=False, na_values=[""], encoding="utf-8")
        for field in fields:
            if field["type"] == "date":
                frame[field["name"]] = pd.to_datetime(frame[field["name"]], format="%Y-%m-%d")
    except DataError:
        raise
    except (ValueError, KeyError) as error:  # what pyarrow and pandas raise is a ValueError
        raise DataError(f"{Path(path[0]).name} cannot be read: {error}") from error
    frame.index = pd.RangeIndex(2, len(frame) + 2, name="row")
    return _with_defaults(frame)


def _with_defaults(frame: pd.DataFrame) -> pd.DataFrame:
    """Fill `published` and `confidence` from the source where a row has none of its own: `asof.row_day` for a frame."""
    if "source_id" in frame:
        listed, public = _sources(stamp(data_dir() / "sources.csv"))
        for column, by_source in (("published", public), ("confidence", listed["confidence"])):
            origin = by_source.reindex(frame["source_id"]).set_axis(frame.index)
            frame[column] = frame[column].fillna(origin) if column in frame else origin
    if "accessed" in frame:
        frame["published"] = frame["published"].fillna(frame["accessed"]) if "published" in frame else frame["accessed"]
    frame["qualifier"] = frame["qualifier"].fillna("") if "qualifier" in frame else ""
    return frame


def preload() -> None:
    """Load all tables as known today, and the names of countries, before they are asked for.

    A file that is missing or cannot be read is left for whoever asks for its table.
    """
    country_names()
    with contextlib.suppress(OSError, ValueError, KeyError):
        for name in tables():
            with contextlib.suppress(OSError, ValueError, KeyError):
                _cut(name, None, "newest", *_stamps(name))


def bases(frame: pd.DataFrame) -> list[str]:
    """Tell what the mass in each row counts (REO, element, metal, gross, magnet, …), by `bases` in the dictionary.

    The first rule that fits a row decides; empty where none does, as for what is no mass or a frame of no table.
    """
    labels = pd.Series("", index=frame.index, dtype="str")
    name = frame.attrs.get("table")
    for rule in resource(name).get("bases", ()) if name else ():
        if "all" in rule:
            by_rule = pd.Series(rule["all"], index=frame.index)
        elif rule["column"] in frame:
            by_rule = frame[rule["column"]].map(rule["values"]).fillna("")
        else:
            continue
        labels = labels.where(labels.ne(""), by_rule)
    return [str(basis) for basis in labels]


def printed(name: str, row: int) -> list[str]:
    """Return the numbers of a line of a table as its file prints them, empty cells left out."""
    line = _printed(name, stamp(data_dir() / resource(name)["path"])).iloc[row - 2]
    return [text for text in line if text]


@lru_cache(maxsize=32)
def _printed(name: str, path: Stamp) -> pd.DataFrame:
    fields = resource(name)["schema"]["fields"]
    numbers = [field["name"] for field in fields if field["type"] in ("number", "integer")]
    return pd.read_csv(path[0], dtype="str", keep_default_na=False, usecols=numbers, encoding="utf-8")


def corrections() -> pd.DataFrame:
    """Return the known mistakes of printed figures, one a row, all columns as text."""
    return _corrections(stamp(data_dir() / "corrections.csv")).copy(deep=False)


@lru_cache(maxsize=4)
def _corrections(stamp: Stamp) -> pd.DataFrame:
    return pd.read_csv(stamp[0], dtype="str", keep_default_na=False)


def _corrected(frame: pd.DataFrame, name: str, day: dt.date | None) -> pd.DataFrame:
    """Correct the mistakes of this table that were known by `day`; the column `corrected_by` names the correction."""
    listed = corrections()
    listed = listed[listed["table"] == name]
    if listed.empty:
        return frame
    found_out = _sources(stamp(data_dir() / "sources.csv"))[1].reindex(listed["source_id"]).set_axis(listed.index)
    if day is not None:
        listed = listed[found_out <= pd.Timestamp(day)]
    if listed.empty:  # nothing known to be wrong by that day: the table is as it would have been then
        return frame
    frame = frame.assign(corrected_by="")
    for correction in listed.to_dict("records"):
        rows = matching_rows(frame, json.loads(correction["match"])).index
        column, value = correction["column"], correction["corrected"]
        if pd.api.types.is_numeric_dtype(frame[column]):
            value = float(value) if value else None
        frame.loc[rows, column] = value
        frame.loc[rows, "corrected_by"] = correction["id"]
    return frame


def matching_rows(frame: pd.DataFrame, match: Mapping[str, object]) -> pd.DataFrame:
    """Return the rows of `frame` whose columns equal the values of `match`, compared as text."""
    chosen = pd.Series(True, index=frame.index)
    for column, value in match.items():
        chosen &= frame[column].astype("str") == str(value)
    return frame[chosen]
