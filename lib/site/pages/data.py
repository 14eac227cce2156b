"""The pages of the tables: what each holds, where it comes from, who uses it, and the files to take away.

Every table of `datapackage.json` gets a page `data/<table>` and is listed by topic on the page `data`. The site
also holds the tables themselves: `data/` is a Frictionless Data Package, with a Parquet file beside each CSV.

A page shows what was public on the as-of day of the book; `data` is a folder as known on that day (`known`).
"""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from lib import cite, markup
from lib.records import WEB, Records, anchor
from lib.tables import asof
from lib.tables.dictionary import PLACES, dictionary_if_any, read_rows, read_sources

FOLDER = "data"
FILES = "files"
"""What of the staged book goes into the site as it is."""
PREVIEW = 8
FEW = 12
"""Longer lists of sources are behind a disclosure."""
OTHER = "Other tables"
CLOCK = ("published", "accessed", "known_until", "as_of")
"""Days that say when something was known, not what period it describes."""
LONG = 28
"""Columns of the preview with longer texts get room to wrap."""


@dataclass
class Table:
    """One table: its entry in the dictionary, its rows as text, and what the book did with it.

    `rows` are those public on the as-of day; each has `published`, its own or that of its source.
    """

    entry: Mapping
    rows: list[dict[str, str]]
    total: int
    package: Mapping = field(default_factory=dict)
    corrections: list[dict[str, str]] = field(default_factory=list)
    figures: list[dict] = field(default_factory=list)
    chapters: list[dict] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.entry["name"]

    @property
    def docname(self) -> str:
        return f"{FOLDER}/{self.name}"

    @property
    def title(self) -> str:
        return self.entry.get("title") or self.name.replace("_", " ").capitalize()

    @property
    def fields(self) -> list[dict]:
        return self.entry.get("schema", {}).get("fields", [])

    @property
    def topic(self) -> str:
        return self.entry.get("topic") or OTHER

    @cached_property
    def sources(self) -> list[str]:
        """List the ids of the sources that the rows name."""
        return sorted(_named(self.rows))

    def span(self, columns: Iterable[str]) -> tuple[str, str] | None:
        """Return first and last value of the first of `columns` that has any."""
        for column in columns:
            values = sorted(row[column] for row in self.rows if row.get(column))
            if values:
                return values[0], values[-1]
        return None

    @property
    def dated(self) -> tuple[str, str] | None:
        """Return first and last day on which a row became public; None for a table that holds at all times."""
        return None if self.entry.get("timeless") else self.span(["published"])

    @cached_property
    def years(self) -> tuple[str, str] | None:
        """Return first and last year that the rows describe, by columns of years before those of days."""
        periods = [f for f in self.fields if _is_period(f)]
        columns = [f["name"] for f in periods if f.get("type") != "date"] or [f["name"] for f in periods]
        spans = [span for column in columns if (span := self.span([column]))]
        return (min(span[0] for span in spans)[:4], max(span[1] for span in spans)[:4]) if spans else None

    @cached_property
    def places(self) -> set[str]:
        """Return the country codes in the rows; groups and rests are no countries."""
        columns = [column for column in PLACES if self.rows and column in self.rows[0]]
        return {row[column] for row in self.rows for column in columns} & _countries()


def _countries() -> set[str]:
    import pycountry

    return {country.alpha_3 for country in pycountry.countries}


def _named(rows: Iterable[Mapping[str, str]]) -> set[str]:
    ids: set[str] = set()
    for row in rows:
        ids.update(filter(None, [row.get("source_id"), *(row.get("also_source_ids") or "").split(";")]))
    return {source.strip() for source in ids}


# ------------------------------------------------------------------------------------------- reading


