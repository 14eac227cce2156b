"""Expressions in the prose of notebooks: found, filled, and left out where data were not yet public."""

from __future__ import annotations

import pytest

from lib import prose

LINK = '<a class="iv-fact" href="fact:mines.china">44 Mt</a>'


def ok(expression: str, plain: str = "", page: str = "") -> dict:
    data = {"text/plain": plain} | ({"text/html": page} if page else {})
    return {"expression": expression, "result": {"status": "ok", "data": data, "metadata": {}}}


def failed(expression: str, name: str) -> dict:
    return {"expression": expression, "result": {"status": "error", "ename": name, "evalue": "no", "traceback": []}}


def test_expressions_may_stand_side_by_side_and_code_beside_them_is_passed_over():
    source = "So{eval}`a`{eval}`b`, `code {eval}` and ``{eval}`no` ``, a lone ` sign\n\nand {eval}`c(1)`."
    assert prose.expressions(source) == ["a", "b", "c(1)"]
    results = [ok("a", "1"), ok("b", "2"), ok("c(1)", "3")]
    assert prose.filled(source, results) == "So12, `code {eval}` and ``{eval}`no` ``, a lone ` sign\n\nand 3."


def test_expressions_stand_in_their_order_and_not_in_fenced_code():
    fenced = "```python\n{eval}`not` this\n```\n\n~~~\n{eval}`nor`\n~~~"
    source = f"A {{eval}}`a.b` and {{eval}}` c[1] `.\n\n{fenced}\nAgain {{eval}}`a.b`."
    assert prose.expressions(source) == ["a.b", "c[1]", "a.b"]
    assert prose.expressions("Only {glue}`china` and `{eval}` and code `x`.") == []


def test_a_value_with_html_stands_as_that_and_any_other_as_text():
    source = "China has {eval}`china`, {eval}`word` in {eval}`year`: {eval}`cell`."
    values = [ok("china", "44 Mt", LINK), ok("word", "'rose'"), ok("year", "2026"), ok("cell", "'<b>{x}'")]
    assert prose.filled(source, values) == f"China has {LINK}, rose in 2026: &#60;b&#62;&#123;x&#125;."


def test_a_paragraph_or_item_without_its_value_is_left_out_and_nothing_else():
    source = "\n\n".join(
        [
            "# Title",
            "Before {eval}`known`.",
            "Lost {eval}`known` and\n{eval}`lost`.",
            "- one {eval}`known`\n- two {eval}`lost`\n  goes on\n- three",
            "```text\n{eval}`lost`\n\n- not an item\n```",
            "1. first {eval}`lost`\n2. second",
            "After.",
        ]
    )
    values = [ok("known", "1"), failed("lost", "NoDataYet")]
    assert prose.filled(source, values).split("\n\n") == [
        "# Title",
        "Before 1.",
        "- one 1\n- three",
        "```text\n{eval}`lost`",
        "- not an item\n```",
        "2. second",
        "After.",
    ]


def test_a_text_without_expressions_is_as_it_was():
    source = "# Title\n\n- a\n- b\n\n\nText with `{eval}` and $5.\n"
    assert prose.filled(source, []) == source.strip("\n")


def test_an_expression_that_fails_for_another_reason_is_an_error_that_names_it():
    prose.refuse_failed([ok("a", "1"), failed("lost", "NoDataYet")])
    with pytest.raises(prose.ExpressionFailed, match=r"chian.*NameError: no"):
        prose.refuse_failed([failed("chian", "NameError")])
    with pytest.raises(prose.ExpressionFailed, match="not evaluated"):
        prose.filled("{eval}`b`", [ok("a", "1")])


def test_what_follows_a_list_stays_a_paragraph_where_its_last_item_is_left_out():
    lost = {"expression": "x", "result": {"status": "error", "ename": "NoDataYet", "evalue": ""}}
    assert prose.filled("- one\n- two {eval}`x`\n\nA paragraph.", [lost]) == "- one\n\n\nA paragraph."
    assert prose.filled("Text.\n\nLost {eval}`x`.\n\nMore.", [lost]) == "Text.\n\nMore."
    assert prose.filled("Lost {eval}`x`.\n\nMore.", [lost]) == "More."
