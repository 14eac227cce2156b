"""What executed notebooks recorded: facts, figures, tables and sources; and the pages made from them.

Outputs of a notebook may carry `metadata["industrial-vitamins"]` with a `figure`, `claim` or `chapter` record. From
these the build writes `facts.json`, the bibliography and the pages `facts`, `figures` and `references`.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from lib import markup, prose
from lib.build.sanitise import title_of
from lib.disk.files import Stamp, stamp
from lib.errors import Mistakes
from lib.metadata import KEY, Record, shown
from lib.tables import asof, snapshot
from lib.tables.dictionary import without_department

VERSION = 1
READ_AGAIN = 128
"""Notebooks whose records a process keeps: those of an edition and of the one that it is compared with."""
JUDGED = ("then", "now")
FEW = 3
"""Rows of a number up to which a rival of one is a rival of the number."""
RIVALS = 2
"""Rivals of a number that its way to be quoted tells; all are in its rows."""
WORD, EDITION = re.compile(r"\w[\w-]*"), re.compile(r"\b(MCS|MYB)(\d{4})\b")
IDS, OTHER_ROWS = re.compile(r"[a-z0-9_-]+(;[a-z0-9_-]+)*"), "other figures in its table"
"""How a table names rivals that are rows of its own, and the words for them."""
NAMED = 3
"""Sources that a quotation names; of more it says "and others"."""
SLIDES = ("16x9", "1x1")
"""Shapes in which a chart can be taken away beside its own."""
UNTOLD = ("spec", "svg", "data", "columns", "html")  # of a figure: its own files have them
CITE = re.compile(r"\{cite(?::\w+)?\}`([^`]+)`")
FACT_LINK = re.compile(r"""(?:href=["']|\]\()fact:""")
MARKDOWN_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
TAG = re.compile(r"<[^>]*>")
WEB = re.compile(r"https?://[^\s<>\"]+")
DOI = re.compile(r"10\.\d{4,9}/[^\s<>\"]+")
"""The addresses that become links; the dictionary asks the same of the columns that hold them."""
SCHEME_LINK = re.compile(r"""(?:href=["']|\]\()source:((?:[A-Za-z0-9_.-]|&#\d+;)+)""")
"""A link to a source; its id may be written with character references, as `markup.text` does."""

WITNESSES = (
    "they report what was already public, explain a method, or belong to a table that does not depend on a day, such "
    "as that of the elements."
)


class RecordsError(Mistakes):
    """Records that contradict each other or name a source that is not in sources.csv."""

    remedy = "The site is unchanged."


@dataclass
class Records:
    """The records of a book: chapters in reading order; facts, figures and judged claims with the page they are on."""

    chapters: list[dict] = field(default_factory=list)
    facts: list[dict] = field(default_factory=list)
    figures: list[dict] = field(default_factory=list)
    claims: list[dict] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)  # of the pages, by docname
    sentences: dict[str, list[str]] = field(default_factory=dict)  # with numbers, as text, by docname

    @property
    def as_of(self) -> str | None:
        """Return the day the book is as of: the one asked for, else the day up to which the sources were read."""
        days = [chapter.get("as_of") or chapter.get("vintage") for chapter in self.chapters]
        return max((day for day in days if day is not None), default=None)


@dataclass(frozen=True)
class Recorded:
    """The records of one executed notebook; nobody changes them, since they may be given out again."""

    title: str
    entries: tuple[Mapping, ...]
    cited: frozenset[str]
    sentences: tuple[str, ...]


