"""What there is to build, checked before anything runs.

A page is an entry of `_toc.yml`: a notebook, or a page that the build generates; or it is one of several that
`chapters/variants.yml` makes of one notebook. A notebook declares its parameters in one cell tagged `parameters`, as
assignments of literals; the comment on a line is the meaning of that parameter, after the range of a number:

    top = 8  # 1 to 20: countries named in a chart

papermill itself only warns of a missing tag or an unknown parameter, and its inspection reads the cell with a regular
expression that skips what it cannot match, so the cell is read with `ast` here.
"""

from __future__ import annotations

import ast
import datetime as dt
import difflib
import io
import json
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

import yaml

from lib.build import variants
from lib.errors import MISUSED, Mistakes
from lib.tables import asof

CHANGES, EXPLORE, CORRECTIONS = "changes", "explore", "corrections"
GENERATED = (CHANGES, EXPLORE, CORRECTIONS, "facts", "figures", "references", "data", "status")
OF_WHOLE_BOOK = (CHANGES, EXPLORE, CORRECTIONS)
TRANSLATIONS = "locale"
"""The folder of catalogues, which only the current edition shows."""
"""Generated pages that the site of a single notebook does not have."""
TYPE_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "a text",
    "list": "a list such as [1, 2] or a,b",
    "dict": "a dictionary literal",
}
BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
RANGE = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?) to (-?[0-9]+(?:\.[0-9]+)?): *(.*)")
"""How the comment on a parameter begins that has a lowest and a highest value."""


class PlanError(Mistakes):
    """One or more mistakes in the request or in a notebook, found before anything ran."""

    remedy = "Nothing was run."


class UsageError(PlanError):
    """A request for a page or parameter that is not there, or with a value of the wrong type."""

    remedy = ""
    status = MISUSED


@dataclass(frozen=True)
class Parameter:
    """A parameter of a notebook: declared by its line in the cell tagged `parameters`."""

    name: str
    default: object
    type: str
    optional: bool
    meaning: str
    line: int
    items: str | None = None
    range: tuple[float, float] | None = None

    @property
    def type_words(self) -> str:
        words = "an ISO date such as 2025-06-30" if self.is_day else TYPE_WORDS[self.type]
        if self.range:
            words += " from {:g} to {:g}".format(*self.range)
        return f"{words} or empty" if self.optional or self.is_day else words

    @property
    def is_day(self) -> bool:
        return self.name == "as_of"

    def read(self, value: object) -> object:
        """Return `value` in the declared type; text, as typed on a command line, is converted.

        Raises ValueError with a message that says what was expected.
        """
        try:
            return self._converted(value)
        except (ValueError, SyntaxError, TypeError):
            text = repr(value)
            message = f"{self.name} must be {self.type_words}, not {text}; default {self.default!r}"
            raise ValueError(message) from None

    def _converted(self, value: object) -> object:
        if self.is_day:
            return self._day(value)
        if self.optional and (value is None or value in ("", "None", "none")):
            return None
        if self.type == "str":
            if not isinstance(value, str):
                raise ValueError(value)
            return value
        if self.type in ("list", "dict"):
            return self._collection(value)
        number = _scalar(value, self.type)
        if self.range and isinstance(number, (int, float)) and not self.range[0] <= number <= self.range[1]:
            raise ValueError(value)
        return number

    def _day(self, value: object) -> object:
        if value is None or value == "":
            return self.default if self.default in (None, "") else ""
        text = value.isoformat() if isinstance(value, dt.date) else value
        if not isinstance(text, str):
            raise ValueError(value)
        return asof.as_day(text).isoformat()

    def _collection(self, value: object) -> object:
        if isinstance(value, str):
            is_literal = value.strip()[:1] in ("[", "(", "{")
            value = ast.literal_eval(value) if is_literal else [v.strip() for v in value.split(",") if v.strip()]
        expected = dict if self.type == "dict" else (list, tuple)
        if not isinstance(value, expected):
            raise ValueError(value)
        if self.type == "dict":
            return value
        return [_scalar(item, self.items) if self.items else item for item in value]


def _scalar(value: object, kind: str) -> int | float | str:
    """Return one number, text or truth value; raises ValueError when `value` does not denote a `kind`."""
    if kind == "str":
        if isinstance(value, str):
            return value
        raise ValueError(value)
    if kind == "bool":
        if isinstance(value, bool):
            return value
        return BOOLEANS[str(value).strip().lower()] if str(value).strip().lower() in BOOLEANS else _refuse(value)
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(value)
    if kind == "int":
        if isinstance(value, float):
            return int(value) if value.is_integer() else _refuse(value)
        return int(value)
    number = float(value)
    return number if number - number == 0 else _refuse(value)  # refuses nan and infinities: not literals


