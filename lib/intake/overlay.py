"""A folder of the reader's own figures laid over the tables of the book: whole tables, or rows beside those there.

`own/tables/reserves.csv` stands in place of the table `reserves`; `own/rows/reserves.csv` adds its rows to it, with
those columns that it names. What is laid out is a data folder like any other, so that everything that reads one can be
run on it. Its dictionary says under `own` which tables rest on the reader's own rows. Each content is laid out in a
folder of its own, so that what is built from one never reads another.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lib.disk.file_watch import ChangedDuringBuild
from lib.disk.files import digest_of, file_hash, text_hash, tree
from lib.tables.dictionary import dictionary_if_any, read_dictionary
from lib.tables.problems import FileProblems

if TYPE_CHECKING:
    from lib.tables.problems import Problem

TABLES, ROWS = "tables", "rows"
MARK = "own"
KEY = ".own.key"
LAID_KEPT = 6
TEMPLATE = Path(__file__).with_name("own")
OFFERED = ("sources", "facilities", "reserves", "mine_production", "china_exports", "trade_flows", "prices")
"""Tables whose headers a new folder of own data holds."""
DESCRIBED = frozenset({".md", ".txt"})


class OwnDataError(FileProblems):
    """Error for what is wrong in a folder of own data, as `checks.Problem`s that name its files and lines."""

    ending = "; nothing was built"


@dataclass(frozen=True)
class _Laid:
    """A file of own data: the table it is for, and the line of the laid-out table where its first row stands."""

    path: Path
    table: str
    path_of_table: str
    first: int
    rows: int
    whole: bool


def place(root: Path) -> Path:
    """Return the folder of all that is made from a reader's own figures: laid-out folders in `data/` and their site."""
    return root / "_build" / "own"


def laid(base: Path, own: Path, folder: Path) -> Path | None:
    """Return the folder below `folder` that has `own` laid over `base` as both are now; None where there is none."""
    target = folder / _key(base, own)
    if not _is_whole(target):
        return None
    os.utime(target / KEY)
    return target


def lay(base: Path, own: Path, folder: Path) -> Path:
    """Lay the folder `own` over the data folder `base`, in a folder below `folder` that is named by what is in both.

    Those laid out last are kept. Raises OwnDataError with every problem, by file and line of `own`, and
    ChangedDuringBuild when one of the files is saved meanwhile; nothing is laid out then.
    """
    from lib.disk import exchange

    if existing := laid(base, own, folder):
        return existing
    key = _key(base, own)
    target = folder / key
    package = read_dictionary(base)
    texts, entries = _texts(base, own, package)
    package[MARK] = {
        entry.table: {"rows": entry.rows, "whole": entry.whole, "first": entry.first} for entry in entries if entry.rows
    }
    texts["datapackage.json"] = json.dumps(package, ensure_ascii=False, indent=1) + "\n"
    target.parent.mkdir(parents=True, exist_ok=True)
    with exchange.staged(base, texts, target.with_name(f".{target.name}.new")) as beside:
        _refuse_unsound(beside, own, entries)
        if _key(base, own) != key:
            raise ChangedDuringBuild([own.name])
        (beside / KEY).write_text(digest_of(tree(beside)))
        exchange.place(beside, target)
    _forget(folder)
    return target


def _is_whole(target: Path) -> bool:
    """Tell whether a laid-out folder still has what it had: unchanged tables are links to those of the book."""
    return (target / KEY).is_file() and (target / KEY).read_text() == digest_of(tree(target))


def _forget(folder: Path) -> None:
    """Remove all but the laid-out folders of own data that were asked for last."""
    laid_out = [path for path in folder.iterdir() if (path / KEY).is_file()]
    kept = sorted(laid_out, key=lambda path: (path / KEY).stat().st_mtime_ns, reverse=True)[:LAID_KEPT]
    for path in set(folder.iterdir()) - set(kept):
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def template(base: Path, target: Path, example: bool = False) -> list[Path]:
    """Make a folder for own data at `target`, with instructions and the headers of the tables mostly added to.

    With `example` the files hold made-up rows. Raises OwnDataError where there is something already.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise OwnDataError([_problem(str(target), "folder-taken", "name a new or empty folder")])
    entries = {entry["name"]: entry for entry in read_dictionary(base)["resources"]}
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as scratch:
        made = Path(scratch, target.name)
        _write_template(made, entries, example)
        os.rename(made, target)
    return sorted(path for path in target.rglob("*") if path.is_file())


def _write_template(folder: Path, entries: Mapping[str, Mapping], example: bool) -> None:
    (folder / ROWS).mkdir(parents=True)
    (folder / TABLES).mkdir()
    shutil.copyfile(TEMPLATE / "README.md", folder / "README.md")
    for name in (name for name in OFFERED if name in entries):
        path, made_up = folder / ROWS / f"{name}.csv", TEMPLATE / ROWS / f"{name}.csv"
        header = _header([field["name"] for field in entries[name]["schema"]["fields"]])
        path.write_text(made_up.read_text(encoding="utf-8") if example and made_up.is_file() else header, "utf-8")


def told(data: Path) -> Mapping[str, Mapping]:
    """Tell which tables rest on the reader's own rows: `{table: {"rows": number, "whole": bool}}`."""
    return dictionary_if_any(data).get(MARK, {})


