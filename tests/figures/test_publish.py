"""The published figure: what it holds, what it refuses, and that it is the same every time."""

import json
import re
import sys

import altair
import pandas as pd
import pytest

from lib import figures, run
from lib.figures import forms
from lib.figures.publish import render_table, specification
from lib.paths import THEME

ALT = "Bar chart of mine output by country in 2020: China mined by far the most, Myanmar the least."
WORDS = {"name": "mine-output", "title": "China mined the most", "subtitle": "t REO, 2020", "alt": ALT}


def latest(mines):
    return mines[mines["year"] == 2020]


def render(data, **changes):
    return figures.render(forms.bars(data, "iso3", "value_t", unit="t"), **WORDS | changes)


def test_same_input_same_bytes(mines):
    one, two = render(latest(mines)), render(latest(mines))
    assert one.html == two.html
    assert json.dumps(one.record) == json.dumps(two.record)


def test_a_map_does_not_depend_on_the_maps_before_it(mines):
    chart = forms.choropleth(latest(mines), "iso3", "value_t", unit="t")
    one, two = figures.render(chart, **WORDS), figures.render(chart, **WORDS)
    assert "url(#iv-mine-output-wide-clip1)" in one.html
    assert one.html == two.html


def test_altairs_counters_leave_no_trace(mines):
    def build(width):
        pick = altair.selection_point(fields=["iso3"])
        return altair.Chart(latest(mines)).mark_bar().encode(x="value_t", y="iso3").add_params(pick)

    chart = figures.Chart(latest(mines), build)
    assert specification(chart, 700) == specification(chart, 700)


def test_anatomy(mines):
    html = render(latest(mines), note="Rounded.").html
    assert html.startswith('<div class="iv-figure" id="fig-mine-output" data-name="mine-output" data-title="China')
    assert html.count('class="iv-title"') == 1
    assert f'role="img" aria-label="{ALT}"' in html
    assert re.search(r'<div class="iv-narrow" hidden [^>]*><svg', html)
    assert '<a href="source:survey-2026">2026</a>' in html
    assert "<caption>" in html
    assert 'scope="col" class="iv-number"' in html
    assert "Rounded." in html


def test_pictures_use_custom_properties_and_no_foreign_address(mines):
    html = render(latest(mines)).html
    picture = html[html.index('<div class="iv-wide"') : html.index("<script")]
    assert "var(--iv-chn, #" in picture
    assert "http" not in picture
    assert ' opacity="0"' not in picture


def test_text_of_both_pictures_is_large_enough(mines):
    html = render(latest(mines)).html
    sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)px"', html)]
    assert sizes
    assert min(sizes) >= 10.5


def test_a_closing_tag_in_the_data_cannot_end_the_script(mines):
    data = latest(mines).assign(name="</script><b>x")
    html = figures.render(forms.bars(data, "name", "value_t"), data.head(1), **WORDS).html
    inside = html[html.index('class="iv-spec">') + 16 : html.index("</script>")]
    assert "<" not in inside
    assert json.loads(inside)["wide"]
    assert "<b>x" not in html


def test_record(mines):
    record = render(latest(mines)).record
    assert set(record) == {"name", "title", "subtitle", "alt", "sources", "note", "data", "columns", "tables", "spec"}
    assert record["columns"][0] == {"name": "iso3", "title": "Country"}
    assert record["sources"] == ["survey-2026"]
    assert record["spec"]["datasets"]
    assert record["spec"]["config"]["aria"] is False
    assert {row["iso3"] for row in record["data"]} == {"CHN", "USA", "MMR", "OTH"}
    json.dumps(record, allow_nan=False)


def test_missing_values_are_null_in_the_record(mines):
    record = render(mines[mines["year"] == 2012]).record
    assert [row["value_t"] for row in record["data"] if row["iso3"] == "USA"] == [None]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "Mine Output"}, "slug"),
        ({"title": "China mined the most."}, "full stop"),
        ({"alt": "A bar chart"}, "alt must say"),
        ({"subtitle": " "}, "subtitle"),
        ({"sources": []}, "name its sources"),
        ({"sources": "survey-2026"}, "list of ids"),
        ({"sources": ["nobody"]}, "unknown sources: nobody"),
    ],
)
def test_refuses(mines, changes, message):
    with pytest.raises(ValueError, match=message):
        render(latest(mines), **changes)