def read(data: Path, records: Records, only: Iterable[str] | None = None) -> list[Table]:
    """Read the tables of `data` that the dictionary names and that are there, in its order.

    `only` names the tables wanted: the site of a single notebook has pages for what it read.
    """
    package, days = dictionary_if_any(data), asof.source_days(read_sources(data))
    wanted = None if only is None else set(only)
    corrections = read_rows(data / "corrections.csv")
    as_of, tables = records.as_of or "", []
    for entry in package.get("resources", []):
        path = data / entry.get("path", "")
        if path.suffix != ".csv" or not path.is_file() or (wanted is not None and entry["name"] not in wanted):
            continue
        rows = [row | {"published": asof.row_day(row, days)} for row in read_rows(path)]
        public = rows if entry.get("timeless") else [row for row in rows if asof.known_by(row["published"], as_of)]
        table = Table(entry, public, len(rows), package)
        table.corrections = [row for row in corrections if row["table"] == entry["name"]]
        _set_uses(table, records)
        tables.append(table)
    return tables


def _set_uses(table: Table, records: Records) -> None:
    """Note which chapters read the table, and which figures show something of it.

    A figure names the tables that its part of the page read; it counts for a table when they share a source.
    """
    table.chapters = [chapter for chapter in records.chapters if table.name in chapter.get("tables", [])]
    read_by = {chapter["page"]: chapter.get("tables", []) for chapter in records.chapters}
    for figure in records.figures:
        tables = figure.get("tables") or read_by.get(figure["page"], [])
        used = {source if isinstance(source, str) else source["id"] for source in figure.get("sources") or []}
        if table.name in tables and used & set(table.sources):
            table.figures.append(figure)


def with_sources(records: Records, tables: Iterable[Table]) -> Records:
    """Return the records with the sources of all rows of the tables: the bibliography has an entry for each."""
    named = {source for table in tables for source in table.sources}
    return replace(records, sources=sorted(named | set(records.sources)), tables=sorted(t.name for t in tables))


# ------------------------------------------------------------------------------------------- staging


def stage(tables: list[Table], data: Path, folder: Path, as_of: str | None) -> None:
    """Write the pages to `folder` and the files for the site to its folder `files/data`."""
    sources = read_sources(data)
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    (folder / f"{FOLDER}.md").write_text(overview(tables), encoding="utf-8")
    for table in tables:
        (folder / f"{table.docname}.md").write_text(page(table, sources, as_of), encoding="utf-8")
    target = folder / FILES / FOLDER
    target.mkdir(parents=True)
    for table in tables:
        source = data / table.entry["path"]
        shutil.copyfile(source, target / f"{table.name}.csv")
        write_parquet(source, target / f"{table.name}.parquet", table)
    (target / "datapackage.json").write_text(_package_json(tables, dictionary_if_any(data)), encoding="utf-8")


def _package_json(tables: list[Table], package: Mapping) -> str:
    """Return the dictionary of the tables that the site holds, with the names that their files have there."""
    resources = [{**table.entry, "path": f"{table.name}.csv"} for table in tables]
    named = {**package, "version": cite.version(), "resources": resources}
    return json.dumps(named, ensure_ascii=False, indent=1) + "\n"


