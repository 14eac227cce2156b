"""Editions of past days: where they lie in the site, what their pages say on top, and the way from one to another.

An edition is a whole site of its own under `editions/<day>/` of the current one, so that links between both are
relative and hold on any host and from disk. Its pages ask search engines to keep to the current edition.
"""

from __future__ import annotations

import datetime as dt
import html
import os
import re
import shutil
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from pathlib import Path

from lib.cite import written
from lib.disk.files import replace_text

FOLDER = "editions"
COVER = "index.html"
EMBEDDED = "embed"
SCRIPT = "edition.js"
CURRENT = ""
"""Stands for the current edition where days are listed."""
SWITCH = re.compile(r'<nav class="iv-switch.*?</nav>\n', re.DOTALL)
HEADER = '<div class="header-article-items__end">\n'
BANNER = re.compile(r'<aside class="iv-edition".*?</aside>\n', re.DOTALL)
TOP = re.compile(r'<body\b[^>]*>(?:\s*<div id="pst-skip-link"[^>]*>.*?</div>)?\n?', re.DOTALL)
CANONICAL = re.compile(r'[ \t]*<link rel="canonical"[^>]*>\n?')
ROBOTS = '<meta name="robots" content="noindex" />\n'


@dataclass(frozen=True)
class Counterpart:
    """The place of a page in the current edition: its address as seen from there, and whether it is the same page."""

    href: str
    same: bool
    public: str = ""


Finder = Callable[[str], Counterpart | None]
"""The counterpart of a page, which is given by its file from the root of its edition."""


def earlier(day: str | dt.date) -> str:
    """Return the edition to compare that of `day` with: the newest 30 June that lies at least a year before it."""
    day = dt.date.fromisoformat(str(day))
    june = dt.date(day.year - 1, 6, 30)
    a_year_before = (day.year - 1, day.month, day.day)
    return (june if (june.year, june.month, june.day) <= a_year_before else june.replace(year=day.year - 2)).isoformat()


def address(base: str, day: str) -> str:
    """Return the public address of an edition; empty when the book has none."""
    return f"{base.rstrip('/')}/{FOLDER}/{day}/" if base else ""


# ------------------------------------------------------------------------------------------- on the pages


def tell(folder: Path, day: str, find: Finder) -> None:
    """Put the banner of the edition on every page below `folder`, or renew it, with the tags for search engines."""
    for path in sorted(folder.rglob("*.html")):
        name = path.relative_to(folder).as_posix()
        if name.startswith(f"{EMBEDDED}/"):  # a figure alone says its day in its last line
            continue
        text = path.read_text(encoding="utf-8")
        marked = page(text, name, day, find(name))
        if marked != text:
            replace_text(path, marked)  # the file may be shared with the site that is still in place


def page(text: str, name: str, day: str, current: Counterpart | None) -> str:
    """Return one page of an edition with its banner and tags, in the place of those that it has."""
    text = CANONICAL.sub("", BANNER.sub("", text))
    top = TOP.search(text)
    if not top:
        return text
    text = text[: top.end()] + banner(day, current) + text[top.end() :]
    tags = "" if ROBOTS in text else ROBOTS
    if current and current.public:
        tags += f'<link rel="canonical" href="{html.escape(current.public)}" />\n'
    return _with_script(text.replace("</head>", f"{tags}</head>", 1), name)


def _with_script(text: str, name: str) -> str:
    source = "../" * name.count("/") + f"_static/{SCRIPT}"
    if source in text:
        return text
    return text.replace("</head>", f'<script src="{source}" defer="defer"></script>\n</head>', 1)


def banner(day: str, current: Counterpart | None) -> str:
    """Write the banner on top of a page: which edition this is, and the way to the current one."""
    way = ""
    if current:
        words, mark = ("The same place", " data-same-place") if current.same else ("The cover", "")
        way = f' <a href="{html.escape(current.href)}"{mark}>{words} in the current edition</a>'
    text = f"<strong>Past edition</strong>, as known on {written(dt.date.fromisoformat(day))}: no later figure is used."
    return f'<aside class="iv-edition" aria-label="Past edition"><p>{text}{way}</p></aside>\n'


