"""`book serve`."""

from __future__ import annotations

import contextlib
from typing import Annotated

import typer

from lib.cli.options import root_folder
from lib.errors import BookError


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this computer; 0 takes a free one.")] = 8000,
) -> None:
    """Serve the built site on this computer only, until interrupted.

    **Examples**

    - `book serve` at http://localhost:8000
    - `book serve --port 8080`

    **Exit codes** 0 ended by Ctrl-C; 1 there is no site yet, or the port is taken.

    **Files** reads `_build/html/`.
    """
    root = root_folder()
    folder = root / "_build" / "html"
    from lib.disk import lock

    lock.recover(root)
    if not (folder / "index.html").is_file():
        raise BookError(f"there is no site at {folder}", "Run `make book` first.")
    from lib.cli.site_server import Server

    try:
        server = Server(folder, port)
    except OSError as error:
        message = f"port {port} cannot be used ({error.strerror})"
        raise BookError(message, "Choose another: `book serve --port 8080`.") from None
    with server:
        print(f"Serving {folder} at http://localhost:{server.server_address[1]} (Ctrl-C ends it)", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
