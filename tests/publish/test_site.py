"""A tiny book from notebooks to HTML: what is on the pages, and what a failure leaves behind."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from lib import pipeline, records
from lib.build import execute, plan
from lib.site import render
from lib.site.background import working
from lib.site.jupyter_book import SiteError
from tests.engine.running import heed_interrupts
from tests.publish.book import PARAMETERS, notebook, write_book


def page(made: pipeline.Made, name: str) -> BeautifulSoup:
    return BeautifulSoup((made.site / f"{name}.html").read_text(), "html.parser")


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_figures_are_numbered_through_the_book_with_the_title_on_top(made):
    captions = [figure.figcaption for figure in page(made, "chapters/ores").select("figure.iv-published")]
    assert [c.get_text(" ", strip=True) for c in captions] == ["Fig. 2 Top 8 #", "Fig. 3 As of today #"]
    figure = page(made, "chapters/ores").find(id="fig-second")
    assert figure.find(True).name == "figcaption"
    assert not figure.select(".iv-title")
    assert figure.select_one(".iv-figure svg")["viewbox"] == "0 0 10 10"


def test_references_to_figures_cross_pages(made):
    link = page(made, "index").find("a", string="Fig. 3")
    assert link["href"] == "chapters/ores.html#fig-third"
    assert page(made, "chapters/ores").find("a", string="Fig. 1")["href"] == "../index.html#fig-first"


def test_fact_and_source_links_lead_to_anchors_that_exist(made):
    assert page(made, "index").find("a", string="a fact")["href"] == "facts.html#fact-ores-share"
    assert page(made, "chapters/ores").select_one("a.iv-fact")["href"] == "../facts.html#fact-ores-share"
    assert page(made, "facts").find(id="fact-ores-share")
    assert page(made, "references").find(id="source-geo-2025-v1")
    assert page(made, "data/ores").find(id="table-ores")


def test_every_link_of_the_site_is_alive(made):
    dead = []
    for path in made.site.rglob("*.html"):
        for link in BeautifulSoup(path.read_text(), "html.parser").select("a[href]"):
            address, _, anchor = link["href"].partition("#")
            if address.startswith(("http:", "https:", "mailto:")):
                continue
            # a host shows the page for what is not found at any depth, so its links begin at the root
            folder = made.site if address.startswith("/") else path.parent
            target = (folder / address.lstrip("/")).resolve() if address else path
            if not target.is_file():
                dead.append(f"{path.name}: {link['href']}")
            elif anchor and target.suffix == ".html":
                found = BeautifulSoup(target.read_text(), "html.parser").find(id=anchor)
                dead += [] if found else [f"{path.name}: {link['href']}"]
    assert dead == []


def test_nothing_is_loaded_from_another_host(made):
    for path in made.site.rglob("*.html"):
        soup = BeautifulSoup(path.read_text(), "html.parser")
        loading = soup.select("script[src], link:is([rel=stylesheet], [rel=icon], [rel=preload])[href], img[src]")
        addresses = [tag.get("src") or tag.get("href") for tag in loading]
        assert [a for a in addresses if re.match(r"https?:|//", a)] == []
        assert not [a for a in addresses if re.search(r"thebe|mathjax|fontawesome|require", a)]
    for path in (made.site / "_static").glob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", path.read_text())


def test_formulas_are_mathml_and_pages_have_language_and_description(made):
    index = page(made, "index")
    assert len(index.find_all("math")) == 2
    assert index.html["lang"] == "en"
    assert [tag["content"][:40] for tag in index.select('meta[name="description"]')] == [
        "This paragraph is long enough to describ"
    ]


def test_code_is_not_on_the_pages_and_parameters_only_where_they_are_explained(made):
    index = page(made, "index")
    assert "def figure" not in index.get_text()
    index.select_one(".iv-parameters").decompose()
    assert "how many countries are named" not in index.get_text().lower()


def test_the_facts_page_shows_text_as_it_is_and_leads_to_the_derivation_of_each(made):
    entry = page(made, "facts").find(id="fact-ores-share")
    assert "mined * [here], 2025" in entry.get_text(" ", strip=True)
    text = page(made, entry.find("a")["href"].removesuffix(".html")).get_text(" ", strip=True)
    for expected in ("a < b & c_d", "at most (upper bound), estimate", "rows 4–5", "50% {more}"):
        assert expected in text


def test_facts_json_is_documented_and_complete(made):
    content = json.loads((made.site / "facts.json").read_text())
    assert content["version"] == 1
    assert content["as_of"] == "2026-11-22"
    assert [fact["id"] for fact in content["facts"]] == ["index.headline", "ores.share"]
    assert "facts.json" in page(made, "facts").find("a", string="facts.json")["href"]


def test_unused_sources_are_left_out(made):
    assert "Never cited" not in page(made, "references").get_text()


def test_the_same_book_stages_the_same_bytes(made, tmp_path):
    """Timings, paths and random ids must not reach the pages."""
    root = write_book(tmp_path / "elsewhere")
    executed = execute.run(plan.jobs(root), root, root / "store")
    moved = json.loads((made.site / "changes.json").read_text())
    collected = records.collect(executed)
    earlier = made.site.parent / "editions" / moved["from"]
    before = records.collect({name: earlier / f"{name}.ipynb" for name in made.executed})
    with working() as background:
        given = (root, plan.pages(root), executed, collected, root / "data", tmp_path / "staged", background.begin)
        render.stage(*given, moved=moved, before=before)
    first, second = tree(tmp_path / "staged"), tree(made.site.parent / "book")
    first.pop("files/runs.json"), second.pop("files/runs.json")  # the one file with times
    assert first == second


def test_an_unchanged_book_runs_nothing_again(made):
    told = []
    root = made.site.parents[1]
    execute.run(plan.jobs(root), root, root / "_build" / "executed", progress=lambda *event: told.append(event[:2]))
    assert [event for event in told if event[1] != "planned"] == [("index", "reused"), ("ores", "reused")]


@pytest.fixture
def copy(made, tmp_path) -> Path:
    """A copy of the built book that a test may break."""
    root = tmp_path / "copy"
    shutil.copytree(made.site.parents[1], root)
    return root


def test_a_failing_cell_is_named_and_the_previous_site_stays(copy):
    before = tree(copy / "_build" / "html")
    broken = [("markdown", "# Ores"), ("parameters", PARAMETERS), ("code", "x = 1\nraise ValueError('no ore left')")]
    (copy / "chapters" / "ores.ipynb").write_text(notebook(broken))
    with pytest.raises(execute.PagesFailed) as caught:
        pipeline.book(copy, copy / "data", as_of="2020-12-31")
    failure, _ = caught.value.failures  # in the edition, and in the earlier one that its page of changes needs
    assert (failure.notebook, failure.cell) == ("chapters/ores.ipynb as of 2020-12-31", 3)
    assert failure.error == "ValueError: no ore left"
    assert "raise ValueError" in failure.source
    assert tree(copy / "_build" / "html") == before


def with_text(root: Path, text: str) -> None:
    """Add Markdown to the chapter of the book at `root`."""
    path = root / "chapters" / "ores.ipynb"
    content = json.loads(path.read_text())
    content["cells"][0]["source"] += f"\n\n{text}"
    path.write_text(json.dumps(content))


def test_unknown_links_fail_the_build_and_the_previous_site_stays(copy):
    before = tree(copy / "_build" / "html")
    with_text(copy, "[x](fact:ores.gone) <a href='table:gone'>x</a> {numref}`fig-gone`")
    with pytest.raises(SiteError) as caught:
        pipeline.book(copy, copy / "data")
    for expected in ("unknown fact 'ores.gone'", "unknown table 'gone'", "fig-gone"):
        assert expected in str(caught.value)
    assert str(copy) not in str(caught.value)
    assert tree(copy / "_build" / "html") == before


def test_an_unknown_source_fails_before_the_site_is_built(copy):
    before = tree(copy / "_build" / "html")
    with_text(copy, "[x](source:nowhere)")
    with pytest.raises(records.RecordsError, match=r"source 'nowhere' .*data/sources\.csv"):
        pipeline.book(copy, copy / "data")
    assert tree(copy / "_build" / "html") == before


def test_an_interrupt_leaves_the_previous_site_and_no_kernels(copy):
    before = tree(copy / "_build" / "html")
    slow = [
        ("markdown", "# Ores"),
        ("parameters", PARAMETERS),
        ("code", "import time; open('begun', 'w'); time.sleep(120)"),
    ]
    (copy / "chapters" / "ores.ipynb").write_text(notebook(slow))
    command = [sys.executable, "-m", "lib.cli", "build"]
    told = {"stderr": subprocess.PIPE, "text": True, "preexec_fn": heed_interrupts}
    process = subprocess.Popen(command, cwd=copy, start_new_session=True, **told)
    deadline = time.monotonic() + 60
    while not (copy / "begun").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    assert "interrupted" in process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert tree(copy / "_build" / "html") == before
    deadline = time.monotonic() + 30
    while working_in(copy) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert working_in(copy) == []


def working_in(folder: Path) -> list[str]:
    """Processes, such as kernels, whose current folder is `folder` (on Linux; elsewhere none are found)."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if os.readlink(link) == str(folder):
                found.append(link.parent.name)
    return found


