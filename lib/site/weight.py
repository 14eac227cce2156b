"""Make the first view of a page light: load charts and large pictures lazily, and scripts only where a page needs them.

Works on the built site. The specification of a chart moves to a script of its own, which `charts.js` loads when
the chart comes near the view (a script, since pages opened from disk may not fetch); so do large pictures, which
are mostly coastlines; scripts of the theme go from pages without what they serve.
"""

from __future__ import annotations

import re
from pathlib import Path

from lib import drawing
from lib.figures import theme

CHARTS = "figures"
EMBEDDED = "embed"
LARGE = 40_000
"""Characters of a picture from which it is a file: some 8 KiB compressed."""
PART = re.compile(
    r'<div\b[^>]*\bclass="[^"]*\biv-figure\b[^>]*\bdata-name="(?P<name>[\w-]+)"'
    r'|<div class="iv-(?P<variant>wide|narrow)"(?P<attributes>[^>]*)>(?P<picture><svg\b.*?</svg>)</div>'
    r'|<script type="application/json" class="iv-spec">(?P<spec>[^<]+)</script>',
    re.DOTALL,
)
SCRIPT = re.compile(r'\s*<script\b[^>]*\bsrc="(?P<address>[^"]+)"[^>]*></script>')
PRELOAD = re.compile(r'\s*<link\b(?=[^>]*\brel="preload")(?=[^>]*\bas="script")[^>]*>')
SERVES = {
    "clipboard.min.js": r'class="highlight',
    "copybutton.js": r'class="highlight',
    "togglebutton.js": r'class="(?:[^"]* )?(?:toggle|dropdown|tag_hide[\w-]+)[ "]',
    "design-tabs.js": r'class="[^"]*\bsd-',
    "searchtools.js": r'id="search-results"',
    "language_data.js": r'id="search-results"',
    "searchindex.js": r'id="search-results"',
    # tooltips repeat the title of their button; nothing else of Bootstrap's scripts is used
    "bootstrap.js": r'\bdata-bs-toggle="(?!tooltip")|id="pst-collapse-sidebar-button"',
}
"""Scripts of the theme, and what a page has that needs them."""
BLOCKING = re.compile(r"<script (?![^>]*\b(?:defer|async)\b)(?=[^>]*\bsrc=)(?![^>]*documentation_options\.js)")
TAB_ICON = (
    '<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns=%27http://www.w3.org/2000/svg%27 viewBox=%270 0 16 16%27%3E'
    "%3Crect width=%2716%27 height=%2716%27 rx=%273%27 fill=%27%232f5560%27/%3E%3Cpath d=%27M5 4v8M8 4l2.5 8L13 4%27 "
    'fill=%27none%27 stroke=%27white%27 stroke-width=%272%27/%3E%3C/svg%3E">\n'
)
"""In the page: without it browsers ask the server for a favicon.ico."""


def lighten(site: Path) -> None:
    """Lighten every page of the site; files that move out of pages are in its folder `figures`."""
    served = set()
    for page in sorted(site.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        folder = page.parent.relative_to(site)
        if folder.parts[:1] != (EMBEDDED,):  # an embedded page shows its one chart at once
            text, files = parts_out(text, "../" * len(folder.parts))
            for name, content in files.items():
                path = site / CHARTS / name
                path.parent.mkdir(exist_ok=True)
                path.write_text(content, encoding="utf-8")
        text = lightened(text)
        served |= {_file(match["address"]) for match in SCRIPT.finditer(text)}
        page.write_text(text, encoding="utf-8")
    for path in (site / "_static").rglob("*.js"):
        if path.name in SERVES.keys() - served:
            path.unlink()


def parts_out(page: str, to_root: str) -> tuple[str, dict[str, str]]:
    """Return a page with addresses in the place of specifications and large pictures, and these files by name."""
    files: dict[str, str] = {}
    figure = ""

    def take(match: re.Match) -> str:
        nonlocal figure
        if match["name"]:
            figure = match["name"]
        elif match["spec"]:
            files[f"{figure}.chart.js"] = f'(window.ivSpecs ||= {{}})["{figure}"] = {match["spec"]};\n'
            source = f"{to_root}{CHARTS}/{figure}.chart.js"
            return f'<script type="application/json" class="iv-spec" data-src="{source}"></script>'
        elif len(match["picture"]) > LARGE:
            named = {scheme: f"{figure}-{match['variant']}-{scheme}.svg" for scheme in ("light", "dark")}
            files.update({name: standing_alone(match["picture"], scheme) for scheme, name in named.items()})
            images = "".join(
                _image(match["picture"], scheme, f"{to_root}{CHARTS}/{name}") for scheme, name in named.items()
            )
            return f'<div class="iv-{match["variant"]}"{match["attributes"]}>{images}</div>'
        return match[0]

    return PART.sub(take, page), files


def standing_alone(picture: str, scheme: str) -> str:
    """Turn an SVG element of a page into a file, in the colours of a scheme, `light` or `dark`."""
    wide, tall = drawing.size(picture)
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{tall}" viewBox="0 0 {wide} {tall}">'
    inner = theme.without_variables(picture[picture.index(">") + 1 :], dark=scheme == "dark")
    return f"{opening}{theme.embedded_fonts(inner)}{inner}\n"


def _image(picture: str, scheme: str, address: str) -> str:
    wide, tall = drawing.size(picture)
    return (
        f'<img class="iv-{scheme}" src="{address}" width="{wide}" height="{tall}" alt="" '
        'loading="lazy" decoding="async">'
    )


def lightened(page: str) -> str:
    """Return the page without scripts that serve nothing on it; the others wait until it is read."""
    page = PRELOAD.sub("", page)  # scripts that wait come after what shows the page
    page = SCRIPT.sub(lambda match: match[0] if _serves(match["address"], page) else "", page)
    # in the order of the page and after it; the inline scripts between them need only documentation_options.js
    page = BLOCKING.sub('<script defer="defer" ', page)
    return page if 'rel="icon"' in page else page.replace("</head>", f"{TAB_ICON}</head>", 1)


def _serves(address: str, page: str) -> bool:
    needed = SERVES.get(_file(address))
    return needed is None or re.search(needed, page) is not None


def _file(address: str) -> str:
    return address.split("?")[0].rsplit("/", 1)[-1]
