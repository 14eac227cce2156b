"""An archive: the same bytes each time, all that it promises, descriptions that validate, and clear refusals."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import rocrate
import yaml
from bs4 import BeautifulSoup
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from typer.testing import CliRunner

from lib import cite, packages
from lib.cli import app
from lib.errors import Misused
from lib.release import archive, software
from lib.site import directory, versions
from tests.release.conftest import ROOT, git

VERSION = cite.version()
CONTEXT = "https://w3id.org/ro/crate/1.3/context"
FOLDER = f"industrial-vitamins-{VERSION}"


@pytest.fixture(scope="module")
def released(built) -> Path:
    """The archive of the tiny book."""
    return archive.make(built, VERSION)


@pytest.fixture(scope="module")
def unpacked(released, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(released) as opened:
        opened.extractall(folder)
    [inner] = folder.iterdir()
    assert inner.name == FOLDER
    return inner


def refused(root: Path, *arguments: str) -> tuple[int, str]:
    """Exit status and message of `book release`, after which nothing is written."""
    before = (root / "releases.yml").read_text()
    here = Path.cwd()
    os.chdir(root)
    try:
        result = CliRunner().invoke(app, ["release", *arguments], env={"TERM": "dumb", "COLUMNS": "300"})
    finally:
        os.chdir(here)
    assert (root / "releases.yml").read_text() == before
    assert not list((root / archive.FOLDER).glob("*"))
    return result.exit_code, " ".join(result.output.split())


def test_a_commit_gives_the_same_bytes_wherever_and_whenever_it_is_built(released, books):
    _, elsewhere = books
    assert archive.make(elsewhere, VERSION).read_bytes() == released.read_bytes()


def test_a_second_run_changes_nothing(built, released):
    before, listed = released.read_bytes(), (built / "releases.yml").read_text()
    assert archive.make(built, VERSION).read_bytes() == before
    assert (built / "releases.yml").read_text() == listed
    assert list(released.parent.iterdir()) == [released]


def test_files_are_in_order_and_have_the_time_of_the_commit_or_of_the_variable(built, released, monkeypatch):
    with zipfile.ZipFile(released) as opened:
        names = opened.namelist()
        assert names == sorted(names)
        assert {entry.date_time for entry in opened.infolist()} == {(2026, 12, 1, 10, 0, 0)}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    assert archive.time_of(built) == dt.datetime.fromtimestamp(1800000000, dt.UTC)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(Misused, match="SOURCE_DATE_EPOCH"):
        archive.time_of(built)


def test_everything_that_is_promised_is_there(unpacked):
    promised = (
        "site/index.html site/chapters/ores.html notebooks/chapters/ores.ipynb data/datapackage.json data/ores.csv"
    )
    promised += (
        " chapters/ores.ipynb CITATION.cff datacite.json ro-crate-metadata.json sbom.cdx.json SHA256SUMS ARCHIVE.md"
    )
    for name in promised.split():
        assert (unpacked / name).stat().st_size > 0, name
    assert "no PDFs" in (unpacked / "ARCHIVE.md").read_text()
    assert json.loads((unpacked / "notebooks" / "index.ipynb").read_text())["cells"]
    assert json.loads((unpacked / "site" / "runs.json").read_text())["runs"] == {}


def test_each_file_has_its_checksum(unpacked):
    lines = (unpacked / "SHA256SUMS").read_text().splitlines()
    sums = dict(reversed(line.split("  ", 1)) for line in lines)
    files = {path.relative_to(unpacked).as_posix(): path for path in unpacked.rglob("*") if path.is_file()}
    assert set(sums) == set(files) - {"SHA256SUMS"}
    assert all(hashlib.sha256(files[name].read_bytes()).hexdigest() == sums[name] for name in sums)


def test_every_link_of_the_archived_site_is_alive(unpacked):
    site = unpacked / "site"
    dead = []
    for path in site.rglob("*.html"):
        for link in BeautifulSoup(path.read_text(), "html.parser").select("a[href], link[href], script[src]"):
            address = (link.get("href") or link["src"]).partition("#")[0].partition("?")[0]
            if address and ":" not in address and path.name != directory.NOT_FOUND:
                dead += [(path.name, address)] if not (path.parent / address).exists() else []
    assert not dead


def test_every_citation_names_the_version_of_the_one_place(unpacked):
    named = yaml.safe_load((unpacked / "CITATION.cff").read_text())["version"]
    assert named == VERSION
    assert f"Version {named}, as known on" in (unpacked / "site" / "chapters" / "ores.html").read_text()
    assert json.loads((unpacked / "datacite.json").read_text())["version"] == named
    assert json.loads((unpacked / "site" / "data" / "datapackage.json").read_text())["version"] == named
    elsewhere = (ROOT / name for name in ("pyproject.toml", "data/datapackage.json", "lib/__init__.py"))
    assert not [path for path in elsewhere if f'"{named}"' in path.read_text(encoding="utf-8")]


def test_the_citation_file_is_valid(unpacked):
    check = [
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.citation-file-format",
        str(unpacked / "CITATION.cff"),
    ]
    done = subprocess.run([sys.executable, *check], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_description_for_datacite_is_valid(unpacked, validate):
    program = (
        "import json, sys; from datacite import schema45; schema45.validator.validate(json.load(open(sys.argv[1])))"
    )
    validate("-c", program, str(unpacked / "datacite.json"))
    broken = json.loads((unpacked / "datacite.json").read_text()) | {"titles": []}
    (unpacked.parent / "broken.json").write_text(json.dumps(broken))
    with pytest.raises(AssertionError, match="ValidationError"):
        validate("-c", program, str(unpacked.parent / "broken.json"))


def test_the_crate_is_valid_and_one_without_a_licence_is_not(unpacked, validate, tmp_path):
    graph = json.loads((unpacked / "ro-crate-metadata.json").read_text())["@graph"]
    parts = {entity["@id"] for entity in graph}
    assert {"site/", "notebooks/", "data/", "data/ores.csv", "sbom.cdx.json", "CITATION.cff"} <= parts
    broken = [
        {k: v for k, v in entity.items() if k != "license"} if entity["@id"] == "./" else entity for entity in graph
    ]
    other = tmp_path / "crate"
    shutil.copytree(unpacked, other)
    (other / "ro-crate-metadata.json").write_text(json.dumps({"@context": CONTEXT, "@graph": broken}))
    context = Path(rocrate.__file__).with_name("data") / "ro-crate.jsonld"
    program = Path(__file__).with_name("validate_crate.py")
    good, bad = validate(str(program), str(context), str(unpacked), str(other)).splitlines()
    assert good == str(unpacked)
    assert "license" in bad


def test_the_bill_of_materials_is_valid_and_names_every_package_of_the_lock(unpacked):
    text = (unpacked / "sbom.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    named = {(each["name"], each["version"]) for each in json.loads(text)["components"]}
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    locked = {
        tuple(line.split(" ")[0].split("==")) for line in lines if "==" in line and not line.startswith((" ", "#"))
    }
    assert named == locked
    needs = {entry["ref"]: entry.get("dependsOn", []) for entry in json.loads(text)["dependencies"]}
    direct = {name.partition("==")[0] for name in needs[packages.BOOK]}
    assert {"papermill", "pandas", "altair"} <= direct
    assert "nbclient" not in direct
    assert any(name.startswith("nbclient==") for ref, names in needs.items() for name in names if "papermill" in ref)


def test_the_same_lock_gives_the_same_bill():
    lock, made = (ROOT / "requirements.txt").read_text(), dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    assert software.bill(lock, "1.0", "ab", made) == software.bill(lock, "1.0", "ab", made)
    assert software.bill(lock, "1.0", "ab", made) != software.bill(lock, "1.0", "cd", made)


def test_the_archive_is_listed_with_its_checksum_and_the_page_of_editions_shows_it(built, released, copy):
    [entry] = versions.read(built)
    assert entry["sha256"] == hashlib.sha256(released.read_bytes()).hexdigest()
    assert (entry["version"], entry["bytes"]) == (VERSION, released.stat().st_size)
    assert entry["commit"] == git(built, "rev-parse", "--short=12", "HEAD").strip()
    site = copy / "_build" / "html"
    directory.write(site, [entry | {"doi": "10.5281/zenodo.1"}])
    listed = BeautifulSoup((site / "editions.html").read_text(), "html.parser").find(id=f"version-{VERSION}")
    assert entry["sha256"] in "".join(listed.get_text().split())
    assert listed.find("a", href="https://doi.org/10.5281/zenodo.1")


def test_an_archive_does_not_list_itself(unpacked):
    assert not BeautifulSoup((unpacked / "site" / "editions.html").read_text(), "html.parser").find(
        id=f"version-{VERSION}"
    )


# ------------------------------------------------------------------------------------------- refusals


def test_no_version_and_what_is_no_version_are_refused(copy):
    for arguments in ([], ["next"], ["2026."], ["v2026.12"]):
        status, message = refused_after_release(copy, *arguments)
        assert status == 2
        assert "2026.12" in message


def refused_after_release(root: Path, *arguments: str) -> tuple[int, str]:
    """As `refused`, for a copy that may have an archive."""
    for path in (root / archive.FOLDER).glob("*"):
        path.unlink()
    (root / "releases.yml").write_text("releases: []\n")
    return refused(root, *arguments)


def test_uncommitted_files_are_refused_and_named(copy):
    (copy / "data" / "new.csv").write_text("a\n")
    status, message = refused_after_release(copy, VERSION)
    assert status == 1
    assert "data/new.csv" in message


def test_a_version_that_the_book_does_not_name_is_refused(copy):
    status, message = refused_after_release(copy, "1999.1")
    assert status == 1
    assert f"names version {VERSION}, not 1999.1" in message
    assert "--set" in message


def test_a_version_of_another_commit_is_refused(copy):
    entry = {"version": VERSION, "released": "2026-01-01", "commit": "0" * 12, "file": "a.zip", "bytes": 1}
    for path in (copy / archive.FOLDER).glob("*"):
        path.unlink()
    versions.write(copy, [entry | {"sha256": "0" * 64}])
    status, message = refused(copy, VERSION)
    assert status == 1
    assert "0" * 12 in message


def test_the_same_commit_with_other_bytes_is_refused(copy):
    [entry] = versions.read(copy) or [None]
    versions.write(copy, [entry | {"sha256": "0" * 64}])
    with pytest.raises(archive.NotReleasable, match="SHA-256"):
        archive.make(copy, VERSION)


def test_a_book_without_a_site_and_one_with_an_older_site_are_refused(copy):
    git(copy, "commit", "--quiet", "--allow-empty", "--message", "Another commit")
    status, message = refused_after_release(copy, VERSION)
    assert status == 1
    assert "book build" in message
    (copy / "_build" / "html" / "index.html").unlink()
    status, message = refused_after_release(copy, VERSION)
    assert status == 1
    assert "no site" in message


def test_a_folder_without_a_commit_is_refused(copy):
    (copy / ".git").rename(copy / "no-git")
    status, message = refused_after_release(copy, VERSION)
    assert status == 1
    assert "no git commit" in message


@pytest.mark.parametrize("text", ["releases: {a: 1}", "versions: []", "releases:\n- version: 1", "- [", ""])
def test_a_list_that_cannot_be_read_is_refused(tmp_path, text):
    (tmp_path / "releases.yml").write_text(text)
    with pytest.raises(versions.ListingError, match=r"releases\.yml"):
        versions.read(tmp_path)


def test_an_entry_that_could_not_be_read_again_is_not_written(tmp_path):
    with pytest.raises(versions.ListingError):
        versions.write(tmp_path, [{"version": "1.0", "commit": "0" * 12 + " with changes"}])
    assert not (tmp_path / "releases.yml").exists()


def test_a_file_that_is_saved_while_the_archive_is_made_is_noticed(copy, monkeypatch):
    (copy / "releases.yml").write_text("releases: []\n")
    packing = archive._pack

    def saved_meanwhile(*given):
        packing(*given)
        (copy / "data" / "ores.csv").write_text("ore\n")

    monkeypatch.setattr(archive, "_pack", saved_meanwhile)
    with pytest.raises(archive.NotReleasable, match=r"ores\.csv"):
        archive.make(copy, VERSION)
    assert versions.read(copy) == []


def test_a_version_keeps_its_zeros(tmp_path):
    entry = {"version": "2026.10", "released": "2026-10-01", "commit": "0" * 12, "file": "a.zip", "bytes": 1}
    versions.write(tmp_path, [entry | {"sha256": "0" * 64}])
    assert versions.read(tmp_path) == [entry | {"sha256": "0" * 64}]


def test_the_version_is_set_in_one_place(tmp_path):
    (tmp_path / "CITATION.cff").write_bytes((ROOT / "CITATION.cff").read_bytes())
    archive.set_version(tmp_path, "2027.10", dt.date(2027, 10, 1))
    content = yaml.safe_load((tmp_path / "CITATION.cff").read_text())
    assert (content["version"], content["date-released"]) == ("2027.10", dt.date(2027, 10, 1))