def _refuse(value: object) -> NoReturn:
    raise ValueError(value)


@dataclass(frozen=True)
class Page:
    """A page of the book: `docname` and the caption of its `part` as in `_toc.yml`.

    `path` is that of its source, None when it is generated. A variant of a notebook has a `title` and parameter
    `values` of its own and stands `below` another page.
    """

    docname: str
    path: Path | None
    is_root: bool = False
    part: str = ""
    title: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    below: str = ""

    @property
    def name(self) -> str:
        return self.docname.rsplit("/", 1)[-1]

    @property
    def is_notebook(self) -> bool:
        return self.path is not None and self.path.suffix == ".ipynb"

    @property
    def notebook(self) -> Path:
        """Return the file of its notebook. Raises PlanError for a page that is generated."""
        if self.path is None:
            raise PlanError([f"{self.docname} is a page that the build makes; it has no notebook to run"])
        return self.path


@dataclass(frozen=True)
class Job:
    """A notebook to run: the page, its declared parameters and the values that differ from the defaults."""

    page: Page
    parameters: tuple[Parameter, ...]
    given: Mapping[str, object] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, object]:
        return {p.name: self.given.get(p.name, p.default) for p in self.parameters}


def pages(root: Path, *, past: bool = False) -> list[Page]:
    """List the pages of the book in reading order, from `_toc.yml` and `chapters/variants.yml`.

    `past` leaves out those that editions of past days do not have. Raises PlanError for a file that is not there.
    """
    toc = root / "_toc.yml"
    if not toc.is_file():
        raise PlanError([f"{toc}: not found; run the command in the folder of the book (it holds _toc.yml)"])
    try:
        content = yaml.safe_load(toc.read_text(encoding="utf-8"))
        listed = [(content["root"], ""), *_listed(content)]
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise PlanError([f"_toc.yml cannot be read: {error}; it needs `root:` and `chapters:` or `parts:`"]) from None
    ordered, problems = [], []
    names = [name for name, _ in listed]
    for number, (name, part) in enumerate(listed):
        path = _source(root, name)
        if path is None and name not in GENERATED:
            problems.append(f"_toc.yml names {name!r}, but there is no {name}.ipynb or {name}.md")
        ordered.append(Page(name, path, number == 0, part))
    ordered = _with_variants(root, ordered, past, problems)
    problems += [f"_toc.yml names {name!r} twice" for name in {n for n in names if names.count(n) > 1}]
    if problems:
        raise PlanError(problems)
    return ordered


def _with_variants(root: Path, listed: list[Page], past: bool, problems: list[str]) -> list[Page]:
    """Return the pages with those that share a notebook, each after the page below which it is listed."""
    try:
        groups = variants.read(root).pages
    except variants.VariantsError as error:
        problems += error.problems
        return listed
    names = {page.docname: page for page in listed}
    ordered = list(listed)
    for group in groups:
        above = names.get(group.below)
        if above is None:
            problems.append(
                f"{variants.FILE}: pages of {group.notebook} are below {group.below!r}, which _toc.yml lacks"
            )
            continue
        problems += [
            f"{variants.FILE}: the page {made.page!r} is in _toc.yml too" for made in group.each if made.page in names
        ]
        if past and not group.editions:
            continue
        source = root / f"{group.notebook}.ipynb"
        made = [Page(v.page, source, False, above.part, v.title, v.parameters, group.below) for v in group.each]
        place = ordered.index(above) + 1
        ordered[place:place] = made
    return ordered


def _listed(entry: Mapping[str, Any], part: str = "") -> Iterator[tuple[str, str]]:
    """Yield file names below an entry of the table of contents, in order, each with the caption of its part."""
    for key in ("parts", "chapters", "sections"):
        for child in entry.get(key) or []:
            if "file" in child:
                yield re.sub(r"\.(ipynb|md)$", "", child["file"]), part
            yield from _listed(child, child.get("caption", part))


def _source(root: Path, name: str) -> Path | None:
    candidates = (root / f"{name}{suffix}" for suffix in (".ipynb", ".md"))
    return next((path for path in candidates if path.is_file()), None)


def has_changes(pages: Iterable[Page]) -> bool:
    """Return whether the book has the page of what changed, for which it is run as of an earlier day too."""
    return any(page.docname == CHANGES and page.path is None for page in pages)


