"""`book pdf`."""

from __future__ import annotations

from typing import Annotated

import typer

from lib.cli.console import terminal
from lib.cli.options import root_folder
from lib.errors import BookError


def pdf(
    if_possible: Annotated[bool, typer.Option("--if-possible", help="Do nothing if there is no browser.")] = False,
) -> None:
    """Print each chapter and the whole book as PDF, and link them from the site.

    Pages that have not changed since they were last printed are not printed again.

    **Examples**

    - `book pdf` prints what `book build` has built
    - `book pdf --if-possible` is what `make book` calls: without a browser the site has no PDFs and no links to them

    **Exit codes** 0 done; 1 there is no site yet, or no Chromium to print with.

    **Files** reads `_build/html/`; writes `_build/html/pdf/` and a link into each chapter; keeps PDFs in `_build/pdf/`.
    """
    root = root_folder()
    site = root / "_build" / "html"
    from lib.disk import lock

    lock.recover(root)
    if not (site / "index.html").is_file():
        raise BookError(f"there is no site at {site}", "Run `book build` first.")
    from lib.build import plan, schedule
    from lib.site.exports import pdf

    try:
        with lock.locked(root / "_build"), schedule.BuildPlan(root, root / "data", ()).listing_files():
            made = pdf.make(site, plan.pages(root), root / "_build" / "pdf")
    except pdf.NoBrowser:
        if not if_possible:
            raise
        terminal().print("No PDFs: there is no browser to print with.", highlight=False)
        return
    for path in made:
        terminal().print(f"{path} {path.stat().st_size // 1024:,} KiB", highlight=False, soft_wrap=True)
