"""The heavy parts of a figure as files of their own, which a page loads when the figure comes near the view.

The specification of a chart becomes a script that `charts.js` loads (a script, since pages opened from disk may not
fetch), and a large picture, which is mostly coastlines, an image in the colours of each scheme.
"""

from __future__ import annotations

import html
import re

from lib import drawing
from lib.figures import theme

FOLDER = "figures"
LARGE = 40_000
"""Characters of a picture from which it is a file: some 8 KiB compressed."""
PICTURE = re.compile(
    r'<div class="iv-(?P<variant>wide|narrow)"(?P<attributes>[^>]*)>(?P<picture><svg\b.*?</svg>)</div>', re.DOTALL
)
SPECIFICATION = re.compile(r'<script type="application/json" class="iv-spec">(?P<spec>[^<]+)</script>')
SCHEMES = ("light", "dark")
USUAL_FONT = re.compile(f' font-family="{re.escape(html.escape(theme.FONT))}"| font-size="{theme.FONT_SIZE}px"')
"""What most words of a picture are drawn in, which the style sheet of figures says once."""


def light(name: str, figure: str, to_root: str) -> str:
    """Return the HTML of a figure with addresses in the place of its specification and large pictures.

    Small ones stay, but for the font that the style sheet gives them.

    `to_root` is the way from its page to the root of the site.
    """

    def images(match: re.Match) -> str:
        if len(match["picture"]) <= LARGE:
            return USUAL_FONT.sub("", match[0])
        listed = "".join(
            _image(match["picture"], scheme, f"{to_root}{FOLDER}/{_picture(name, match['variant'], scheme)}")
            for scheme in SCHEMES
        )
        return f'<div class="iv-{match["variant"]}"{match["attributes"]}>{listed}</div>'

    there = f"{to_root}{FOLDER}/{name}.chart.js"
    script = f'<script type="application/json" class="iv-spec" data-src="{there}"></script>'
    return PICTURE.sub(images, SPECIFICATION.sub(script, figure))


def files(name: str, figure: str) -> dict[str, str]:
    """Return what the addresses in a figure made `light` lead to, by name in FOLDER of the site.

    Raises ValueError for a figure whose specification is not written as `lib.figures` writes it.
    """
    if "iv-spec" in figure and not SPECIFICATION.search(figure):
        raise ValueError(f"figure {name!r}: the specification of its chart cannot be read")
    made = {
        f"{name}.chart.js": f'(window.ivSpecs ||= {{}})["{name}"] = {match["spec"]};\n'
        for match in SPECIFICATION.finditer(figure)
    }
    large = [match for match in PICTURE.finditer(figure) if len(match["picture"]) > LARGE]
    return made | {
        _picture(name, match["variant"], scheme): standing_alone(match["picture"], scheme)
        for match in large
        for scheme in SCHEMES
    }


def _picture(name: str, variant: str, scheme: str) -> str:
    return f"{name}-{variant}-{scheme}.svg"


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