def write_parquet(source: Path, target: Path, table: Table) -> None:
    """Write the CSV file `source` as Parquet, typed by the dictionary, with title, units and licences as metadata."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv
    from pyarrow import parquet

    kinds = {
        "integer": pa.int64(),
        "year": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
    }
    types = {f["name"]: kinds.get(f.get("type", "string"), pa.string()) for f in table.fields}
    options = arrow_csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=True)
    content = arrow_csv.read_csv(
        source, convert_options=options, parse_options=arrow_csv.ParseOptions(newlines_in_values=True)
    )
    described = {f["name"]: {"description": f.get("description", ""), "unit": f.get("unit", "")} for f in table.fields}
    fields = [f.with_metadata({k: v for k, v in described.get(f.name, {}).items() if v}) for f in content.schema]
    about = {"title": table.title, "description": table.entry.get("description", ""), "licence": _licence_text(table)}
    parquet.write_table(content.cast(pa.schema(fields, metadata=about)), target, compression="zstd")


# ------------------------------------------------------------------------------------------- pages


def overview(tables: Iterable[Table]) -> str:
    """Return the page of all tables, by topic."""
    topics: dict[str, list[Table]] = {}
    for table in tables:
        topics.setdefault(table.topic, []).append(table)
    lines = [
        "# Data",
        "",
        "Every figure and number in this book is computed from the tables below. Each row names its source and the day "
        "on which it became public, so the book can be rebuilt as of any day. Together the tables form a "
        "[Frictionless Data Package](https://specs.frictionlessdata.io/data-package/), which "
        '<a href="data/datapackage.json">datapackage.json</a> describes. Each can be downloaded as CSV and as Parquet.',
        "",
    ]
    for topic in sorted(topics, key=lambda name: name == OTHER):
        lines += [f"## {markup.text(topic)}", "", *_overview_table(topic, topics[topic]), ""]
    return "\n".join(lines) + "\n"


def _overview_table(topic: str, tables: list[Table]) -> list[str]:
    rows = []
    for table in tables:
        link = f'<a href="table:{html.escape(table.name)}">{html.escape(table.title)}</a>'
        files = " ".join(_download(table, kind, f"{FOLDER}/") for kind in ("csv", "parquet"))
        newest = (table.dated or ("", ""))[1]
        rows.append([link, _years(table), f"{len(table.rows):,}", newest, files])
    heads = [("Table", ""), ("Years", ""), ("Rows", "n"), ("Newest figure", ""), ("Files", "")]
    return [html_table(heads, rows, f"Tables: {topic}", "iv-tables", hidden_caption=True)]


def page(table: Table, sources: Mapping[str, dict], as_of: str | None = None) -> str:
    """Return the page of one table."""
    lines = [f"({anchor('table', table.name)})=", f"# {markup.text(table.title)}", ""]
    lines += [_with_code(table.entry["description"]), ""] if table.entry.get("description") else []
    lines += [_files_line(table), ""]
    lines += ["## What it covers", "", _coverage(table, as_of), ""]
    lines += ["## Columns", "", _columns(table), ""] if table.fields else []
    lines += ["## First rows", "", _preview(table), ""] if table.rows else []
    lines += _uses(table)
    lines += _corrections(table)
    lines += ["## Licence", "", _licences(table), ""]
    lines += _sources(table, sources)
    return "\n".join(lines) + "\n"


def _files_line(table: Table) -> str:
    files = " ".join(_download(table, kind) for kind in ("csv", "parquet"))
    return f'<p class="iv-files">Download {files}</p>'


def _download(table: Table, kind: str, folder: str = "") -> str:
    name = html.escape(f"{table.name}.{kind}")
    label = {"csv": "CSV", "parquet": "Parquet"}[kind]
    return f'<a href="{folder}{name}" download aria-label="{html.escape(table.title)} as {label}">{label}</a>'


def _coverage(table: Table, as_of: str | None) -> str:
    rows = f"{len(table.rows):,}"
    if len(table.rows) < table.total:
        rows += f" that were public by {as_of}, out of {table.total:,} in the files"
    items = {
        "Rows": rows,
        "Years": _years(table),
        "Countries": f"{len(table.places):,}" if table.places else "",
        "Oldest and newest publication": " and ".join(dict.fromkeys(table.dated or ())),
        "Sources": f"{len(table.sources):,}" if table.sources else "",
        "Each row is identified by": _key_words(table),
    }
    return "\n".join(f"- {name}: {markup.text(text) if name != 'Each row is identified by' else text}"
                     for name, text in items.items() if text)  # fmt: skip


def _key_words(table: Table) -> str:
    key = table.entry.get("vintageKey") or []
    if not key or table.entry.get("timeless"):
        return ""
    columns = ", ".join(f"`{column}`" for column in key)
    return f"{columns}; of several rows with the same values, the newest that was public by the as-of day counts"


def _years(table: Table) -> str:
    return "–".join(dict.fromkeys(table.years or ()))


def _is_period(f: Mapping) -> bool:
    """Return whether a column says which year or day a row describes."""
    name = f["name"]
    if f.get("type") == "date":
        return name not in CLOCK
    return name.endswith("year") or name in ("period_start", "period_end")


def _columns(table: Table) -> str:
    has_units = any(f.get("unit") for f in table.fields)
    rows = []
    for f in table.fields:
        name = f"<code>{html.escape(f['name'])}</code>"
        description = html.escape(f.get("description") or f.get("title") or "")
        meaning = re.sub(r"`([^`]+)`", r"<code>\1</code>", description) + _allowed(f)
        rows.append([name, html.escape(f.get("type", "")), *([html.escape(f.get("unit", ""))] * has_units), meaning])
    heads = [("Column", ""), ("Type", ""), *([("Unit", "")] * has_units), ("Meaning", "")]
    return html_table(heads, rows, f"Columns of {table.title}", "iv-columns", hidden_caption=True)


def _with_code(text: str) -> str:
    """Return a description as Markdown: what stands between backticks is code, all else plain text."""
    return re.sub(r"&#96;(.+?)&#96;", lambda match: markup.code(html.unescape(match[1])), markup.text(text))


def _allowed(f: Mapping) -> str:
    """Say in words what a value may be; a long pattern says less than the description before it."""
    constraints, spec = f.get("constraints", {}), "" if _is_period(f) or f.get("type") == "date" else ","
    words = []
    if constraints.get("enum"):
        words.append("one of " + ", ".join(f"<code>{html.escape(str(v))}</code>" for v in constraints["enum"]))
    limits = {"minimum": "at least", "maximum": "at most"}
    words += [f"{text} {constraints[name]:{spec}}" for name, text in limits.items() if name in constraints]
    if f.get("latest") == "today":
        words.append("not in the future")
    if 0 < len(constraints.get("pattern", "")) < LONG:
        words.append(f"of the form <code>{html.escape(constraints['pattern'])}</code>")
    if constraints.get("required"):
        words.append("never empty")
    text = "; ".join(words)
    return f' <span class="iv-allowed">{text[:1].upper()}{text[1:]}.</span>' if text else ""


def _preview(table: Table) -> str:
    filled = [f for f in table.fields if any(row.get(f["name"]) for row in table.rows[:PREVIEW])]
    heads = [(f["name"], _kind(f, table.rows[:PREVIEW])) for f in filled]
    rows = [[_cell(f["name"], row.get(f["name"]) or "") for f in filled] for row in table.rows[:PREVIEW]]
    left_out = len(table.fields) - len(filled)
    note = f" {left_out} columns that are empty in these rows are left out." if left_out else ""
    caption = f"The first {len(rows)} of {len(table.rows):,} rows, as in the file.{note}"
    return html_table(heads, rows, caption, "iv-preview")


def _kind(f: Mapping, rows: list[dict[str, str]]) -> str:
    """Return `n` for a column of numbers, `l` for one of long texts."""
    if f.get("type") in ("number", "integer") and not _is_period(f):
        return "n"
    return "l" if any(len(row.get(f["name"]) or "") > LONG for row in rows) else ""


def _cell(column: str, value: str) -> str:
    text = html.escape(value)
    return f'<a href="source:{text}">{text}</a>' if column == "source_id" and value else text


def _uses(table: Table) -> list[str]:
    if not table.chapters and not table.figures:
        return ["## Used in", "", "No chapter of this edition uses this table.", ""]
    lines = ["## Used in", ""]
    for chapter in table.chapters:
        lines.append(f"- {{doc}}`/{chapter['page']}`")
        figures = [figure for figure in table.figures if figure["page"] == chapter["page"]]
        lines += [f"  - [Figure](figure:{figure['name']}) {markup.text(figure.get('title', ''))}" for figure in figures]
    return [*lines, ""]


def _corrections(table: Table) -> list[str]:
    if not table.corrections:
        return []
    lines = ["## Corrections", "", "The files keep what the source printed; the book uses the corrected figure.", ""]
    for row in table.corrections:
        where = ", ".join(f"{key} {value}" for key, value in json.loads(row["match"]).items())
        until = f", in editions up to {row['until_edition']}" if row.get("until_edition") else ""
        line = f"- {markup.text(where)}: {markup.code(row['column'])} was printed as {markup.text(row['printed'])}; "
        line += f"the correct value is {markup.text(row['corrected'] or 'none')}{markup.text(until)}. "
        line += markup.text(row["why"])
        lines.append(line + (f" ([source](source:{row['source_id']}))" if row.get("source_id") else ""))
    return [*lines, ""]


def licences_of(table: Table) -> list[Mapping]:
    """Return the licences of a table as its dictionary has them, by default those of the package."""
    return table.entry.get("licenses") or table.package.get("licenses") or []


def _licence_text(table: Table) -> str:
    return "; ".join(entry.get("title") or entry.get("name", "") for entry in licences_of(table))


def _licences(table: Table) -> str:
    lines = []
    for entry in licences_of(table):
        text = markup.text(entry.get("title") or entry.get("name", ""))
        address = entry.get("path", "")
        lines.append(f"- [{text}](<{address}>)" if WEB.fullmatch(address) else f"- {text}")
    return "\n".join(lines) or "See the licence of each source."


def _sources(table: Table, sources: Mapping[str, dict]) -> list[str]:
    """List links to the bibliography, by publisher; behind a disclosure when there are many."""
    if not table.sources:
        return []
    by_publisher: dict[str, list[str]] = {}
    for source in sorted(table.sources, key=lambda name: (sources[name].get("published", ""), name)):
        by_publisher.setdefault(sources[source].get("publisher") or "Others", []).append(source)
    items = []
    for publisher in sorted(by_publisher, key=str.casefold):
        links = (
            f'<a href="source:{html.escape(source)}">{html.escape(sources[source].get("title") or source)}</a>'
            for source in by_publisher[publisher]
        )
        items.append(f"<li>{html.escape(publisher)}: {'; '.join(links)}</li>")
    listed = f'<ul class="iv-source-list">{"".join(items)}</ul>'
    if len(table.sources) > FEW:
        summary = f"{len(table.sources):,} sources from {len(by_publisher):,} publishers"
        listed = f'<details class="iv-sources-all"><summary>{summary}</summary>{listed}</details>'
    return ["## Sources", "", listed, ""]


def html_table(
    heads: list[tuple[str, str]],
    rows: list[list[str]],
    caption: str,
    classes: str,
    hidden_caption: bool = False,
    first: int | None = None,
) -> str:
    """Write an HTML table in a region that scrolls by keyboard; cells are HTML, kinds of columns those of `_kind`.

    Of more than the `first` rows the rest is a body of the table of its own, which a fold after the table hides.
    """
    kind = [{"n": ' class="iv-number"', "l": ' class="iv-long"'}.get(mark, "") for _, mark in heads]
    head = "".join(f'<th scope="col"{k}>{html.escape(text)}</th>' for (text, _), k in zip(heads, kind, strict=True))
    written = [f"<tr>{_row(cells, kind)}</tr>" for cells in rows]
    body, rest = "".join(written[:first]), "" if first is None else "".join(written[first:])
    after = f'<tbody class="iv-rest">{rest}</tbody>' if rest else ""
    hidden = ' class="visually-hidden"' if hidden_caption else ""
    label = html.escape(caption)
    return (
        f'<div class="iv-scroll" tabindex="0" role="region" aria-label="{label}"><table class="{classes}">'
        f"<caption{hidden}>{label}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>{after}</table></div>"
    )


def _row(cells: list[str], kind: list[str]) -> str:
    first, *rest = [text.replace("\n", " ") for text in cells]
    return f'<th scope="row"{kind[0]}>{first}</th>' + "".join(
        f"<td{k}>{text}</td>" for text, k in zip(rest, kind[1:], strict=True)
    )
