"""Catalogues follow the English text and lose no translation, and what is wrong in one is said with its place."""

from __future__ import annotations

from pathlib import Path

import polib
import pytest

from lib.errors import Misused
from lib.languages import catalogues, pages
from lib.languages.catalogues import CatalogueError, State
from tests.languages.book import EARLIER, GERMAN, LATER, write_catalogue, write_german

ROOT = Path(__file__).resolve().parents[2]


def read(root: Path) -> catalogues.Catalogue:
    catalogue = catalogues.read(root, "de", "reserves")
    assert catalogue is not None
    return catalogue


def update(root: Path, *messages: str) -> bool:
    return catalogues.updated(root, "de", "reserves", messages, LATER)


def test_every_catalogue_of_the_book_keeps_the_expressions_and_links_of_its_messages():
    read = [
        catalogues.read(ROOT, language, name)
        for language in catalogues.languages(ROOT)
        for name in (*pages.PAGES, catalogues.WORDS)
    ]
    assert len(read) == 7 * len(catalogues.languages(ROOT)) > 0
    assert all(read)


def test_a_changed_text_keeps_its_translation_and_the_former_text_and_is_no_longer_shown(tmp_path):
    write_german(tmp_path)
    changed = "Ore is only rock ([see there](#ores))."
    assert update(tmp_path, "Reserves", changed, "It lasts.")
    catalogue = read(tmp_path)
    [entry] = [entry for entry in catalogue.po if entry.msgid == changed]
    assert (entry.msgstr, entry.fuzzy) == ("Erz bleibt Gestein ([siehe dort](#ores)).", True)
    assert entry.previous_msgid == "Ore is rock ([see there](#ores))."
    assert catalogue.state(changed) is State.FORMER
    assert catalogue.translation(changed) is None
    assert catalogue.translation("It lasts.") == "Es reicht."


@pytest.mark.parametrize("state", [State.CHECKED, State.DRAFT])
def test_what_is_gone_is_kept_and_comes_back_with_its_text_as_it_was(tmp_path, state):
    write_german(tmp_path, fuzzy=("It lasts.",) if state is State.DRAFT else ())
    update(tmp_path, "Reserves")
    assert read(tmp_path).state("It lasts.") is State.MISSING
    assert {entry.msgstr for entry in read(tmp_path).po} == set(GERMAN.values())
    update(tmp_path, "It lasts.", "Reserves")
    assert read(tmp_path).state("It lasts.") is state


def test_updating_again_changes_nothing(tmp_path):
    path = write_german(tmp_path, fuzzy=("It lasts.",))
    assert update(tmp_path, *GERMAN, "Something new, without a likeness.")
    before = path.read_bytes()
    assert not update(tmp_path, *GERMAN, "Something new, without a likeness.")
    assert path.read_bytes() == before
    assert read(tmp_path).state("It lasts.") is State.DRAFT


def test_what_a_translator_wrote_beside_a_translation_stays(tmp_path):
    path = write_german(tmp_path)
    po = polib.pofile(str(path))
    po[-1].tcomment, po.header = "Is this the right word?", "By hand"
    po.save(str(path))
    update(tmp_path, *GERMAN, "New.")
    kept = read(tmp_path).po
    assert kept.header == "By hand"
    assert [entry.tcomment for entry in kept if entry.msgid == "It lasts."] == ["Is this the right word?"]


def changed(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))


ITEM = b"{eval}`share`"
FAULTS = {
    "a byte order mark": (b"# German", b"\xef\xbb\xbf# German", "begins with a byte order mark; save it"),
    "carriage returns": (b"\n", b"\r\n", "line 1: ends in a carriage return; save it"),
    "another encoding": ("beträgt".encode(), "beträgt".encode("cp1252"), "is not UTF-8; save the file"),
    "an end within": (b'msgstr "Es reicht."\n', b"", "ends within an entry; get the whole file"),
    "an entry twice": (b'msgid "It lasts."', b'msgid "Reserves"', "the same msgid; keep one"),
    "broken syntax": (b'msgstr "Es reicht."', b'msgstr "Es" reicht."', "correct or restore it"),
    "an expression that is gone": (b"Anteil {eval}`share`", b"Anteil", "lacks {eval}`share`; put it"),
    "an expression that is broken": (b"Anteil {eval}`share`", b"Anteil {eval}'share'", "lacks {eval}`share`; put it"),
    "another expression": (b"dem {eval}`day`", b"dem {eval}`day` {eval}`x`", "has {eval}`x`, which is not in the"),
    "another figure": (b"<fig-first>", b"<fig-second>", "lacks {numref}`fig-first`"),
    "another link": (b"[siehe dort](#ores)", b"[siehe dort](#erze)", "lacks ](#ores)"),
    "another language": (b"Language: de", b"Language: fr", "says Language: fr; write de"),
    "no time": (b"PO-Revision-Date: 2026", b"PO-Revision-Date: soon", "write a time such as"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_catalogue_is_refused_with_file_place_and_remedy(tmp_path, fault):
    path = write_german(tmp_path)
    old, new, message = FAULTS[fault]
    if "{eval}" in old.decode("utf-8", "replace") or b"fig" in old:
        path.write_bytes(path.read_bytes().replace(b'"\n"', b""))  # on one line, as some editors write it
    changed(path, old, new)
    before = path.read_bytes()
    with pytest.raises(CatalogueError) as caught:
        read(tmp_path)
    assert "locale/de/LC_MESSAGES/reserves.po" in caught.value.message
    assert message in caught.value.message
    with pytest.raises(CatalogueError):
        update(tmp_path, "Reserves")
    assert path.read_bytes() == before


def test_the_line_of_a_broken_translation_is_said(tmp_path):
    path = write_german(tmp_path)
    changed(path, b'](#ores))."\n\nmsgid "It', b'](#erze))."\n\nmsgid "It')
    with pytest.raises(CatalogueError) as caught:
        read(tmp_path)
    said = int(caught.value.problems[0].split("line ")[1].split()[0])
    assert path.read_text("utf-8").splitlines()[said - 1].startswith('msgid "Ore is rock')


def test_a_folder_that_is_no_language_is_refused(tmp_path):
    write_catalogue(tmp_path, "de", "reserves", GERMAN)
    (tmp_path / "locale" / "klingon").mkdir()
    with pytest.raises(CatalogueError, match=r"locale/klingon: no language .* such as de or zh_Hans"):
        catalogues.languages(tmp_path)
    with pytest.raises(Misused, match="klingon"):
        catalogues.updated(tmp_path, "klingon", "reserves", ["Reserves"], EARLIER)
