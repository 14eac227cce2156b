"""`book mcp`."""

from __future__ import annotations

from lib.cli.options import DataOption, data_folder, root_folder


def mcp(data: DataOption = None) -> None:
    """Answer programs that ask for numbers, figures, claims and rows, through the Model Context Protocol.

    The server speaks on its standard input and output, as a client starts it. It reads the built site and the tables
    and changes nothing. Each answer has value, bound, unit, scope, period, sources and a permanent link; with a day, it
    has what was public by then, and says what was not.

    **Examples**

    - `book mcp` is what a client is told to start, such as `{"command": ".venv/bin/book", "args": ["mcp"]}`
    - `book mcp --data my-data` answers from the book with your own figures, once `book build --data` has built it

    **Exit codes** 0 the client has gone; 1 there is no built site; 2 the extra `mcp` is not installed.

    **Files** reads `_build/html/` or `_build/own/html/`, and `data/`.
    """
    root = root_folder()
    from lib.answers import server
    from lib.answers.shelf import Shelf
    from lib.build import schedule
    from lib.site.exports import citation

    folder = data_folder(root, data)
    site = schedule.work_of(root, folder) / "html"
    server.server(Shelf(site, folder, citation.site_address(root))).run()