def with_switch(text: str, name: str, day: str, has: Mapping[str, Container[str]]) -> str:
    """Return a page of the edition `day` with the way to the others in its header, in place of the one that it has.

    `has` says which pages each edition has, CURRENT among them, in the order in which they are listed.
    """
    text = SWITCH.sub("", text)
    if HEADER not in text or len(has) < 2:
        return text
    text = text.replace(HEADER, HEADER + switch(name, day, has), 1)
    return _with_script(text, name)


def switch(name: str, day: str, has: Mapping[str, Container[str]]) -> str:
    """List all editions in a menu in the header; each leads to the same page, or to the cover without one."""
    up = "../" * (name.count("/") + (2 if day else 0))
    entries = []
    for other, names in has.items():
        words = _called(other)
        if other == day:
            entries.append(f'<li><span aria-current="true">{words}</span></li>')
            continue
        same = name in names
        href = html.escape(f"{up}{f'{FOLDER}/{other}/' if other else ''}{name if same else COVER}")
        mark, remark = (" data-same-place", "") if same else ("", " (cover)")
        entries.append(f'<li><a href="{href}"{mark}>{words}{remark}</a></li>')
    return (
        '<nav class="iv-switch header-article-item" aria-label="Editions"><details>'
        f"<summary><span>Edition: </span>{_called(day)}</summary>"
        f"<ul>{''.join(entries)}</ul></details></nav>\n"
    )


def _called(day: str) -> str:
    return written(dt.date.fromisoformat(day)) if day else "Current"


# ------------------------------------------------------------------------------------------- in the site


def listed(site: Path) -> list[str]:
    """List the days of the editions that a site holds."""
    folders = (site / FOLDER).glob("*-*-*")
    return sorted(path.name for path in folders if path.is_dir() and not path.name.startswith("."))


def renew(site: Path, base: str) -> None:
    """Lead all editions of a site to the pages that the others have: by banners on top and in the header."""
    days = listed(site)
    has = {CURRENT: _names(site)} | {day: _names(site / FOLDER / day) for day in reversed(days)}
    has = {day: names for day, names in has.items() if COVER in names}
    for day, names in has.items():
        folder, find = (site / FOLDER / day, within(site, base)) if day else (site, None)
        for name in names:
            path = folder / name
            text = path.read_text(encoding="utf-8")
            renewed = with_switch(page(text, name, day, find(name)) if find else text, name, day, has)
            if renewed != text:
                replace_text(path, renewed)  # the file may be shared with the site that is still in place


def _names(folder: Path) -> list[str]:
    """List the pages of one edition, from its root, without figures that stand alone."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))
    return sorted(name for name in names if not name.startswith((f"{EMBEDDED}/", f"{FOLDER}/")))


def within(site: Path, base: str) -> Finder:
    """Return a finder of counterparts in the site that holds the edition; the cover where a page has none."""

    def find(name: str) -> Counterpart | None:
        place = next((candidate for candidate in (name, COVER) if (site / candidate).is_file()), None)
        up = "../" * (name.count("/") + 2)
        if place is None:
            return None
        return Counterpart(f"{up}{place}", place == name, f"{base.rstrip('/')}/{place}" if base else "")

    return find


def beside(target: Path, site: Path, base: str, docname: str) -> Finder:
    """Return a finder for the site of one notebook at `target`: at the public address of the book, else on this disk.

    The notebook is `docname` in the book and the cover of its own site.
    """

    def find(name: str) -> Counterpart | None:
        name_there = f"{docname}.html" if name == COVER else name
        if base:
            return Counterpart(f"{base.rstrip('/')}/{name_there}", True, f"{base.rstrip('/')}/{name_there}")
        place = next((candidate for candidate in (name_there, COVER) if (site / candidate).is_file()), None)
        way = place and Path(os.path.relpath(site / place, (target / name).parent)).as_posix()
        return Counterpart(way, place == name_there) if way else None

    return find


def linked(source: Path, target: Path, without: Container[str] = ()) -> None:
    """Copy a folder by links to its files where the file system has them, `without` some of the editions in it."""

    def link(one: str, other: str) -> None:
        try:
            os.link(one, other)
        except OSError:
            shutil.copy2(one, other)

    def skipped(folder: str, names: list[str]) -> set[str]:
        return {name for name in names if Path(folder).name == FOLDER and name in without}

    if source.is_dir():
        shutil.copytree(source, target, copy_function=link, ignore=skipped, dirs_exist_ok=True)
