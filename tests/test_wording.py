"""The reader of sentences: it finds words to avoid wherever a reader could meet them, and passes over code."""

import json

import pytest

from lib.devtools import wording


def notebook(markdown, code):
    """Return a notebook of one cell of each kind as text."""
    cells = [{"cell_type": "markdown", "source": [markdown]}, {"cell_type": "code", "source": [code]}]
    return json.dumps({"cells": cells})


PLANTED = {
    "a page": ("README.md", "# Title\n\nFirst line.\nChina dominates mining.\n", "README.md:4"),
    "a cell of Markdown": ("chapters/a.ipynb", notebook("\nIt merely rose.", ""), "chapters/a.ipynb, cell 1:2"),
    "the title of a figure": (
        "chapters/a.ipynb",
        notebook("", 'x = 1\npublish(title=f"Exports {verb} by an alarming {share}")'),
        "chapters/a.ipynb, cell 2:2",
    ),
    "an error": ("lib/a.py", 'raise ValueError(\n    "that is is wrong here"\n)\n', "lib/a.py:2"),
    "a docstring": ("lib/a.py", 'def f():\n    """Return what nobody had foretold."""\n', "lib/a.py:2"),
    "a template": ("lib/a.py", 'A = f"<p>It is <b>important to note</b> that {x}.</p>"\n', "lib/a.py:1"),
    "a script": ("lib/a.js", "\n\nshow('The price of it skyrocketed then');\n", "lib/a.js:3"),
    "the dictionary": ("data/a.json", '{\n "title": "The so-called table"\n}\n', "data/a.json:2"),
}


@pytest.mark.parametrize(("path", "text", "place"), PLANTED.values(), ids=PLANTED)
def test_a_planted_fault_is_named_with_place_words_and_what_to_write(tmp_path, path, text, place):
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(text, encoding="utf-8")
    found = list(wording.findings(wording.passages(tmp_path)))
    assert found
    assert {finding.place for finding in found} == {place}
    assert all(finding.words in " ".join(str(finding).split()) and finding.advice for finding in found)


def test_a_fault_is_the_end_of_the_command(monkeypatch, capsys):
    monkeypatch.setattr(wording, "passages", lambda: [wording.Passage("a.md", 3, "China dominates mining.")])
    assert wording.main() == 1
    assert capsys.readouterr().out == "a.md:3: “dominates”: give the share\n"
    monkeypatch.setattr(wording, "passages", lambda: [wording.Passage("a.md", 3, "China mined 69%.")])
    assert wording.main() == 0


def test_code_and_addresses_are_passed_over():
    source = "Call `merely` or:\n\n    merely()\n\n```python\nmerely = 1\n```\n\nSee [it](https://merely.org).\n"
    assert not list(wording.findings(wording.of_markdown("a.md", source)))
    assert not list(wording.findings(wording.of_python("a.py", "merely = alarming(obviously)\n")))


def test_the_content_of_a_directive_is_read():
    source = "```{glossary}\nshare\n  It merely is one.\n```\n"
    assert [found.place for found in wording.findings(wording.of_markdown("a.md", source))] == ["a.md:3"]


def test_values_are_neutral_words_and_years_are_years():
    source = "{eval}`fact.one` {eval}`fact.two` in the year {eval}`first.year`\n"
    (passage,) = wording.of_markdown("a.md", source)
    assert passage.text == "X X in the year 2024\n"
    assert [found.words for found in wording.findings([passage])] == ["in the year 2024"]


@pytest.mark.parametrize(
    "text", ["The share of 2024 was 69%.", "The word stands in a row.", "It lies beside the file."]
)
def test_german_words_and_order_are_found(text):
    assert list(wording.findings([wording.Passage("a.md", 1, text)]))


@pytest.mark.parametrize("text", ["Exports stand in for output.", "The edition of 2024 was late.", "A cut lies ahead."])
def test_idioms_and_years_that_name_an_edition_are_not_faults(text):
    assert not list(wording.findings([wording.Passage("a.md", 1, text)]))


def test_what_the_press_says_may_be_quoted():
    assert not list(wording.findings([wording.Passage("a.md", 1, 'An article says "China dominates mining" there.')]))
