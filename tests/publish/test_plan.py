"""The plan finds every mistake before anything runs, and says where it is and what would be right."""

from __future__ import annotations

import datetime as dt

import pytest

from lib.build import plan, schedule
from tests.publish.book import ROOT, notebook, write_book


def declared(tmp_path, source: str) -> tuple[plan.Parameter, ...]:
    path = tmp_path / "n.ipynb"
    path.write_text(notebook([("markdown", "# N"), ("parameters", source)]))
    return plan.parameters(path)


def problem(tmp_path, source: str) -> str:
    with pytest.raises(plan.PlanError) as caught:
        declared(tmp_path, source)
    return str(caught.value)


def test_parameters_have_type_default_and_the_comment_as_meaning(tmp_path):
    source = (
        'as_of: str = ""  # the day\ntop = 8  # how many\nlimit: float = 1\nshow = True\n'
        'group: str | None = None\ncodes = ["2846"]'
    )
    found = {p.name: p for p in declared(tmp_path, source)}
    assert [p.type for p in found.values()] == ["str", "int", "float", "bool", "str", "list"]
    assert (found["top"].default, found["top"].meaning, found["top"].line) == (8, "how many", 2)
    assert found["group"].optional
    assert found["codes"].items == "str"


def test_a_meaning_with_an_equals_sign_is_read(tmp_path):
    """papermill's own inspection skips such a line, and the parameter would be unknown."""
    (parameter,) = declared(tmp_path, "top = 8  # top=8 names eight")
    assert parameter.meaning == "top=8 names eight"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("top = 8\nday = today()", "cell 2 (parameters), line 2: day = `today()` is not a literal"),
        ("import os", "line 1: `import os` is not a parameter"),
        ("a, b = 1, 2", "is not a single name"),
        ("top = 8\ntop = 9", "line 2: top is set twice"),
        ("top =", "line 1: not valid Python"),
        ("top = {1, 2}", "top is of type set"),
        ('top: int = "x"', "top must be a whole number, not 'x'"),
        ('as_of = "2020-02-30"', "as_of must be an ISO date"),
    ],
)
def test_a_wrong_parameters_cell_is_named_with_its_line(tmp_path, source, expected):
    assert expected in problem(tmp_path, source)


def test_missing_and_duplicate_tags_are_errors(tmp_path):
    path = tmp_path / "n.ipynb"
    path.write_text(notebook([("code", "top = 8")]))
    with pytest.raises(plan.PlanError, match=r"n\.ipynb: no code cell has the tag `parameters`"):
        plan.parameters(path)
    path.write_text(notebook([("parameters", "top = 8"), ("code", "1"), ("parameters", "top = 9")]))
    with pytest.raises(plan.PlanError, match="cells 1, 3 all have the tag"):
        plan.parameters(path)


@pytest.mark.parametrize(
    ("source", "given", "value"),
    [
        ("top = 8", "5", 5),
        ("top = 8", 5.0, 5),
        ("x = 1.5", "2", 2.0),
        ("on = True", "no", False),
        ("name = 'a'", "b", "b"),
        ("codes = ['a']", "x, y", ["x", "y"]),
        ("years = [2020]", "[2021, 2022]", [2021, 2022]),
        ("years = [2020]", "2021,2022", [2021, 2022]),
        ("group: str | None = 'EU'", "", None),
        ('as_of = ""', "2020-12-31", "2020-12-31"),
        ('as_of: str = ""', "", ""),
        ("as_of: str | None = None", "", None),
    ],
)
def test_values_take_the_declared_type(tmp_path, source, given, value):
    (parameter,) = declared(tmp_path, source)
    result = parameter.read(given)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("source", "given", "expected"),
    [
        ("top = 8", "many", "top must be a whole number, not 'many'; default 8"),
        ("top = 8", "2.5", "top must be a whole number"),
        ("top = 8", True, "top must be a whole number"),
        ("x = 1.5", "nan", "x must be a number"),
        ("on = True", "maybe", "on must be true or false"),
        ("name = 'a'", 3, "name must be a text"),
        ("years = [2020]", "soon", "years must be a list"),
        ('as_of = ""', "20201231", "as_of must be an ISO date such as 2025-06-30 or empty, not '20201231'"),
        ('as_of = ""', "2021-02-29", "as_of must be an ISO date"),
    ],
)
def test_values_of_the_wrong_type_are_refused(tmp_path, source, given, expected):
    (parameter,) = declared(tmp_path, source)
    with pytest.raises(ValueError, match="must be") as caught:
        parameter.read(given)
    assert expected in str(caught.value)