def test_a_single_run_has_its_own_site_and_leaves_the_book(copy):
    before = tree(copy / "_build" / "html")
    made = pipeline.run(copy, copy / "data", "ores", {"top": "3", "as_of": "2020-12-31"})
    assert made.site == copy / "_build" / "runs" / "ores" / "as-of-2020-12-31_top-3"
    text = BeautifulSoup((made.site / "index.html").read_text(), "html.parser").get_text()
    assert "Top 3" in text
    assert "As of 2020-12-31" in text
    assert "see a figure of the book" in text
    assert (made.site / "ores.ipynb").is_file()
    assert tree(copy / "_build" / "html") == before


def test_only_runs_one_notebook_and_keeps_the_others_as_they_are(copy):
    (copy / "data" / "sources.csv").write_text((copy / "data" / "sources.csv").read_text() + "new,,,,,,,,,,,\n")
    told = []
    pipeline.book(copy, copy / "data", only="ores", progress=lambda *event: told.append(event[:2]))
    assert ("index", "reused") in told
    assert ("ores", "done") in told


def test_an_edition_may_lack_figures_that_the_text_refers_to(copy):
    made = pipeline.book(copy, copy / "data", as_of="2020-01-01")
    assert "See a figure that rests on later data" in page(made, "index").get_text()
    assert json.loads((made.site / "facts.json").read_text())["as_of"] is not None