def test_refuses_an_empty_frame_by_name(mines):
    with pytest.raises(ValueError, match="'mine-output': there are no rows"):
        render(mines.head(0))


def test_a_name_is_taken_once_but_a_cell_may_run_again(mines, capsys):
    data = latest(mines)

    def publish(**changes):
        figures.publish(forms.bars(data, "iso3", "value_t"), **WORDS | changes)

    run.start("reserves")
    publish()
    publish()
    assert [record["name"] for record in figures.published()] == ["mine-output"]
    with pytest.raises(ValueError, match="is taken by 'China mined the most'"):
        publish(title="Another finding")
    run.start("reserves")
    assert figures.published() == []


def test_long_data_tables_are_cut_with_a_note():
    data = pd.DataFrame({"year": range(1700, 1950), "value": 1.0})
    html = figures.render(forms.lines(data, "year", "value"), **WORDS, sources=["survey-2026"]).html
    assert html.count("<tr>") == 201
    assert "50 more rows" in html


def test_table_sets_totals_last_and_hides_nothing(mines):
    data = latest(mines)[["iso3", "value_t", "source_id"]]
    figure = figures.render_table(
        data,
        name="output",
        title="Output by country",
        columns={"iso3": "Country", "value_t": "Output (t REO)"},
        sort="value_t",
        total=lambda rows: rows["iso3"].eq("CHN"),
    )
    rows = re.findall(r'<th scope="row">([^<]+)</th><td class="iv-number">([^<]+)</td>', figure.html)
    assert rows[0] == ("United States", "22,500")
    assert rows[-1] == ("China", "150,000")
    assert 'class="iv-total"' in figure.html
    assert figure.record["spec"] is None


def test_a_heavy_picture_becomes_an_image_for_each_theme(mines, monkeypatch):

    monkeypatch.setattr(sys.modules["lib.figures.publish"], "SVG_LIMIT", 500)
    html = render(latest(mines)).html
    assert html.count('class="iv-light"') == html.count('class="iv-dark"') == 2
    assert "data:image/png;base64," in html


def test_a_long_table_holds_every_row_and_offers_to_show_them(mines):
    def table(count):
        data = pd.DataFrame({"year": range(2000, 2000 + count), "value": 1.0})
        return figures.render_table(data, name="t", title="Years", sources=["survey-2026"]).html

    assert table(40).count("<tr") == 41
    assert '</div><details class="iv-fold">' in table(40)
    assert "iv-fold" not in table(10)


def test_a_cell_names_its_source(mines):
    html = render(latest(mines)).html
    assert re.search(r'<a href="source:survey-2026">(?!survey-2026)[^<]+2026</a>', html)


def test_the_maker_of_an_estimate_stands_before_who_passes_it_on(monkeypatch):
    published = pd.Timestamp("2025-10-24")
    known = pd.DataFrame(
        {"publisher": ["Rare Earth News", "International Energy Agency"], "title": "", "published": published}
        | {"confidence": "high"},
        index=["passed-on", "own"],
    )
    monkeypatch.setattr("lib.tables.catalog.sources", lambda: known)
    rows = pd.DataFrame({"source_id": ["passed-on", "own"], "estimator": "IEA", "value": [91.0, 91.3]})
    line = render_table(rows, name="makers", title="Who says it").html
    line = re.sub("<[^>]+>", "", line[line.index('<p class="iv-sources">') :].partition("</p>")[0])
    assert "IEA, as quoted by Rare Earth News" in line
    assert line.index("International Energy Agency") < line.index("as quoted by")


