"""Check a data folder: tables against their dictionary (Frictionless), and rules that a schema cannot say.

`check` returns every problem with file, row, column, value, rule and remedy. An empty list means that the
book may be built from the folder.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from lib.tables import asof, catalog, dates, values
from lib.tables.dictionary import CONFIDENCES, FILE, PLACES, DataError, Descriptor, data_dir, read_dictionary
from lib.tables.problems import Problem

if TYPE_CHECKING:
    from frictionless import Error

QUALIFIERS = {
    "e",
    ">",
    "<",
    "W",
    "NA",
    "r",
    "zero",
    "quota",
    "trade",
    "exports",
    "reported",
    "range",
    "E",
    "X",
} | {
    "break",
    "fiscal",
    "derived",
}
VALUELESS = {"W", "NA", "E"}
ROUNDING_OF_SHARES = 1.5
REMEDIES = {
    "missing-cell": "add the missing cells; a row must have as many cells as the header",
    "extra-cell": "remove the extra cells, or quote a value that holds a comma",
    "type-error": "write the value in the type of the column; keep marks such as > or e in the qualifier column",
    "constraint-error": "use a value that the dictionary allows",
    "primary-key": "remove the duplicate row, or tell the two apart by edition or version",
    "blank-row": "remove the empty line",
    "incorrect-label": "rename the column to its name in the dictionary",
    "missing-label": "add the column that the dictionary names",
    "extra-label": "remove the column, or describe it in datapackage.json",
    "encoding-error": "save the file as UTF-8",
    "source-error": "save the file as comma-separated UTF-8 text with a header line",
}


Tables = dict[str, pd.DataFrame]


def check(
    folder: Path | str | None = None, only: Collection[str] | None = None, today: dt.date | None = None
) -> list[Problem]:
    """Return all problems of a data folder (default: the book's own), or of the tables that `only` names.

    The files are looked at first; cross-table rules run only on tables that can be read. `today` is the day by which
    days must have come, by default that of the clock.
    """
    folder = Path(folder) if folder else data_dir()
    package, problems = _read_package(folder)
    if package is None:
        return problems
    tables: Tables = {}
    unread: set[str] = set()
    chosen = [entry for entry in package["resources"] if only is None or entry["name"] in only]
    for resource in chosen:
        of_table = list(_file_problems(folder, resource))
        if not of_table:
            tables[resource["name"]] = _as_text(folder / resource["path"])
            of_table = list(_cell_problems(resource, tables[resource["name"]], today))
            if any(problem.rule == "type-error" for problem in of_table):
                unread.add(resource["name"])
            of_table += _schema_problems(folder, resource, {(problem.row, problem.column) for problem in of_table})
        problems += of_table
    problems += _undescribed_files(folder, package)
    tables |= {name: _as_text(folder / path) for name, path in _pointed_to(package, chosen) if name not in tables}
    if "sources" in tables and "corrections" in tables:
        for resource in chosen:
            if resource["name"] in tables and resource["name"] not in unread:
                problems += _cross_problems(resource, tables)
        problems += list(_corrections_that_fail(package, tables))
    return problems


def _pointed_to(package: Descriptor, chosen: Iterable[Descriptor]) -> Iterator[tuple[str, str]]:
    """Yield name and path of the tables that the chosen ones are checked against: those that their keys lead to."""
    chosen = list(chosen)
    needed = {key["reference"]["resource"] for entry in chosen for key in entry["schema"].get("foreignKeys", [])}
    needed |= {key["reference"]["resource"] for entry in chosen for key in entry.get("listKeys", [])}
    for entry in package["resources"]:
        if entry["name"] in needed | {"sources", "corrections"} and len(chosen) < len(package["resources"]):
            yield entry["name"], entry["path"]


def _read_package(folder: Path) -> tuple[Descriptor | None, list[Problem]]:
    path = folder / FILE

    def say(value: str, remedy: str) -> list[Problem]:
        return [Problem("datapackage.json", None, "", value, "dictionary", remedy)]

    if not path.is_file():
        return None, say(
            str(folder), "a data folder needs its dictionary, datapackage.json; check that this is the right folder"
        )
    try:
        package = read_dictionary(folder)
    except DataError as error:
        return None, say(str(error), "correct the dictionary accordingly")
    from frictionless import Package

    errors = list(Package.metadata_validate(package))
    return package, [p for e in errors for p in say(e.note, "correct the dictionary as the note says")]


def _file_problems(folder: Path, resource: Descriptor) -> Iterator[Problem]:
    """Yield what keeps a file from being read at all, in words for the person who has to repair it."""
    path = folder / resource["path"]

    def problem(rule: str, remedy: str, value: str = "", row: int | None = None) -> Problem:
        return Problem(resource["path"], row, "", value, rule, remedy)

    if not path.is_file():
        yield problem("file-missing", "restore the file, or remove its entry from datapackage.json")
        return
    raw = path.read_bytes()
    if not raw.strip():
        yield problem("file-empty", "restore the file: it is empty")
        return
    if raw.startswith(b"\xef\xbb\xbf"):
        yield problem("byte-order-mark", "save as UTF-8 without a byte order mark", row=1)
    if b"\r" in raw:
        yield problem("line-ends", "save with Unix line ends (LF)", row=raw[: raw.index(b"\r")].count(b"\n") + 1)
    if b"\x00" in raw:
        yield problem("binary", "restore the file: it contains NUL bytes, so it is not a text table")
        return
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        yield problem("encoding", "save the file as UTF-8; it looks like Windows-1252", repr(raw[error.start]), row)
    if not raw.endswith(b"\n"):
        yield problem("truncated", "the last line is not terminated: fetch the file again", row=raw.count(b"\n") + 1)


def _cell_problems(resource: Descriptor, frame: pd.DataFrame, today: dt.date | None) -> Iterator[Problem]:
    """Yield cells that are not written as their column's type, or that a spreadsheet or a terminal would run."""
    for field in resource["schema"]["fields"]:
        column = frame.get(field["name"])
        if column is None:
            continue
        faults = {text: fault for text in column.unique() if (fault := values.fault(field, text, today))}
        for row, text in column[column.isin(faults.keys())].items():
            yield Problem(resource["path"], int(row), field["name"], text, *faults[text])


def _schema_problems(
    folder: Path, resource: Descriptor, reported: Collection[tuple[int | None, str]] = ()
) -> list[Problem]:
    """Return what the dictionary does not allow, but for type errors of cells that are `reported` by row and column."""
    from frictionless import Checklist, Resource

    described = {key: resource[key] for key in ("name", "path", "schema")}
    described["schema"] = {k: v for k, v in resource["schema"].items() if k != "foreignKeys"}  # checked below
    report = Resource(described, basepath=str(folder)).validate(Checklist(), limit_errors=500)
    problems = [_as_problem(resource["path"], error) for task in report.tasks for error in task.errors]
    return [
        problem for problem in problems if problem.rule != "type-error" or (problem.row, problem.column) not in reported
    ]


def _as_problem(file: str, error: Error) -> Problem:
    remedy = REMEDIES.get(error.type, error.description)
    row = getattr(error, "row_number", None) or (1 if "label" in error.type else None)
    column = getattr(error, "field_name", "") or getattr(error, "label", "") or ""
    value = getattr(error, "cell", "")
    value = str(value) if value not in ("", None) else error.note
    if error.type == "constraint-error":
        remedy = f"{remedy}: {error.note}"
    return Problem(file, row, column, value, error.type, remedy)


def _undescribed_files(folder: Path, package: Descriptor) -> list[Problem]:
    described = {resource["path"] for resource in package["resources"]}
    remedy = "describe the table in datapackage.json, or move the file away"
    return [
        Problem(path.name, None, "", "", "not-in-dictionary", remedy)
        for path in sorted(folder.glob("*.csv"))
        if path.name not in described
    ]


def _as_text(path: Path) -> pd.DataFrame:
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.reader(handle))
    width = len(rows[0])
    frame = pd.DataFrame([(row + [""] * width)[:width] for row in rows[1:]], columns=rows[0], dtype="str")
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    return frame


