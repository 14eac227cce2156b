"""Build the site: stage pages, run Jupyter Book, put the result in place.

The site is built beside the previous one and replaces it only when it is complete; a failed or interrupted
build leaves the previous site as it was. Editions of past days lie inside and are taken over by each new site.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Iterable, Mapping
from itertools import groupby
from pathlib import Path

import yaml

from lib import records as recording
from lib.build import editions, git
from lib.build.plan import CORRECTIONS, GENERATED, OF_WHOLE_BOOK, Page
from lib.compare import changes
from lib.disk import folders
from lib.disk.files import replace_text
from lib.languages import pages as translated
from lib.site import directory, hosting, machines, notices, versions
from lib.site.background import Background, Begin
from lib.site.exports import citation, datasets, fact_pages, store
from lib.site.exports import claims as claims_files
from lib.site.exports import facts as facts_files
from lib.site.exports import figures as figure_files
from lib.site.jupyter_book import JupyterBook
from lib.site.kept import Kept
from lib.site.pages import changes as changes_page
from lib.site.pages import corrections, explore, languages, references, search, status
from lib.site.pages import data as data_pages
from lib.site.sphinx import derivations
from lib.tables.dictionary import dictionary_if_any, read_sources

ADDRESSES = "addresses.json"
WITHOUT_SOURCE = ("search", "genindex")
"""Pages that Sphinx makes by itself."""


def stage(
    root: Path,
    pages: list[Page],
    executed: Mapping[str, Path],
    records: recording.Records,
    data: Path,
    folder: Path,
    begin: Begin,
    missing_figure: str | None = None,
    only_tables: Iterable[str] | None = None,
    address: str | None = None,
    moved: Mapping | None = None,
    top: notices.Notices = notices.Notices(),  # noqa: B008 - it never changes
    before: recording.Records | None = None,
    drafts: bool = False,
) -> None:
    """Write what Jupyter Book reads to `folder`, which is emptied first. Raises RecordsError for unknown sources.

    What writes the rest there, the files that no page is made from, is given to `begin` as soon as it can run. Every
    table of `data` gets a page, or those of `only_tables`. `address` is that of the site, by default the one in
    `_config.yml`. `moved` is what changed since an earlier edition, for the page of changes, and `before` the records
    of that; `top` what all pages say on top. Each number of the current edition gets a page of its own. Translations
    that fluent readers have checked are staged with it, and with `drafts` all others.
    """
    sources = read_sources(data)
    tables = data_pages.read(data, records, only_tables)
    cited = data_pages.with_sources(records, tables)
    recording.check_sources(cited, sources)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _copy_settings(root / "_config.yml", folder, address)
    (folder / "_toc.yml").write_text(_toc(pages, [table.docname for table in tables]), encoding="utf-8")
    _copy_pages(pages, executed, folder)
    told = derivations.told(records, sources, dictionary_if_any(data)) | {"pages": top.is_current}
    generated = {
        "references.bib": references.bibliography(cited, sources),
        "facts.md": recording.facts_page(records, sources, top.is_current)
        + facts_files.section()
        + facts_files.former_section(records, facts_files.former(root)),
        "figures.md": recording.figures_page(records),
        "references.md": recording.references_page(cited, sources),
        "status.md": status.page(root, data, executed, records, tables),
        f"{CORRECTIONS}.md": corrections.page(
            corrections.read(root, (entry["version"] for entry in versions.read(root))),
            tables,
            records,
            sources,
            citation.repository_address(root),
        ),
        "facts.json": recording.facts_json(records),
        derivations.FILE: json.dumps(told, ensure_ascii=False, sort_keys=True, indent=1) + "\n",
        ADDRESSES: recording.addresses_json(cited, missing_figure),
    }
    for name, text in generated.items():
        (folder / name).write_text(text, encoding="utf-8")
    if moved is not None:
        changes_page.stage(moved, cited, sources, dictionary_if_any(data), folder, has_feed=top.is_current)
    names = [*(page.docname for page in pages), *(table.docname for table in tables), *WITHOUT_SOURCE]
    notices.stage(top, names, folder)
    public, has_explore = citation.site_address(folder), any(page.docname == explore.PAGE for page in pages)
    data_pages.stage(tables, data, folder, records.as_of)
    with citation.remembering(store.of(folder, "citations") / "entries.json"):
        serial = {page.docname for page in pages if page.below}
        views = explore.VIEWS if has_explore else {}
        begin(figure_files.stage(records, sources, folder, public, top, git.commit_of(root), serial, views))
        begin(citation.stage(root, data, pages, records, folder, public))
        if not top.live:
            datasets.stage(tables, records, sources, folder, top.is_current)
    facts_files.stage(records, folder)
    claims_files.stage(records, folder)
    explored = explore.stage(root, data, records, folder, public) if has_explore else {}
    if top.is_current:
        begin(fact_pages.stage(records, before, told, folder, public, git.commit_of(root), top.own))
        translations = [page for page in translated.read(root, executed) if drafts or not page.is_draft]
        languages.stage(translations, folder)
        machines.stage(root, data, pages, records, tables, sources, moved, public, folder, translations)
    page_of = fact_pages.place if top.is_current else None
    search.stage(cited, pages, tables, sources, folder, page_of, explored)
    _tell_runs(executed, folder)


def restage(
    root: Path,
    pages: list[Page],
    executed: Mapping[str, Path],
    records: recording.Records,
    data: Path,
    folder: Path,
    begin: Begin,
    changed: Collection[str],
    before: recording.Records,
) -> None:
    """Stage the pages `changed` of a book again that `stage` staged in `folder`: their prose alone is another.

    `before` are the records of these pages on the day that the page of changes compares with. What writes the rest
    there is given to `begin`, as by `stage`.
    """
    _copy_pages([page for page in pages if page.docname in changed], executed, folder)
    with citation.remembering(store.of(folder, "citations") / "entries.json"):
        begin(citation.stage(root, data, pages, records, folder, citation.site_address(folder), changed))
    moved = changes_page.read(folder)  # the sentences that changed are not on the page itself
    if moved is not None and (retold := changes.retold(moved, before, records, changed)) != moved:
        changes_page.write(retold, folder)
    _tell_runs(executed, folder)


def _copy_pages(pages: Iterable[Page], executed: Mapping[str, Path], folder: Path) -> None:
    for page in pages:
        if page.path is not None:
            target = folder / f"{page.docname}{page.path.suffix}"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(executed.get(page.docname, page.path), target)


def _tell_runs(executed: Mapping[str, Path], folder: Path) -> None:
    replace_text(folder / citation.FILES / status.RUNS, status.runs_json(executed))


def _copy_settings(path: Path, folder: Path, address: str | None) -> None:
    if address is None:
        shutil.copy(path, folder)
        return
    settings = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    settings["html"] = (settings.get("html") or {}) | {"baseurl": address}
    (folder / path.name).write_text(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _toc(pages: list[Page], below_data: list[str]) -> str:
    """Write the table of contents for Jupyter Book: the parts of `_toc.yml`, with the pages that are below others."""
    root, *rest = pages
    sections = {data_pages.FOLDER: below_data}
    for page in rest:
        if page.below:
            sections.setdefault(page.below, []).append(page.docname)
    parts = [
        {"caption": caption, "chapters": [_entry(page, sections) for page in listed if not page.below]}
        for caption, listed in groupby(rest, key=lambda page: page.part)
    ]
    captioned = all(part["caption"] for part in parts)
    below = {"parts": parts} if captioned else {"chapters": [entry for part in parts for entry in part["chapters"]]}
    return yaml.safe_dump({"format": "jb-book", "root": root.docname} | (below if rest else {}), sort_keys=False)


def _entry(page: Page, sections: Mapping[str, list[str]]) -> dict:
    below = [{"file": name} for name in sections.get(page.docname, [])]
    return {"file": page.docname} | ({"sections": below} if below else {})


def single(page: Page) -> list[Page]:
    """List the pages of a site for one notebook: itself as the front page, and what is generated from its records."""
    return [Page("index", page.path, True), *(Page(name, None) for name in GENERATED if name not in OF_WHOLE_BOOK)]


def build(staged: Path, target: Path, **options) -> None:
    """Build the staged book and put the site at `target`; editions of past days that are there stay.

    Options are those of `render`. Raises SiteError; `target` is then as it was before.
    """
    with JupyterBook() as maker:
        made = render(staged, target.parent / f".{target.name}-made", maker, **options)
    put({editions.CURRENT: made}, target)


def render(
    staged: Path,
    folder: Path,
    maker: JupyterBook,
    *,
    background: Background | None = None,
    kept: Kept | None = None,
    strict: bool = True,
    extra: Mapping[str, Path] | None = None,
) -> Path:
    """Have `maker` build the staged book as a finished site at `folder`, which is emptied first, and return that.

    The `background` does what `stage` began; it has ended when this returns. With `kept` Sphinx begins where it ended
    the last time. `strict` makes every warning an error; `extra` are files to put beside the pages, by name. Raises
    SiteError; there is no `folder` then.
    """
    shutil.rmtree(folder, ignore_errors=True)
    scratch = folder.with_name(f"{folder.name}-new")
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        built = _pages(maker, staged, scratch, strict, kept)
        if background:
            background.finish()
        figure_files.place(staged, built)
        shutil.copyfile(staged / "facts.json", built / "facts.json")
        for name, path in (extra or {}).items():
            shutil.copyfile(path, built / name)
        folders.linked(staged / citation.FILES, built)
        for path in built.glob(".buildinfo*"):
            path.unlink()
        os.rename(built, folder)
        return folder
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def put(made: Mapping[str, Path], target: Path, address: str = "") -> None:
    """Put sites in place in one step: by the day of their edition, the empty one for the current edition at `target`.

    What is not replaced stays, and all editions lead to each other. `address` is that of the site, if it has one.
    """

    def replaced(folder: str, names: list[str]) -> set[str]:
        return {name for name in names if Path(folder).name == editions.FOLDER and name in made}

    scratch = target.parent / f".{target.name}-new"
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        if editions.CURRENT in made:
            os.rename(made[editions.CURRENT], scratch)
            folders.linked(target / editions.FOLDER, scratch / editions.FOLDER, ignore=replaced)
        else:
            folders.linked(target, scratch, ignore=replaced)
        for day, folder in made.items():
            if day:
                (scratch / editions.FOLDER).mkdir(parents=True, exist_ok=True)
                os.rename(folder, scratch / editions.FOLDER / day)
        directory.write(scratch)
        hosting.write(scratch, address)
        folders.put(scratch, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _pages(maker: JupyterBook, staged: Path, scratch: Path, strict: bool, kept: Kept | None) -> Path:
    """Have the pages of the staged book made; return where they are, in `scratch`."""
    if kept is None:
        return maker.make(staged, scratch, strict)
    kept.take(staged)
    try:
        made = maker.make(kept.source, kept.folder, strict)
    except BaseException:
        kept.forget()
        raise
    kept.ended()
    shutil.copytree(made, scratch)  # which is changed from here on
    return scratch