def collect(executed: Mapping[str, Path]) -> Records:
    """Read the records of executed notebooks, `{docname: path}`, in that order.

    Raises RecordsError for an id that two records share, and for figures on a page without a chapter record.
    """
    records, problems = Records(), []
    tables: set[str] = set()
    used: set[str] = set()
    for docname, path in executed.items():
        page = _read(path, stamp(path))
        for entry in page.entries:
            if "figure" in entry:
                records.figures.append({**entry["figure"], "page": docname, "html": entry.get("html", "")})
            if "claim" in entry:
                records.claims.append({**entry["claim"], "page": docname})
            if "chapter" in entry:
                chapter = entry["chapter"]
                records.chapters.append({**chapter, "page": docname, "title": page.title or chapter["name"]})
                records.facts += [_fact(fact, chapter, docname) for fact in chapter.get("facts", [])]
                tables.update(chapter.get("tables", []))
                used.update(
                    source if isinstance(source, str) else source["id"] for source in chapter.get("sources", [])
                )
        used.update(page.cited)
        records.titles[docname] = page.title or docname
        records.sentences[docname] = list(page.sentences)
    used.update(_source_ids(records))
    records.tables, records.sources = sorted(tables), sorted(used)
    problems += _repeated("fact", "id", records.facts)
    problems += _repeated("figure", "name", records.figures)
    problems += _repeated("claim", "id", records.claims)
    closed = {chapter["page"] for chapter in records.chapters}
    problems += [
        f"{page} shows figures but never ends its chapter, so nobody could cite them; call colophon() in its last cell"
        for page in dict.fromkeys(figure["page"] for figure in records.figures)
        if page not in closed
    ]
    if problems:
        raise RecordsError(problems)
    return records


