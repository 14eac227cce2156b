"""The tables as schema.org describes data sets, for search engines and catalogues; staged for the heads of pages.

Source of the terms: schema.org/Dataset and schema.org/DataCatalog.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lib import cite
from lib.disk.files import file_hash
from lib.records import Records, anchor
from lib.site.exports.citation import FILES
from lib.site.exports.llms import ROOT
from lib.site.pages.data import FOLDER, Table, licences_of
from lib.tables import asof

FILE = "datasets.json"
ENCODINGS = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
CATALOG = f"{ROOT}{FOLDER}.html#catalog"
WHOLE = f"{ROOT}{FOLDER}.html"
PACKAGE = (("datapackage.json", "application/json"), ("croissant.json", "application/ld+json"))
"""Descriptions of all tables, with their types."""


def stage(
    tables: Sequence[Table],
    records: Records,
    sources: Mapping[str, Mapping[str, str]],
    folder: Path,
    current: bool = True,
) -> None:
    """Write what the pages of `tables` say of them in their heads, once their files are staged in `folder`.

    A site that is the `current` edition has a description in Croissant besides.
    """
    files = folder / FILES / FOLDER
    as_of = dt.date.fromisoformat(records.as_of) if records.as_of else cite.released()
    vintage = max((dt.date.fromisoformat(chapter["vintage"]) for chapter in records.chapters), default=as_of)
    pages = {table.docname: _text(dataset(table, sources, files, as_of, vintage)) for table in tables}
    if tables:
        pages[FOLDER] = _text({"@graph": [catalog(tables), package(tables, PACKAGE if current else PACKAGE[:1])]})
    (folder / FILE).write_text(json.dumps(pages, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _text(content: Mapping) -> str:
    return json.dumps(content, ensure_ascii=False)


def people() -> list[dict]:
    """List the authors of the book."""
    return [
        {"@type": "Organization", "name": name["literal"]}
        if "literal" in name
        else {"@type": "Person", "familyName": name["family"], "givenName": name["given"]}
        for name in cite.authors()
    ]


def dataset(
    table: Table, sources: Mapping[str, Mapping[str, str]], files: Path, as_of: dt.date, vintage: dt.date
) -> dict:
    """Describe one table with its columns, its files and the sources of its rows."""
    work = cite.Work("dataset", table.name, table.title, as_of, vintage)
    return {
        **_common(table.title, table.entry.get("description", ""), licences_of(table)),
        "@id": f"{ROOT}{table.docname}.html",
        "url": f"{ROOT}{table.docname}.html",
        "identifier": f"{work.slug}-{as_of}",
        "isPartOf": {"@id": WHOLE},
        "includedInDataCatalog": {"@id": CATALOG},
        "citation": cite.formatted(work, "apa"),
        **({"temporalCoverage": "/".join(table.years)} if table.years else {}),
        **({"dateModified": table.dated[1]} if table.dated else {}),
        "variableMeasured": [_column(field) for field in table.fields],
        "distribution": [_download(files / f"{table.name}.{suffix}", media) for suffix, media in ENCODINGS.items()],
        **({"isBasedOn": based_on} if (based_on := [_source(name, sources[name]) for name in table.sources]) else {}),
    }


def package(tables: Sequence[Table], descriptions: Iterable[tuple[str, str]]) -> dict:
    """Describe all tables together, with the files that describe them."""
    entry = tables[0].package
    title = entry.get("title") or f"Tables of {cite.short_title()}"
    return {
        **_common(title, entry.get("description", ""), entry.get("licenses", [])),
        "@id": WHOLE,
        "url": WHOLE,
        "includedInDataCatalog": {"@id": CATALOG},
        "distribution": [
            {"@type": "DataDownload", "encodingFormat": media, "contentUrl": f"{ROOT}{FOLDER}/{name}"}
            for name, media in descriptions
        ],
        "hasPart": [_part(table) for table in tables],
    }


def catalog(tables: Iterable[Table]) -> dict:
    """Describe the page that lists the tables."""
    return {
        "@type": "DataCatalog",
        "@id": CATALOG,
        "url": WHOLE,
        "name": f"Tables of {cite.short_title()}",
        "description": f"The tables from which every number of {cite.book_title()} is computed.",
        "creator": people(),
        "dataset": [_part(table) for table in tables],
    }


def _common(title: str, description: str, licences: Iterable[Mapping]) -> dict:
    return {
        "@type": "Dataset",
        "name": title,
        "description": description or title,
        "license": [licence.get("path") or licence.get("title") or licence["name"] for licence in licences],
        "creator": people(),
        "version": cite.version(),
        "datePublished": cite.released().isoformat(),
        "isAccessibleForFree": True,
    }


def _part(table: Table) -> dict:
    address = f"{ROOT}{table.docname}.html"
    return {
        "@type": "Dataset",
        "@id": address,
        "name": table.title,
        "description": table.entry.get("description") or table.title,
    }


def _column(field: Mapping) -> dict:
    said = {
        "@type": "PropertyValue",
        "name": field["name"],
        "alternateName": field.get("title"),
        "description": field.get("description"),
        "unitText": field.get("unit"),
    }
    return {name: value for name, value in said.items() if value}


def _download(path: Path, media: str) -> dict:
    return {
        "@type": "DataDownload",
        "encodingFormat": media,
        "contentUrl": f"{ROOT}{FOLDER}/{path.name}",
        "contentSize": f"{path.stat().st_size} B",
        "sha256": file_hash(path),
    }


def _source(name: str, source: Mapping[str, str]) -> dict:
    doi = source.get("doi")
    said = {
        "@type": "CreativeWork",
        "@id": f"{ROOT}references.html#{anchor('source', name)}",
        "name": source.get("title") or name,
        "publisher": source.get("publisher"),
        "datePublished": asof.printed_day(source),
        "url": f"https://doi.org/{doi}" if doi else source.get("url"),
    }
    return {name: value for name, value in said.items() if value}
