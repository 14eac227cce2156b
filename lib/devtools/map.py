"""Draw the map of `ARCHITECTURE.md` from the imports that the code has: `python -m lib.devtools.map`, or `make map`.

Each room stands above all that it imports. With `--check` nothing is written, and a map that does not hold is an
error.
"""

from __future__ import annotations

import argparse
import ast
import graphlib
import sys
from collections.abc import Mapping, Set

import grimp

from lib.paths import CHECKOUT, LIB

PAGE = CHECKOUT / "ARCHITECTURE.md"
BEGIN, END = "<!-- map: drawn by `make map` -->\n", "<!-- end of map -->\n"
HEADER = "| room | what is in it | imports |\n|---|---|---|\n"


FLOORS = ("indicators",)
"""Packages that are no room but a floor of rooms: what each chapter computes stands for itself."""


def room_of(module: str) -> str:
    """Name the room of a module: `lib.site.pages.data` lies in `site`, `lib.indicators.reserves` is a room."""
    _, *parts = module.split(".")
    return "/".join(parts[: 2 if parts[0] in FLOORS else 1])


def arrows(graph: grimp.ImportGraph) -> dict[str, set[str]]:
    """List for each room the other rooms that it imports, also inside functions."""
    rooms: dict[str, set[str]] = {}
    for module in graph.modules:
        if "." in module and room_of(module) not in FLOORS:
            imported = {room_of(name) for name in graph.find_modules_directly_imported_by(module) if "." in name}
            rooms.setdefault(room_of(module), set()).update(imported - {room_of(module), *FLOORS})
    return rooms


def from_top(rooms: Mapping[str, Set[str]]) -> list[str]:
    """Order rooms so that each is above those that it imports. Raises graphlib.CycleError where that cannot be."""
    sorter = graphlib.TopologicalSorter({room: sorted(imported) for room, imported in sorted(rooms.items())})
    return list(sorter.static_order())[::-1]


def purpose(room: str) -> str:
    """Read the first line of a room's docstring."""
    path = LIB / room / "__init__.py" if (LIB / room).is_dir() else LIB / f"{room}.py"
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0].rstrip(".")


def drawn() -> str:
    """Draw the map as a table of Markdown, the highest room first."""
    rooms = arrows(grimp.build_graph(LIB.name, cache_dir=None))
    lines = [
        f"| `{room}` | {purpose(room)} | {', '.join(f'`{name}`' for name in sorted(rooms[room])) or '–'} |\n"
        for room in from_top(rooms)
    ]
    return BEGIN + HEADER + "".join(lines) + END


def main() -> int:
    """Write the map into its page, or say that it does not hold."""
    parser = argparse.ArgumentParser(description="Draw the map of the rooms from their imports.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the map does not hold")
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    new = before + drawn() + after
    if new == text:
        return 0
    if parser.parse_args().check:
        print("ARCHITECTURE.md does not show the imports that the code has: run make map", file=sys.stderr)
        return 1
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