def _cross_problems(resource: Descriptor, tables: Tables) -> list[Problem]:
    frame = tables[resource["name"]]
    problems = [problem for rule in RULES for problem in rule(resource, frame, tables)]
    return sorted(problems, key=lambda problem: (problem.rule, problem.row or 0))


def _problems(resource: Descriptor, frame: pd.DataFrame, column: str, rule: str, remedy: str) -> Iterator[Problem]:
    for row, value in frame[column].items():
        yield Problem(resource["path"], int(row), column, str(value), rule, remedy)


def keys_resolve(resource: Descriptor, frame: pd.DataFrame, tables: Tables) -> Iterator[Problem]:
    """Check that every key, alone or in a `;`-separated list, is a row of the table that it points to.

    Single keys are the `foreignKeys` of the dictionary; `listKeys` there names columns that hold lists.
    """
    singles = [(key["fields"][0], key["reference"]) for key in resource["schema"].get("foreignKeys", [])]
    lists = [(key["field"], key["reference"]) for key in resource.get("listKeys", [])]
    if "also_source_ids" in frame:
        lists.append(("also_source_ids", {"resource": "sources", "fields": ["id"]}))
    for column, reference in singles + lists:
        target = reference["resource"] or resource["name"]
        if column not in frame or target not in tables:
            continue
        keys = set(tables[target][reference["fields"][0]]) | {""}
        values = frame[column].str.split(";").explode().str.strip() if (column, reference) in lists else frame[column]
        unknown = values[~values.isin(keys)].to_frame()
        remedy = f"use a key of {target}.csv, or add the row there first"
        yield from _problems(resource, unknown, column, f"{target}-unknown", remedy)


