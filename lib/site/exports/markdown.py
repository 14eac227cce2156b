"""HTML as Markdown: what a page says, as plain text that people, programs and language models read alike.

Works on a parsed tree and knows the few elements of the book. Converters that know all of HTML are slower or large:
markdownify takes ten times as long, html-to-markdown 22 MB.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from lxml.html import HtmlElement, fromstring

Link = Callable[[str], str]
"""Gives the address to write for one that is in the HTML."""
MATH = "math"
"""The element that holds a formula as LaTeX; a block where it stands outside a paragraph."""
HEADINGS = {f"h{level}": level for level in range(1, 7)}
HOLDERS = {"article", "body", "div", "figcaption", "figure", "html", "main", "section"}
BLOCKS = {*HEADINGS, *HOLDERS, "blockquote", "details", "dl", "hr", "ol", "p", "pre", "table", "ul"}
WITHOUT_TEXT = {"button", "input", "nav", "script", "style", "svg", "template"}
FOR_SCREENS = {"iv-data", "iv-fold", "iv-picture", "iv-thumbnail", "iv-tools", "iv-unseen", "visually-hidden"}
"""Classes of what a text does without: pictures, buttons, and words that only screen readers need."""
MEANT = re.compile(r"([\\`*\[\]<>$~]|&(?=#?\w+;)|(?<![^\W_])_|_(?![^\W_]))")
"""Signs that mean something to Markdown wherever they stand; an underscore inside a word does not."""
AT_START = re.compile(r"^(\d*)(?=(?:[.)]|(?<!\d)(?:#+|[+-]|=+))(?:\s|$))")
"""Before a sign that begins a heading or a list where it is the first of a line, behind the number of an item."""
SPACE = re.compile(r"[ \t\r\n\f]+")
BREAK = "\n"


def tree_of(text: str) -> HtmlElement:
    """Parse a fragment of HTML."""
    return fromstring(f"<main>{text}</main>")


def of_tree(tree: HtmlElement, link: Link = str) -> str:
    """Return what is in an element as Markdown; `link` gives the address to write for each link."""
    return "\n\n".join(_Writer(link).blocks(tree)) + "\n"


class _Writer:
    """Writes elements as Markdown."""

    def __init__(self, link: Link):
        self._link = link

    def blocks(self, holder: HtmlElement) -> list[str]:
        """List the paragraphs, lists, tables and other blocks in an element."""
        made: list[str] = []
        run: list[str] = [_escaped(holder.text)]

        def end_run() -> None:
            if paragraph := _paragraph("".join(run)):
                made.append(paragraph)
            run.clear()

        for child in holder:
            if not _is_left_out(child):
                if child.tag in BLOCKS or (child.tag == MATH and holder.tag in HOLDERS):
                    end_run()
                    made.extend(filter(None, self._block(child)))
                else:
                    run.append(self._inline(child))
            run.append(_escaped(child.tail))
        end_run()
        return made

    def _block(self, element: HtmlElement) -> Iterable[str]:
        tag = element.tag
        if tag in HOLDERS:
            return self.blocks(element)
        if tag in HEADINGS:
            return [f"{'#' * HEADINGS[tag]} {self._line(element)}"]
        if tag == "pre":
            return [_fenced(element.text_content().strip("\n"))]
        if tag == MATH:
            return [f"$$\n{element.text_content().strip()}\n$$"]
        writers = {
            "ul": self._list,
            "ol": self._list,
            "dl": self._definitions,
            "details": self._details,
            "table": self._table,
            "blockquote": self._quote,
            "hr": lambda _: ["---"],
        }
        return writers.get(tag, self.blocks)(element)

    def _quote(self, element: HtmlElement) -> list[str]:
        return [_indented("\n\n".join(self.blocks(element)), "> ", "> ")]

    def _list(self, element: HtmlElement) -> list[str]:
        items = [item for item in element if item.tag == "li" and not _is_left_out(item)]
        marks = [f"{number}. " if element.tag == "ol" else "- " for number in range(1, len(items) + 1)]
        written = [_item(mark, self.blocks(item)) for mark, item in zip(marks, items, strict=True)]
        return ["\n".join(filter(None, written))]

    def _definitions(self, element: HtmlElement) -> list[str]:
        items: list[str] = []
        terms: list[str] = []
        for child in element:
            if child.tag == "dt":
                terms.append(f"**{self._line(child)}**")
            elif child.tag == "dd":
                meaning = self.blocks(child) or [""]
                items.append(_item("- ", [f"{', '.join(terms)}: {meaning[0]}", *meaning[1:]]))
                terms.clear()
        return ["\n".join(items)]

    def _details(self, element: HtmlElement) -> list[str]:
        summary = element.find("summary")
        title = self._line(summary) if summary is not None else ""
        if summary is not None:
            tail = summary.tail
            element.remove(summary)
            element.text = f"{element.text or ''}{tail or ''}"
        inner = self.blocks(element)
        return [f"**{title}**", *inner] if title and inner else inner

    def _table(self, element: HtmlElement) -> list[str]:
        caption = element.find("caption")
        above = [self._line(caption)] if caption is not None and not _is_left_out(caption) else []
        rows = [row for row in element.iter("tr") if not _is_left_out(row)]
        cells = [[text for cell in row if cell.tag in ("td", "th") for text in self._cell(cell)] for row in rows]
        if not cells:
            return above
        width = max(map(len, cells))
        cells = [[*row, *[""] * (width - len(row))] for row in cells]
        if rows[0].getparent().tag != "thead" and any(cell.tag == "td" for cell in rows[0]):
            cells.insert(0, [""] * width)
        numeric = [cell.tag == "td" and "iv-number" in cell.get("class", "") for cell in rows[-1]]
        numeric += [False] * (width - len(numeric))
        rule = ["---:" if right else "---" for right in numeric[:width]]
        return [*above, "\n".join(f"| {' | '.join(row)} |" for row in [cells[0], rule, *cells[1:]])]

    def _cell(self, cell: HtmlElement) -> list[str]:
        """Return the text of a cell on one line, and empty cells for the other columns that it spans."""
        text = " ".join(part.replace("\\\n", "; ").replace("\n", " ") for part in self.blocks(cell))
        return [text.replace("|", "\\|"), *[""] * (int(cell.get("colspan") or 1) - 1)]

    def _line(self, element: HtmlElement) -> str:
        return _paragraph(self._inner(element)).replace("\\\n", " ")

    def _inner(self, element: HtmlElement) -> str:
        parts = [_escaped(element.text)]
        for child in element:
            parts += ["" if _is_left_out(child) else self._inline(child), _escaped(child.tail)]
        return "".join(parts)

    def _inline(self, element: HtmlElement) -> str:
        tag = element.tag
        if tag == "br":
            return BREAK
        if tag == "code":
            return _code(element.text_content())
        if tag == "img":  # one without words only decorates
            words = _escaped(element.get("alt"))
            return f"![{words}]({_target(self._link(element.get('src', '')))})" if words else ""
        if tag == MATH:
            return f"${element.text_content().strip()}$"
        inner = f" {self._inner(element)} " if tag in BLOCKS else self._inner(element)
        mark = {"strong": "**", "b": "**", "em": "*", "i": "*"}.get(tag, "")
        if tag == "a" and element.get("href") and inner.strip():
            return _around("[", inner, f"]({_target(self._link(element.get('href', '')))})")
        return _around(mark, inner, mark) if mark and inner.strip() else inner


def _is_left_out(element: HtmlElement) -> bool:
    """Return whether an element is nothing of the text: comments, pictures, what is for screens."""
    if not isinstance(element.tag, str) or element.tag in WITHOUT_TEXT:
        return True
    classes = set((element.get("class") or "").split())
    if "iv-format" in classes and element.get("open") is None:  # of a citation the first format; files have the others
        return True
    return bool(classes & FOR_SCREENS) or element.get("hidden") is not None


def _escaped(text: str | None) -> str:
    return MEANT.sub(r"\\\1", SPACE.sub(" ", text or ""))


def _paragraph(text: str) -> str:
    """Return inline Markdown as a paragraph: no space at the ends of lines, nothing that begins another block."""
    lines = [SPACE.sub(" ", line).strip(" ") for line in text.split(BREAK)]
    return "\\\n".join(AT_START.sub(r"\1\\", line) for line in lines if line)


def _around(before: str, inner: str, after: str) -> str:
    """Put marks around a text, inside of the space around it."""
    bare = inner.strip()
    start = inner.index(bare)
    return f"{inner[:start]}{before}{bare.replace(BREAK, ' ')}{after}{inner[start + len(bare) :]}"


def _target(address: str) -> str:
    return f"<{address}>" if re.search(r"[\s()]", address) else address


def _code(text: str) -> str:
    plain = " ".join(text.split())
    fence = "`" * (1 + max(map(len, re.findall("`+", plain)), default=0))
    room = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{room}{plain}{room}{fence}" if plain else ""


def _fenced(text: str) -> str:
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}\n{text}\n{fence}"


def _item(mark: str, blocks: list[str]) -> str:
    """Write an item of a list; a list within it follows its first line without a gap."""
    joined = ""
    for block in blocks:
        gap = "\n" if block.startswith(("- ", "1. ")) else "\n\n"
        joined += f"{gap if joined else ''}{block}"
    return _indented(joined, mark, " " * len(mark)) if joined else ""


def _indented(text: str, first: str, others: str) -> str:
    return "\n".join(_prefixed(text.split("\n"), first, others))


def _prefixed(lines: Iterable[str], first: str, others: str) -> Iterator[str]:
    for number, line in enumerate(lines):
        prefix = others if number else first
        yield f"{prefix}{line}" if line else prefix.rstrip()