@lru_cache(READ_AGAIN)
def _read(path: Path, saved: Stamp | None) -> Recorded:
    """Read an executed notebook; a process that builds again reads those anew that were `saved` since."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return Recorded(
        title_of(notebook), tuple(_entries(notebook)), frozenset(_cited(notebook)), tuple(_sentences(notebook))
    )


def _sentences(notebook: dict) -> list[str]:
    """List the lines with numbers of a notebook, of its prose and of what its code wrote, without marks and links."""
    return [
        plain
        for line in _lines(notebook)
        if "fact:" in line and FACT_LINK.search(line) and "<table" not in line and (plain := _plain(line))
    ]


def _lines(notebook: dict) -> Iterable[str]:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            yield from prose.sentences("".join(cell["source"]))
        for output in cell.get("outputs", []):
            yield from (shown(output, "text/markdown") or shown(output, "text/html")).splitlines()


def _plain(line: str) -> str:
    """Return a line of Markdown and HTML as a reader sees it."""
    return html.unescape(MARKDOWN_LINK.sub(r"\1", TAG.sub("", line)).replace("**", "")).lstrip("- ").strip()


def _entries(notebook: dict) -> Iterable[dict]:
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            entry = output.get("metadata", {}).get(KEY)
            if entry:
                yield {**entry, "html": shown(output, "text/html")}


def _fact(fact: dict, chapter: dict, docname: str) -> dict:
    name = f"{chapter['name']}.{fact['name']}"
    return {**fact, "id": name, "chapter": chapter["name"], "page": docname}


def _cited(notebook: dict) -> set[str]:
    """Collect the source ids in `{cite}` roles and `source:` links of the Markdown and of the outputs."""
    ids: set[str] = set()
    for cell in notebook["cells"]:
        texts = ["".join(cell["source"])] if cell["cell_type"] == "markdown" else []
        for output in cell.get("outputs", []):
            texts += [shown(output, "text/markdown"), shown(output, "text/html")]
        for text in texts:
            if "{cite" in text:  # a pattern takes longer to find that there is none
                ids.update(key.strip() for keys in CITE.findall(text) for key in keys.split(","))
            if "source:" in text:
                ids.update(map(html.unescape, SCHEME_LINK.findall(text)))
    return ids


def _source_ids(records: Records) -> set[str]:
    inputs = [entry for fact in records.facts for entry in fact.get("inputs", [])]
    inputs += [entry for claim in records.claims for when in JUDGED for entry in claim[when]["inputs"]]
    ids = {entry["source_id"] for entry in inputs if entry.get("source_id")}
    for figure in records.figures:
        for source in figure.get("sources") or []:
            ids.add(source if isinstance(source, str) else source["id"])
    return ids


def _repeated(kind: str, name: str, entries: list[dict]) -> list[str]:
    """List a problem for each name that two records share, with their pages: references could not tell them apart."""
    pages: dict[str, list[str]] = {}
    for entry in entries:
        pages.setdefault(entry.get(name, ""), []).append(entry["page"])
    shared = {key: docnames for key, docnames in pages.items() if len(docnames) > 1}
    return [f"the {kind} {key!r} is on {' and on '.join(docnames)}; rename one" for key, docnames in shared.items()]


# ------------------------------------------------------------------------------------------- addresses


def anchor(scheme: str, identifier: str) -> str:
    """Return the anchor of a fact, source or table on its page, as docutils normalises ids."""
    return re.sub(r"[^a-z0-9]+", "-", f"{scheme}-{identifier}".lower()).strip("-")


def addresses(records: Records) -> dict[str, dict[str, list[str]]]:
    """Return `{scheme: {id: [docname, anchor]}}`: what the Sphinx extension resolves `fact:` and such links to."""
    return {
        "fact": {fact["id"]: ["facts", anchor("fact", fact["id"])] for fact in records.facts},
        "claim": {claim["id"]: [claim["page"], claim["anchor"]] for claim in records.claims},
        "source": {source: ["references", anchor("source", source)] for source in records.sources},
        "table": {table: [f"data/{table}", anchor("table", table)] for table in records.tables},
        "figure": {figure["name"]: [figure["page"], anchor("fig", figure["name"])] for figure in records.figures},
        "download": {
            f"{figure['name']}.{kind}": [path, ""]
            for figure in records.figures
            for kind, path in files_of(figure).items()
        },
    }


def files_of(figure: Mapping) -> dict[str, str]:
    """Return the paths of the files that a reader can take away of a figure, by kind, from the root of the site."""
    name, chart = figure["name"], bool(figure.get("spec"))
    drawn = (
        ("svg", "png", *(f"{shape}.{kind}" for shape in SLIDES for kind in ("svg", "png")), "vl.json") if chart else ()
    )
    kinds = ("csv", "csv-metadata.json", "xlsx", "zip", "json", "bib", "txt", *drawn)
    pages = {"page": f"figures/{name}.html"} | ({"html": f"embed/{name}.html"} if chart else {})
    return {kind: f"figures/{name}.{kind}" for kind in kinds} | pages


def addresses_json(records: Records, missing_figure: str | None = None) -> str:
    """Return the addresses as JSON, for the Sphinx extension, which runs in a process of its own.

    `missing_figure` is what stands for a reference to a figure that this edition cannot have: figures whose data
    were published after its day. Without it such a reference is an error.
    """
    if missing_figure is None and any(chapter.get("as_of") for chapter in records.chapters):
        missing_figure = "a figure that rests on later data"
    return json.dumps(addresses(records) | {"missing figure": missing_figure}, sort_keys=True, indent=1) + "\n"


# ------------------------------------------------------------------------------------------- facts.json


def facts_json(records: Records) -> str:
    """Return the facts as JSON; `about` documents the layout."""
    content = {
        "$schema": "facts.schema.json",
        "about": (
            "This file lists every number in the prose of the book. A fact has an id (<chapter>.<name>), its text as "
            "shown, its value, its unit, its bound ('<' upper, '>' lower, '' none), whether it is estimated, its "
            "scope, its period and its formula in words. `inputs` are the rows of the tables in data/ from which it "
            "was computed (row is the line in the CSV file). `query` is SQL that computes the value from them, with a "
            "view of its rows for each operand; verify.py runs all queries."
        ),
        "version": VERSION,
        "as_of": records.as_of,
        "chapters": [
            {k: c.get(k) for k in ("name", "title", "as_of", "vintage", "parameters", "page")} for c in records.chapters
        ],
        "facts": records.facts,
        "figures": [{k: v for k, v in f.items() if k not in UNTOLD} for f in records.figures],
        "sources": records.sources,
    }
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


# ------------------------------------------------------------------------------------------- bibliography


def check_sources(records: Records, sources: Mapping[str, dict]) -> None:
    """Raise RecordsError for ids that are not in sources.csv or that would share an anchor."""
    problems = [
        f"source {name!r} is used but is not in data/sources.csv; add it there"
        for name in records.sources
        if name not in sources
    ]
    anchors: dict[str, str] = {}
    for name in records.sources:
        other = anchors.setdefault(anchor("source", name), name)
        if other != name:
            problems.append(f"sources {other!r} and {name!r} differ only in signs or capitals; rename one")
    if problems:
        raise RecordsError(problems)


# ------------------------------------------------------------------------------------------- pages


QUOTING = (
    "How firmly a number may be quoted follows from one rule, which its pop-up and its page apply. A number should not "
    "be quoted at all if a source is of low confidence. A bound or an estimate should be quoted only as such. If a "
    "number rests on at most three rows, and the tables record that another source contradicts one of them, it should "
    "be quoted only beside that rival. A number whose source is of medium confidence should be quoted only with the "
    "name of that source. All others may be quoted as they are. Not every disagreement is recorded in the tables; the "
    "text around a number may say more."
)


def facts_page(records: Records, sources: Mapping[str, dict], paged: bool = False) -> str:
    """Return the page of all facts; each has the anchor `fact-<chapter>-<name>`.

    Where they are `paged`, the page of each has its derivation; otherwise the list has it.
    """
    where = "The page of a number, to which its name leads," if paged else "Each"
    lines = [
        "# Facts",
        "",
        f"This page lists every number in the text of the book. {where} has its derivation: value, unit, scope, "
        "period, the formula in words, and the table rows from which it was computed. Programs can read all of this as "
        '<a href="facts.json">facts.json</a> or <a href="facts.csv">facts.csv</a>, which are '
        "[described below](#for-programs).",
        "",
        "(how-to-quote)=",
        "",
        QUOTING,
        "",
    ]
    for chapter in records.chapters:
        facts = [fact for fact in records.facts if fact["chapter"] == chapter["name"]]
        if facts:
            entries = "\n".join(_fact_entry(fact, sources, paged) for fact in facts)
            lines += [f"## {markup.text(chapter['title'])}", "", f"Numbers in {{doc}}`{chapter['page']}`.", ""]
            lines += [f'<div class="iv-facts">\n{entries}\n</div>', ""]
    return "\n".join(lines) + "\n"


def _fact_entry(fact: dict, sources: Mapping[str, dict], paged: bool) -> str:
    """Write one fact as HTML: the value and what it counts, then the way to its page, or else its particulars."""
    scope, period = fact.get("scope", ""), fact.get("period", "")
    meaning = markup.in_html(scope if scope.endswith(period) else f"{scope}, {period}")
    value = f"<strong>{markup.in_html(fact.get('text', fact.get('value')))}</strong>"
    name = f"<code>{markup.in_html(fact['id'])}</code>"
    anchored = f'<p id="{anchor("fact", fact["id"])}">{value} {meaning}'
    if paged:
        return f'{anchored} <a href="facts/{fact["id"]}.html">{name}</a></p>'
    particulars = {
        "Value": markup.in_html(f"{exact(fact.get('value'))} {fact.get('unit', '')}"),
        "Qualifier": markup.in_html(qualifier_words(fact)),
        "Formula": markup.in_html(fact.get("formula", "")),
        "Rows": "; ".join(_input_words(fact.get("inputs", []), sources)),
        "Id": name,
    }
    items = "".join(f"<li>{name}: {text}</li>" for name, text in particulars.items() if text.strip())
    return f'{anchored}</p>\n<ul class="iv-particulars">{items}</ul>'


def exact(value: float | None) -> str:
    """Format a value as computed, with six significant digits unless it is whole."""
    if value is None:
        return ""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.1f}"


def qualifier_words(fact: Mapping) -> str:
    """Return the marks on the value, in words; `none` without any."""
    words = {"<": "at most (upper bound)", ">": "more than (lower bound)"}.get(fact.get("bound", ""), "")
    return ", ".join(filter(None, [words, "estimate" if fact.get("estimated") else ""])) or "none"


def how_to_quote(fact: Mapping, sources: Mapping[str, Mapping]) -> str:
    """Say how firmly a number may be quoted: from the confidence in its sources, its bound, its rivals, and if it is
    an estimate.

    `QUOTING` is this rule in words, for readers.
    """
    confidences = {entry.get("confidence") or "high" for entry in fact.get("inputs", [])}
    if "low" in confidences:
        return "not at all: a source is weak"
    hedges = [{"<": "“at most”", ">": "“more than”"}.get(fact.get("bound", ""), "")]
    hedges = [*filter(None, hedges), *(["“an estimate”"] if fact.get("estimated") else [])]
    ways = [f"only as {' and '.join(hedges)}"] if hedges else []
    if told := rivals(fact, sources):
        ways.append(f"{'' if hedges else 'only '}beside what contradicts it: {'; '.join(told[:RIVALS])}")
    if ways:
        return ", and ".join(ways)
    return "with the name of its source" if confidences - {"high"} else "as it is"


def rivals(fact: Mapping, sources: Mapping[str, Mapping]) -> list[str]:
    """List what the tables record against the rows of a number that rests on FEW; nothing contradicts a count.

    A source that a record names by its id in `sources` is named by its publisher.
    """
    inputs = fact.get("inputs", [])
    if fact.get("unit") == "count" or sum(len(lines(entry)) for entry in inputs) > FEW:
        return []
    recorded = dict.fromkeys(str(entry.get("conflicts_with") or "") for entry in inputs)
    return [OTHER_ROWS if IDS.fullmatch(words) else _for_readers(words, sources) for words in recorded if words]


def _for_readers(words: str, sources: Mapping[str, Mapping]) -> str:
    """Write the names that the tables have for sources and editions as readers know them: `MCS 2026` for MCS2026."""

    def publisher(match: re.Match) -> str:
        return without_department(str(sources[match[0]]["publisher"])) if match[0] in sources else match[0]

    return EDITION.sub(r"\1 \2", WORD.sub(publisher, words))


def _input_words(inputs: list[dict], sources: Mapping[str, dict]) -> list[str]:
    """List rows in words, grouped by table and source, with links to both, as HTML."""
    groups: dict[tuple[str, str], list[int]] = {}
    for entry in inputs:
        groups.setdefault((entry.get("table", ""), entry.get("source_id", "")), []).extend(lines(entry))
    words = []
    for (table, source), rows in groups.items():
        numbers = row_ranges(rows) if rows else ""
        title = sources.get(source, {}).get("title") or source
        cited = f' (<a href="source:{markup.in_html(source)}">{markup.in_html(title)}</a>)' if source else ""
        words.append(f'<a href="table:{markup.in_html(table)}">{markup.in_html(table)}</a> {numbers}{cited}')
    return words


def lines(entry: Mapping) -> list[int]:
    """List the lines of a table's file that an input of a fact names: of one row, or of many named together."""
    return list(entry.get("rows") or filter(None, [entry.get("row")]))


