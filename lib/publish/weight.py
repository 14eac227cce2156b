"""Make the first view of a page light: what a reader may never look at is loaded when it is looked at, or not at all.

Works on the built site. The specification of a chart moves to a script of its own, which `charts.js` loads when
the chart comes near the view (a script, since pages opened from disk may not fetch); outlines of pictures lose
digits that no screen shows; scripts and styles of the theme go where no page uses them.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

CHARTS = "figures"
EMBEDDED = "embed"
SPEC = re.compile(
    r"""(?P<open><div\b[^>]*\bclass="[^"]*\biv-figure\b[^>]*\bdata-name="(?P<name>[\w-]+)"(?:(?!class="iv-spec"|class="[^"]*\biv-figure\b).)*?"""
    r"""<script type="application/json" class="iv-spec")>(?P<spec>[^<]+)</script>""",
    re.DOTALL,
)
OUTLINE = re.compile(r'(<path\b[^>]*?\sd=")([^"]{60,})"')
DECIMALS = re.compile(r"(\d+)\.(\d{2,})")
POLYGONS = re.compile(r"(?:M[-\d.]+,[-\d.]+(?:L[-\d.]+,[-\d.]+)*Z)+")
NEAR = 10  # tenths of a pixel
FEW = 8  # points
SEARCH = re.compile(r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>')
DESIGN = re.compile(
    r'\s*<(?:link|script)\b[^>]*"[^"]*(?:sphinx-design\.min\.css|design-tabs\.js)[^"]*"[^>]*>(?:</script>)?'
)
ICON = re.compile(r"""\.fa-[\w-]+:before(?:,\.fa-[\w-]+:before)*\{content:"\\[0-9a-f]+"\}""")
BLOCKING = re.compile(r"<script (?![^>]*\b(?:defer|async)\b)(?=[^>]*\bsrc=)(?![^>]*documentation_options\.js)")
TAB_ICON = (
    '<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns=%27http://www.w3.org/2000/svg%27 viewBox=%270 0 16 16%27%3E'
    "%3Crect width=%2716%27 height=%2716%27 rx=%273%27 fill=%27%232f5560%27/%3E%3Cpath d=%27M5 4v8M8 4l2.5 8L13 4%27 "
    'fill=%27none%27 stroke=%27white%27 stroke-width=%272%27/%3E%3C/svg%3E">\n'
)
"""In the page: without it browsers ask the server for a favicon.ico."""


def lighten(site: Path) -> None:
    """Lighten every page of the site, and the style sheet of the theme."""
    for page in sorted(site.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        folder = page.parent.relative_to(site)
        if folder.parts[:1] != (EMBEDDED,):  # an embedded page shows its one chart at once
            text, charts = specifications_out(text, "../" * len(folder.parts))
            for name, script in charts.items():
                path = site / CHARTS / f"{name}.chart.js"
                path.parent.mkdir(exist_ok=True)
                path.write_text(script, encoding="utf-8")
        page.write_text(lightened(text, search=page.name == "search.html"), encoding="utf-8")
    theme = site / "_static" / "styles" / "pydata-sphinx-theme.css"
    if theme.is_file():  # the icons of the book are its own; the theme names two thousand others
        theme.write_text(ICON.sub("", theme.read_text(encoding="utf-8")), encoding="utf-8")


def specifications_out(page: str, to_root: str) -> tuple[str, dict[str, str]]:
    """The page with its specifications replaced by addresses, and the scripts by the names of the figures."""
    scripts: dict[str, str] = {}

    def take(match: re.Match) -> str:
        name = match["name"]
        scripts[name] = f'(window.ivSpecs ||= {{}})["{name}"] = {match["spec"]};\n'
        return f'{match["open"]} data-src="{to_root}{CHARTS}/{name}.chart.js"></script>'

    return SPEC.sub(take, page), scripts


def lightened(page: str, *, search: bool) -> str:
    """The page without digits and scripts that it does not need; the search page keeps the scripts of search."""
    page = OUTLINE.sub(lambda match: f'{match[1]}{rounded(match[2])}"', page)
    if not search:
        page = SEARCH.sub("", page)
        # in the order of the page and after it; the inline scripts between them need only documentation_options.js
        page = BLOCKING.sub('<script defer="defer" ', page)
    if 'rel="icon"' not in page:
        page = page.replace("</head>", f"{TAB_ICON}</head>", 1)
    if not re.search(r'class="[^"]*\bsd-', page):
        page = DESIGN.sub("", page)
    return page


def rounded(outline: str) -> str:
    """An SVG path with coordinates to a tenth of a pixel; closed shapes without points nearer than one pixel."""
    if POLYGONS.fullmatch(outline):
        return "".join(_polygon(points) for points in outline.split("Z") if points)
    return DECIMALS.sub(lambda match: f"{float(match[0]):.1f}".removesuffix(".0"), outline)


def _polygon(points: str) -> str:
    """One closed shape in relative steps of tenths, which are short. Shapes of few points, islands, stay whole."""
    places = [tuple(round(float(part) * 10) for part in point.split(",")) for point in points[1:].split("L")]
    kept = [places[0]]
    for place in places[1:]:
        if len(places) < FEW or max(abs(place[0] - kept[-1][0]), abs(place[1] - kept[-1][1])) >= NEAR:
            kept.append(place)
    steps = [(x - before[0], y - before[1]) for before, (x, y) in pairwise(kept)]
    start = f"M{_tenths(kept[0][0])},{_tenths(kept[0][1])}"
    return f"{start}l{' '.join(f'{_tenths(x)},{_tenths(y)}' for x, y in steps)}Z" if steps else f"{start}Z"


def _tenths(value: int) -> str:
    return f"{value / 10:g}".replace("0.", ".", 1) if abs(value) < 10 else f"{value / 10:g}"