def qualifiers_known(resource: Descriptor, frame: pd.DataFrame, tables: Tables) -> Iterator[Problem]:
    """Check that marks are of the vocabulary, and that a withheld or unavailable figure has no number beside it."""
    if "qualifier" not in frame:
        return
    marks = frame["qualifier"].str.split(";").explode()
    strange = marks[(marks != "") & ~marks.isin(QUALIFIERS)]
    remedy = f"use one of {' '.join(sorted(QUALIFIERS))}, joined by semicolons"
    yield from _problems(resource, strange.to_frame(), "qualifier", "qualifier-unknown", remedy)
    value = next((name for name in frame if name == "value" or name.startswith(("value_", "share"))), None)
    if value and resource["name"] != "us_import_sources":
        valueless = marks.isin(VALUELESS).groupby(level=0).any() & (frame[value] != "")
        remedy = "leave the value empty: W, NA and E mean that there is no number"
        yield from _problems(resource, frame[valueless], value, "value-despite-mark", remedy)


def confidences_known(resource: Descriptor, frame: pd.DataFrame, tables: Tables) -> Iterator[Problem]:
    """Check that confidence is high, medium or low; empty means that of the source."""
    if "confidence" in frame:
        strange = frame[~frame["confidence"].isin({*CONFIDENCES, ""})]
        yield from _problems(
            resource, strange, "confidence", "confidence-unknown", "use high, medium, low, or leave empty"
        )


def places_known(resource: Descriptor, frame: pd.DataFrame, tables: Tables) -> Iterator[Problem]:
    """Check that countries are ISO 3166-1 alpha-3 codes or one of the named groups."""
    codes = set(catalog.country_names()) | {""}
    remedy = "use the ISO 3166-1 alpha-3 code (or WLD, OTH, ROW, EU27 …)"
    for column in PLACES:
        if column in frame:
            strange = frame[~(frame[column].isin(codes) | frame[column].str.startswith("_"))]
            yield from _problems(resource, strange, column, "country-unknown", remedy)


def published_after_start(resource: Descriptor, frame: pd.DataFrame, tables: Tables) -> Iterator[Problem]:
    """Check that no figure was public before the year it describes began, unless it is a projection."""
    if resource["name"] == "sources" or "year" not in frame or resource.get("announcedAhead"):
        return
    published = _published(frame, tables)
    year = pd.to_numeric(frame["year"], errors="coerce")
    early = frame[(pd.to_datetime(published, errors="coerce").dt.year < year).fillna(False)]
    if "kind" in early:
        early = early[early["kind"] != "projection"]
    remedy = "correct the year or the day of publication; a projection needs kind = projection"
    yield from _problems(resource, early, "year", "published-before-period", remedy)


def published_before_read(resource: Descriptor, frame: pd.DataFrame, tables: Tables) -> Iterator[Problem]:
    """Check that no figure became public after its source was read: the book is as of the last day of reading."""
    own = resource["name"] == "sources"
    if not own and "source_id" not in frame:
        return
    read = (
        frame["accessed"] if own else frame["source_id"].map(tables["sources"].set_index("id")["accessed"]).fillna("")
    )
    published = frame["published"] if own else _published(frame, tables)
    late = frame[(published > read) & (read != "")]
    remedy = "correct the day of publication, or say in sources.csv when the source was read again (accessed)"
    yield from _problems(resource, late, "published" if "published" in frame else "source_id", "published-late", remedy)


