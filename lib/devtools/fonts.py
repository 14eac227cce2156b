"""Make the fonts of the book from those that they are cut from: few signs, under a name that no computer has.

Pictures and PDFs come out the same everywhere only if nothing is drawn in a font of the computer, and a font of a
computer is taken for any that has the same name.

    python -m lib.devtools.fonts FOLDER

reads from FOLDER `Arimo_400Regular.ttf`, `Arimo_700Bold.ttf` and `Arimo_400Regular_Italic.ttf`, which have the widths
of Arial, and for signs that these lack `NotoSansSC_400Regular.ttf`, `NotoSansSC_700Bold.ttf` and
`noto-sans-symbols-2-symbols-400-normal.woff2`, and for code on paper `Cousine_400Regular.ttf`, as the npm packages
`@expo-google-fonts/arimo`, `@expo-google-fonts/noto-sans-sc`, `@fontsource/noto-sans-symbols-2` and
`@expo-google-fonts/cousine` have them.
"""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from fontTools import subset
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

from lib.drawing import FONTS
from lib.figures.theme import FAMILY, PARTS
from lib.paths import CHECKOUT

SYMBOLS = "noto-sans-symbols-2-symbols-400-normal.woff2"
FACES = {
    "Regular": ("Arimo_400Regular.ttf", "NotoSansSC_400Regular.ttf", SYMBOLS),
    "Bold": ("Arimo_700Bold.ttf", "NotoSansSC_700Bold.ttf", SYMBOLS),
    "Italic": ("Arimo_400Regular_Italic.ttf", "NotoSansSC_400Regular.ttf", SYMBOLS),
}
MONO = "Cousine_400Regular.ttf"
RANGES = ((0x20, 0x7E), (0xA0, 0x17F), (0x391, 0x3C9), (0x2010, 0x2044), (0x2070, 0x208E), (0x2190, 0x2195))
"""Signs that may come to be used: those of European languages, of formulas and of typesetting."""
DRAWN = ("index.ipynb", "chapters", "data", "lib")
"""What holds the words of the book."""
OURS = {1: FAMILY, 2: "{}", 3: f"{FAMILY} {{}}", 4: f"{FAMILY} {{}}", 6: f"{FAMILY.replace(' ', '')}-{{}}"}
"""The records of the table `name` that hold a name, by number."""
KEPT_NAMES = (0, 5, 13, 14)
"""Copyright, version, licence and its address."""


def signs(root: Path) -> set[str]:
    """Collect the signs that the words of the book use, beside those of ASCII."""
    listed = subprocess.run(["git", "ls-files", "-z", *DRAWN], cwd=root, capture_output=True, text=True, check=True)
    paths = (root / name for name in listed.stdout.split("\0") if name.endswith((".ipynb", ".csv", ".py", ".json")))
    used = {sign for path in paths for sign in path.read_text(encoding="utf-8")}
    return {sign for sign in used if ord(sign) >= 0xA0 and not is_unseen(sign)}


def is_unseen(sign: str) -> bool:
    """Return whether nothing is drawn of a sign: marks of direction and of joining, and those for private use."""
    return unicodedata.category(sign) in ("Cc", "Cf", "Co", "Cn", "Cs")


def make(folder: Path, target: Path, wanted: set[str]) -> None:
    """Write the faces that are cut from the fonts in `folder` to `target`: TTF, WOFF2, and each of PARTS alone."""
    for face, (first, *others) in FACES.items():
        font = TTFont(folder / first, recalcTimestamp=False)
        _cut(font, [*map(ord, wanted), *_codes(RANGES)])
        for other in others:
            _add(font, TTFont(folder / other), wanted)
        _rename(font, face)
        name = f"{FAMILY.lower().replace(' ', '-')}-{face.lower()}"
        font.save(target / f"{name}.ttf")
        font.flavor = "woff2"
        font.save(target / f"{name}.woff2")
        for part, ranges in PARTS.items():
            _save_part(target / f"{name}.ttf", ranges, target / f"{name}-{part}.woff2")


def make_mono(folder: Path, target: Path) -> None:
    """Write the face in which code is printed; on a screen, code is in a font of the reader's own."""
    font = TTFont(folder / MONO, recalcTimestamp=False)
    _cut(font, _codes(((0x20, 0x7E), *PARTS["common"])))
    _rename(font, "Mono")
    font.flavor = "woff2"
    font.save(target / "vitamins-mono-regular.woff2")


def _save_part(whole: Path, ranges: Sequence[tuple[int, int]], target: Path) -> None:
    font = TTFont(whole, recalcTimestamp=False)
    _cut(font, _codes(ranges))
    font.flavor = "woff2"
    font.save(target)


def _codes(ranges: Sequence[tuple[int, int]]) -> list[int]:
    return [code for low, high in ranges for code in range(low, high + 1)]


def _cut(font: TTFont, codes: Sequence[int]) -> None:
    """Cut a font down to some signs."""
    options = subset.Options(
        hinting=False, layout_features=["kern", "mark", "ccmp"], name_IDs=["*"], notdef_outline=True
    )
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=codes)
    cutter.subset(font)


def _add(font: TTFont, other: TTFont, wanted: set[str]) -> None:
    """Draw the signs that a font lacks as another one has them."""
    theirs, glyphs = other.getBestCmap(), other.getGlyphSet()
    scale = font["head"].unitsPerEm / other["head"].unitsPerEm
    for code in sorted(set(map(ord, wanted)) & theirs.keys() - font.getBestCmap().keys()):
        name, pen = f"uni{code:04X}", TTGlyphPen(None)
        outline = DecomposingRecordingPen(glyphs)
        glyphs[theirs[code]].draw(outline)
        outline.replay(TransformPen(pen, (scale, 0, 0, scale, 0, 0)))
        font.setGlyphOrder([*font.getGlyphOrder(), name])
        font["glyf"][name] = pen.glyph()
        font["hmtx"][name] = (round(glyphs[theirs[code]].width * scale), getattr(font["glyf"][name], "xMin", 0))
        for table in font["cmap"].tables:
            if table.isUnicode():
                table.cmap[code] = name


def _rename(font: TTFont, face: str) -> None:
    names = font["name"]
    names.names = [record for record in names.names if record.nameID in KEPT_NAMES]
    for number, form in OURS.items():
        names.setName(form.format(face), number, 3, 1, 0x409)
    if "STAT" in font:
        del font["STAT"]


if __name__ == "__main__":
    make(Path(sys.argv[1]), FONTS, signs(CHECKOUT))
    make_mono(Path(sys.argv[1]), FONTS)
