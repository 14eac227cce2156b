"""`book serve`."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import Annotated

import typer

from lib.cli.options import data_folder, root_folder
from lib.errors import BookError, Misused


def serve(
    chapter: Annotated[str | None, typer.Argument(help="With --live, the notebook to follow, as for `run`.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Make one page again whenever it is saved.")] = False,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="A parameter of that page.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this computer; 0 means any free one.")] = 8000,
) -> None:
    """Serve the built site, or one page that follows its author, on this computer only, until interrupted.

    With `--live` the page of one notebook is made from what is saved: its prose, its code, the code of the book or a
    table. Nothing has to be built before, and the built site stays as it is. What fails is said on the page.

    **Examples**

    - `book serve` at http://localhost:8000
    - `book serve --port 8080`
    - `book serve --live reserves` while `chapters/reserves.ipynb` is being written
    - `book serve --live reserves -p as_of=2022-06-30` shows what a past edition would say

    **Exit codes** 0 ended by Ctrl-C; 1 there is no site yet, or the port is taken; 2 unknown notebook or parameter.

    **Files** reads `_build/html/`, with `--live` the book; writes `_build/live/CHAPTER/`.
    """
    root = root_folder()
    if live:
        _serve_live(root, chapter or "index", parameter or [], port)
        return
    if chapter or parameter:
        raise Misused("a chapter is named without --live", f"`book serve --live {chapter or 'reserves'}`")
    folder = root / "_build" / "html"
    from lib.disk import lock

    lock.recover(root)
    if not (folder / "index.html").is_file():
        raise BookError(f"there is no site at {folder}", "Run `make book` first.")
    with _server(folder, port) as server:
        print(f"Serving {folder} at {_address(server)} (stop it with Ctrl-C)", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


def _serve_live(root: Path, name: str, assignments: list[str], port: int) -> None:
    from lib.build import plan
    from lib.live.page import Live

    page = Live(root, data_folder(root), name, plan.split_assignments(assignments))
    page.state.on_event = _say
    page.pages.mkdir(parents=True, exist_ok=True)
    stop = threading.Event()
    with _server(page.pages, port, page.state) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"Following {page.page.name} at {_address(server)} (stop it with Ctrl-C)", flush=True)
        try:
            page.follow(stop)
        except KeyboardInterrupt:
            stop.set()
        finally:
            server.shutdown()


def _say(kind: str, text: str) -> None:
    """Tell the terminal what became of a page."""
    if kind != "working":
        print(f"{kind}: {text}" if text else kind, flush=True)


def _server(folder: Path, port: int, state=None):
    from lib.cli.site_server import Server

    try:
        return Server(folder, port, state=state)
    except OSError as error:
        message = f"port {port} cannot be used ({error.strerror})"
        raise BookError(message, "Choose another: `book serve --port 8080`.") from None


def _address(server) -> str:
    return f"http://localhost:{server.server_address[1]}"