def row_ranges(rows: Iterable[int]) -> str:
    """Put rows into words, as `row 4` or `rows 2–5, 9`."""
    ordered = sorted(set(rows))
    runs: list[list[int]] = []
    for row in ordered:
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    text = ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in runs)
    return f"row{'s' if len(ordered) > 1 else ''} {text}"


def figures_page(records: Records) -> str:
    """Return the list of figures by chapter: number, title, what is shown, files."""
    charts = sum(bool(figure.get("spec")) for figure in records.figures)
    summary = (
        f"The book has {len(records.figures)} figures, of which {charts} are charts and the others tables. Each title "
        "states the finding. The data of each figure can be downloaded, as can pictures of charts for print and slides."
    )
    lines, number = ["# Figures", "", summary, ""], 0
    for chapter in dict.fromkeys(figure["page"] for figure in records.figures):
        lines += [f"## {markup.text(records.titles.get(chapter, chapter))}", "", '<ul class="iv-list">']
        for figure in (f for f in records.figures if f["page"] == chapter):
            number += 1
            lines.append(_figure_entry(figure, number))
        lines += ["</ul>", ""]
    return "\n".join(lines) + "\n"


def _figure_entry(figure: Mapping, number: int) -> str:
    """Return one line of HTML: number, title as a link, what is shown, files."""
    name, title = figure["name"], html.escape(figure.get("title", ""))
    subtitle = html.escape(figure.get("subtitle", ""))
    files = "".join(
        f'<a href="download:{name}.{kind}" aria-label="{kind.upper()} of figure {number}">{kind.upper()}</a>'
        for kind in ("xlsx", "csv", "svg", "png")
        if kind in files_of(figure)
    )
    return (
        f'<li><span>Fig. {number}</span><div><a href="figure:{name}">{title}</a>'
        f'<p>{subtitle}</p></div><span class="iv-files">{files}</span>{_thumbnail(figure)}</li>'
    )


