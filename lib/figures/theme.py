"""One look for every chart: colour tokens with a light and a dark value, and the Altair theme made of them.

Charts are drawn with the light values. In a page each value becomes a CSS custom property (`var(--iv-chn, #…)`),
so that the dark theme and print need no second picture. `css_variables()` declares these properties; nothing
else in the book names a colour.
"""

from __future__ import annotations

import base64
import re
from typing import NamedTuple, cast

import altair as alt

from lib import drawing

NAME = "industrial-vitamins"
WIDE, NARROW = 700, 340
FAMILY = "Vitamins Sans"
FONT = f'"{FAMILY}", Arial, "Liberation Sans", sans-serif'  # one set of widths, so labels keep their room
FONT_SIZE = 13
GROUND = ("#ffffff", "#14181e")


class Face(NamedTuple):
    """A face of the book's own font: its file beside the others, its weight and its style."""

    file: str
    weight: int
    style: str

    def part(self, name: str) -> str:
        """Name the file with the signs of a part in PARTS alone."""
        return self.file.replace(".woff2", f"-{name}.woff2")


FACES = (
    Face("vitamins-sans-regular.woff2", 400, "normal"),
    Face("vitamins-sans-bold.woff2", 700, "normal"),
    Face("vitamins-sans-italic.woff2", 400, "italic"),
)

PARTS = {
    "common": (
        *((0x20, 0x7E), (0xA0, 0xA0), (0xA9, 0xA9), (0xB1, 0xB3), (0xB7, 0xB7), (0xD7, 0xD7), (0xF4, 0xF4)),
        *((0xF7, 0xF7), (0xFC, 0xFC), (0x3A3, 0x3A3), (0x2013, 0x2014), (0x2018, 0x2019), (0x201C, 0x201D)),
        *((0x2026, 0x2026), (0x202F, 0x202F), (0x2032, 0x2032), (0x203A, 0x203A), (0x2192, 0x2192)),
        *((0x2212, 0x2212), (0x2264, 0x2264), (0x25B8, 0x25B8), (0x25C2, 0x25C2)),
    ),
    "han": ((0x2E80, 0x9FFF),),
}
"""Ranges of signs that have files of their own: what nearly all pages need of a face, and Chinese quotations."""

# token: (light, dark). The first seven actors are also told apart under the common colour-vision deficiencies.
ACTORS = {
    "CHN": ("#b51a0a", "#f2542d"),
    "USA": ("#0a3a86", "#6fa3f2"),
    "EU": ("#8a55d8", "#977bf5"),
    "JPN": ("#17848a", "#6fd0cf"),
    "AUS": ("#a36a13", "#e5bc55"),
    "MMR": ("#5a2408", "#b99683"),
    "MYS": ("#14602a", "#a9e296"),
    "BRA": ("#717a4e", "#878861"),
    "RUS": ("#45263c", "#f3c6ee"),
    "VNM": ("#7d3850", "#bd7a8a"),
    "IND": ("#805850", "#da8f4b"),
    "KOR": ("#2f6c9c", "#5a93b8"),
    "GBR": ("#4a4e64", "#9bb0dd"),
    "LAO": ("#b5169f", "#e86fcf"),
    "OTH": ("#676b72", "#9da2ab"),
}
PRINCIPAL = ("CHN", "USA", "EU", "JPN", "AUS", "MMR", "MYS")
SAME_ACTOR = {"EU27": "EU", "EUX": "EU", "EUN": "EU", "EU28": "EU", "SUN": "RUS", "BUR": "MMR", "HKG": "CHN"}
# The soft tone of an actor is drawn hatched in a page: a quota for output, a projection, a suspended measure.
SOFT = {
    "CHN": ("#e3a39d", "#7a3526"),
    "USA": ("#9db0cf", "#3d5678"),
    "EU": ("#d0bbef", "#50467b"),
    "JPN": ("#a2ced0", "#3d686b"),
    "AUS": ("#dac3a0", "#705f35"),
    "MMR": ("#bda79c", "#5f5048"),
    "MYS": ("#a1bfaa", "#57704f"),
    "BRA": ("#c6cab8", "#4b5034"),
    "RUS": ("#b5a8b1", "#776478"),
    "VNM": ("#cbafb9", "#61444e"),
    "IND": ("#c9b8b4", "#6f4d2f"),
    "KOR": ("#b0c7d8", "#344f63"),
    "GBR": ("#b7b8c1", "#515c73"),
    "LAO": ("#e1a2d9", "#733f6e"),
    "OTH": ("#c2c4c7", "#53575e"),
}
CHROME = {
    "ground": GROUND,
    "ink": ("#1d2127", "#e8eaed"),
    "muted": ("#575d66", "#b1b7c0"),
    "axis": ("#858b94", "#7d848e"),
    "grid": ("#e4e6ea", "#2d333c"),
    "range": ("#b9bfc8", "#4c5560"),
    "base": ("#dde1e6", "#2c333d"),
    "accent": ("#2f5560", "#8fc1cf"),
    "accent-soft": ("#aabcc1", "#425a63"),
    "panel": ("#f4f5f7", "#1c222a"),
}
SEQUENCE = (
    ("#e6f0ef", "#1f2f36"),
    ("#bfdad9", "#2b4a54"),
    ("#8fbcc0", "#3b6a77"),
    ("#5c98a3", "#5490a0"),
    ("#336f80", "#86b9c6"),
    ("#14475a", "#c9e6ec"),
)
# The palest step is kept for six classes: on a map it is hard to tell from the grey base.
SCALE_STEPS = {2: (1, 4), 3: (1, 3, 5), 4: (1, 2, 3, 5), 5: (1, 2, 3, 4, 5), 6: (0, 1, 2, 3, 4, 5)}


