"""The archive of a version: one zip of what is built, and of the commit that it is built from.

The same commit gives the same bytes: files are in order, each has the time of the commit (or SOURCE_DATE_EPOCH), and
the one file of the site that differs from run to run is emptied.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from lib import cite
from lib.build import editions, git, schedule
from lib.disk import folders
from lib.disk.files import file_hash, tree
from lib.errors import BookError, Misused
from lib.packages import BOOK
from lib.release import describe, software
from lib.site import directory, versions
from lib.site.exports import pdf
from lib.site.pages import status
from lib.tables.dictionary import read_dictionary

FOLDER = Path("_build", "release")
VERSION = re.compile(r"\d+(\.\d+)+")
PACKED = frozenset({".pdf", ".png", ".woff2", ".xlsx", ".zip", ".parquet"})
"""Endings of files that get no smaller."""
SUMS = "SHA256SUMS"
NO_RUNS = json.dumps(
    {"runs": {}, "note": "An archive does not say when pages ran: it is the same whenever it is made."}
)
CHUNK = 1 << 20

Content = Mapping[str, bytes | Path]
"""The files of an archive by name: what is in them, or where that is."""


class NotReleasable(BookError):
    """A book in a state of which no archive can be made."""


def check(root: Path, version: str) -> None:
    """Raise Misused or NotReleasable where no version of this name can be made of a book as it is, built or not."""
    if not VERSION.fullmatch(version):
        raise Misused(f"a version is written as 2026.12 or 2026.12.1, not {version!r}")
    changed = git.unsaved(root)
    if changed is None:
        raise NotReleasable(f"{root} has no git commit", "Make the archive in a checkout of the book.")
    if changed:
        listed = ", ".join(changed[:5]) + (f" and {len(changed) - 5} more" if len(changed) > 5 else "")
        raise NotReleasable(
            f"files differ from the commit: {listed}", "Commit or remove them, and build the site again."
        )
    commit = git.commit_of(root)
    for entry in versions.read(root):
        if entry["version"] == version and entry["commit"] != commit:
            raise NotReleasable(
                f"version {version} was made from commit {entry['commit']} on {entry['released']}",
                "Choose another version; to make that one again, check out its commit.",
            )
    if cite.version() != version:
        raise NotReleasable(
            f"CITATION.cff names version {cite.version()}, not {version}",
            f"`book release {version} --set` writes it there. Commit that, so that every page of the site names it.",
        )


def make(root: Path, version: str) -> Path:
    """Make the archive of a version from a built book, list it in `releases.yml`, and return where it is.

    Raises what `check` raises, and NotReleasable where the site is not the one of the commit, or where the same version
    of the same commit was listed with another checksum before.
    """
    check(root, version)
    planned = schedule.plan_build(root, root / "data")
    _check_built(planned, git.commit_of(root))
    content = _content(planned, version)
    name = f"{BOOK}-{version}"
    target = root / FOLDER / f"{name}.zip"
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        _pack(content, name, time_of(root), beside)
        check(root, version)  # nothing was saved meanwhile
        _register(root, _entry(root, version, beside))
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)
        shutil.rmtree(root / FOLDER / ".site", ignore_errors=True)
    return target


def time_of(root: Path) -> dt.datetime:
    """Return the time that an archive carries: SOURCE_DATE_EPOCH where it is set, else that of the commit."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given and not given.isdecimal():
        raise Misused(f"SOURCE_DATE_EPOCH must be seconds since 1970, not {given!r}")
    return dt.datetime.fromtimestamp(int(given) if given else git.time_of(root), dt.UTC)


def set_version(root: Path, version: str, day: dt.date) -> None:
    """Write a version and its day of release to CITATION.cff, the one place that all pages and files have them from."""
    if not VERSION.fullmatch(version):
        raise Misused(f"a version is written as 2026.12 or 2026.12.1, not {version!r}")
    path = root / "CITATION.cff"
    text = path.read_text(encoding="utf-8")
    for field, value in (("version", f'"{version}"'), ("date-released", day.isoformat())):
        text, found = re.subn(rf"^{field}:.*$", f"{field}: {value}", text, flags=re.MULTILINE)
        if found != 1:
            raise NotReleasable(f"CITATION.cff has {found} lines with {field}", "It must have one.")
    path.write_text(text, encoding="utf-8")