def dates_as_precise_as_known(resource: Descriptor, frame: pd.DataFrame, tables: Tables) -> Iterator[Problem]:
    """Check that a date known to the month, quarter or year is given as its last day, and says how it is known.

    `precision` of a field in the dictionary names the column beside it; `notBefore` a date before whose last day the
    row cannot be public.
    """
    for field in resource["schema"]["fields"]:
        column, beside, earliest = field["name"], field.get("precision"), field.get("notBefore")
        if column not in frame:
            continue
        if beside in frame:
            unlike = frame[frame[column].eq("") != frame[beside].eq("")]
            remedy = f"fill {beside} with day, month or year where there is a date, and only there"
            yield from _problems(resource, unlike, beside, "precision-missing", remedy)
            remedy = "write the last day of the month, quarter or year, or the day itself with the precision day"
            yield from _problems(resource, frame[_within_interval(frame, column, beside)], column, "date-early", remedy)
        if earliest in frame:
            early = frame[frame[column].lt(frame[earliest]) & frame[column].ne("")]
            remedy = f"a row cannot be public before the last day of its {earliest}"
            yield from _problems(resource, early, column, "published-before-date", remedy)


def _within_interval(frame: pd.DataFrame, column: str, beside: str) -> pd.Series:
    """Tell which dates are before the last day of their interval, or of the part of it that had passed when read."""
    read = frame["accessed"] if "accessed" in frame else pd.Series("", frame.index)
    days, until = (pd.to_datetime(text, format="%Y-%m-%d", errors="coerce") for text in (frame[column], read))
    rows = zip(days, frame[beside], until, strict=True)
    early = [not (pd.isna(day) or day >= dates.interval(day, how)[1] or day >= end) for day, how, end in rows]
    return pd.Series(early, index=frame.index, dtype=bool)


def vintages_distinct(resource: Descriptor, frame: pd.DataFrame, tables: Tables) -> Iterator[Problem]:
    """Check that two figures for one series and period differ in edition, source or the day they became public."""
    key = resource.get("vintageKey")
    if not key or resource.get("timeless") or not set(key) <= set(frame):
        return
    apart = [*key, *(name for name in ("edition", "version", "source_id") if name in frame and name not in key)]
    keyed = frame[apart].assign(published=_published(frame, tables))
    remedy = f"distinguish the rows by one of {', '.join(apart)}, or give each its own published day"
    yield from _problems(resource, frame[keyed.duplicated(keep="first")], key[-1], "vintage-ambiguous", remedy)


def ranges_ordered(resource: Descriptor, frame: pd.DataFrame, tables: Tables) -> Iterator[Problem]:
    """Check that low ≤ value ≤ high, where a table has such columns, and low ≤ mode ≤ high of what is drawn from."""
    stems = [name.removesuffix("_low") for name in frame if name.endswith("_low")]
    drawn = [("low", "mode", "high")] if "mode" in frame else []
    for low, middle, high in [*drawn, *((f"{stem}_low", stem, f"{stem}_high") for stem in stems)]:
        for smaller, larger in ((low, middle), (middle, high), (low, high)):
            if smaller in frame and larger in frame:
                pair = frame[[smaller, larger]].apply(pd.to_numeric, errors="coerce")
                wrong = frame[pair[smaller] > pair[larger]]
                yield from _problems(resource, wrong, smaller, "range-order", f"it must not exceed {larger}")


def totals_hold(resource: Descriptor, frame: pd.DataFrame, tables: Tables) -> Iterator[Problem]:
    """Check that country rows add up to the printed world total within the publisher's rounding.

    `worldTotal` in the dictionary names the value column and the columns of one printed table; where a version
    inside an edition changed rows, each total is held against the rows public on its day. A total whose
    row says in `conflicts_with` that the source itself does not add up is shown, not repaired, and passes.
    """
    rule = resource.get("worldTotal")
    if not rule or not {rule["value"], *rule["by"], "iso3"} <= set(frame):
        return
    if "where" in rule:
        frame = catalog.matching_rows(frame, rule["where"])
    numbers = frame.assign(
        _number=pd.to_numeric(frame[rule["value"]], errors="coerce"), _published=_published(frame, tables)
    )
    for _, group in numbers.groupby(rule["by"], sort=False):
        for row in group.index[(group["iso3"] == "WLD") & group["_number"].notna()]:
            yield from _total_problems(resource, rule, group, row)