def in_order(first: str, second: str) -> None:
    """Raise UsageError unless the day `first` is before the day `second`."""
    if first >= second:
        raise UsageError([f"the first day must be before the second, and {first} is not before {second}"])


def notebooks(root: Path, *, past: bool = False) -> list[Page]:
    """List the pages of the book that are notebooks; `past` as for `pages`."""
    return [page for page in pages(root, past=past) if page.is_notebook]


def templates(root: Path) -> list[Page]:
    """List the notebooks of which several pages are made, each as a page with its own defaults."""
    return [Page(group.notebook, root / f"{group.notebook}.ipynb") for group in variants.read(root).pages]


def find(root: Path, name: str) -> Page:
    """Find the notebook `name`, as `reserves` or `chapters/reserves`. Raises UsageError with the nearest name."""
    listed = [*notebooks(root), *templates(root)]
    wanted = re.sub(r"\.ipynb$", "", name)
    for page in listed:
        if wanted in (page.name, page.docname):
            return page
    raise UsageError([f"there is no notebook {name!r}{_suggestion(wanted, [p.name for p in listed])}"])


def _suggestion(word: str, choices: list[str]) -> str:
    folded = {re.sub(r"[^a-z0-9]", "", choice.lower()): choice for choice in choices}
    near = difflib.get_close_matches(re.sub(r"[^a-z0-9]", "", word.lower()), list(folded), n=1, cutoff=0.6)
    if near:
        return f"; did you mean {folded[near[0]]}?"
    return f"; there is {', '.join(choices)}" if choices else "; there are none"


def parameters(path: Path, label: str | None = None) -> tuple[Parameter, ...]:
    """Read the parameters that a notebook declares. Raises PlanError naming file and line for each mistake."""
    label = label or path.name
    try:
        stat = path.stat()
    except OSError:
        raise PlanError([f"{label}: there is no such notebook"]) from None
    return _parameters(path, label, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=256)
