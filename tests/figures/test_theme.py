"""The colours: contrast (WCAG 2.1, 1.4.11 and 1.4.3) and distance under colour-vision deficiencies."""

from itertools import combinations, pairwise

import pytest

from lib.figures import theme

# Full deficiency: Machado, Oliveira, Fernandes 2009, https://doi.org/10.1109/TVCG.2009.113, severity 1.0, linear RGB.
VISION = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
SCHEMES = {"light": 0, "dark": 1}


def linear(colour):
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def contrast(one, two):
    low, high = sorted(sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear(x), strict=True)) for x in (one, two))
    return (high + 0.05) / (low + 0.05)


def oklab(channels):
    """Ottosson 2020: a space in which equal distances look about equal."""
    r, g, b = (min(1, max(0, channel)) for channel in channels)
    long, medium, short = (
        (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3),
        (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3),
        (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3),
    )
    return (
        0.2104542553 * long + 0.793617785 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.428592205 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.808675766 * short,
    )


def seen(colour, vision):
    channels = linear(colour)
    return oklab([sum(w * c for w, c in zip(row, channels, strict=True)) for row in VISION[vision]])


def distance(one, two, vision):
    return sum((a - b) ** 2 for a, b in zip(seen(one, vision), seen(two, vision), strict=True)) ** 0.5


@pytest.mark.parametrize("scheme", SCHEMES)
def test_actor_colours_can_be_read_as_text(scheme):
    index = SCHEMES[scheme]
    poor = {
        code: round(contrast(pair[index], theme.GROUND[index]), 2)
        for code, pair in theme.ACTORS.items()
        if contrast(pair[index], theme.GROUND[index]) < 4.45
    }
    assert not poor


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("token", "least"), [("ink", 7), ("muted", 4.5), ("axis", 3), ("accent", 4.5)])
def test_chrome_contrast(scheme, token, least):
    index = SCHEMES[scheme]
    assert contrast(theme.CHROME[token][index], theme.GROUND[index]) >= least


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_principal_actors_are_told_apart(scheme, vision):
    index = SCHEMES[scheme]
    for one, two in combinations(theme.PRINCIPAL, 2):
        apart = distance(theme.ACTORS[one][index], theme.ACTORS[two][index], vision)
        assert apart >= 0.055, f"{one} and {two}: {apart:.3f}"


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_all_actors_differ(scheme, vision):
    index = SCHEMES[scheme]
    for one, two in combinations(theme.ACTORS, 2):
        apart = distance(theme.ACTORS[one][index], theme.ACTORS[two][index], vision)
        assert apart >= 0.03, f"{one} and {two}: {apart:.3f}"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_sequence_runs_one_way(scheme):
    lightness = [seen(pair[SCHEMES[scheme]], "normal")[0] for pair in theme.SEQUENCE]
    assert lightness == sorted(lightness, reverse=scheme == "light")
    assert min(abs(a - b) for a, b in pairwise(lightness)) > 0.05


def test_every_light_value_is_unique_so_that_it_names_its_token():
    lights = [light for light, _ in theme.tokens().values()]
    assert len(lights) == len(set(lights))


def test_unions_and_former_states_take_their_actor():
    assert theme.colour("EU27") == theme.colour("EUX") == theme.ACTORS["EU"][0]
    assert theme.colour("GRL") == theme.ACTORS["OTH"][0]


def test_style_sheet_declares_every_token_for_both_themes_and_print():
    css = theme.css_variables()
    for name in theme.tokens():
        assert css.count(f"--iv-{name}:") == 4
    assert 'html[data-theme="dark"]' in css
    assert "@media print" in css


def test_colours_become_properties_and_soft_tones_patterns():
    text = f'fill="{theme.colour("CHN").upper()}" stroke="{theme.soft("CHN")}" x="#123456"'
    assert theme.with_variables(text, "p") == (
        f'fill="var(--iv-chn, {theme.colour("CHN")})" stroke="url(#p-chn-soft)" x="#123456"'
    )
    assert theme.in_dark(theme.colour("USA")) == theme.ACTORS["USA"][1]


@pytest.mark.parametrize("steps", [1, 7])
def test_sequence_refuses_other_lengths(steps):
    with pytest.raises(ValueError, match="two to six"):
        theme.sequence(steps)