def _thumbnail(figure: Mapping) -> str:
    """Return the picture of a chart, small, as a link to its page; a table has only the link."""
    address = files_of(figure).get("svg")
    inner = f'<img src="{address}" alt="Page of the figure" width="150" height="110" loading="lazy">'
    page = f'<a class="iv-thumbnail" href="download:{figure["name"]}.page">'
    return f"{page}{inner if address else 'Page of the table'}</a>"


def references_page(records: Records, sources: Mapping[str, dict]) -> str:
    """Return the bibliography: every source that a page or a table of the book names."""
    lines = ["# References", ""]
    if records.sources:
        day = records.as_of or ""
        later = [name for name in records.sources if not asof.known_by(asof.row_day(sources[name]), day)]
        remark = f" {len(later)} of them were published after the day of this edition: {WITNESSES}" if later else ""
        lines += [
            f"The figures, statements and tables of this book rest on {len(records.sources)} sources.{remark}",
            "",
            "```{bibliography}",
            ":all:",
            "```",
        ]
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------------------------------- lines of a past day


def renumbered(records: Records, data: Path, day: str) -> Records:
    """Return the records of an edition, whose facts and claims name the lines of its own files."""
    judged = [claim.get(when) or {} for claim in records.claims for when in JUDGED]
    entries = [entry for record in [*records.facts, *judged] for entry in record.get("inputs", [])]
    used = {table for entry in entries if (table := entry.get("table"))}
    places = {
        name: {line: new for new, (line, _) in enumerate(numbered, start=2)}
        for name, numbered in snapshot.tables(data, day).items()
        if name in used
    }

    def placed(record: Record) -> Record:
        inputs = [_placed(entry, places.get(entry.get("table", ""), {})) for entry in record.get("inputs", [])]
        return {**record, "inputs": inputs}

    def judgements(claim: Record) -> Record:
        return {when: placed(claim[when]) if claim.get(when) else claim.get(when) for when in JUDGED}

    claims = [claim | judgements(claim) for claim in records.claims]
    return replace(records, facts=[placed(fact) for fact in records.facts], claims=claims)


def _placed(entry: Record, place: Mapping[int, int]) -> Record:
    rows = [place.get(line, line) for line in lines(entry)]
    return dict(entry) | ({"rows": rows} if entry.get("rows") else {"row": rows[0]} if rows else {})
