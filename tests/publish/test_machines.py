"""What a site says to programs where it has an address, where it has none, and which sites say nothing."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from lxml.html import fromstring
from markdown_it import MarkdownIt

from lib import pipeline, records
from lib.build import git, plan
from lib.site import machines, notices, render
from lib.site.background import Begin, begin_nothing, working
from lib.site.exports import markdown, sitemap
from tests.publish.book import write_book

ADDRESS = "https://example.org/book"
WRITTEN = "2026-03-15"
LATER = "2026-04-20"


def commit(root: Path, day: str) -> None:
    """Commit all that is in a folder, on a day."""
    time = f"{day}T12:00:00+0000"
    environment = os.environ | {"GIT_AUTHOR_DATE": time, "GIT_COMMITTER_DATE": time, "GIT_CONFIG_GLOBAL": os.devnull}
    name = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q"], ["add", "chapters", "data", "index.ipynb"], [*name, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", *arguments], cwd=root, env=environment, check=True)


@pytest.fixture(scope="module")
def root(made, tmp_path_factory) -> Path:
    """A book with an address in a repository with two commits, the second of one chapter alone."""
    root = write_book(tmp_path_factory.mktemp("machines"))
    shutil.copytree(made.site.parents[1] / "_build", root / "_build")
    settings = (root / "_config.yml").read_text(encoding="utf-8")
    (root / "_config.yml").write_text(settings.replace('baseurl: ""', f"baseurl: {ADDRESS}/"), encoding="utf-8")
    commit(root, WRITTEN)
    path = root / "chapters" / "ores.ipynb"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    commit(root, LATER)
    return root


CURRENT = notices.Notices()


def stage(root: Path, folder: Path, begin: Begin, top: notices.Notices = CURRENT) -> None:
    """Stage the book in a folder, as Jupyter Book reads it."""
    executed = {name: root / "_build" / "executed" / f"{name}.ipynb" for name in ("index", "chapters/ores")}
    collected = records.collect(executed)
    render.stage(root, plan.pages(root), executed, collected, root / "data", folder, begin, top=top)


@pytest.fixture(scope="module")
def site(root) -> Path:
    with working() as background:
        stage(root, root / "staged", background.begin)
        render.build(root / "staged", root / "html", background=background, strict=False)
    return root / "html"


def days(text: str) -> dict[str, str]:
    """The pages of a map, from the root of the site, with the day on which each changed."""
    space = f"{{{sitemap.NAMESPACE}}}"
    return {
        url.findtext(f"{space}loc", "").removeprefix(f"{ADDRESS}/"): url.findtext(f"{space}lastmod", "")
        for url in ElementTree.fromstring(text.encode()).iter(f"{space}url")
    }


def test_the_map_has_every_page_to_come_to_with_a_day_that_is_no_clocks(root, site):
    listed = days((site / sitemap.FILE).read_text(encoding="utf-8"))
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    apart = {name for name in pages if name.startswith(("embed/", "404", "genindex", "search", "facts/"))}
    assert set(listed) == pages - apart | {"changes.html"}  # which this build was not given
    assert listed["index.html"] == WRITTEN
    assert listed["chapters/ores.html"] == LATER
    assert listed["figures/second.html"] == LATER
    assert listed["chapters/glossary.html"] == WRITTEN
    assert listed["facts.html"] == LATER
    assert all(day < dt.date.today().isoformat() for day in listed.values())


def test_without_a_repository_the_days_are_those_of_the_sources(root, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns(".git", "staged", "html"))
    stage(copy, copy / "staged", begin_nothing)
    listed = days((copy / "staged" / "files" / sitemap.FILE).read_text(encoding="utf-8"))
    assert listed["chapters/ores.html"] == listed["data/ores.html"] == "2026-02-28"
    assert listed["chapters/glossary.html"] == ""


def test_a_repository_that_has_only_its_last_commit_tells_no_days(root, tmp_path):
    subprocess.run(["git", "clone", "-q", "--depth", "1", root.as_uri(), tmp_path / "shallow"], check=True)
    assert git.days_of(root, "chapters")["chapters/ores.ipynb"] == LATER
    assert git.days_of(tmp_path / "shallow", "chapters") == {}


def test_texts_have_absolute_links_where_the_site_has_an_address(site, made):
    text = (site / "chapters" / "ores.md").read_text(encoding="utf-8")
    assert f"[69%]({ADDRESS}/facts.html#fact-ores-share)" in text
    assert f"({ADDRESS}/chapters/ores.md)" in (site / "llms.txt").read_text(encoding="utf-8")
    assert "[69%](../facts.html#fact-ores-share)" in (made.site / "chapters" / "ores.md").read_text(encoding="utf-8")
    assert f"{ADDRESS}/{sitemap.FILE}" in (site / "llms.txt").read_text(encoding="utf-8")
    assert not (made.site / sitemap.FILE).exists()


def test_a_text_has_formulas_references_and_figures(made):
    text = (made.site / "index.md").read_text(encoding="utf-8")
    assert "$x^2$" in text
    assert "$$\na = b\n$$" in text
    assert "[Fig. 3](chapters/ores.html#fig-third)" in text
    assert "**[Fig. 1](index.html#fig-first): Ore is mostly rock**" in text


@pytest.mark.parametrize(
    "top", [notices.Notices(alone=True), notices.Notices(live=True, alone=True), notices.Notices(day="2026-01-01")]
)
def test_other_sites_than_the_current_edition_say_nothing_to_machines(root, tmp_path, top):
    folder = tmp_path / "staged"
    stage(root, folder, begin_nothing, top)
    assert not (folder / machines.FILE).exists()
    assert not (folder / "files" / sitemap.FILE).exists()
    assert not (folder / "files" / "data" / "croissant.json").exists()


def test_the_site_of_one_notebook_has_no_texts(made, tmp_path):
    root = tmp_path / "copy"
    shutil.copytree(made.site.parents[1], root)
    single = pipeline.run(root, root / "data", "ores", {"top": "4"})
    assert not list(single.site.rglob("*.md"))
    assert "text/markdown" not in (single.site / "index.html").read_text(encoding="utf-8")


def test_files_for_programs_are_listed_where_they_are(site):
    listed = json.loads((site.parent / "staged" / machines.FILE).read_text(encoding="utf-8"))["files"]
    assert "data/croissant.json" in listed
    assert all((site / name).is_file() for name in listed)


# ------------------------------------------------------------------------------------------- Markdown


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a *b* _c_ d_e [f] <b>g</b></p>", r"a \*b\* \_c\_ d_e \[f\] **g**"),
        ("<p># no heading</p><p>1. no list</p><p>- none</p>", "\\# no heading\n\n1\\. no list\n\n\\- none"),
        ("<ul><li>a<ul><li>b</li></ul></li><li><p>c</p><p>d</p></li></ul>", "- a\n  - b\n- c\n\n  d"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ("<pre>a ``` b\n c</pre>", "````\na ``` b\n c\n````"),
        ("<details><summary>More</summary><p>a</p></details><details><summary>x</summary></details>", "**More**\n\na"),
        ("<p>a<script>b</script><svg><text>c</text></svg><span hidden>d</span></p>", "a"),
        (
            '<table><tr><th>a|b</th><th>n</th></tr><tr><th>c</th><td class="iv-number">1</td></tr></table>',
            "| a\\|b | n |\n| --- | ---: |\n| c | 1 |",
        ),
        ('<p><a href="x y">a</a> <a href="b(c)">d</a></p>', "[a](<x y>) [d](<b(c)>)"),
    ],
)
def test_html_becomes_markdown(html, text):
    assert markdown.of_tree(markdown.tree_of(html)).rstrip("\n") == text


@pytest.mark.parametrize(
    "plain", ["# a", "1. b", "- c", "*d*", "<e>", "f_g _h_", "[i](j)", "`k`", "~l~", "m & n", "| o |"]
)
def test_signs_of_a_text_mean_nothing_to_those_who_read_the_markdown(plain):
    element = fromstring("<main><p></p></main>")
    element[0].text = plain
    shown = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown.of_tree(element))
    assert fromstring(shown).text_content().strip() == plain
