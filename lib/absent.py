"""Names without a value: what the code of a page would have bound, had its data been public by the day of the page.

Later cells and the prose may use such a name as if it had a value. Each use raises the error that says since when there
are data, and the prose leaves out what asks for it.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator
from types import FrameType
from typing import Any, NoReturn

MIMETYPE = "application/vnd.industrial-vitamins.absent"
"""How an absent value is marked in an output, and in the result of an expression."""

COMPUTED = "*"
"""Stands for the names that a section would have computed."""


class Absent:
    """A value that is not there: showing it shows why, and every other use raises the error that it holds."""

    def __init__(self, error: Exception) -> None:
        object.__setattr__(self, "_error", error)

    def _repr_mimebundle_(self, *_: Any, **__: Any) -> dict[str, str]:
        error = object.__getattribute__(self, "_error")
        return {MIMETYPE: str(error), "text/plain": str(error)}

    def _raise(self, *_: Any, **__: Any) -> NoReturn:
        raise object.__getattribute__(self, "_error")

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):  # what looks into any object, such as a notebook that shows it, expects this error
            raise AttributeError(name)
        self._raise()

    __str__ = __format__ = __bool__ = __len__ = __iter__ = __contains__ = __getitem__ = __call__ = _raise
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __sub__ = __rsub__ = _raise
    __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __neg__ = __float__ = __int__ = _raise
    __hash__ = _raise


def bound_after(frame: FrameType, start: int, failed: int) -> Iterator[tuple[str, str]]:
    """Give what a `with` statement binds that its body did not come to: pairs of a variable and an attribute of it.

    start, failed  the line on which the statement begins, and that of its body at which it was left
    The attribute is empty for a variable itself, and COMPUTED for a name that is not written out, as in `fact[name]`.
    Names inside functions and comprehensions are not those of the page.
    """
    tree = ast.parse("".join(linecache.getlines(frame.f_code.co_filename)))
    for statement in ast.walk(tree):
        if isinstance(statement, ast.With) and statement.lineno == start:
            for node in statement.body:
                if (node.end_lineno or node.lineno) >= failed:
                    yield from _bound(node)


def _bound(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.FunctionDef | ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id, ""
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
        yield node.value.id, node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
        written = node.slice.value if isinstance(node.slice, ast.Constant) else COMPUTED
        yield node.value.id, str(written)
    for child in ast.iter_child_nodes(node):
        yield from _bound(child)