@pytest.mark.parametrize("given", ["-3", "0", "21", 10**9])
def test_a_number_beyond_its_range_is_refused(tmp_path, given):
    (parameter,) = declared(tmp_path, "top = 8  # 1 to 20: countries named")
    assert (parameter.range, parameter.meaning) == ((1, 20), "countries named")
    assert "from 1 to 20" in parameter.type_words
    assert [parameter.read(number) for number in ("1", "20")] == [1, 20]
    with pytest.raises(ValueError, match="top must be a whole number from 1 to 20"):
        parameter.read(given)


@pytest.mark.parametrize("source", ["top = 30  # 1 to 20: x", "top = 5  # 9 to 1: x", "name = 'a'  # 1 to 2: x"])
def test_a_range_that_cannot_be_is_a_mistake_of_the_notebook(tmp_path, source):
    with pytest.raises(plan.PlanError, match="line 1"):
        declared(tmp_path, source)


def test_every_number_that_a_chapter_takes_has_a_range():
    pages = [*plan.notebooks(ROOT), *plan.templates(ROOT)]
    numbers = [p for page in pages for p in plan.parameters(page.path) if p.type in ("int", "float")]
    assert numbers
    assert [p.name for p in numbers if not p.range] == []


SPAN = "id,published,accessed\nfirst,2019-05-01,2026-04-01\nundated,,2018-03-01\n"


@pytest.mark.parametrize("day", ["3023-01-01", "2018-02-28", "1996-01-01"])
def test_a_day_that_the_tables_cannot_be_read_as_of_is_refused(tmp_path, day):
    root = write_book(tmp_path)
    (root / "data" / "sources.csv").write_text(SPAN)
    page = plan.find(root, "ores")
    for planned in (lambda: plan.job(root, page, {"as_of": day}, root / "data"),
                    lambda: plan.jobs(root, {"as_of": day}, root / "data"),
                    lambda: schedule.plan_build(root, root / "data", as_of=day),
                    lambda: schedule.plan_build(root, root / "data", since=day)):  # fmt: skip
        with pytest.raises(plan.UsageError, match="as_of must be a day from 2018-03-01"):
            planned()


def test_the_days_of_the_tables_are_taken_and_so_is_the_day_that_has_begun_elsewhere(tmp_path):
    root = write_book(tmp_path)
    (root / "data" / "sources.csv").write_text(SPAN)
    tomorrow = (dt.date.today() + dt.timedelta(days=1)).isoformat()
    for day in ("2018-03-01", "2026-04-01", tomorrow, ""):
        assert plan.jobs(root, {"as_of": day}, root / "data")


def test_unknown_names_get_the_nearest_one(tmp_path):
    root = write_book(tmp_path)
    page = plan.find(root, "ores")
    with pytest.raises(plan.UsageError, match=r"no parameter 'asof'; did you mean as_of\?"):
        plan.job(root, page, {"asof": "2020-01-01"})
    with pytest.raises(plan.UsageError, match=r"no notebook 'orse'; did you mean ores\?"):
        plan.find(root, "orse")
    with pytest.raises(plan.UsageError, match="no notebook 'zzz'; there is index, ores"):
        plan.find(root, "zzz")


def test_all_mistakes_of_a_book_come_together(tmp_path):
    root = write_book(tmp_path, ores=[("parameters", "top = f()")], index=[("code", "1")])
    with pytest.raises(plan.PlanError) as caught:
        plan.jobs(root)
    assert [line.split(",")[0].split(":")[0] for line in caught.value.problems] == [
        "index.ipynb",
        "chapters/ores.ipynb",
    ]


def test_pages_come_in_reading_order_and_missing_files_are_named(tmp_path):
    root = write_book(tmp_path)
    listed = [
        "index",
        "chapters/ores",
        "changes",
        "corrections",
        "facts",
        "figures",
        "data",
        "references",
        "chapters/glossary",
        "status",
    ]
    assert [page.docname for page in plan.pages(root)] == listed
    (root / "_toc.yml").write_text("root: index\nparts:\n- chapters:\n  - file: chapters/gone\n")
    with pytest.raises(plan.PlanError, match="there is no chapters/gone"):
        plan.pages(root)
    (root / "_toc.yml").write_text("chapters: []\n")
    with pytest.raises(plan.PlanError, match=r"_toc\.yml cannot be read"):
        plan.pages(root)


def test_assignments_need_an_equals_sign_and_one_value_each():
    assert plan.split_assignments(["a=1", "b=x=y"]) == {"a": "1", "b": "x=y"}
    with pytest.raises(plan.UsageError) as caught:
        plan.split_assignments(["a", "b=1", "b=2"])
    assert len(caught.value.problems) == 2
