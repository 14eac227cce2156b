"""A small data folder of the real form, for tests that break it."""

import json
from pathlib import Path

SOURCES = """\
id,title,publisher,published,published_precision,accessed,url,doi,licence,confidence,retrieved_copy,note
early,Summaries 2025,Survey,2025-01-31,day,2026-04-01,https://example.org/a,,public domain,high,,
late,Summaries 2026,Survey,2026-02-06,day,2026-04-01,https://example.org/b,,public domain,high,,
blog,A blog,Somebody,2025-03-01,day,2026-04-01,https://example.org/c,,,low,,
"""
OUTPUT = """\
series,edition,iso3,year,value,qualifier,source_id,also_source_ids,published,confidence,conflicts_with,note
survey,2025,AUS,2024,13000,e;trade,early,,,,,
survey,2025,CHN,2024,270000,quota,early,blog,,,,
survey,2025,USA,2024,45000,,early,,,,,
survey,2025,OTH,2024,62000,,early,,,,,
survey,2025,WLD,2024,390000,,early,,,,,
survey,2026,AUS,2024,29000,r,late,,,,,
survey,2026,CHN,2024,270000,,late,,2026-03-05,,,
survey,2026,IND,2024,,NA,late,,,,,
quoted,blog,AUS,2024,113000,,blog,,,,,
"""
NO_ADDRESSES = (
    "javascript:alert(1)",
    " https://example.org/a",
    "HTTPS:alert(1)",
    "ftp://example.org/a",
    "data:text/html,x",
    "//example.org/a",
    "https://example.org/a b",
    'https://example.org/"onclick="x',
    "https://example.org/<b>",
    "https://",
    "10.1/x",
)
CORRECTIONS = "id,table,match,column,printed,corrected,why,source_id,until_edition,note\n"


def text(name: str, **more: object) -> dict:
    return {"name": name, "type": "string", "title": name} | more


OUTPUT_RESOURCE = {
    "name": "output",
    "path": "output.csv",
    "profile": "tabular-data-resource",
    "title": "Mine output",
    "vintageKey": ["series", "iso3", "year"],
    "worldTotal": {"value": "value", "by": ["series", "edition", "year"]},
    "schema": {
        "fields": [
            text("series", constraints={"required": True}),
            text("edition"),
            text("iso3", constraints={"required": True}),
            {"name": "year", "type": "integer", "title": "year"},
            {"name": "value", "type": "number", "title": "value", "constraints": {"minimum": 0}},
            text("qualifier"),
            text("source_id", constraints={"required": True}),
            text("also_source_ids"),
            {"name": "published", "type": "date", "title": "published"},
            text("confidence"),
            text("conflicts_with"),
            text("note"),
        ],
        "primaryKey": ["series", "edition", "iso3", "year"],
        "foreignKeys": [{"fields": ["source_id"], "reference": {"resource": "sources", "fields": ["id"]}}],
        "missingValues": [""],
    },
}


def constraints_of_sources() -> dict[str, dict]:
    """What the dictionary of the book asks of the addresses of a source, by column."""
    package = json.loads((Path(__file__).resolve().parents[1] / "data" / "datapackage.json").read_text())
    [sources] = [entry for entry in package["resources"] if entry["name"] == "sources"]
    fields = {field["name"]: field for field in sources["schema"]["fields"]}
    return {name: {"constraints": fields[name]["constraints"]} for name in ("url", "doi")}


def described(name: str, header: str) -> dict:
    more = constraints_of_sources() if name == "sources" else {}
    fields = [text(column, **more.get(column, {})) for column in header.split("\n")[0].split(",")]
    schema = {"fields": fields, "missingValues": [""]}
    return {"name": name, "path": f"{name}.csv", "profile": "tabular-data-resource", "schema": schema}


def write(folder: Path) -> Path:
    """Write the folder; nothing in it is wrong."""
    folder.mkdir(exist_ok=True)
    resources = [described("sources", SOURCES), described("corrections", CORRECTIONS), OUTPUT_RESOURCE]
    package = {"name": "small", "profile": "tabular-data-package", "resources": resources}
    (folder / "datapackage.json").write_text(json.dumps(package))
    for name, content in (("sources", SOURCES), ("corrections", CORRECTIONS), ("output", OUTPUT)):
        (folder / f"{name}.csv").write_text(content)
    return folder
