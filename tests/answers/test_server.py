"""The server, asked by the client of its own package: in this process, and started as a client starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from mcp import Client, StdioServerParameters

from lib.answers.server import ExtraMissing, server
from lib.answers.shelf import Shelf

ROOT = Path(__file__).resolve().parents[2]
SHARE = "reserves.china-reserve-share"
TOOLS = {"search", "get_fact", "get_figure", "get_claim", "list_tables", "describe_table", "query_table"}


@pytest.fixture(scope="module")
def shelf(site) -> Shelf:
    return Shelf(site, ROOT / "data")


def asked(of, *questions: tuple[str, dict]) -> list:
    """What a client is told of each question."""

    async def ask() -> list:
        async with Client(of) as client:
            return [await client.call_tool(name, arguments) for name, arguments in questions]

    return anyio.run(ask)


def test_all_tools_say_what_they_do_and_that_they_only_read(shelf):
    async def listed():
        async with Client(server(shelf)) as client:
            return (await client.list_tools()).tools

    tools = anyio.run(listed)
    assert {tool.name for tool in tools} == TOOLS
    for tool in tools:
        assert tool.description
        assert tool.annotations.read_only_hint is True
        assert tool.input_schema["type"] == "object"


def test_an_answer_has_value_bound_unit_scope_period_source_and_link(shelf):
    (told,) = asked(server(shelf), ("get_fact", {"id": SHARE, "as_of": "2025-06-30"}))
    answer = told.structured_content
    assert (answer["text"], answer["bound"], answer["unit"]) == ("at most 48.9%", "<", "%")
    for name in ("value", "scope", "period", "sources", "link", "how_to_quote"):
        assert answer[name], name


def test_a_question_that_cannot_be_answered_is_an_error_and_the_next_is_answered(shelf):
    wrong, day, right = asked(
        server(shelf),
        ("query_table", {"table": "nothing"}),
        ("get_fact", {"id": SHARE, "as_of": "yesterday"}),
        ("query_table", {"table": "reserves", "filters": {"iso3": ["CHN", "USA"]}, "as_of": "2024-06-30", "limit": 3}),
    )
    assert wrong.is_error
    assert "reserves" in wrong.content[0].text
    assert day.is_error
    assert not right.is_error
    assert len(right.structured_content["rows"]) == 3


def test_the_command_answers_on_its_standard_output_and_says_nothing_else(site):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "lib.cli", "mcp"], cwd=str(site.parents[1]), env=environment
    )
    found, tables = asked(command, ("search", {"query": "Brazil reserves", "limit": 3}), ("list_tables", {}))
    assert len(found.structured_content["found"]) == 3
    assert any(table["name"] == "reserves" for table in tables.structured_content["tables"])


def test_without_the_extra_the_command_says_how_to_install_it(shelf, monkeypatch):
    monkeypatch.setitem(sys.modules, "mcp.server", None)
    with pytest.raises(ExtraMissing, match="mcp") as caught:
        server(shelf)
    assert "[mcp]" in caught.value.remedy


def test_without_a_site_the_command_ends_with_status_1_and_says_what_to_do(tmp_path):
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    (tmp_path / "_config.yml").write_text("title: A book\n")
    (tmp_path / "data").mkdir()
    command = [sys.executable, "-m", "lib.cli", "mcp"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "make book" in ended.stderr
    assert ended.stdout == ""
