"""A page in another language says what the English page says, and how far it can be relied on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lib import prose
from lib.languages import catalogues, extraction, pages
from lib.languages.catalogues import CatalogueError
from tests.languages.book import CELLS, FINDINGS, GERMAN, LATER, WORDS, write_catalogue, write_german, write_notebook

SHARE = '<a class="iv-fact" href="fact:ores.share" title="share of the world">at most 1&#44;069&#46;5%</a>'
VALUES = {"share": {"text/html": SHARE}, "day": {"text/plain": "'4 April 2025'"}}


def executed(root: Path, values: dict = VALUES, cells=CELLS) -> dict[str, Path]:
    """The notebook as it would be after a run, in which its expressions had these values."""
    notebook = json.loads(write_notebook(root, cells).read_text("utf-8"))
    for cell in notebook["cells"]:
        asked = prose.expressions(cell["source"])
        cell["metadata"][prose.KEY] = [
            {"expression": name, "result": {"status": "ok", "data": values[name]}}
            if name in values
            else {"expression": name, "result": {"status": "error", "ename": "NoDataYet", "evalue": ""}}
            for name in asked
        ]
    path = root / "executed" / "chapters" / "reserves.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return {"chapters/reserves": path}


def page(root: Path, **options) -> pages.Page:
    [made] = pages.read(root, executed(root, **options))
    return made


def test_a_page_has_title_and_findings_with_the_values_of_the_english_page(tmp_path):
    write_german(tmp_path)
    made = page(tmp_path)
    assert (made.docname, made.english, made.title) == ("de/reserves", "chapters/reserves", "Reserven")
    assert 'href="fact:ores.share">höchstens 1&#46;069&#44;5\xa0&#37;</a>' in made.text
    assert "Seit dem 4&#46;\xa0April 2025 beträgt der Anteil" in made.text
    assert "{numref}`Abb. %s <fig-first>`" in made.text
    assert '<a href="../chapters/reserves.html#ores" hreflang="en">siehe dort</a>' in made.text
    assert "More evidence" not in made.text
    assert (made.is_draft, made.notices) == (False, ())


def test_without_key_findings_a_page_is_the_whole_prose(tmp_path):
    write_catalogue(tmp_path, "de", "reserves", {"Reserves": "Reserven", "One.": "Eins.", "Two.": "Zwei."})
    write_catalogue(tmp_path, "de", catalogues.WORDS, WORDS)
    made = page(tmp_path, cells=[("markdown", "# Reserves"), ("markdown", "One.\n\n- Two.")])
    assert made.text.startswith("# Reserven\n\nEins.\n\n- Zwei.\n")


@pytest.mark.parametrize(
    "state",
    [
        {"fuzzy": ("It lasts.",)},
        {"translator": catalogues.NOBODY},
        {"It lasts.": ""},
    ],
    ids=["a message is unchecked", "nobody answers for it", "a message was never translated"],
)
def test_a_page_is_a_draft_as_long_as_something_is_unchecked(tmp_path, state):
    write_german(tmp_path, **state)
    made = page(tmp_path)
    assert made.is_draft
    assert made.notices[0] == "Ein Entwurf."


def test_a_page_is_a_draft_if_the_words_of_its_values_are_unchecked(tmp_path):
    write_german(tmp_path)
    write_catalogue(tmp_path, "de", catalogues.WORDS, WORDS, translator="Erika", fuzzy=("did not change",))
    assert not page(tmp_path).is_draft  # which this page does not use
    for used in ("at most {0}", pages.MORE):
        write_catalogue(tmp_path, "de", catalogues.WORDS, WORDS, translator="Erika", fuzzy=(used,))
        assert page(tmp_path).is_draft


@pytest.mark.parametrize("is_updated", [False, True], ids=["before", "after"])
def test_a_text_that_has_changed_since_is_in_english_and_the_page_says_so(tmp_path, is_updated):
    """Before `book translate` and after it."""
    write_german(tmp_path)
    changed = [(kind, text.replace("It lasts.", "It lasts for long.")) for kind, text in CELLS]
    if is_updated:
        messages = [text.replace("It lasts.", "It lasts for long.") for text in GERMAN]
        assert catalogues.updated(tmp_path, "de", "reserves", messages, LATER)
    made = page(tmp_path, cells=changed)
    assert '- <span lang="en">It lasts for long.</span>' in made.text
    assert "Es reicht" not in made.text
    assert made.notices == ("Vom 1.\xa0März 2026, seither geändert.",)
    assert not made.is_draft


def test_a_value_without_words_in_the_language_leaves_its_sentence_in_english(tmp_path):
    write_german(tmp_path)
    made = page(tmp_path, values=VALUES | {"share": {"text/plain": "'fell by 3%'"}})
    assert '<span lang="en">The share is fell by 3&#37; since 4 April 2025 (' in made.text
    assert made.notices == ("Vom 1.\xa0März 2026, seither geändert.",)


@pytest.mark.parametrize("is_translated", [True, False])
def test_a_sentence_whose_value_was_not_public_is_left_out_in_every_language(tmp_path, is_translated):
    message = next(text for text in GERMAN if "share" in text)
    write_german(tmp_path, **({} if is_translated else {message: ""}))
    made = page(tmp_path, values={"day": VALUES["day"]})
    assert "Anteil" not in made.text
    assert "share" not in made.text
    assert "\n- Erz bleibt Gestein" in made.text
    assert not any("seither geändert" in notice for notice in made.notices)


def test_a_page_that_was_never_finished_stays_a_draft_when_the_english_text_changes(tmp_path):
    write_german(tmp_path, **{"It lasts.": ""})
    changed = [(kind, text.replace("Ore is rock", "Ore is only rock")) for kind, text in CELLS]
    catalogues.updated(tmp_path, "de", "reserves", [m.replace("Ore is", "Ore is only") for m in GERMAN], LATER)
    assert page(tmp_path, cells=changed).is_draft


def test_a_catalogue_without_that_of_the_shared_words_is_refused(tmp_path):
    write_catalogue(tmp_path, "de", "reserves", GERMAN)
    with pytest.raises(CatalogueError, match=r"locale/de/LC_MESSAGES/words\.po: not found"):
        page(tmp_path)


def test_new_catalogues_have_all_messages_and_those_of_the_values(tmp_path):
    executed(tmp_path)
    extraction.update(tmp_path, tmp_path / "executed", "fr")
    counted = {entry.name: entry.counted.total() for entry in extraction.overview(tmp_path)}
    assert counted == {"reserves": len(GERMAN), "words": len([*pages.FRAME, "at most {0}", "more than {0}"])}
    assert not any(entry.counted[catalogues.State.CHECKED] for entry in extraction.overview(tmp_path))


def test_the_messages_are_the_blocks_without_their_marks():
    cell = pages.Cell(f"## A  heading\n\nOne\nline.\n\n{FINDINGS}\n  Goes on.\n\n```\ncode\n```\n")
    assert pages.messages([cell]) == ["A heading", "One line.", *list(GERMAN)[2:], "Goes on."]