def _key(base: Path, own: Path) -> str:
    """Hash all that the result is made from."""
    if own.is_symlink() or not own.is_dir():
        raise OwnDataError([_problem(own.name, "folder-missing", "name a folder; `book own DIR` makes one")])
    listed = [f"{path.relative_to(own).as_posix()}:{file_hash(path)}" for path in tree(own)]
    return text_hash("\n".join([digest_of(tree(base)), *listed, _code()]))[:16]


def _code() -> str:
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def _texts(base: Path, own: Path, package: dict) -> tuple[dict[str, str], list[_Laid]]:
    """Return the texts of the tables that own data change, with what each file of own data became."""
    entries = {entry["name"]: entry for entry in package["resources"]}
    texts: dict[str, str] = {}
    laid: list[_Laid] = []
    problems: list[Problem] = []
    for path, whole in _files(own, problems):
        entry = entries.get(path.stem)
        name = path.relative_to(own).as_posix()
        if entry is None:
            problems.append(_problem(name, "table-unknown", f"a name such as {', '.join(list(entries)[:4])}"))
            continue
        try:
            header, rows = _read(path, name, entry)
        except OwnDataError as error:
            problems += error.problems
            continue
        columns = [field["name"] for field in entry["schema"]["fields"]]
        text = _header(columns) if whole else texts.get(entry["path"]) or _text(base / entry["path"])
        if not whole:
            columns = next(csv.reader(io.StringIO(text)))
        first = _count(text) + 1
        texts[entry["path"]] = text + _lines(columns, header, rows)
        laid.append(_Laid(path, entry["name"], entry["path"], first, len(rows), whole))
    if problems:
        raise OwnDataError(problems)
    return texts, laid


def _files(own: Path, problems: list) -> Iterator[tuple[Path, bool]]:
    """Yield the CSV files of a folder of own data, whole tables first, each with whether it is a whole table."""
    for path in sorted(own.rglob("*")):
        name = path.relative_to(own).as_posix()
        if path.is_symlink() or not path.resolve().is_relative_to(own.resolve()):
            problems.append(_problem(name, "link", "a file in the folder itself, not a link to another place"))
        elif path.is_file() and not _is_beside(path, own) and name.split("/")[0] not in (TABLES, ROWS):
            problems.append(_problem(name, "place-unknown", f"files in {TABLES}/ (whole tables) or {ROWS}/ (rows)"))
        elif path.is_file() and not _is_beside(path, own) and (path.suffix != ".csv" or name.count("/") != 1):
            problems.append(
                _problem(name, "place-unknown", "a CSV file with the name of its table, such as rows/reserves.csv")
            )
    for folder in (TABLES, ROWS):
        for path in sorted((own / folder).glob("*.csv")):
            if not path.is_symlink():
                yield path, folder == TABLES


def _is_beside(path: Path, own: Path) -> bool:
    """Tell whether a file is hidden or an explanation, and so holds no rows."""
    hidden = any(part.startswith(".") for part in path.relative_to(own).parts)
    return hidden or path.suffix.lower() in DESCRIBED


def _read(path: Path, name: str, entry: Mapping) -> tuple[list[str], list[list[str]]]:
    """Read header and rows of a file, all of whose columns must be columns of the table."""
    from lib.importers.files import opened
    from lib.importers.reading import Refused
    from lib.importers.records import records

    names = [field["name"] for field in entry["schema"]["fields"]]
    try:
        with opened(path) as [file]:
            strange = [column for column in file.header if column and column not in names]
            if strange:
                raise OwnDataError([_problem(name, "column-unknown", f"columns among {', '.join(names)}", strange[0])])
            rows = list(records(file, []))
            header = [column for column in file.header if column]
            return header, [[record.text(column) for column in header] for record in rows]
    except Refused as error:
        raise OwnDataError(replace(problem, file=name) for problem in error.problems) from None


def _text(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as file:
        text = file.read()
    return text if text.endswith("\n") else text + "\n"


def _count(text: str) -> int:
    return sum(1 for _ in csv.reader(io.StringIO(text)))


def _header(columns: list[str]) -> str:
    return ",".join(columns) + "\n"


def _lines(columns: list[str], header: list[str], rows: list[list[str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writerows(dict(zip(header, row, strict=True)) for row in rows)
    return text.getvalue()


def _refuse_unsound(beside: Path, own: Path, laid: list[_Laid]) -> None:
    from lib.tables import checks

    touched = {entry.table for entry in laid}
    if touched and (problems := checks.check(beside, only=touched | {"sources"})):
        raise OwnDataError(_as_own(problem, own, laid) for problem in problems)


def _as_own(problem, own: Path, laid: list[_Laid]):
    """Convert a problem of the laid-out folder to one of the file that the reader wrote."""
    for entry in laid:
        if problem.file == entry.path_of_table and problem.row and 0 <= problem.row - entry.first < entry.rows:
            name = entry.path.relative_to(own).as_posix()
            return replace(problem, file=name, row=problem.row - entry.first + 2)
    return problem


def _problem(file: str, rule: str, remedy: str, value: str = ""):
    from lib.tables.problems import Problem

    return Problem(file, None, "", value, rule, remedy)
