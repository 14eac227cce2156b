"""The tables in Croissant, the description of data sets that frameworks for machine learning read.

All files with their sums, all columns with their types, and which column refers to which of another table. Source:
Croissant format specification 1.0, docs.mlcommons.org/croissant. `make croissant` has mlcroissant validate and load it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from lib import cite
from lib.disk.files import file_hash
from lib.site.exports import datasets
from lib.site.pages.data import FOLDER, Table

FILE = "croissant.json"
CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
TYPES = {
    "string": "sc:Text",
    "number": "sc:Float",
    "integer": "sc:Integer",
    "year": "sc:Integer",
    "boolean": "sc:Boolean",
    "date": "sc:Date",
}
"""What Croissant calls the types of the dictionary."""
TERMS = (
    *("citeAs", "column", "equivalentProperty", "examples", "extract", "field", "fileProperty", "fileObject"),
    *("fileSet", "format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet"),
    *("references", "regex", "repeated", "replace", "samplingRate", "separator", "source", "subField", "transform"),
)
"""The terms of the format, as it wants them declared."""
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    **{term: f"cr:{term}" for term in TERMS},
    "examples": {"@id": "cr:examples", "@type": "@json"},
}


def text(tables: Sequence[Table], files: Path, as_of: str, address: str) -> str:
    """Describe the tables whose files are in a folder; `address` is that of the site, which may be empty."""
    package = tables[0].package if tables else {}
    title = package.get("title") or f"Tables of {cite.short_title()}"
    root = f"{address.rstrip('/')}/{FOLDER}/" if address else ""
    day = dt.date.fromisoformat(as_of)
    content = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": title,
        "description": package.get("description") or title,
        "license": [licence.get("path") or licence["name"] for licence in package.get("licenses", [])],
        "creator": datasets.people(),
        "version": cite.version(),
        "datePublished": cite.released().isoformat(),
        "dateModified": as_of,
        "inLanguage": "en",
        "keywords": cite.citation_file().get("keywords", []),
        "citeAs": cite.bibtex(cite.Work("dataset", FOLDER, title, day, day)),
        **({"url": f"{address.rstrip('/')}/{FOLDER}.html"} if address else {}),
        "distribution": [_file(table, kind, files, root) for table in tables for kind in datasets.ENCODINGS],
        "recordSet": [_records(table, {other.name for other in tables} - {table.name}) for table in tables],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _file(table: Table, suffix: str, files: Path, root: str) -> dict:
    path = files / f"{table.name}.{suffix}"
    return {
        "@type": "cr:FileObject",
        "@id": path.name,
        "name": path.name,
        "description": f"{table.title}, as {'CSV' if suffix == 'csv' else 'Parquet'}",
        "contentUrl": f"{root}{path.name}",
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": datasets.ENCODINGS[suffix],
        "sha256": file_hash(path),
    }


def _records(table: Table, others: Collection[str]) -> dict:
    schema = table.entry.get("schema", {})
    key = schema.get("primaryKey") or []
    references = {  # not within a table: mlcroissant joins what is referred to, and a table with itself without end
        column: f"{entry['reference']['resource']}/{there}"
        for entry in schema.get("foreignKeys", [])
        if entry["reference"]["resource"] in others
        for column, there in zip(entry["fields"], entry["reference"]["fields"], strict=True)
    }
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": f"{table.title}. {table.entry.get('description', '')}".strip(),
        **({"key": [{"@id": f"{table.name}/{column}"} for column in key]} if key else {}),
        "field": [_field(table, field, references.get(field["name"], "")) for field in table.fields],
    }


def _field(table: Table, field: Mapping, reference: str) -> dict:
    unit = f" Unit: {field['unit']}." if field.get("unit") else ""
    words = field.get("description") or field.get("title") or field["name"]
    return {
        "@type": "cr:Field",
        "@id": f"{table.name}/{field['name']}",
        "name": field["name"],
        "description": f"{words}{unit}",
        "dataType": TYPES.get(field.get("type", "string"), TYPES["string"]),
        "source": {"fileObject": {"@id": f"{table.name}.csv"}, "extract": {"column": field["name"]}},
        **({"references": {"field": {"@id": reference}}} if reference else {}),
    }
