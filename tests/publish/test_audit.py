"""The judgement of pages: what counts, what falls short, and how it ends when it cannot run."""

from __future__ import annotations

import gzip
import urllib.request
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from lib.devtools import audit


def report(performance: float, sizes: tuple[int, ...] = (1024,), **scores: float) -> dict:
    """A report of Lighthouse with one audit a category, as much of it as is read."""
    categories = dict.fromkeys(audit.STANDARD, 1.0) | {"performance": performance} | scores
    return {
        "categories": {
            name: {"score": score, "auditRefs": [{"id": f"of-{name}", "weight": 1}]}
            for name, score in categories.items()
        },
        "audits": {
            **{
                f"of-{name}": {"title": f"About {name}", "score": score, "scoreDisplayMode": "numeric"}
                for name, score in categories.items()
            },
            "network-requests": {
                "details": {
                    "items": [{"url": f"http://x/{n}?v=1", "transferSize": size} for n, size in enumerate(sizes)]
                }
            },
        },
    }


def test_the_median_of_the_runs_counts():
    found = audit.summary("a.html", [report(1), report(0.4), report(0.99)])
    assert found.scores["performance"] == 99
    assert found.failures() == []


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (report(0.98), "performance 98"),
        (report(1, accessibility=0.99), "accessibility 99"),
        (report(1, seo=None), "seo 0"),
        (report(1, sizes=(70 * 1024, 51 * 1024)), "121 KiB"),
    ],
)
def test_what_is_below_the_standard_is_told(one, told):
    (failure,) = audit.summary("a.html", [one]).failures()
    assert failure.startswith(told)


def test_a_page_that_passes_is_judged_once_and_one_that_falls_short_again(monkeypatch):
    asked = []

    def judged(performances):
        monkeypatch.setattr(
            audit, "_report", lambda *where: asked.append(where) or report(performances[len(asked) - 1])
        )
        return audit.lighthouse(None, "", "http://x", "a.html", 3)

    assert (judged([1.0]).scores["performance"], len(asked)) == (100, 1)
    asked.clear()
    assert (judged([0.5, 0.6, 1.0]).scores["performance"], len(asked)) == (60, 3)


def test_what_a_busy_computer_changes_is_judged_again_and_the_rest_once(monkeypatch):
    asked = []

    def told(modules, chromium, url, categories):
        asked.append((url, list(categories)))
        one = report(0.5, seo=0.9)
        one["categories"] = {name: one["categories"][name] for name in categories}
        return one

    monkeypatch.setattr(audit, "_report", told)
    said = Console(record=True, width=200)
    assert audit._tell_lighthouse(said, None, "", "x", {"a.html": list(audit.STANDARD)}, 2, details=False)
    assert asked == [("x/a.html", list(audit.STANDARD)), ("x/a.html", ["performance"])]
    text = said.export_text()
    assert "performance 50 < 99" in text
    assert "seo 90 < 100" in text


def test_a_page_of_each_kind_is_judged_and_all_chapters():
    chapters = [f"chapters/{n:02d}.html" for n in range(20)]
    folded = [f"chapters/{n:02d}-folded.html" for n in range(5)]
    figures = [f"figures/{n:02d}.html" for n in range(20)]
    chosen = audit.sampled([*chapters, *folded, *figures, "index.html"])
    assert chosen == sorted([*chapters, "chapters/02-folded.html", "figures/10.html", "index.html"])


def test_of_past_editions_the_newest_is_judged_and_by_lighthouse_none():
    past = [f"editions/{day}/{name}.html" for day in ("2024-06-30", "2025-06-30") for name in ("facts/a", "index")]
    pages = ["embed/a.html", *past, "index.html"]
    assert audit.sampled(pages) == [*past[2:], "embed/a.html", "index.html"]
    assert audit.alone(pages) == ["index.html"]


def test_a_page_that_asks_not_to_be_found_is_not_judged_by_how_it_is_found(tmp_path):
    (tmp_path / "search.html").write_text('<meta name="robots" content="noindex">')
    (tmp_path / "index.html").write_text("<p>")
    assert audit.categories_of(tmp_path / "search.html") == ["performance", "accessibility", "best-practices"]
    assert audit.categories_of(tmp_path / "index.html") == list(audit.STANDARD)
    unfound = report(1)
    del unfound["categories"]["seo"]
    assert audit.summary("search.html", [unfound]).failures() == []


