"""`book release`."""

from __future__ import annotations

from typing import Annotated

import typer

from lib.cli.console import terminal
from lib.cli.options import root_folder
from lib.errors import Misused


def release(
    version: Annotated[str | None, typer.Argument(metavar="VERSION", help="The version, such as 2026.12.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only say whether it could be made; build nothing.")] = False,
    set_: Annotated[bool, typer.Option("--set", help="Write the version and today's date to CITATION.cff.")] = False,
) -> None:
    """Archive a version: one zip with the site, the PDFs, the tables, the executed notebooks and the code.

    The archive also has checksums of its files, its description for DataCite and as an RO-Crate, and the list of its
    software. The same commit always gives the same bytes. The version is named in CITATION.cff and nowhere else, and
    every citation of the book has it from there. The checksum of the zip is added to `releases.yml`, which the page of
    editions shows; commit it afterwards.

    **Examples**

    - `book release 2026.12 --set` names the version; commit that, then run `make release VERSION=2026.12`
    - `book release 2026.12` packs what `book build` and `book pdf` have made
    - `book release 2026.12 --check` says whether files are uncommitted or the version is taken

    **Exit codes** 0 done; 1 uncommitted files, a version that is taken, or no site of this commit; 2 no version.

    **Files** reads `_build/html/`, `_build/executed/` and the commit; writes `_build/release/` and `releases.yml`.
    """
    if not version:
        raise Misused("no version is given", "Name one: make release VERSION=2026.12, or book release 2026.12.")
    root = root_folder()
    from lib.disk import lock
    from lib.release import archive

    if set_:
        import datetime as dt

        archive.set_version(root, version, dt.date.today())
        terminal().print(f"CITATION.cff names version {version}. Commit it, then build the site.", highlight=False)
        return
    archive.check(root, version)
    if check:
        terminal().print(f"Version {version} can be made from this commit, once its site is built.", highlight=False)
        return
    from lib.build import schedule
    from lib.site import directory
    from lib.site.exports import pdf

    lock.recover(root)
    site = root / "_build" / "html"
    with lock.locked(root / "_build"), schedule.BuildPlan(root, root / "data", ()).listing_files():
        made = archive.make(root, version)
        directory.write(site)
    if not any((site / pdf.PDFS).glob("*.pdf")):
        terminal().print("The archive has no PDFs: there was no browser to print them.", highlight=False)
    _tell(made)


def _tell(made) -> None:
    from lib.disk.files import file_hash

    size = f"{made.stat().st_size / 1e6:,.0f} MB"
    for line in (f"{made} ({size})", f"SHA-256 {file_hash(made)}, listed in releases.yml: commit it."):
        terminal().print(line, highlight=False, soft_wrap=True, markup=False)
