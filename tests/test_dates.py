"""Dates known to the month or year: intervals, words, order, and what a table may hold."""

import pandas as pd
import pytest

from lib.figures.publish import render_table
from lib.tables import catalog, checks, dates


@pytest.mark.parametrize(
    ("day", "precision", "first", "words", "reduced"),
    [
        ("2023-12-01", "day", "2023-12-01", "1 December 2023", "2023-12-01"),
        ("2006-11-30", "month", "2006-11-01", "November 2006", "2006-11"),
        ("2020-06-30", "quarter", "2020-04-01", "quarter 2 of 2020", "2020-06"),
        ("2005-12-31", "year", "2005-01-01", "2005", "2005"),
    ],
)
def test_a_date_is_told_no_more_exactly_than_it_is_known(day, precision, first, words, reduced):
    moment = pd.Timestamp(day)
    assert dates.interval(moment, precision) == (pd.Timestamp(first), moment)
    assert dates.told(moment, precision) == words
    assert dates.iso(moment, precision) == reduced


def dated(*pairs):
    frame = pd.DataFrame(pairs, columns=["on", "on_precision"])
    return frame.assign(on=pd.to_datetime(frame["on"]))


def test_dates_are_ordered_as_intervals():
    rows = dated(("2020-12-31", "year"), ("2020-05-31", "day"), ("2020-01-15", "day"), ("2020-01-31", "month"))
    assert list(dates.in_order(rows, "on").index) == [3, 0, 2, 1]


def test_an_order_that_is_not_known_is_not_given():
    year, may, march = (dates.interval(pd.Timestamp(day), how) for day, how in
                        (("2020-12-31", "year"), ("2020-05-31", "month"), ("2020-03-31", "month")))  # fmt: skip
    assert dates.surely_before(march, may) is True
    assert dates.surely_before(may, march) is False
    assert dates.surely_before(year, may) is None


def test_every_date_that_says_how_it_is_known_is_declared_so():
    for name in [*catalog.tables(), "sources"]:
        fields = {field["name"]: field for field in catalog.resource(name)["schema"]["fields"]}
        vague = {key for key, field in fields.items() if field["type"] == "date" and key + dates.SUFFIX in fields}
        assert {key for key, field in fields.items() if "precision" in field} == vague
        assert all(fields[key]["precision"] == key + dates.SUFFIX for key in vague)


MEASURE = {
    "schema": {"fields": [{"name": "on", "precision": "on_precision"}, {"name": "published", "notBefore": "on"}]}
}


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (("2020-05-30", "month", "2020-05-31"), "date-early"),
        (("2020-05-31", "year", "2020-12-31"), "date-early"),
        (("2020-05-30", "", "2020-05-30"), "precision-missing"),
        (("", "day", "2020-05-30"), "precision-missing"),
        (("2020-05-31", "month", "2020-05-11"), "published-before-date"),
        (("2020-05-31", "month", "2020-05-31"), None),
        (("2020-05-11", "day", "2020-05-12"), None),
    ],
)
def test_a_placeholder_that_is_not_the_last_day_is_a_problem(row, rule):
    frame = pd.DataFrame([row], columns=["on", "on_precision", "published"], index=[2])
    found = list(checks.dates_as_precise_as_known(MEASURE | {"path": "m.csv"}, frame, {}))
    assert [problem.rule for problem in found] == ([rule] if rule else [])


def test_a_figure_shows_and_hands_on_a_date_no_more_exactly_than_it_is_known():
    source = catalog.sources().index[0]
    rows = dated(("2005-12-31", "year"), ("2006-11-30", "month"), ("2023-12-01", "day")).assign(source_id=source)
    figure = render_table(rows, name="dates", title="Three dates", columns={"on": "Day"})
    assert [entry["on"] for entry in figure.record["data"]] == ["2005", "2006-11", "2023-12-01"]
    assert "2005-12-31" not in figure.html
