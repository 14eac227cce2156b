"""What an archive says of itself: for DataCite, as an RO-Crate, and for the person who opens it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lib import cite

LICENCES = {
    "MIT": ("https://spdx.org/licenses/MIT", "MIT License"),
    "CC-BY-4.0": ("https://creativecommons.org/licenses/by/4.0/", "Creative Commons Attribution 4.0 International"),
}
PROSE = "CC-BY-4.0"
PARTS = {
    "site/": ("The whole site", "Open index.html in a browser; no server and no network are needed."),
    "notebooks/": ("The executed notebooks", "Each page of the book with its results, as Jupyter notebooks."),
    "data/": (
        "The tables",
        "A data package: datapackage.json says what each column means, sources.csv who published what.",
    ),
    "chapters/": ("The notebooks", "The sources of the pages, without results."),
    "lib/": ("The code", "Shared by the notebooks; `make book` in this folder builds the site again."),
}
FILES = {
    "CITATION.cff": ("How to cite this version", "application/yaml"),
    "SHA256SUMS": ("The checksum of each file; `sha256sum --check SHA256SUMS` compares", "text/plain"),
    "sbom.cdx.json": ("The software bill of materials, CycloneDX 1.6", "application/vnd.cyclonedx+json"),
    "datacite.json": ("The description of this version for DataCite", "application/json"),
    "requirements.txt": ("The packages, locked with hashes", "text/plain"),
    "ARCHIVE.md": ("What is in this archive", "text/markdown"),
}


@dataclass(frozen=True)
class Version:
    """A version of the book to describe: its name, the commit it is made from, and the tables by name and title."""

    name: str
    commit: str
    tables: Mapping[str, str]
    has_pdfs: bool
    days: tuple[str, ...]


def abstract() -> str:
    """Return what CITATION.cff says about the book in a paragraph."""
    return " ".join(str(cite.citation_file()["abstract"]).split())


def datacite(version: Version) -> bytes:
    """Write the description of a version for DataCite, metadata schema 4.5; the host adds the DOI."""
    persons = [_creator(author) for author in cite.authors()]
    content = {
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": "Open research book with tables and code"},
        "creators": persons,
        "titles": [{"title": cite.book_title(), "lang": "en"}],
        "publisher": {"name": "; ".join(cite.author_names())},
        "publicationYear": str(cite.released().year),
        "dates": [{"date": cite.released().isoformat(), "dateType": "Issued"}],
        "language": "en",
        "version": version.name,
        "subjects": [{"subject": word} for word in cite.citation_file()["keywords"]],
        "formats": ["application/zip"],
        "rightsList": [
            {"rights": name, "rightsUri": address, "rightsIdentifier": key, "rightsIdentifierScheme": "SPDX"}
            for key, (address, name) in _licences().items()
        ],
        "descriptions": [
            {"description": abstract(), "descriptionType": "Abstract", "lang": "en"},
            {"description": f"Built from commit {version.commit}.", "descriptionType": "TechnicalInfo", "lang": "en"},
        ],
    }
    return _json(content)


def _creator(author: Mapping[str, str]) -> dict[str, str]:
    if "literal" in author:
        return {"name": author["literal"], "nameType": "Organizational"}
    return {
        "name": f"{author['family']}, {author['given']}",
        "nameType": "Personal",
        "familyName": author["family"],
        "givenName": author["given"],
    }


def _licences() -> dict[str, tuple[str, str]]:
    return {key: LICENCES[key] for key in cite.citation_file()["license"]}


def crate(version: Version) -> bytes:
    """Write the `ro-crate-metadata.json` of an archive, RO-Crate 1.3: its parts, tables, authors and licences."""
    from rocrate.model import ContextEntity
    from rocrate.rocrate import ROCrate

    made = ROCrate(version="1.3")
    made.name, made.description = f"{cite.book_title()}, version {version.name}", abstract()
    made.datePublished = cite.released().isoformat()
    root = made.root_dataset
    root["version"], root["keywords"] = version.name, ", ".join(cite.citation_file()["keywords"])
    root["identifier"] = f"commit {version.commit}"
    licences = {
        key: made.add(ContextEntity(made, address, {"@type": "CreativeWork", "name": name, "description": name}))
        for key, (address, name) in _licences().items()
    }
    root["license"] = licences[PROSE]
    authors = [
        made.add(ContextEntity(made, f"#author-{place}", {"@type": kind, "name": name}))
        for place, (kind, name) in enumerate(_authors(), start=1)
    ]
    root["author"] = root["publisher"] = authors
    for path, (name, words) in PARTS.items():
        part = made.add_dataset(dest_path=path, properties={"name": name, "description": words})
        part["license"] = licences["MIT" if path == "lib/" else PROSE]
    for name, (words, kind) in FILES.items():
        made.add_file(dest_path=name, properties={"name": words, "encodingFormat": kind})
    for name, title in version.tables.items():
        table = made.add_file(dest_path=name, properties={"name": title, "encodingFormat": "text/csv"})
        made.dereference("data/").append_to("hasPart", table)
    return _json(made.metadata.generate())


def _authors() -> list[tuple[str, str]]:
    kinds = ("Organization" if "literal" in author else "Person" for author in cite.authors())
    return list(zip(kinds, cite.author_names(), strict=True))


def readme(version: Version) -> bytes:
    """Write what a person reads first who opens the archive."""
    parts = "\n".join(f"- `{path}`: {name[:1].lower()}{name[1:]}. {words}" for path, (name, words) in PARTS.items())
    files = "\n".join(f"- `{name}`: {words[:1].lower()}{words[1:]}." for name, (words, _) in FILES.items())
    pdfs = (
        "The PDFs of the chapters and of the whole book are in `site/pdf/`."
        if version.has_pdfs
        else "This archive has no PDFs, because there was no browser to print them when it was made."
    )
    days = ", ".join(version.days)
    past = (
        f"The editions of past days ({days}) are in `site/editions/`." if days else "It has no editions of past days."
    )
    text = f"""# {cite.book_title()}, version {version.name}

{abstract()}

This archive is made from commit {version.commit}. {pdfs} {past}

{parts}
{files}

Beside these are the other files of the commit. To build the site again, run `make book` in this folder; it needs Python
3.11, 3.12 or 3.13. The same commit gives the same archive, byte for byte, where Python, its zlib and the browser that
prints the PDFs are the same; the checksums of the other files hold everywhere. When each page ran is left out of it,
because that differs from run to run.

Code: MIT (LICENSE). Prose, figures and the compilation of the tables: CC BY 4.0 (LICENSE-text). Each source keeps its
own licence, which `data/sources.csv` names.
"""
    return text.encode()


def _json(content: Any) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