def tokens() -> dict[str, tuple[str, str]]:
    """Return all tokens: CSS name without `--iv-` to (light, dark) hex."""
    actors = {code.lower(): pair for code, pair in ACTORS.items()}
    soft = {f"{code.lower()}-soft": pair for code, pair in SOFT.items()}
    sequence = {f"seq-{step}": pair for step, pair in enumerate(SEQUENCE, start=1)}
    return actors | soft | CHROME | sequence


def actor(iso3: str) -> str:
    """Return the actor under whose colour a place is drawn: itself, its union, or `OTH`."""
    code = SAME_ACTOR.get(iso3, iso3)
    return code if code in ACTORS else "OTH"


def colour(iso3: str) -> str:
    """Return the light hex of a country or group (ISO 3166-1 alpha-3 or a special code); grey for all others."""
    return ACTORS[actor(iso3)][0]


def soft(iso3: str) -> str:
    """Return the soft tone of an actor; the page draws it hatched."""
    return SOFT[actor(iso3)][0]


def pale(colour_: str) -> bool:
    """Return whether a colour lies so near the ground, light and dark, that words on it need the ink."""
    pairs = [CHROME[name] for name in ("grid", "range", "base", "panel")] + list(SEQUENCE[:3])
    return colour_ in {light for light, _ in pairs}


def softened(colour_: str) -> str:
    """Return the soft tone that belongs to a full colour of this theme."""
    for code, (light, _) in ACTORS.items():
        if light == colour_:
            return SOFT[code][0]
    return CHROME["accent-soft"][0]


def token(name: str) -> str:
    """Return the light hex of a token such as `ink`, `muted`, `grid`, `accent`, `seq-3`."""
    return tokens()[name][0]


def sequence(steps: int = 5) -> list[str]:
    """Return two to six tones from little to much, for maps and heatmaps with classes (never interpolated)."""
    if steps not in SCALE_STEPS:
        raise ValueError(f"a sequence has two to six steps, not {steps}")
    return [SEQUENCE[index][0] for index in SCALE_STEPS[steps]]


def config() -> dict:
    """Return the Vega-Lite configuration of the book."""
    ink, muted, grid = token("ink"), token("muted"), token("grid")
    axis = {
        "domain": False,
        "ticks": False,
        "gridColor": grid,
        "labelColor": muted,
        "labelFont": FONT,
        "labelFontSize": FONT_SIZE,
        "labelPadding": 6,
        "labelLimit": 0,
        "title": None,
        "titleColor": muted,
        "titleFont": FONT,
        "titleFontSize": FONT_SIZE,
        "titleFontWeight": "normal",
    }
    return {
        "aria": False,
        "background": None,
        "font": FONT,
        "padding": 2,
        "view": {"stroke": None},
        "axis": axis,
        "axisX": {"grid": False, "domain": True, "domainColor": token("axis"), "labelFlush": False},
        "axisY": {"grid": True, "labelPadding": 8},
        "legend": {
            "orient": "top",
            "direction": "horizontal",
            "title": None,
            "labelColor": ink,
            "labelFont": FONT,
            "labelFontSize": FONT_SIZE,
            "labelLimit": 0,
            "symbolType": "square",
            "symbolSize": 110,
            "symbolStrokeWidth": 0,
            "offset": 8,
            "columnPadding": 14,
            "rowPadding": 4,
        },
        "header": {"labelColor": ink, "labelFont": FONT, "labelFontSize": FONT_SIZE, "title": None},
        "title": {
            "anchor": "start",
            "color": ink,
            "font": FONT,
            "fontSize": FONT_SIZE,
            "fontWeight": "bold",
            "offset": 6,
        },
        "text": {"font": FONT, "fontSize": FONT_SIZE, "color": ink},
        "bar": {"color": token("accent")},
        "line": {"color": token("accent"), "strokeWidth": 2.2, "strokeCap": "round", "strokeJoin": "round"},
        "point": {"color": token("accent"), "filled": True, "size": 70, "opacity": 1},
        "area": {"color": token("accent"), "opacity": 1},
        "rule": {"color": token("axis")},
        "geoshape": {"stroke": token("ground"), "strokeWidth": 0.5},
        "range": {"category": [light for light, _ in ACTORS.values()], "ordinal": sequence(6)},
    }


