"""Pictures are drawn in the fonts of the book, whatever fonts the computer has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from lib import drawing
from lib.devtools import fonts
from lib.figures import theme
from lib.figures.publish import VEGALITE
from lib.paths import CHECKOUT

SPEC = {
    "config": theme.config(),
    "data": {"values": [{"x": "Mined, Σ ≤ 3 × 10⁶ t → ◂▸", "y": 3}, {"x": "没有美国的稀土技术是万吨", "y": 2}]},
    "mark": "bar",
    "title": {"text": "A title in bold: ◂▸ 万吨", "subtitle": "not in bold"},
    "encoding": {"x": {"field": "y", "type": "quantitative"}, "y": {"field": "x", "type": "nominal"}},
}
DRAW = """
import hashlib, json, sys
from lib import drawing
spec = json.loads(sys.argv[1])
made = drawing.svg(spec, sys.argv[2]).encode(), drawing.png(spec, sys.argv[2], 2)
print(*(hashlib.sha256(part).hexdigest() for part in made))
"""


def drawn(spec: dict, **variables: str) -> list[str]:
    """Hashes of a chart as SVG and PNG that a process of its own drew."""
    environment = {name: value for name, value in os.environ.items() if name != drawing.ADDRESS} | variables
    command = [sys.executable, "-c", DRAW, json.dumps(spec), VEGALITE]
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.fixture
def other_fonts(tmp_path) -> dict[str, str]:
    """What makes a computer one whose Arial has the shapes of another font."""
    settings, folder = tmp_path / "fonts.conf", tmp_path / "fonts"
    folder.mkdir()
    font = TTFont(drawing.FONTS / "vitamins-sans-bold.ttf")
    for record in font["name"].names:
        if record.nameID in (1, 4, 6):
            font["name"].setName("Arial", record.nameID, 3, 1, 0x409)
    font["OS/2"].usWeightClass = 400
    font.save(folder / "arial.ttf")
    settings.write_text(f"<fontconfig><dir>{folder}</dir></fontconfig>", encoding="utf-8")
    return {"FONTCONFIG_FILE": str(settings)}


def test_a_picture_is_the_same_with_the_fonts_of_the_computer_and_without_any(no_fonts):
    assert drawn(SPEC) == drawn(SPEC, **no_fonts)


def test_a_picture_is_the_same_where_arial_has_other_shapes(other_fonts):
    assert drawn(SPEC) == drawn(SPEC, **other_fonts)
    named = SPEC | {"config": {"font": "Arial", "axis": {"labelFont": "Arial"}, "title": {"font": "Arial"}}}
    assert drawn(named) != drawn(named, **other_fonts), "the fonts of the computer were not even looked at"


@pytest.mark.parametrize("face", theme.FACES, ids=lambda face: face.file)
def test_each_sign_of_the_book_is_in_the_font_that_it_is_drawn_in(face):
    has = TTFont(drawing.FONTS / Path(face.file).with_suffix(".ttf")).getBestCmap()
    wanted = fonts.signs(CHECKOUT) | {chr(code) for code in range(0x20, 0x7F)}
    assert not [sign for sign in sorted(wanted) if ord(sign) not in has]


def test_the_two_files_of_a_face_have_the_same_signs_and_the_name_that_charts_ask_for():
    for face in theme.FACES:
        packed, plain = (TTFont(drawing.FONTS / Path(face.file).with_suffix(kind)) for kind in (".woff2", ".ttf"))
        assert packed.getBestCmap() == plain.getBestCmap()
        assert plain["name"].getDebugName(1) == theme.FAMILY
        assert plain["OS/2"].usWeightClass == face.weight


def test_the_style_sheet_of_figures_names_files_that_are_there():
    for face in theme.FACES:
        for file in (face.file, *map(face.part, theme.PARTS)):
            assert f'url("fonts/{file}")' in theme.css_fonts()
            assert (drawing.FONTS / file).is_file()


@pytest.mark.parametrize("name", theme.PARTS)
def test_a_part_of_a_face_has_the_same_shapes_and_is_the_smaller_file(name):
    for face in theme.FACES:
        whole, part = (TTFont(drawing.FONTS / file) for file in (face.file, face.part(name)))
        codes = {code for low, high in theme.PARTS[name] for code in range(low, high + 1)}
        assert set(part.getBestCmap()) >= codes & whole.getBestCmap().keys()
        assert all(
            part["hmtx"][part.getBestCmap()[code]] == whole["hmtx"][glyph]
            for code, glyph in whole.getBestCmap().items()
            if code in codes
        )
        assert (drawing.FONTS / face.part(name)).stat().st_size < 0.45 * (drawing.FONTS / face.file).stat().st_size


def test_a_picture_that_is_a_file_brings_the_faces_that_it_uses_and_no_other():
    plain, bold = theme.embedded_fonts("<text>a</text>"), theme.embedded_fonts('<text font-weight="bold">a</text>')
    assert [text.count("@font-face") for text in (plain, bold)] == [1, 2]
    assert theme.embedded_fonts("<path/>") == ""
