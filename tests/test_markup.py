"""Any text becomes text of a page, in Markdown and in HTML, and comes out as it went in."""

import html
import string
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from myst_parser.config.main import MdParserConfig
from myst_parser.mdit_to_docutils.base import DocutilsRenderer
from myst_parser.parsers.mdit import create_md_parser

from lib import facts, markup

ROOT = Path(__file__).resolve().parents[1]
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zs", "Zl", "Zp", "Cf")))
SYNTAXES = (
    "# heading", "1. list", "- list", "+ list", "> quote", "```{include} /etc/hostname", "::: note", "% comment",
    "(target)=", "| a | b |", "{eval}`x`", "$x$", "$$x$$", "[p](javascript:q)", "<https://example.org>", "*x* _y_",
    "<script>q()</script>", "&amp;", "`x`", "[^1]", "[x]{#id .c}", "\\", "+++", "---", "===", "    code", "{{ 7*7 }}",
)  # fmt: skip


def one_line(text):
    return " ".join(text.split())


@given(TEXTS)
def test_any_text_is_shown_as_it_is_in_markdown(text):
    shown = MarkdownIt().parseInline(markup.text(text))[0]
    assert "".join(child.content for child in shown.children) == one_line(text)


@given(TEXTS)
def test_any_text_is_shown_as_it_is_in_html(text):
    for escape in (markup.text, markup.in_html):
        soup = BeautifulSoup(f'<p title="{escape(text)}">{escape(text)}</p>', "html.parser")
        assert (soup.p.get_text(), soup.p["title"]) == (one_line(text), one_line(text))


def parsed(text, *more):
    """The tokens of a text with the extensions of the book, and `more`."""
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    extensions = {*settings["parse"]["myst_enable_extensions"], *more}
    return create_md_parser(MdParserConfig(enable_extensions=extensions), DocutilsRenderer).parse(text)


@pytest.mark.parametrize("text", SYNTAXES)
def test_a_line_of_it_is_a_paragraph_with_all_extensions_of_the_book(text):
    tokens = parsed(markup.text(text), "substitution")
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert {child.type for child in tokens[1].children} == {"text"}
    assert "".join(child.content for child in tokens[1].children) == one_line(text)


@pytest.mark.parametrize("text", ['"q"', "'q'", "q's", '"q\'s"'])
def test_quotes_of_the_prose_are_curled_and_those_of_a_text_are_not(text):
    assert not {"'", '"'} & set(parsed(text)[1].children[0].content)
    assert parsed(f"So: {markup.text(text)}")[1].children[0].content == f"So: {text}"


@given(st.text(string.printable))
def test_a_text_is_no_template(text):
    assert markup.text(text).format() == markup.text(text)


def test_what_is_marked_is_not_escaped_again():
    sentence = markup.filled("{a} and *{b}*", {"a": "<b>", "b": 1.5})
    assert markup.filled("So: {it}", {"it": sentence}) == f"So: {sentence}"


def test_a_format_is_applied_before_the_text_is_escaped():
    assert markup.filled("{a:.1f} {b[0]}", {"a": 1.25, "b": ["*"]}) == "1&#46;2 &#42;"


def test_a_fact_is_a_link_whose_unit_and_scope_are_text():
    fact = facts.Fact("a", 1, "<i>", '"><b>', "*", "", (), "", False, "1 <i>`x`", "c")
    for shown in (markup.text(fact), markup.in_html(fact)):
        link = BeautifulSoup(shown, "html.parser").a
        assert (link["title"], link.get_text(), link["href"]) == ('"><b>, *', "1 <i>`x`", "fact:c.a")
        assert link.find_all(True) == []
    assert "`" not in markup.text(fact)


def test_a_code_span_shows_backticks():
    for text in ("plain", "a`b``c", "`"):
        (span,) = MarkdownIt().parseInline(markup.code(text))[0].children
        assert (span.type, span.content) == ("code_inline", text)


def test_the_words_of_a_link_are_text_where_markdown_reads_between_its_tags():
    shown = markup.Link(r"\(q\) *q* _q_ <b> $q$ [q](q)", "source:x")._repr_html_()
    inner = shown.removeprefix('<a href="source:x">').removesuffix("</a>")
    assert not set(inner) & set("\\*_<>$[]()")
    assert html.unescape(inner) == r"\(q\) *q* _q_ <b> $q$ [q](q)"
