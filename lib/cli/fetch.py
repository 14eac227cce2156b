"""`book fetch`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lib.cli.console import terminal
from lib.cli.options import root_folder


def fetch(
    feeds: Annotated[list[str] | None, typer.Argument(metavar="[FEED…]", help="Names of feeds. Default: all.")] = None,
    to: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the files. Default: _build/fetched.")
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the feeds instead of fetching.")] = False,
) -> None:
    """Fetch the newest official files from their publishers, where there is a network.

    Each file is saved whole or not at all, with a record of its address, date and SHA-256 beside it. A file that is
    already there and has not changed is not fetched again. `book add` then adds the files to the tables.
    `lib/fetching/feeds.yml` lists their addresses.

    **Examples**

    - `book fetch --list` lists the feeds
    - `book fetch usgs-mcs` fetches the newest Mineral Commodity Summaries, to `_build/fetched/usgs-mcs/`
    - `COMTRADE_KEY=… book fetch un-comtrade` fetches from UN Comtrade, which needs a key

    **Exit codes** 0 done; 1 a feed failed; 2 there is no feed of that name.

    **Files** reads `lib/fetching/feeds.yml`; writes DIR.
    """
    from lib.fetching import feeds as registry
    from lib.fetching.fetch import FOLDER
    from lib.fetching.fetch import fetch as fetched

    if listing:
        _print_feeds(registry.chosen(registry.read(), feeds or []))
        return
    for event in fetched(feeds or [], to or root_folder() / FOLDER):
        terminal().print(str(event), markup=False, highlight=False, soft_wrap=True)
        if event.path:
            terminal().print(f"  {event.path}", markup=False, highlight=False, soft_wrap=True)


def _print_feeds(listed) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in ("feed", "publisher", "what", "address"):
        table.add_column(name, overflow="fold")
    for feed in listed:
        table.add_row(*(Text(cell) for cell in (feed.id, feed.publisher, feed.what, feed.address)))
    terminal().print(table)