def test_figures_have_toolbars_whose_files_are_there_and_agree_on_the_number(made):
    figures = page(made, "index").select("figure.iv-published") + page(made, "chapters/ores").select(
        "figure.iv-published"
    )
    for figure in figures:
        name = figure.select_one(".iv-figure")["data-name"]
        number = re.match(r"Fig\. (\d+)", figure.figcaption.get_text()).group(1)
        assert json.loads((made.site / "figures" / f"{name}.json").read_text())["number"] == int(number)
        assert [s.get_text() for s in figure.select(".iv-tools summary")] == [
            f"{word} figure {number}" for word in ("Download", "Cite", "Share")
        ]
    links = [link["href"] for link in page(made, "chapters/ores").select(".iv-tools a[download]")]
    assert "../figures/second.csv" in links
    assert (made.site / "figures" / "first.png").is_file()
    assert (made.site / "embed" / "first.html").is_file()


def test_the_list_of_figures_has_number_title_and_files(made):
    entries = page(made, "figures").select(".iv-list li")
    assert [entry.span.get_text() for entry in entries] == ["Fig. 1", "Fig. 2", "Fig. 3"]
    assert entries[2].a["href"] == "chapters/ores.html#fig-third"
    assert [link["href"] for link in entries[0].select(".iv-files a")] == [
        f"figures/first.{kind}" for kind in ("xlsx", "csv", "svg", "png")
    ]
    assert [entry.select_one("a.iv-thumbnail")["href"] for entry in entries] == [
        f"figures/{name}.html" for name in ("first", "second", "third")
    ]


def test_an_unknown_download_fails_the_build(copy):
    with_text(copy, "[x](download:second.png)")
    with pytest.raises(SiteError, match=r"unknown download 'second\.png'"):
        pipeline.book(copy, copy / "data")


def test_run_times_are_in_a_file_and_on_no_page_so_that_pages_are_the_same_after_each_run(made):
    found = entries(made.site)
    assert {entry[2] for entry in found} >= {"index", "chapters/ores", "references"}
    assert not [entry for entry in found if "status" in entry[2]]
    runs = json.loads((made.site / "runs.json").read_text())["runs"]
    assert set(runs) == {"index", "chapters/ores"}
    assert all(run["seconds"] > 0 and run["ended"] for run in runs.values())
    assert page(made, "status").find("a", href="runs.json")
    assert not [
        path for path in made.site.rglob("*.html") if any(r["ended"] in path.read_text() for r in runs.values())
    ]


def entries(site) -> list[list[str]]:
    """What can be found in a site: kind, title, page, anchor, where it stands, text, picture."""
    text = (site / "_static" / "search-entries.js").read_text(encoding="utf-8")
    return json.loads(text.partition(" = ")[2].rstrip(";\n"))


def test_what_is_found_is_there_under_its_anchor(made):
    pages = {}
    for kind, title, page, anchor, *_ in entries(made.site):
        if page not in pages:
            soup = BeautifulSoup((made.site / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
            pages[page] = {tag["id"] for tag in soup.select("[id]")}
        assert not anchor or anchor in pages[page], (kind, title)


def test_the_text_of_a_section_names_the_figures_that_it_refers_to(made):
    texts = [entry[5] for entry in entries(made.site)]
    assert [text for text in texts if "Fig. 1" in text]
    assert not [text for text in texts if "\x00" in text or "()" in text]


def test_the_sources_at_the_end_of_a_page_are_no_text_of_its_last_section(made):
    sections = [entry for entry in entries(made.site) if entry[0] == "section"]
    assert sections
    assert not [entry for entry in sections if "Geological Survey of Ores" in entry[5]]