def test_who_is_trusted_most_is_named_first_then_who_gives_most_rows(monkeypatch):
    known = pd.DataFrame(
        {
            "publisher": ["A blog", "Paper", "Survey", "Yard"],
            "published": pd.Timestamp("2025-10-24"),
            "confidence": ["low", "high", "high", "medium"],
        },
        index=["blog", "paper", "survey", "yard"],
    )
    monkeypatch.setattr("lib.tables.catalog.sources", lambda: known.assign(title=""))
    given = ["blog"] * 5 + ["paper"] + ["survey"] * 2 + ["yard"]
    rows = pd.DataFrame({"source_id": given, "value": range(len(given))})
    for order in (rows, rows[::-1]):
        figure = render_table(order, name="order", title="Who is named first")
        assert figure.record["sources"] == ["survey", "paper", "yard", "blog"]
        line = re.sub("<[^>]+>", "", figure.html[figure.html.index('<p class="iv-sources">') :].partition("</p>")[0])
        assert line == "Sources: Survey (2025); Paper (2025); Yard (2025); A blog (2025)"


def test_bounds_and_estimates_are_columns_of_the_record_and_words_of_the_table():
    data = pd.DataFrame(
        {"iso3": ["CHN", "USA", "AUS"], "value": [3.0, 2.0, 1.0], "qualifier": ["<;derived", ">;e", None]}
    )
    figure = render_table(data, name="marks", title="Three marks", sources=["survey-2026"],
                                  columns={"iso3": "Country", "value": "Share (%)"})  # fmt: skip
    assert [(row["bound"], row["estimate"]) for row in figure.record["data"]] == [
        ("<", False),
        (">", True),
        ("", False),
    ]
    assert [column["name"] for column in figure.record["columns"]][-2:] == ["bound", "estimate"]
    assert "at most" in figure.html
    assert "more than, estimated" in figure.html
    assert '<th scope="col">Marks</th>' in figure.html


def test_a_table_without_bounds_and_estimates_gets_no_column_for_them():
    data = pd.DataFrame({"iso3": ["CHN"], "value": [3.0], "qualifier": ["derived"]})
    shown = {"iso3": "Country", "value": "Share (%)"}
    figure = render_table(data, name="no-marks", title="No marks", sources=["survey-2026"], columns=shown)
    assert "Marks" not in figure.html


def test_a_chart_shows_itself_and_has_other_options_on_a_phone(mines):
    chart = forms.small_multiples(mines, "year", "value_t", "iso3", unit="t", columns=4, narrow={"columns": 2})
    assert chart.data is mines
    assert "application/vnd.vegalite" in str(chart._repr_mimebundle_())
    wide, narrow = (specification(chart, width) for width in (700, 340))
    same = forms.small_multiples(mines, "year", "value_t", "iso3", unit="t", columns=2)
    assert narrow == specification(same, 340)
    assert wide != specification(same, 700)


def test_a_chart_of_altair_needs_its_rows(mines):
    chart = altair.Chart(latest(mines)).mark_bar().encode(x="value_t", y="iso3")
    with pytest.raises(ValueError, match="give the rows"):
        figures.render(chart, **WORDS)
    assert figures.render(chart, latest(mines), **WORDS).record["data"]


def test_a_slider_is_told_where_there_are_earlier_years():
    assert figures.slider_note("output", pd.Series([2019, 2021])).startswith(
        "In the interactive chart a slider goes back"
    )
    assert figures.slider_note("output", pd.Series([2021, 2021])) == ""


def test_a_figure_keeps_the_names_of_those_it_took_the_place_of(mines):
    figure = render(latest(mines), formerly=("old-one", "old-two"))
    assert figure.record["formerly"] == ["old-one", "old-two"]
    assert 'data-formerly="old-one old-two"' in figure.html


def test_no_sheet_of_the_site_changes_the_colours_of_a_picture():
    """A picture for the dark is drawn for it: a filter would darken it a second time."""
    sheets = [figures.stylesheet(), *(path.read_text("utf-8") for path in THEME.rglob("*.css"))]
    assert len(sheets) > 3
    assert [sheet for sheet in sheets if re.search(r"filter\s*:|mix-blend-mode\s*:", sheet)] == []