@alt.theme.register(NAME, enable=True)
def _theme() -> alt.theme.ThemeConfig:
    return alt.theme.ThemeConfig({"config": cast(alt.theme.ConfigKwds, config())})


def css_fonts() -> str:
    """Write the book's own font for a style sheet with its files beside it in `fonts/`, and `--iv-font` as its name.

    A browser loads the whole of a face only for a page with signs beyond PARTS.
    """
    ranges = {name: ", ".join(f"U+{first:X}-{last:X}" for first, last in codes) for name, codes in PARTS.items()}
    faces = "".join(
        _face(f"fonts/{face.file}", face)
        + "".join(_face(f"fonts/{face.part(name)}", face, codes) for name, codes in ranges.items())
        for face in FACES
    )
    return f"{faces}:root {{\n  --iv-font: {FONT};\n}}\n"


def embedded_fonts(svg: str) -> str:
    """Write the faces that an SVG uses as a style element: an image file does not see the fonts of its page."""
    bold, common = 'font-weight="bold"' in svg, _is_common(svg)
    used = [face for face in FACES if face.style == "normal" and (bold or face.weight == 400)] if "<text" in svg else []
    files = ((face, drawing.FONTS / (face.part("common") if common else face.file)) for face in used)
    packed = ((face, base64.b64encode(path.read_bytes()).decode()) for face, path in files)
    faces = "".join(_face(f"data:font/woff2;base64,{data}", face) for face, data in packed)
    return f"<style>{faces}</style>" if faces else ""


def _is_common(text: str) -> bool:
    return all(sign.isspace() or any(low <= ord(sign) <= high for low, high in PARTS["common"]) for sign in set(text))


def _face(address: str, face: Face, signs: str = "") -> str:
    only = f"  unicode-range: {signs};\n" if signs else ""
    return (
        f'@font-face {{\n  font-family: "{FAMILY}";\n  src: url("{address}") format("woff2");\n'
        f"  font-weight: {face.weight};\n  font-style: {face.style};\n  font-display: swap;\n{only}}}\n"
    )


def css_variables() -> str:
    """Write the tokens as CSS custom properties: light, dark by the page's switch, light in print.

    Without scripts a page has no switch, and the system decides.
    """
    light = "".join(f"  --iv-{name}: {pair[0]};\n" for name, pair in tokens().items())
    dark = "".join(f"  --iv-{name}: {pair[1]};\n" for name, pair in tokens().items())
    indented = dark.replace("  --", "    --")
    return (
        f":root {{\n{light}}}\n"
        f'html[data-theme="dark"] {{\n{dark}}}\n'
        "@media (prefers-color-scheme: dark) {\n"
        f"  html:not([data-theme]) {{\n{indented}  }}\n}}\n"
        f"@media print {{\n  html:not([data-theme]), html[data-theme] {{\n{light.replace('  --', '    --')}  }}\n}}\n"
    )


def hatched() -> dict[str, tuple[str, str]]:
    """Map each soft hex to (token of the soft tone, token of the strokes): what a page draws with a pattern."""
    pairs = {SOFT[code][0]: (f"{code.lower()}-soft", code.lower()) for code in SOFT}
    return pairs | {token("accent-soft"): ("accent-soft", "accent")}


_HEX = re.compile(r"#[0-9a-fA-F]{6}\b")
_VARIABLE = re.compile(r"var\(--iv-[a-z0-9-]+, (#[0-9a-fA-F]{6})\)")


def with_variables(text: str, hatch_prefix: str = "") -> str:
    """Replace every token's hex in an SVG by its custom property; soft tones by a pattern when a prefix is given."""
    names = {pair[0]: name for name, pair in tokens().items()}
    patterns = hatched() if hatch_prefix else {}

    def replacement(match: re.Match) -> str:
        value = match.group().lower()
        if value in patterns:
            return f"url(#{hatch_prefix}-{patterns[value][0]})"
        return f"var(--iv-{names[value]}, {value})" if value in names else match.group()

    return _HEX.sub(replacement, text)


def without_variables(svg: str, *, dark: bool = False) -> str:
    """Put the light or dark values themselves into an SVG of a page, as a file of its own needs them."""
    plain = _VARIABLE.sub(r"\1", svg)
    return in_dark(plain) if dark else plain


def in_dark(text: str) -> str:
    """Replace every token's light hex in a specification by its dark one."""
    pairs = dict(tokens().values())
    return _HEX.sub(lambda match: pairs.get(match.group().lower(), match.group()), text)
