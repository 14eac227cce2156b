"""The tables as data sets: in the heads of their pages as schema.org knows them, and in Croissant."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
from lxml.html import fromstring

from lib.site.exports import croissant


def described(site, page: str) -> dict:
    head = fromstring((site / f"{page}.html").read_text(encoding="utf-8")).find("head")
    (text,) = head.xpath("script[@type='application/ld+json']/text()")
    return json.loads(text)


@pytest.fixture(scope="module")
def package(site) -> dict:
    return json.loads((site / "data" / "datapackage.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def crumbs(site) -> dict:
    return json.loads((site / "data" / croissant.FILE).read_text(encoding="utf-8"))


def test_each_table_is_a_data_set_with_columns_files_and_sources(site, package):
    for entry in package["resources"]:
        content = described(site, f"data/{entry['name']}")
        assert content["@type"] == "Dataset"
        for name in ("name", "description", "license", "creator", "citation", "identifier", "distribution"):
            assert content[name], (entry["name"], name)
        columns = [column["name"] for column in content["variableMeasured"]]
        assert columns == [field["name"] for field in entry["schema"]["fields"]]
        assert {file["encodingFormat"] for file in content["distribution"]} == {
            "text/csv",
            "application/vnd.apache.parquet",
        }
        for file in content["distribution"]:
            path = (site / "data" / file["contentUrl"]).resolve()
            path = path if path.is_file() else (site / "data" / ".." / file["contentUrl"].removeprefix("../")).resolve()
            assert file["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
            assert file["contentSize"] == f"{path.stat().st_size} B"


def test_a_table_says_which_years_it_covers_and_what_it_is_based_on(site):
    content = described(site, "data/mine_production")
    assert re.fullmatch(r"\d{4}/\d{4}", content["temporalCoverage"])
    references = (site / "references.html").read_text(encoding="utf-8")
    assert content["isBasedOn"]
    for source in content["isBasedOn"]:
        assert source["name"]
        assert f'id="{source["@id"].partition("#")[2]}"' in references


def test_the_page_of_the_data_is_a_catalogue_of_all_tables(site, package):
    catalog, whole = described(site, "data")["@graph"]
    assert catalog["@type"] == "DataCatalog"
    tables = {f"data/{entry['name']}.html" for entry in package["resources"]}
    assert {entry["@id"] for entry in catalog["dataset"]} == tables
    assert all((site / file["contentUrl"]).is_file() for file in whole["distribution"])
    assert whole["includedInDataCatalog"] == {"@id": catalog["@id"]}
    assert described(site, "data/gdp")["includedInDataCatalog"]["@id"] == f"../{catalog['@id']}"


# ------------------------------------------------------------------------------------------- Croissant


def test_croissant_describes_every_file_with_its_sum(site, crumbs, package):
    """mlcroissant is half a gigabyte with what it needs; `make croissant` runs it, and here are the rules it checks."""
    assert crumbs["@type"] == "sc:Dataset"
    assert crumbs["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    for name in ("name", "description", "license", "creator", "version", "datePublished", "citeAs"):
        assert crumbs[name], name
    files = {file["@id"]: file for file in crumbs["distribution"]}
    assert set(files) == {f"{e['name']}.{kind}" for e in package["resources"] for kind in ("csv", "parquet")}
    for name, file in files.items():
        assert file["@type"] == "cr:FileObject"
        assert file["sha256"] == hashlib.sha256((site / "data" / name).read_bytes()).hexdigest()
        assert (site / "data" / file["contentUrl"]).is_file()


def test_croissant_has_every_column_with_its_type_and_takes_it_from_the_file(site, crumbs, package):
    records = {entry["@id"]: entry for entry in crumbs["recordSet"]}
    assert list(records) == [entry["name"] for entry in package["resources"]]
    for entry in package["resources"]:
        fields = records[entry["name"]]["field"]
        header = (site / "data" / f"{entry['name']}.csv").open(encoding="utf-8").readline().strip().split(",")
        assert [field["source"]["extract"]["column"] for field in fields] == header
        for field, column in zip(fields, entry["schema"]["fields"], strict=True):
            assert field["@id"] == f"{entry['name']}/{column['name']}"
            assert field["dataType"] == croissant.TYPES[column["type"]]
            assert field["source"]["fileObject"] == {"@id": f"{entry['name']}.csv"}
            assert field["description"]
        key = [part["@id"].partition("/")[2] for part in records[entry["name"]]["key"]]
        assert key == entry["schema"]["primaryKey"]


def test_croissant_refers_from_table_to_table_as_the_dictionary_does(crumbs, package):
    fields = {field["@id"]: field for entry in crumbs["recordSet"] for field in entry["field"]}
    assert len(fields) == sum(len(entry["field"]) for entry in crumbs["recordSet"])
    references = {name: field["references"]["field"]["@id"] for name, field in fields.items() if "references" in field}
    assert set(references.values()) <= set(fields)
    for entry in package["resources"]:
        for key in entry["schema"].get("foreignKeys", []):
            there = key["reference"]["resource"]
            for column, other in zip(key["fields"], key["reference"]["fields"], strict=True):
                reference = f"{there}/{other}" if there else None  # within a table, where nothing can be joined
                assert references.get(f"{entry['name']}/{column}") == reference


def test_croissant_declares_every_prefix_and_term_that_it_uses(crumbs):
    context = crumbs["@context"]
    text = json.dumps({name: value for name, value in crumbs.items() if name != "@context"})
    prefixes = set(re.findall(r'"(?:@type|dataType)": "(\w+):', text))
    assert prefixes == {"cr", "sc"}
    assert all(context[prefix].startswith("http") for prefix in prefixes)
    for term in ("citeAs", "column", "dataType", "extract", "field", "fileObject", "key", "recordSet", "references"):
        entry = context[term]
        assert (entry["@id"] if isinstance(entry, dict) else entry) == f"cr:{term}"
