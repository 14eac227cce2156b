"""A server that programs ask through the Model Context Protocol; it reads, and changes nothing.

The package `mcp` is an extra of the book, so it is imported only here.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lib import cite
from lib.answers import claims, finding, numbers, tables
from lib.answers.shelf import Answer, Shelf
from lib.errors import BookError, Misused

if TYPE_CHECKING:
    from mcp.server import MCPServer

INSTRUCTIONS = """{title}, version {version}, as known on {day}.

Every number comes with value, bound, unit, scope, period, sources and a permanent link. Give all of these when you
quote it. A `bound` of "<" means at most, ">" more than, and `how_to_quote` says how firmly it may be quoted. Numbers of
different scopes or stages must not be subtracted from one another. With `as_of` an answer has only what was public by
that day, and says when something was not. Links without a host begin at the root of the site.
"""


class ExtraMissing(Misused):
    """The extra that the server needs is not installed."""

    remedy = "Install it: .venv/bin/python -m pip install '.[mcp]'"


def server(shelf: Shelf) -> MCPServer:
    """Make a server that answers from a shelf. Raises ExtraMissing."""
    try:
        from mcp.server import MCPServer
        from mcp.server.mcpserver.exceptions import ToolError
        from mcp_types import ToolAnnotations
    except ImportError as error:
        raise ExtraMissing(f"the server needs the package mcp, which is not installed ({error})") from None

    words = INSTRUCTIONS.format(title=cite.book_title(), version=cite.version(), day=shelf.as_of)
    made: MCPServer = MCPServer(cite.short_title(), instructions=words, version=cite.version(), log_level="WARNING")

    def tool(answer: Callable[..., Answer]) -> None:
        @functools.wraps(answer)
        def answered(*args: Any, **kwargs: Any) -> Answer:
            try:
                return answer(*args, **kwargs)
            except (BookError, ValueError) as error:
                raise ToolError(str(error)) from None

        made.add_tool(answered, annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False))

    for answer in _tools(shelf):
        tool(answer)
    return made


def _tools(shelf: Shelf) -> list[Callable[..., Answer]]:
    """List the tools; their names, docstrings and types are what a program is told of them."""

    def search(query: str, kind: str = "", limit: int = 10) -> dict[str, Any]:
        """Find numbers, figures, claims, tables, sections, terms and sources by words.

        kind narrows to one of: fact, figure, claim, table, section, term, row, source. What has an id can be asked for
        with the tool that is named beside it.
        """
        return finding.search(shelf, query, kind, limit)

    def get_fact(id: str, as_of: str = "") -> dict[str, Any]:
        """Give a number of the book by its id, such as reserves.china-reserves, with value, bound, unit and sources.

        as_of is a day such as 2025-06-30: what the number was then, or that it was not yet public.
        """
        return numbers.get_fact(shelf, id, as_of)

    def get_figure(name: str, as_of: str = "", limit: int = 50) -> dict[str, Any]:
        """Give a figure of the book by its name, such as reserves-by-country: its finding, rows, sources and citation.

        as_of is a day such as 2025-06-30: what the figure showed then, or that it was not yet public.
        """
        return numbers.get_figure(shelf, name, as_of, limit)

    def get_claim(id: str, as_of: str = "") -> dict[str, Any]:
        """Give a statement of the press by its id, such as A01, with its verdicts, then and now, and their sources.

        as_of is a day such as 2025-06-30 on which to judge it too, by what was public then.
        """
        return claims.get_claim(shelf, id, as_of)

    def list_tables() -> dict[str, Any]:
        """List the tables from which all numbers are computed, with their columns."""
        return tables.list_tables(shelf)

    def describe_table(table: str) -> dict[str, Any]:
        """Say what a table holds: each column with type, unit and meaning, what identifies a series, and licences."""
        return tables.describe_table(shelf, table)

    def query_table(
        table: str,
        filters: dict[str, str | int | float | bool | list[str | int | float | bool]] | None = None,
        as_of: str = "",
        columns: list[str] | None = None,
        limit: int = 50,
        offset: int = 0,
        all_editions: bool = False,
    ) -> dict[str, Any]:
        """Give rows of a table whose columns have the values of filters, such as {"iso3": "CHN", "year": [2024, 2025]}.

        as_of is a day such as 2025-06-30: of each series and period, the newest row that was public by then. With
        all_editions also the rows that a later publication replaced. qualifier marks bounds and estimates.
        """
        return tables.query_table(shelf, table, filters, as_of, columns or (), limit, offset, all_editions)

    return [search, get_fact, get_figure, get_claim, list_tables, describe_table, query_table]