def test_a_lighthouse_that_never_ends_is_told(monkeypatch):
    def never(command, **options):
        raise audit.subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(audit.subprocess, "run", never)
    with pytest.raises(audit.CannotRun, match="did not end"):
        audit.lighthouse(Path(), "", "http://x", "a.html", 1)


def test_what_fell_short_is_named():
    assert audit.summary("a.html", [report(0.5)]).short == ("performance: About performance",)


def test_the_site_is_served_as_common_servers_do(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "index.html").write_text("<p>" + "word " * 500)
    (tmp_path / "b.png").write_bytes(b"picture")
    with audit.served(tmp_path) as address:
        ask = urllib.request.Request(f"{address}/a/", headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(ask) as answer:
            body = answer.read()
            assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(body) == (tmp_path / "a" / "index.html").read_bytes()
        with urllib.request.urlopen(f"{address}/b.png") as answer:
            assert (answer.headers.get("Content-Encoding"), answer.read()) == (None, b"picture")
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{address}/none.html")


@pytest.fixture
def command():
    import typer

    app = typer.Typer()
    app.command()(audit.main)
    return lambda *arguments: CliRunner().invoke(app, [str(one) for one in arguments])


def test_without_a_site_it_says_how_to_build_one(command, tmp_path):
    result = command("--site", tmp_path)
    assert result.exit_code == 2
    assert "make book" in result.output


def test_without_node_it_says_what_to_install(command, tmp_path, monkeypatch):
    (tmp_path / "index.html").write_text("<html></html>")
    monkeypatch.setattr(audit.shutil, "which", lambda name: None)
    result = command("--site", tmp_path)
    assert result.exit_code == 2
    assert "Node" in result.output


def test_a_page_that_breaks_a_rule_is_told_in_each_scheme(chromium, tmp_path):
    """With a stand-in for axe-core, which is installed by the audit only: its answer's shape is what is read."""
    (tmp_path / "index.html").write_text("<html><body><details><img></details></body></html>")
    source = """window.axe = {run: async (where) => ({
        violations: where === document && document.querySelector('details[open] img:not([alt])')
        ? [{id: 'image-alt', help: 'Images need alt', nodes: [{target: ['img'], failureSummary: 'no alt'}]}] : []})}"""
    with audit.served(tmp_path) as address:
        found = list(audit.axe(chromium, source, address, ["index.html"]))
    assert [(one.rule, one.scheme) for one in found] == [("image-alt", "light"), ("image-alt", "dark")]
    assert audit.violations_table(found).row_count == 1


def test_of_elements_that_look_alike_the_contrast_of_one_is_judged(chromium, tmp_path):
    style = "i {color: #ccc} .dark {background: #222} td:nth-child(3) {opacity: 0.5} b {font-weight: 900}"
    row = "<tr><td>a</td><td>b</td><td>c</td></tr>"
    others = '<p>d</p><p class="dark">e</p><p><i>f</i> <i>g</i></p><p style="color: #eee">h</p><p><b>i</b></p><p></p>'
    (tmp_path / "index.html").write_text(f"<style>{style}</style><body><table>{row * 30}</table>{others}")
    with audit.served(tmp_path) as address:
        page = chromium.new_page()
        page.goto(f"{address}/index.html")
        assert page.evaluate(f"({audit.LOOKS})().map((one) => one.textContent)") == list("acdefhi")
        page.close()


def test_a_link_that_leads_nowhere_or_does_not_say_where_is_told(chromium, tmp_path):
    good = '<a href="#a">Ores</a><a id="mark"></a><a href="b.html">Read more about ores</a>'
    bad = [
        '<a href="http://[">Ores</a>',
        '<a href="javascript:void(0)">Ores</a>',
        '<a href="b.html"> Here </a>',
        "<a>Ores</a>",
        '<a href="">Ores</a>',
    ]
    (tmp_path / "index.html").write_text(f"<html><body>{good}{''.join(bad)}</body></html>")
    source = "window.axe = {run: async () => ({violations: []})}"
    with audit.served(tmp_path) as address:
        (found,) = audit.axe(chromium, source, address, ["index.html"])
    assert (found.rule, list(found.elements)) == ("links", bad)
