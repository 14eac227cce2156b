"""The end of each notebook's page, Cite this chapter and Re-run this chapter, and the files that go with it.

A notebook cannot know the commit that it is built from, the address of the site or its own parameters as the
plan reads them, so both sections are written when its page is staged: after the executed copy, in place of the
short citation that `page.colophon` shows in plain Jupyter. The files are staged under `files/` and become
`cite/<chapter>.{bib,ris,json,txt}`, `cards/<chapter>.png` and `download/<chapter>.zip` of the site; pages that share a
notebook share its zip.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import html
import json
import shlex
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import yaml
from bs4 import BeautifulSoup

from lib import cite
from lib.build import git, plan, sanitise, schedule
from lib.build.plan import Page, Parameter
from lib.build.sanitise import ANSWER, title_of
from lib.disk import files
from lib.errors import BookError
from lib.metadata import shown
from lib.records import KEY, Records
from lib.site.background import Errand
from lib.site.exports import chapter_zip, elsewhere, social_card, store
from lib.site.exports.chapter_zip import Chapter

SOURCES = "## Sources"
"""How the list of sources begins that a page shows at its end."""
FILES = "files"
"""What of the staged book goes into the site as it is."""
HEADS = "heads.json"
ENTRIES_KEPT = 4096
FORMATS = {"apa": "APA", "chicago": "Chicago", "bib": "BibTeX", "ris": "RIS", "json": "CSL-JSON"}


class SettingsError(BookError):
    """Settings of the book that cannot be read."""

    remedy = "Correct the file; nothing was run."


@dataclass(frozen=True)
class Closing:
    """The contents of the end of one page. `values` are the parameters that differ from their defaults.

    `notebook` is what the notebook is called in the book, where that is not the name of the page. `zipped` is the name
    of a zip that it shares with other pages, `page` what it is called there. `repository` is the public address of the
    repository, where it has one, and `path` that of the notebook in it.
    """

    work: cite.Work
    docname: str
    parameters: tuple[Parameter, ...]
    values: Mapping[str, object]
    notebook: str = ""
    zipped: str = ""
    page: str = ""
    repository: str = ""
    path: str = ""

    @property
    def packed(self) -> str:
        """Return the name of the zip that has the notebook."""
        return self.zipped or self.work.name

    @property
    def up(self) -> str:
        """Return the way from the page to the root of the site."""
        return "../" * self.docname.count("/")


def stage(
    root: Path,
    data: Path,
    pages: list[Page],
    records: Records,
    folder: Path,
    address: str,
    changed_pages: Collection[str] | None = None,
) -> list[Errand]:
    """Close the notebooks staged in `folder` and write the files of their pages, and `heads.json` for the <head>s.

    Returns what packs the zips and draws the cards. `address` is that of the site, if it has one. With `changed_pages`
    those of the other pages are there already. Raises RecordsError when a table that a page read is not in `data`.
    """
    commit, repository = git.commit_of(root), repository_address(root)
    sources = {page.docname: page.notebook for page in pages if page.is_notebook}
    titles = {page.docname: page.title for page in pages}
    heads = {} if changed_pages is None else json.loads((folder / HEADS).read_text(encoding="utf-8"))
    errands: list[Errand] = []
    (folder / FILES).mkdir(exist_ok=True)
    cards, zips = store.of(folder, "cards"), store.of(folder, "zips")
    code, chosen = schedule.code_hash(), social_card.leads(root)
    packed: dict[str, Chapter] = {}
    for chapter in records.chapters:
        if changed_pages is not None and chapter["page"] not in changed_pages:
            continue
        path = folder / f"{chapter['page']}.ipynb"
        notebook = json.loads(path.read_text(encoding="utf-8"))
        work = _work(chapter, notebook, commit, address)
        name, source = chapter["name"], sources[chapter["page"]]
        parameters = plan.parameters(source)
        used = {p.name: chapter.get("parameters", {}).get(p.name, p.default) for p in parameters}
        changed = {p.name: used[p.name] for p in parameters if used[p.name] != p.default}
        chapter_zip.check(data, chapter.get("tables", []))
        entry = Chapter(name, source, work, frozenset(chapter.get("tables", [])), changed)
        if title := titles[chapter["page"]]:
            entry = chapter_zip.shared(packed.get(source.stem), entry, title)
        packed[entry.name] = entry
        own = [figure for figure in records.figures if figure["page"] == chapter["page"]]
        notebook_name = source.relative_to(root).with_suffix("").as_posix()
        as_written = not changed and not chapter.get("as_of")
        figure = social_card.subject(own, chosen.get(notebook_name, ""), notebook_name if as_written else "")
        for suffix, text in cite.files(work).items():
            _write(folder / FILES / "cite" / f"{name}.{suffix}", text.encode())
        if figure:
            card = folder / FILES / "cards" / f"{name}.png"
            errands.append(partial(social_card.write, card, work, figure, code=code, shelf=cards))
        page = name if entry.pages else ""
        place = source.relative_to(root).as_posix() if source.is_relative_to(root) else source.name
        given = (work, chapter["page"], parameters, changed, source.stem, entry.name, page, repository, place)
        closing = Closing(*given)
        path.write_text(sanitise.written(closed(notebook, closing)), encoding="utf-8")
        heads[chapter["page"]] = {
            "work": asdict(work),
            "description": answer_of(notebook),
            "tables": chapter.get("tables", []),
            "card": {"path": f"cards/{name}.png", "alt": figure["alt"]} if figure else None,
            "claims": [claim for claim in records.claims if claim["page"] == chapter["page"]],
            "zip": entry.name,
        }
    if changed_pages is None:
        store.only(cards, {chapter["name"] for chapter in records.chapters})
        store.only(zips, packed)
    for entry in packed.values():
        target = folder / FILES / "download" / f"{entry.name}.zip"
        errands.append(partial(chapter_zip.write, target, root, data, entry, shelf=zips))
    files.replace_bytes(folder / HEADS, (json.dumps(heads, default=str, sort_keys=True) + "\n").encode())
    return errands


@contextlib.contextmanager
def remembering(path: Path) -> Iterator[None]:
    """Take the entries of reference lists that were formatted before from a file, and leave there what is new."""
    with contextlib.suppress(OSError, ValueError):
        cite.entries.update(json.loads(path.read_text(encoding="utf-8")))
    before = len(cite.entries)
    yield
    if len(cite.entries) > before:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.replace_text(path, json.dumps(dict(list(cite.entries.items())[-ENTRIES_KEPT:]), ensure_ascii=False))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    files.replace_bytes(path, content)


def _work(chapter: Mapping, notebook: dict, commit: str, address: str) -> cite.Work:
    vintage = dt.date.fromisoformat(chapter["vintage"])
    as_of = dt.date.fromisoformat(chapter["as_of"]) if chapter.get("as_of") else vintage
    kind = "book" if chapter["name"] == "index" else "chapter"
    url = f"{address.rstrip('/')}/{chapter['page']}.html" if address else ""
    title = title_of(notebook) or chapter["name"].replace("-", " ").capitalize()
    return cite.Work(kind, chapter["name"], title, as_of, vintage, commit, url)


def answer_of(notebook: dict) -> str:
    """Return the one-sentence answer under the title, as plain text; empty when the page has none."""
    for cell in notebook["cells"]:
        texts = [shown(output, "text/html") for output in cell.get("outputs", [])]
        marked = [text for text in texts if f'class="{ANSWER}"' in text]
        if cell["cell_type"] == "markdown" and "answer" in cell["metadata"].get("tags", ()):
            marked = ["".join(cell["source"]).removeprefix(f"{{.{ANSWER}}}")]
        if marked and marked[0].strip():  # what asks for data that were not yet public has left the page
            return " ".join(BeautifulSoup(marked[0], "html.parser").get_text().split())
    return ""


def site_address(folder: Path) -> str:
    """Read the public address of the site, `html.baseurl` in the `_config.yml` of a folder; empty when it has none.

    Raises SettingsError.
    """
    return _setting(folder, "html", "baseurl")


def repository_address(folder: Path) -> str:
    """Read the public address of the repository, `repository.url` in `_config.yml`; empty when it has none.

    Raises SettingsError.
    """
    return _setting(folder, "repository", "url")


def _setting(folder: Path, section: str, name: str) -> str:
    try:
        settings = yaml.safe_load((folder / "_config.yml").read_text(encoding="utf-8")) or {}
        return (settings.get(section) or {}).get(name) or ""
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError) as error:
        raise SettingsError(f"_config.yml cannot be read: {error}") from None


# ------------------------------------------------------------------------------------------- the sections


def closed(notebook: dict, closing: Closing) -> dict:
    """Return the notebook with its sources and both sections at its end, without the citation and records that it had.

    The records have been collected; Sphinx would only carry them along. A heading in an output is none of the page, so
    the sources move into a cell of their own.
    """
    sections: dict[str, str] = {}
    for cell in notebook["cells"]:
        if "outputs" in cell:
            cell["outputs"] = [o for o in cell["outputs"] if not o.get("metadata", {}).get(KEY, {}).get("citation")]
            listed = [o for o in cell["outputs"] if shown(o, "text/markdown").startswith(SOURCES)]
            cell["outputs"] = [o for o in cell["outputs"] if o not in listed]
            if listed:
                sections["sources"] = shown(listed[0], "text/markdown")
            for output in cell["outputs"]:
                output.get("metadata", {}).pop(KEY, None)
    sections |= {"cite": _cite_section(closing), "re-run": _rerun_section(closing)}
    cells = [
        {"cell_type": "markdown", "id": name, "metadata": {}, "source": source} for name, source in sections.items()
    ]
    return notebook | {"cells": [*notebook["cells"], *cells]}


def _cite_section(closing: Closing) -> str:
    work = closing.work
    days = f"Version {cite.version()}, as known on {cite.written(work.as_of)}"
    remarks = [days, f"sources read up to {cite.written(work.vintage)}"]
    if work.commit:
        remarks.append(f"commit {work.commit}")
    texts = {style: cite.formatted(work, style, "html") for style in cite.STYLES}
    texts |= {suffix: html.escape(text.strip(), quote=False) for suffix, text in cite.files(work).items()}
    formats = "\n".join(_format(closing, name, label, texts[name]) for name, label in FORMATS.items())
    plain = f"{closing.up}cite/{work.name}.txt"
    return (
        f"## Cite this {_noun(work)}\n\n"
        f'<div class="iv-cite">\n<p class="iv-cite-facts">{html.escape("; ".join(remarks))}.</p>\n{formats}\n'
        f'<p class="iv-cite-facts"><a href="{plain}" download>All formats as a text file</a></p>\n'
        f'<span class="Z3988" title="{html.escape(cite.coins(work))}"></span>\n</div>\n'
    )


def _noun(work: cite.Work) -> str:
    return "chapter" if work.is_part else "book"


def _format(closing: Closing, name: str, label: str, text: str) -> str:
    """Write one format behind a disclosure; the first is open. The button to copy it is added by cite.js."""
    is_style = name in cite.STYLES
    body = f"<p data-copy>{text}</p>" if is_style else f"<pre data-copy>{text}</pre>"
    file = f"{closing.work.name}.{name}"
    link = "" if is_style else f'<a href="{closing.up}cite/{file}" download>{file}</a>'
    opened = " open" if name == "apa" else ""
    row = f'<p class="iv-copy-row">{link}</p>'
    return f'<details class="iv-format"{opened}><summary>{label}</summary>\n{body}\n{row}\n</details>'


def _rerun_section(closing: Closing) -> str:
    work, name = closing.work, closing.work.name
    noun = "chapter" if work.is_part else "page"
    listed = "\n".join(_parameter(parameter, closing.values) for parameter in closing.parameters)
    options = [f"-p {shlex.quote(f'{key}={_typed(value)}')}" for key, value in closing.values.items()]
    there = closing.notebook or name
    commands = [(f"This {noun}, from the folder of the book:", " ".join([f".venv/bin/book run {there}", *options]))]
    if any(parameter.is_day for parameter in closing.parameters):
        others = [option for option in options if not option.startswith("-p as_of=")]
        another = " ".join([f".venv/bin/book run {there}", *others, f"-p as_of={chapter_zip.ANOTHER_DAY}"])
        commands.append(("As it could have been written on another day:", another))
    commands.append(
        ("In the folder of the zip, with nothing but Python:", chapter_zip.command(closing.values, closing.page))
    )
    blocks = "\n".join(
        f'<p>{words}</p>\n<div class="iv-command"><pre data-copy>{html.escape(line)}</pre></div>'
        for words, line in commands
    )
    return (
        f"## Re-run this {noun}\n\n"
        f'<div class="iv-rerun">\n<p>This {noun} is a notebook with parameters. '
        f'<a href="{closing.up}download/{closing.packed}.zip" download>{closing.packed}.zip</a> holds it with '
        "the tables it reads, the code and the locked list of packages, and runs in an empty "
        f'folder.</p>\n<dl class="iv-parameters">\n{listed}\n</dl>\n{blocks}\n{_elsewhere(closing)}</div>\n'
    )


def _elsewhere(closing: Closing) -> str:
    """Write where a reader can run the notebook without installing anything; empty without a public repository."""
    places = elsewhere.links(closing.repository, closing.path)
    if not places:
        return ""
    links = " or ".join(f'<a href="{html.escape(address)}">{name}</a>' for name, address in places.items())
    cell = html.escape("\n".join(elsewhere.colab(closing.repository, closing.path, closing.values)))
    return (
        f"<p>Without installing anything: open it in {links}, or run this cell in a new notebook of Colab:</p>\n"
        f'<div class="iv-command"><pre data-copy>{cell}</pre></div>\n'
    )


def _parameter(parameter: Parameter, values: Mapping[str, object]) -> str:
    """Write name, meaning, type and default of a parameter, and its value on this page where that is another."""
    meaning = f"{parameter.meaning[:1].upper()}{parameter.meaning[1:].rstrip('.')}." if parameter.meaning else ""
    default = "empty" if parameter.default in ("", None) else _code(parameter.default)
    here = f"; here {_code(values[parameter.name])}" if parameter.name in values else ""
    kind = parameter.type_words[:1].upper() + parameter.type_words[1:]
    particulars = f'<span class="iv-cite-facts">{html.escape(kind)}; default {default}{here}.</span>'
    return f"<dt><code>{html.escape(parameter.name)}</code></dt>\n<dd>{html.escape(meaning)} {particulars}</dd>"


def _code(value: object) -> str:
    return f"<code>{html.escape(_typed(value))}</code>"


def _typed(value: object) -> str:
    """Return a value as one types it on the command line."""
    return "" if value is None else str(value)