def _check_built(planned: schedule.BuildPlan, commit: str) -> None:
    """Raise NotReleasable where the site is not there, or not all of it was built from a commit."""
    if not (planned.place(planned.editions[0]) / editions.COVER).is_file():
        raise NotReleasable("there is no site to archive", "Run `book build` and `book pdf` first, or `make release`.")
    if not planned.is_fresh():
        raise NotReleasable("the site is not built from the files as they are", "Run `book build` first.")
    for day, built in planned.commits().items():
        if built != commit:
            raise NotReleasable(
                f"the edition of {day or 'today'} names commit {built or 'none'}, not {commit}",
                f"Remove {schedule.folder_of(planned.root / '_build', day)} and run `book build`; results are kept.",
            )


# ------------------------------------------------------------------------------------------- what is in it


def _content(planned: schedule.BuildPlan, version: str) -> Content:
    """Collect the files of an archive: those of the commit, the site, the executed notebooks, what describes them."""
    root, commit = planned.root, git.commit_of(planned.root)
    days = tuple(edition.day for edition in planned.editions if edition.day)
    source = git.content_of(root)
    site = _site(planned, versions.parsed(source[git.RELEASES].decode()) if git.RELEASES in source else [])
    executed = schedule.folder_of(root / "_build", "")
    described = describe.Version(
        version, commit, _tables(planned.data), any((site / pdf.PDFS).glob("*.pdf")), tuple(sorted(days))
    )
    content: dict[str, bytes | Path] = dict(source)
    content |= {f"site/{path.relative_to(site).as_posix()}": path for path in sorted(site.rglob("*")) if path.is_file()}
    content |= {
        f"notebooks/{path.relative_to(executed).as_posix()}": path for path in tree(executed, endings=(".ipynb",))
    }
    lock = source["requirements.txt"].decode()
    content["sbom.cdx.json"] = software.bill(lock, version, commit, time_of(root))
    content["datacite.json"] = describe.datacite(described)
    content["ro-crate-metadata.json"] = describe.crate(described)
    content["ARCHIVE.md"] = describe.readme(described)
    content[SUMS] = "".join(f"{_sum(each)}  {name}\n" for name, each in sorted(content.items())).encode()
    return content


def _site(planned: schedule.BuildPlan, archived: list) -> Path:
    """Lay out the site to archive, by links: the editions of the plan, and nothing that differs from run to run."""
    site = planned.place(planned.editions[0])
    target = planned.root / FOLDER / ".site"
    shutil.rmtree(target, ignore_errors=True)
    days = {edition.day for edition in planned.editions}

    def others(folder: str, names: list[str]) -> set[str]:
        return {name for name in names if Path(folder) == site / editions.FOLDER and name not in days}

    folders.linked(site, target, ignore=others)
    directory.write(target, archived)
    for runs in target.rglob(status.RUNS):
        runs.unlink()
        runs.write_text(NO_RUNS + "\n", encoding="utf-8")
    return target


def _tables(data: Path) -> dict[str, str]:
    """Return the titles of the tables by the names of their files."""
    resources = read_dictionary(data)["resources"]
    return {f"data/{entry['path']}": entry.get("title", entry["name"]) for entry in resources}


def _sum(content: bytes | Path) -> str:
    return file_hash(content) if isinstance(content, Path) else hashlib.sha256(content).hexdigest()


# ------------------------------------------------------------------------------------------- packing it


def _pack(content: Content, folder: str, made: dt.datetime, target: Path) -> None:
    """Write files in order into a zip, all in one folder and with one time."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, each in sorted(content.items()):
            entry = zipfile.ZipInfo(f"{folder}/{name}", made.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_STORED if Path(name).suffix in PACKED else zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever it is made
            entry.external_attr = 0o100644 << 16
            with archive.open(entry, "w") as file:
                for chunk in _chunks(each):
                    file.write(chunk)


def _chunks(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _entry(root: Path, version: str, archive: Path) -> dict:
    return {
        "version": version,
        "released": cite.released().isoformat(),
        "commit": git.commit_of(root),
        "file": f"{BOOK}-{version}.zip",
        "bytes": archive.stat().st_size,
        "sha256": file_hash(archive),
    }


def _register(root: Path, entry: dict) -> None:
    """List a version as archived. Raises NotReleasable where it is listed with another checksum."""
    listed = versions.read(root)
    for other in listed:
        if other["version"] == entry["version"]:
            if other["sha256"] != entry["sha256"]:
                raise NotReleasable(
                    f"version {entry['version']} is listed with SHA-256 {other['sha256']}, but this commit gives "
                    f"{entry['sha256']}",
                    "Nothing was changed. Compare the SHA256SUMS of both archives.",
                )
            return
    versions.write(root, [entry, *listed])