def _parameters(path: Path, label: str, *_: int) -> tuple[Parameter, ...]:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (json.JSONDecodeError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise PlanError([f"{label}: this notebook cannot be read ({error})"]) from None
    tagged = [
        (number, "".join(cell["source"]))
        for number, cell in enumerate(cells, start=1)
        if cell["cell_type"] == "code" and "parameters" in cell.get("metadata", {}).get("tags", [])
    ]
    if not tagged:
        raise PlanError([f"{label}: no code cell has the tag `parameters`; tag the cell that sets as_of"])
    if len(tagged) > 1:
        numbers = ", ".join(str(number) for number, _ in tagged)
        raise PlanError([f"{label}: cells {numbers} all have the tag `parameters`; keep it on one of them"])
    number, source = tagged[0]
    return _declared(source, f"{label}, cell {number} (parameters)")


def _declared(source: str, where: str) -> tuple[Parameter, ...]:
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise PlanError([f"{where}, line {error.lineno}: not valid Python: {error.msg}"]) from None
    comments = _comments(source)
    declared: dict[str, Parameter] = {}
    problems = []
    for statement in tree.body:
        try:
            parameter = _parameter(statement, comments)
            if parameter.name in declared:
                raise ValueError(f"{parameter.name} is set twice; keep one line")
            declared[parameter.name] = parameter
        except ValueError as error:
            problems.append(f"{where}, line {statement.lineno}: {error}")
    if problems:
        raise PlanError(problems)
    return tuple(declared.values())


def _comments(source: str) -> dict[int, str]:
    """Return the text of comments by line number."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ").strip() for t in tokens if t.type == tokenize.COMMENT}


def _parameter(statement: ast.stmt, comments: dict[int, str]) -> Parameter:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, value, annotation = statement.targets[0], statement.value, None
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        target, value, annotation = statement.target, statement.value, statement.annotation
    else:
        raise ValueError(f"`{ast.unparse(statement)}` is not a parameter; write `name = literal`")
    if not isinstance(target, ast.Name):
        raise ValueError(f"`{ast.unparse(target)}` is not a single name; write one parameter per line")
    try:
        default = ast.literal_eval(value)
    except ValueError:
        raise ValueError(
            f"{target.id} = `{ast.unparse(value)}` is not a literal; write the value itself and compute in a later cell"
        ) from None
    kind, optional, items = _type(annotation, default, target.id)
    meaning, span = _range(comments.get(statement.end_lineno or statement.lineno, ""))
    if span and kind not in ("int", "float"):
        raise ValueError(
            f"{target.id} is {TYPE_WORDS[kind]}, which cannot have a range; begin its comment with its meaning"
        )
    if span and span[0] > span[1]:
        raise ValueError(f"the range of {target.id} ends before it begins; write the lowest value first")
    parameter = Parameter(target.id, default, kind, optional, meaning, statement.lineno, items, span)
    if parameter.default is not None:
        parameter.read(parameter.default)
    return parameter


def _range(comment: str) -> tuple[str, tuple[float, float] | None]:
    """Split a comment into the meaning of a parameter and its range, which may come before it."""
    if match := RANGE.fullmatch(comment):
        return match[3], (float(match[1]), float(match[2]))
    return comment, None


def _type(annotation: ast.expr | None, default: object, name: str) -> tuple[str, bool, str | None]:
    """Return type name, whether None is allowed, and the type of list items; from the annotation, else the default."""
    if annotation is None:
        if default is None:
            return "str", True, None
        kind = "list" if isinstance(default, tuple) else type(default).__name__
        items = {type(item).__name__ for item in default} if isinstance(default, (list, tuple)) else set()
        return _known(kind, name), False, items.pop() if len(items) == 1 and items <= set(TYPE_WORDS) else None
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        annotation = ast.parse(annotation.value, mode="eval").body
    words = re.findall(r"\w+", ast.unparse(annotation))
    optional = "None" in words or "Optional" in words or default is None
    named = [word for word in words if word not in ("None", "Optional")]
    return _known(named[0] if named else "str", name), optional, named[1] if len(named) > 1 else None


def _known(kind: str, name: str) -> str:
    if kind not in TYPE_WORDS:
        raise ValueError(f"{name} is of type {kind}; parameters are {', '.join(TYPE_WORDS)}")
    return kind


def job(root: Path, page: Page, given: Mapping[str, object] | None = None, data: Path | None = None) -> Job:
    """Make the job of a notebook with checked values: those of the page, and those given, which come before them.

    With `data`, the folder of the tables, a day that is given must lie in its `asof.span`. Raises PlanError (the
    notebook) or UsageError (the values).
    """
    declared = parameters(page.notebook, str(page.notebook.relative_to(root)))
    by_name = {p.name: p for p in declared}
    values, problems = {}, []
    for name, value in {**page.values, **(given or {})}.items():
        if name not in by_name:
            hint = _suggestion(name, list(by_name))
            problems.append(f"{page.name} has no parameter {name!r}{hint}")
            continue
        try:
            values[name] = by_name[name].read(value)
        except ValueError as error:
            problems.append(f"{page.name}: {error}")
    if data is not None:
        problems += [
            f"{page.name}: {name} must be {days_words(data)}, not {values[name]!r}"
            for name in values
            if by_name[name].is_day and name in (given or {}) and not in_span(str(values[name] or ""), data)
        ]
    if problems:
        raise UsageError(problems)
    return Job(page, declared, values)


def in_span(day: str, data: Path) -> bool:
    """Return whether the book can be as of a day, with the tables of `data`; without a day it always can."""
    first, last = asof.span(data)
    return not day or first <= day <= last


def days_words(data: Path) -> str:
    """Say in words as of which days the book can be."""
    first, last = asof.span(data)
    return f"a day from {first}, that of the first source, to {last}" if first else f"a day no later than {last}"


def jobs(root: Path, given: Mapping[str, object] | None = None, data: Path | None = None) -> list[Job]:
    """List a job for every notebook of the book with the same given values; all mistakes are reported together.

    As of a past day these are the notebooks that past editions have. `data` and what it raises are as for `job`; a day
    that cannot be is told once.
    """
    day = str((given or {}).get("as_of") or "")
    if data is not None and asof.ISO_DAY.fullmatch(day) and not in_span(day, data):
        raise UsageError([f"as_of must be {days_words(data)}, not {day!r}"])
    planned, problems, usage = [], [], []
    for page in notebooks(root, past=bool((given or {}).get("as_of"))):
        try:
            planned.append(job(root, page, given))
        except UsageError as error:
            usage += error.problems
        except PlanError as error:
            problems += error.problems
    if problems:
        raise PlanError(problems + usage)
    if usage:
        raise UsageError(usage)
    return planned


def split_assignments(pairs: Iterable[str]) -> dict[str, str]:
    """Parse `["as_of=2020-12-31"]` into a mapping. Raises UsageError for a pair without `=` or a repeated name."""
    values: dict[str, str] = {}
    problems = []
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name.strip():
            problems.append(f"-p {pair}: write name=value, as in -p as_of=2020-12-31")
        elif name.strip() in values:
            problems.append(f"-p {name.strip()} is given twice")
        else:
            values[name.strip()] = value.strip()
    if problems:
        raise UsageError(problems)
    return values
