"""Catalogues of translations: gettext's .po files in `locale/<language>/LC_MESSAGES/`, one for each page.

gettext's own marks say how far a translation can be relied on. An entry that is `fuzzy` has been checked by nobody; one
that also keeps its former text (`#| msgid`) belongs to a text that has changed since. `Last-Translator` names who
answers for the catalogue, and `PO-Revision-Date` says when.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path

import polib
from babel import Locale, UnknownLocaleError

from lib import prose
from lib.build.plan import TRANSLATIONS
from lib.disk.files import replace_text
from lib.errors import Mistakes, Misused

MESSAGES = "LC_MESSAGES"
WORDS = "words"
"""The catalogue of what stands around and within the prose: words of values, and of the frame of a page."""
NOBODY = "nobody yet"
"""What `Last-Translator` says of a catalogue for which no fluent reader answers."""
CREATED, REVISED, TRANSLATOR, LANGUAGE = "POT-Creation-Date", "PO-Revision-Date", "Last-Translator", "Language"
MINUTE = "%Y-%m-%d %H:%M%z"
SIMILAR = 0.6  # as msgmerge and Babel have it
WIDTH = 120
LINK = re.compile(r"\]\(([^)\s]+)\)")
ROLE = re.compile(r"\{(?P<role>\w+)\}`(?:[^`<]*<(?P<target>[^`>]+)>|(?P<plain>[^`]+))`")
FIELD = re.compile(r"\{\d+\}")


class CatalogueError(Mistakes):
    """Catalogues that cannot be read, or translations that lost a part of their message."""

    remedy = "Correct these lines in a text editor or an editor for gettext catalogues. The site is unchanged."


class State(Enum):
    """What a catalogue has for a text: a checked translation, one that nobody checked, a former one, or none."""

    CHECKED, DRAFT, FORMER, MISSING = "checked", "unchecked", "changed since", "missing"


@dataclass(frozen=True)
class Catalogue:
    """The translations of one page into one language, or of the words that all pages share."""

    path: Path
    language: str
    po: polib.POFile

    def state(self, message: str) -> State:
        """Return what the catalogue has for a message."""
        entry = self._entries.get(message)
        if entry is None or not entry.msgstr:
            return State.MISSING
        if entry.fuzzy:
            return State.FORMER if entry.previous_msgid else State.DRAFT
        return State.CHECKED

    def translation(self, message: str) -> str | None:
        """Return the translation of a message as it now stands, checked or not; None where there is none."""
        return self._entries[message].msgstr if self.state(message) in (State.CHECKED, State.DRAFT) else None

    @property
    def revised(self) -> dt.date:
        """The day of the translation."""
        return self._minute(REVISED).date()

    @property
    def translator(self) -> str:
        """Who answers for the catalogue: a fluent reader, or NOBODY."""
        return self.po.metadata.get(TRANSLATOR) or NOBODY

    def counted(self) -> Counter[State]:
        """Count the messages by how far they have come."""
        return Counter(map(self.state, self._entries))

    def was_finished(self, messages: Iterable[str]) -> bool:
        """Return whether all messages have a translation, but for those that came after it."""
        grown = self._minute(CREATED) > self._minute(REVISED)
        return grown or all(self.state(m) is not State.MISSING for m in messages if m in self._entries)

    @cached_property
    def _entries(self) -> dict[str, polib.POEntry]:
        return {entry.msgid: entry for entry in self.po if not entry.obsolete}

    def _minute(self, header: str) -> dt.datetime:
        return dt.datetime.strptime(self.po.metadata[header], MINUTE)


def languages(root: Path) -> list[str]:
    """List the languages that a book has catalogues for. Raises CatalogueError for a folder that is no language."""
    folders = sorted(path.name for path in (root / TRANSLATIONS).glob("*") if path.is_dir())
    if unknown := [name for name in folders if _locale(name) is None]:
        raise CatalogueError(
            f"{TRANSLATIONS}/{name}: no language has this name; name the folder as CLDR does, such as de or zh_Hans"
            for name in unknown
        )
    return folders


def locale(language: str) -> Locale:
    """Return what CLDR knows of a language. Raises Misused for one that it does not know."""
    found = _locale(language)
    if found is None:
        raise Misused(f"no language is called {language!r}", "Name it as CLDR does, such as fr, pt_BR or zh_Hant.")
    return found


def _locale(language: str) -> Locale | None:
    try:
        found = Locale.parse(language)
    except (ValueError, UnknownLocaleError):
        return None
    return found if str(found) == language else None


def tag(language: str) -> str:
    """Return the name of a language as HTML and addresses have it (BCP 47): zh-Hans for zh_Hans."""
    return language.replace("_", "-")


def place(root: Path, language: str, domain: str) -> Path:
    """Return where the catalogue of a page, or of WORDS, is kept."""
    return root / TRANSLATIONS / language / MESSAGES / f"{domain}.po"


def read(root: Path, language: str, domain: str) -> Catalogue | None:
    """Read a catalogue; None where there is none. Raises CatalogueError with file, line, and what to do."""
    path = place(root, language, domain)
    if not path.is_file():
        return None
    label = path.relative_to(root).as_posix()
    po = _parsed(path.read_bytes(), label)
    if problems := [*_of_header(po, language, label), *_of_entries(po, label)]:
        raise CatalogueError(problems)
    return Catalogue(path, language, po)


def _parsed(content: bytes, label: str) -> polib.POFile:
    if content.startswith(b"\xef\xbb\xbf"):
        raise CatalogueError([f"{label}: begins with a byte order mark; save it as UTF-8 without one"])
    if b"\r" in content:
        line = content[: content.index(b"\r")].count(b"\n") + 1
        raise CatalogueError([f"{label}, line {line}: ends in a carriage return; save it with LF line ends"])
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise CatalogueError([f"{label}, line {line}: is not UTF-8; save the file in that encoding"]) from None
    if not text.endswith("\n") or len(re.findall(r"^msgid ", text, re.M)) != len(re.findall(r"^msgstr ", text, re.M)):
        raise CatalogueError([f"{label}: ends within an entry; get the whole file again, from git if need be"])
    try:
        return polib.pofile(text, encoding="utf-8", wrapwidth=WIDTH, check_for_duplicates=True)
    except ValueError as error:
        message = " ".join(str(error).split())
        raise CatalogueError([f"{label}: two entries have the same msgid; keep one ({message})"]) from None
    except OSError as error:
        where = "".join(re.findall(r"line \d+", str(error))[:1]) or "somewhere"
        raise CatalogueError([f"{label}, {where}: is not as gettext writes it; correct or restore it"]) from None


def _of_header(po: polib.POFile, language: str, label: str) -> Iterator[str]:
    said = po.metadata.get(LANGUAGE, "")
    if said.replace("-", "_") != language:
        yield f"{label}: the header says Language: {said or 'nothing'}; write {language}, as the folder is called"
    for name in (CREATED, REVISED):
        try:
            dt.datetime.strptime(po.metadata.get(name, ""), MINUTE)
        except ValueError:
            found = po.metadata.get(name) or "nothing"
            yield f"{label}: the header says {name}: {found}; write a time such as 2026-12-01 09:30+0000"


def _of_entries(po: polib.POFile, label: str) -> Iterator[str]:
    for entry in po:
        if entry.obsolete or not entry.msgstr or (entry.fuzzy and entry.previous_msgid):
            continue
        where = f"{label}, line {entry.linenum} ({entry.msgid[:40]!r}…)"
        wanted, found = marks(entry.msgid), marks(entry.msgstr)
        if lost := wanted - found:
            yield f"{where}: the translation lacks {_listed(lost)}; put it where the sentence needs it"
        if added := found - wanted:
            yield f"{where}: the translation has {_listed(added)}, which is not in the English; take it out"


def _listed(found: Iterable[str]) -> str:
    return ", ".join(sorted(found))


def marks(text: str) -> set[str]:
    """Return what a translation has to keep: expressions, targets of links and of roles, and fields of values."""
    roles = {f"{{{m['role']}}}`{m['target'] or m['plain']}`" for m in ROLE.finditer(text) if m["role"] != "eval"}
    links = {f"]({target})" for target in LINK.findall(text)}
    return {f"{{eval}}`{each}`" for each in prose.expressions(text)} | links | roles | set(FIELD.findall(text))


def updated(root: Path, language: str, domain: str, messages: Iterable[str], now: dt.datetime) -> bool:
    """Bring a catalogue up to the messages of its page, and return whether that changed it.

    Messages that are new are added, with the translation of a similar one that left where there is one: that is then
    marked as fuzzy with the former text. What is gone becomes obsolete, and comes back with its message. Raises
    CatalogueError.
    """
    messages = list(dict.fromkeys(messages))
    catalogue = read(root, language, domain)
    po = catalogue.po if catalogue else _begun(language, domain, now)
    known = {entry.msgid: entry for entry in po}
    was_finished = catalogue is not None and catalogue.was_finished(known)
    left = {name: entry for name, entry in known.items() if name not in messages and entry.msgstr}
    entries = [known.get(message) or _new(message, left) for message in messages]
    gone = [entry for entry in known.values() if entry.msgid not in messages and entry.msgstr]
    if catalogue and [entry for entry in po if not entry.obsolete] == entries:
        return False
    for entry in entries:
        entry.obsolete = 0
    for entry in gone:
        entry.obsolete = 1
    po[:] = [*entries, *gone]
    if was_finished:  # else what was never translated would count as new
        po.metadata[CREATED] = now.strftime(MINUTE)
    path = place(root, language, domain)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, f"{str(po).rstrip()}\n")
    return True


def _begun(language: str, domain: str, now: dt.datetime) -> polib.POFile:
    po = polib.POFile(wrapwidth=WIDTH)
    po.header = f"{locale(language).get_display_name('en')}: {domain}"
    moment = now.strftime(MINUTE)
    po.metadata = {
        "Project-Id-Version": "Industrial Vitamins",
        CREATED: moment,
        REVISED: moment,
        TRANSLATOR: NOBODY,
        LANGUAGE: language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
    }
    return po


def _new(message: str, left: dict[str, polib.POEntry]) -> polib.POEntry:
    """Make the entry of a new message, from the most similar one of those that left, which then counts as used."""
    entry = polib.POEntry(msgid=message)
    for name in difflib.get_close_matches(message, left, 1, SIMILAR):
        former = left.pop(name)
        entry.msgstr, entry.tcomment = former.msgstr, former.tcomment
        entry.previous_msgid, entry.flags = former.previous_msgid or former.msgid, ["fuzzy"]
    return entry