def _total_problems(resource: Descriptor, rule: Descriptor, group: pd.DataFrame, row: int) -> Iterator[Problem]:
    world = group.loc[row]
    countries = group[(group["iso3"] != "WLD") & (group["_published"] <= world["_published"])]
    parts = countries.sort_values("_published", kind="stable").drop_duplicates("iso3", keep="last")
    if len(parts) < 3 or world.get("conflicts_with"):
        return
    printed, summed = world["_number"], parts["_number"].sum()
    allowed = _rounding(printed) + rule.get("percent", 1) / 100 * printed
    bounded = ">" in world.get("qualifier", "").split(";")
    if summed < printed - allowed or (summed > printed + allowed and not bounded):
        remedy = (
            f"the rows add up to {summed:,.0f}: look for a footnote mark in a number, a shifted column or a missing row"
        )
        yield Problem(resource["path"], int(row), rule["value"], f"{printed:,.0f}", "world-total", remedy)


def _rounding(value: float) -> float:
    """Return half a unit of the last significant digit that is printed: 390,000 is rounded to 10,000."""
    digits = str(int(value))
    zeros = len(digits) - len(digits.rstrip("0"))
    return 0.5 * 10**zeros if value and not math.isnan(value) else 0.0


def shares_within_whole(resource: Descriptor, frame: pd.DataFrame, tables: Tables) -> Iterator[Problem]:
    """Check that shares lie between 0 and 100 and, in one list (`wholeOf` in the dictionary), add up to at most 100."""
    rule = resource.get("wholeOf")
    if not rule or not {rule["share"], *rule["by"]} <= set(frame):
        return
    share = pd.to_numeric(frame[rule["share"]], errors="coerce")
    outside = frame[(share < 0) | (share > 100)]
    yield from _problems(resource, outside, rule["share"], "share-range", "a share is between 0 and 100 percent")
    kept = frame if "where" not in rule else catalog.matching_rows(frame, rule["where"])
    kept = kept[~kept[rule.get("member", rule["by"][0])].isin(rule.get("except", []))]
    for key, rows in kept.groupby(rule["by"], sort=False):
        total = share[rows.index].sum()
        if total > 100 + ROUNDING_OF_SHARES:
            name = ", ".join(map(str, key))
            remedy = f"the shares of {name} add up to {total:.1f}: look for a duplicate row or two lists in one"
            yield Problem(resource["path"], int(rows.index[0]), rule["share"], f"{total:.1f}", "shares-sum", remedy)


RULES: list[Callable[[Descriptor, pd.DataFrame, Tables], Iterator[Problem]]] = [
    keys_resolve,
    qualifiers_known,
    confidences_known,
    places_known,
    published_after_start,
    published_before_read,
    dates_as_precise_as_known,
    vintages_distinct,
    ranges_ordered,
    totals_hold,
    shares_within_whole,
]


def _corrections_that_fail(package: Descriptor, tables: Tables) -> Iterator[Problem]:
    """Yield corrections that no longer find the mistake they repair: the source has corrected it, so they must go."""
    names = {resource["name"] for resource in package["resources"]}
    for row, correction in tables["corrections"].iterrows():
        problem = partial(_correction_problem, row, correction)
        if correction["table"] not in names:
            yield problem("table", "name a table of the dictionary")
            continue
        if correction["table"] not in tables:
            continue
        try:
            match = json.loads(correction["match"])
            rows = catalog.matching_rows(tables[correction["table"]], match)
        except (json.JSONDecodeError, KeyError, AttributeError) as error:
            yield problem("match", f"write a JSON object of column names and values ({error})")
            continue
        if len(rows) != 1:
            yield problem("match", f"it must find one row of {correction['table']}; it finds {len(rows)}")
        elif rows[correction["column"]].iloc[0] != correction["printed"]:
            yield problem(
                "printed",
                "the table no longer has this value: the source has corrected it, so remove the row",
            )


def _correction_problem(row: int, correction: pd.Series, column: str, remedy: str) -> Problem:
    return Problem("corrections.csv", int(row), column, correction[column], "correction", remedy)


def _published(frame: pd.DataFrame, tables: Tables) -> pd.Series:
    """Return the day on which each row became public, as text; empty where nobody knows it."""
    days = asof.source_days(tables["sources"].set_index("id", drop=False).to_dict("index"))
    columns = [name for name in ("published", "source_id", "accessed") if name in frame]
    cells = zip(*(frame[name] for name in columns), strict=True) if columns else ((),) * len(frame)
    public = [asof.row_day(dict(zip(columns, row, strict=True)), days) for row in cells]
    return pd.Series(public, index=frame.index, dtype="str")
