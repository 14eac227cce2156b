"""Citations parsed back by programs that did not write them; what the head of a page tells machines."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import bibtexparser
import check_jsonschema
import jsonschema
import pytest
import rispy
import yaml
from bs4 import BeautifulSoup

from lib import cite, pipeline, records
from lib.build import git as history
from lib.build import plan
from lib.site import render
from lib.site.background import working
from lib.site.exports import citation, datasets, social_card
from lib.site.sphinx import head
from tests.site.visit import visit

ROOT = Path(__file__).resolve().parents[2]
BOOK = "Industrial Vitamins: an open research book on rare earths"
TITLE = "Output & <reserves>: 50% of a_b"
ADDRESS = "https://example.org/a_book"
DAY, READ = dt.date(2025, 6, 30), dt.date(2026, 11, 22)


def work(kind: str, **more) -> cite.Work:
    given = {"as_of": DAY, "vintage": READ, "commit": "1a2b3c4", "url": f"{ADDRESS}/chapters/ores_b.html"} | more
    return cite.Work(kind, "ores", TITLE, **given)


KINDS = pytest.mark.parametrize("kind", list(cite.KINDS))


# ------------------------------------------------------------------------------------------- formats


@KINDS
def test_a_citation_names_author_year_title_version_day_vintage_and_commit(kind):
    for style in cite.STYLES:
        text = cite.formatted(work(kind), style)
        assert text.startswith("Industrial Vitamins contributors")
        for expected in ("2026", "ersion 0.1.0", "as known on 30 June 2025", "22 November 2026", "1a2b3c4", ADDRESS):
            assert expected in text
        assert "ersions" not in text
        assert cite.STAND_IN not in text


def test_styles_are_set_as_their_manuals_ask():
    contributors = "Industrial Vitamins contributors"
    edition = "0.1.0, as known on 22 November 2026"
    plain = cite.Work("chapter", "export-controls", "Export controls", READ, READ)
    assert cite.formatted(plain, "apa") == f"{contributors}. (2026). Export controls. In {BOOK} (Version {edition})."
    assert cite.formatted(plain, "apa", "html").count("<i>") == 1
    chicago = cite.formatted(plain, "chicago")
    assert chicago.startswith(f"{contributors}. 2026. “Export Controls.” In Industrial Vitamins: An Open Research Book")
    assert chicago.endswith(f"version {edition}.")


def test_html_is_escaped_and_plain_text_is_not():
    assert "Output &amp; &lt;reserves&gt;" in cite.formatted(work("chapter"), "apa", "html")
    assert "Output & <reserves>" in cite.formatted(work("chapter"), "apa")


@KINDS
def test_bibtex_is_read_by_another_parser(kind):
    library = bibtexparser.parse_string(cite.bibtex(work(kind)))
    assert library.failed_blocks == []
    (entry,) = library.entries
    fields = {field.key: field.value.strip("{}") for field in entry.fields}
    assert entry.entry_type == cite.KINDS[kind][1]
    assert fields["author"] == "Industrial Vitamins contributors"
    assert fields["year"] == "2026"
    assert fields["url"] == f"{ADDRESS}/chapters/ores_b.html"
    assert "as known on 30 June 2025" in fields["note"]
    assert fields["title"] == (BOOK if kind == "book" else r"Output \& <reserves>: 50\% of a\_b")
    assert (fields.get("booktitle") == BOOK) == (kind == "chapter")


@KINDS
def test_ris_is_read_back(kind):
    text = cite.ris(work(kind))
    assert text.startswith("TY  - ")
    (entry,) = rispy.loads(text)
    assert entry["type_of_reference"] == cite.KINDS[kind][2]
    assert entry["authors"] == ["Industrial Vitamins contributors"]
    assert (entry["year"], entry["date"]) == ("2026", "2026/11/22")
    assert entry["title"] == (BOOK if kind == "book" else TITLE)
    assert "commit 1a2b3c4" in entry["edition"]
    assert entry["urls"] == [f"{ADDRESS}/chapters/ores_b.html"]
    assert len(entry["keywords"]) > 2


@KINDS
def test_csl_json_is_an_item_that_gives_the_same_citation(kind):
    (item,) = json.loads(cite.csl_json(work(kind)))
    assert item["type"] == cite.KINDS[kind][0]
    assert item["issued"] == {"date-parts": [[2026, 11, 22]]}
    assert item["author"] == [{"literal": "Industrial Vitamins contributors"}]
    assert item["title"] in cite.formatted(work(kind), "apa")
    assert item["version"] in cite.formatted(work(kind), "chicago")


def test_persons_are_cited_by_family_name(monkeypatch):
    authors = [{"family-names": "Doe", "given-names": "Jane"}, {"name": "A Group"}]
    monkeypatch.setattr(cite, "citation_file", lambda: {**_citation_cff(), "authors": authors})
    assert cite.formatted(work("book"), "apa").startswith("Doe, J., & A Group.")
    assert rispy.loads(cite.ris(work("book")))[0]["authors"] == ["Doe, Jane", "A Group"]
    (entry,) = bibtexparser.parse_string(cite.bibtex(work("book"))).entries
    assert entry["author"] == "Doe, Jane and {A Group}"
    assert {"@type": "Person", "familyName": "Doe", "givenName": "Jane"} in datasets.people()


# ------------------------------------------------------------------------------------------- one source of truth


def _citation_cff() -> dict:
    return yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


def test_the_citation_file_is_valid():
    schemas = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor"
    schema = json.loads((schemas / "citation-file-format.json").read_text(encoding="utf-8"))
    content = yaml.load((ROOT / "CITATION.cff").read_text(encoding="utf-8"), yaml.BaseLoader)
    assert "1.2.0" in schema["$id"]
    jsonschema.validate(content, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({name: value for name, value in content.items() if name != "authors"}, schema)


def test_other_settings_repeat_what_the_citation_file_says():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert project["version"] == "0", "the version of the book is in CITATION.cff and nowhere else"
    assert settings["title"] == cite.short_title()
    assert cite.author_names()[0] in settings["author"]


def test_the_commit_is_that_of_the_book_alone(tmp_path):
    assert history.commit_of(tmp_path) == ""
    settings = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    git = ["git", "-C", str(tmp_path), *settings]
    (tmp_path / "a").write_text("1")
    for arguments in (["init", "-q"], ["add", "a"], ["commit", "-qm", "a"]):
        subprocess.run([*git, *arguments], check=True)
    commit = history.commit_of(tmp_path)
    assert re.fullmatch(r"[0-9a-f]{12}", commit)
    (tmp_path / "a").write_text("2")
    assert history.commit_of(tmp_path) == f"{commit} with changes"
    (tmp_path / "inner").mkdir()
    assert history.commit_of(tmp_path / "inner") == ""


def committed(folder: Path) -> Path:
    """A repository with one commit."""
    folder.mkdir()
    settings = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    (folder / "a").write_text(folder.name)
    for arguments in (["init", "-q"], ["add", "a"], ["commit", "-qm", folder.name]):
        subprocess.run(["git", "-C", str(folder), *settings, *arguments], check=True)
    return folder


def test_the_commit_of_another_users_folder_is_not_lost_without_a_word(tmp_path, monkeypatch, caplog):
    folder = committed(tmp_path / "book")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert history.commit_of(folder) == ""
    assert history.commit_of(folder) == ""
    (told,) = caplog.messages
    assert "another user" in told
    assert f"git config --global --add safe.directory {folder}" in told


def test_a_repository_without_a_commit_is_no_cause_for_a_warning(tmp_path, caplog):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    assert history.commit_of(tmp_path) == ""
    assert not caplog.messages


def test_the_commit_is_not_that_of_a_repository_that_the_environment_names(tmp_path, monkeypatch):
    book, other = committed(tmp_path / "book"), committed(tmp_path / "other")
    commit = history.commit_of(book)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "none"))
    assert history.commit_of(book) == commit


# ------------------------------------------------------------------------------------------- pages


def page(folder: Path, name: str) -> BeautifulSoup:
    return BeautifulSoup((folder / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


def tags(soup: BeautifulSoup, attribute: str = "name") -> dict[str, str]:
    return {tag[attribute]: tag["content"] for tag in soup.select(f"head meta[{attribute}]")}


def structured(soup: BeautifulSoup) -> list[dict]:
    return [json.loads(tag.string) for tag in soup.select('script[type="application/ld+json"]')]


@pytest.mark.parametrize(("docname", "name", "up"), [("index", "index", ""), ("chapters/ores", "ores", "../")])
def test_a_page_shows_every_format_and_offers_its_file(made, docname, name, up):
    soup = page(made.site, docname)
    shown = {
        details.summary.get_text(): details.select_one("[data-copy]").get_text()
        for details in soup.select("details.iv-format")
    }
    assert list(shown) == ["APA", "Chicago", "BibTeX", "RIS", "CSL-JSON"]
    for label, suffix in (("BibTeX", "bib"), ("RIS", "ris"), ("CSL-JSON", "json")):
        text = (made.site / "cite" / f"{name}.{suffix}").read_text(encoding="utf-8")
        assert shown[label].strip() == text.strip()
        assert soup.find("a", string=f"{name}.{suffix}")["href"] == f"{up}cite/{name}.{suffix}"
    together = (made.site / "cite" / f"{name}.txt").read_text(encoding="utf-8")
    assert shown["APA"] in together
    assert shown["Chicago"] in together
    assert [d.summary.get_text() for d in soup.select("details.iv-format[open]")] == ["APA"]
    assert "sources read up to 22 November 2026" in soup.select_one(".iv-cite-facts").get_text()


def test_sections_come_once_and_say_what_they_are_about(made):
    headings = [tag.get_text() for tag in page(made.site, "chapters/ores").select("h2")]
    assert [h for h in headings if "this chapter" in h] == ["Cite this chapter#", "Re-run this chapter#"]
    assert page(made.site, "index").find(id="cite-this-book")


def test_the_citation_that_the_notebook_shows_is_replaced():
    output = {"data": {"text/markdown": "## Cite this chapter"}, "metadata": {records.KEY: {"citation": True}}}
    notebook = {"cells": [{"cell_type": "code", "outputs": [output, {"data": {}}]}]}
    closing = citation.Closing(work("chapter"), "chapters/ores", (), {})
    cells = citation.closed(notebook, closing)["cells"]
    assert cells[0]["outputs"] == [{"data": {}}]
    assert [cell["id"] for cell in cells[1:]] == ["cite", "re-run"]


def test_parameters_are_shown_with_type_default_meaning_and_the_value_here(made):
    listed = page(made.site, "chapters/ores").select_one(".iv-parameters").get_text(" ", strip=True)
    assert "top How many countries are named. A whole number; default 8 ." in listed
    parameters = plan.parameters(made.site.parents[1] / "chapters" / "ores.ipynb")
    closing = citation.Closing(work("chapter"), "ores", parameters, {"top": 3, "as_of": "2020-12-31"})
    text = BeautifulSoup(citation._rerun_section(closing), "html.parser").get_text(" ")
    assert "here 3" in " ".join(text.split())
    assert ".venv/bin/book run ores -p top=3 -p as_of=2020-12-31" in text


def test_reference_managers_find_their_tags(made):
    chapter, cover = tags(page(made.site, "chapters/ores")), tags(page(made.site, "index"))
    assert chapter["citation_title"] == "Ores"
    assert chapter["citation_author"] == "Industrial Vitamins contributors"
    assert chapter["citation_inbook_title"] == BOOK
    assert chapter["citation_publication_date"] == "2026/11/22"
    assert cover["citation_title"] == BOOK
    assert "citation_inbook_title" not in cover
    assert not [name for name in tags(page(made.site, "facts")) if name.startswith("citation_")]
    alternates = page(made.site, "chapters/ores").select('link[rel~="alternate"][title="Citation"]')
    for link in alternates:
        assert (made.site / "chapters" / link["href"]).resolve().is_file()
    assert len(alternates) == 3


def test_without_an_address_nothing_pretends_to_have_one(made):
    for docname in ("index", "chapters/ores", "facts"):
        soup = page(made.site, docname)
        assert soup.select('link[rel="canonical"]') == []
        assert "og:url" not in tags(soup, "property")
        assert "citation_public_url" not in tags(soup)
        assert len(soup.select('meta[name="description"]')) == 1


def test_the_cover_is_a_book_and_a_chapter_is_part_of_it(made):
    (book,), (chapter,) = structured(page(made.site, "index")), structured(page(made.site, "chapters/ores"))
    for content in (book, chapter):
        assert content["@context"] == "https://schema.org"
        assert content["author"] == [{"@type": "Organization", "name": "Industrial Vitamins contributors"}]
        for name in ("name", "datePublished", "version", "license", "description", "inLanguage"):
            assert content[name]
    assert (book["@type"], chapter["@type"]) == ("Book", "Chapter")
    assert book["hasPart"] == [{"@type": "Chapter", "@id": "chapters/ores.html", "name": "Ores", "position": 1}]
    assert chapter["isPartOf"]["@id"] == "../index.html"
    assert structured(page(made.site, "facts")) == []


def test_no_text_ends_the_script_it_stands_in():
    made = head.script({"name": "</script><b>"})
    assert BeautifulSoup(made, "html.parser").find("b") is None
    assert json.loads(BeautifulSoup(made, "html.parser").script.string)["name"] == "</script><b>"


CHART = {
    "data": {"values": [{"a": 1, "b": "x"}]},
    "mark": "bar",
    "encoding": {"x": {"field": "a", "type": "quantitative"}, "y": {"field": "b"}},
    "width": 700,
}


@pytest.mark.parametrize("height", [100, 900])
def test_a_card_is_a_picture_of_the_size_that_is_promised(height):
    figures = [{"spec": None}, {"spec": CHART | {"height": height}, "title": "Ore & rock " * 30, "alt": "A bar"}]
    shown = social_card.subject(figures)
    drawn = social_card.draw(work("chapter"), shown)
    assert drawn.startswith(b"\x89PNG")
    assert [int.from_bytes(drawn[start : start + 4], "big") for start in (16, 20)] == [
        social_card.WIDTH,
        social_card.HEIGHT,
    ]
    assert shown["alt"] == "A bar"
    assert drawn == social_card.draw(work("chapter"), shown)
    assert social_card.subject(figures[:1]) is None


def test_the_card_shows_the_figure_that_leads_the_page_and_a_wrong_name_is_told():
    figures = [{"spec": CHART, "name": name} for name in ("first", "second")] + [{"spec": None, "name": "table"}]
    assert social_card.subject(figures)["name"] == "first"
    assert social_card.subject(figures, "second", "chapters/ore")["name"] == "second"
    assert social_card.subject(figures, "not-known-then")["name"] == "first"  # of a past edition
    for wrong in ("third", "table"):
        with pytest.raises(social_card.LeadError, match=f"chapters/ore has no chart '{wrong}'; its charts are first"):
            social_card.subject(figures, wrong, "chapters/ore")


def test_every_chapter_is_shared_under_its_lead_figure(site):
    chosen = social_card.leads(ROOT)
    assert set(chosen) == {page.docname for page in plan.pages(ROOT) if page.is_notebook and not page.title}
    figures = {figure["name"]: figure for figure in json.loads((site / "facts.json").read_text("utf-8"))["figures"]}
    for page, name in chosen.items():
        text = (site / f"{page}.html").read_text("utf-8")
        assert figures[name]["page"] == page
        assert f'data-name="{name}"' in text
        alt = json.loads((site / "figures" / f"{name}.json").read_text("utf-8"))["alt"]
        assert f'<meta property="og:image:alt" content="{html.escape(alt)}"' in text


@pytest.fixture(scope="module")
def addressed(made, tmp_path_factory) -> Path:
    """The site of a book that has an address, a figure with a chart, an answer, and pages of its tables."""
    root = tmp_path_factory.mktemp("addressed")
    shutil.copytree(made.site.parents[1], root, dirs_exist_ok=True)
    settings = (root / "_config.yml").read_text(encoding="utf-8")
    (root / "_config.yml").write_text(settings.replace('baseurl: ""', f"baseurl: {ADDRESS}/"), encoding="utf-8")
    executed = {name: root / "_build" / "executed" / f"{name}.ipynb" for name in ("index", "chapters/ores")}
    _with_answer_and_chart(executed["chapters/ores"])
    collected, staged = records.collect(executed), root / "staged"
    with working() as background:
        render.stage(root, plan.pages(root), executed, collected, root / "data", staged, background.begin)
        _with_pages_of_tables(staged, root / "data")
        render.build(staged, root / "html", background=background, strict=False)
    return root / "html"


def _with_answer_and_chart(path: Path) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    figure = next(o for o in outputs if "figure" in o.get("metadata", {}).get(records.KEY, {}))
    figure["metadata"][records.KEY]["figure"]["spec"] = CHART
    answer = {"text/html": '<p class="iv-answer">Ore is <b>rock</b> &amp; more.</p>'}
    figure_cell = next(cell for cell in notebook["cells"] if figure in cell.get("outputs", []))
    figure_cell["outputs"].insert(0, {"output_type": "display_data", "metadata": {}, "data": answer})
    path.write_text(json.dumps(notebook), encoding="utf-8")


def _with_pages_of_tables(staged: Path, data: Path) -> None:
    """Pages and files of the tables, where the build does not make them itself."""
    toc = staged / "_toc.yml"
    folder = staged / "files" / "data"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("datapackage.json", "ores.csv"):
        if not (folder / name).exists():
            shutil.copy(data / name, folder)
    for docname in ("data", "data/ores"):
        path = staged / f"{docname}.md"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"# Page of {docname}\n\nA paragraph that is long enough to describe this page.\n")
            toc.write_text(toc.read_text() + f"- file: {docname}\n")


def test_with_an_address_every_link_that_leaves_the_page_is_absolute(addressed):
    soup = page(addressed, "chapters/ores")
    here = f"{ADDRESS}/chapters/ores.html"
    assert soup.select_one('link[rel="canonical"]')["href"] == here
    assert tags(soup, "property")["og:url"] == here
    assert tags(soup)["citation_public_url"] == here
    (chapter,) = structured(soup)
    assert chapter["url"] == here
    assert chapter["isPartOf"]["@id"] == f"{ADDRESS}/index.html"
    assert here in (addressed / "cite" / "ores.txt").read_text(encoding="utf-8")


def test_a_shared_page_has_title_description_and_the_picture_of_its_first_chart(addressed):
    shared = tags(page(addressed, "chapters/ores"), "property")
    assert shared["og:title"] == "Ores"
    assert shared["og:type"] == "article"
    assert shared["og:description"] == "Ore is rock & more."
    assert tags(page(addressed, "chapters/ores"))["description"] == "Ore is rock & more."
    assert shared["og:image"] == f"{ADDRESS}/cards/ores.png"
    assert shared["og:image:alt"] == "A bar chart"
    assert (addressed / "cards" / "ores.png").is_file()
    for docname in ("index", "facts"):
        assert {"og:title", "og:type", "og:description"} <= set(tags(page(addressed, docname), "property"))


def test_tables_and_the_package_are_datasets(addressed):
    (whole,), (table,) = structured(page(addressed, "data")), structured(page(addressed, "data/ores"))
    catalog, package = whole["@graph"]
    assert catalog["@type"] == "DataCatalog"
    assert [part["@id"] for part in catalog["dataset"]] == [table["@id"]]
    for content in (package, table):
        assert content["@type"] == "Dataset"
        assert content["includedInDataCatalog"] == {"@id": catalog["@id"]}
        for name in ("name", "description", "creator", "distribution"):
            assert content[name]
    assert table["isPartOf"] == {"@id": package["@id"]}
    assert table["@id"] == f"{ADDRESS}/data/ores.html"
    assert table["distribution"][0]["contentUrl"] == f"{ADDRESS}/data/ores.csv"
    assert (addressed / "data" / "ores.csv").is_file()
    assert [part["@id"] for part in package["hasPart"]] == [table["@id"]]
    (chapter,) = structured(page(addressed, "chapters/ores"))
    assert chapter["isBasedOn"] == [{"@id": table["@id"]}]


def test_the_site_of_a_single_run_cites_and_names_its_values(made, tmp_path):
    root = tmp_path / "copy"
    shutil.copytree(made.site.parents[1], root)
    single = pipeline.run(root, root / "data", "ores", {"top": "3", "as_of": "2020-12-31"})
    soup = page(single.site, "index")
    assert "as known on 31 December 2020" in soup.select_one(".iv-format p").get_text()
    assert (single.site / "download" / "ores.zip").is_file()
    assert html.unescape(tags(soup)["citation_title"]) == "Ores"


# ------------------------------------------------------------------------------------------- browser


@pytest.mark.browser
def test_a_text_is_copied_by_mouse_and_by_keyboard(chromium, made):
    with visit(chromium, (made.site / "chapters" / "ores.html").as_uri()) as seen:
        seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        seen.page.locator("summary", has_text="BibTeX").click()
        seen.page.get_by_role("button", name="Copy BibTeX").click()
        seen.page.get_by_text("Copied").wait_for()
        copied = seen.page.evaluate("navigator.clipboard.readText()")
        assert copied.strip() == (made.site / "cite" / "ores.bib").read_text(encoding="utf-8").strip()
        seen.page.get_by_role("button", name="Copy APA").focus()
        seen.page.keyboard.press("Enter")
        seen.page.locator("details", has_text="APA").get_by_text("Copied").wait_for()
        assert seen.page.evaluate("navigator.clipboard.readText()").startswith("Industrial Vitamins contributors")
        assert seen.troubles == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
def test_without_scripts_the_texts_are_there_and_no_button_promises_anything(chromium, made, width):
    address = (made.site / "chapters" / "ores.html").as_uri()
    with visit(chromium, address, width=width, scheme="dark", scripts=False) as seen:
        assert seen.page.locator(".iv-copy").count() == 0
        seen.page.locator("summary", has_text="RIS").click()
        assert seen.page.get_by_text("TY - CHAP").is_visible()
    with visit(chromium, address, width=width) as seen:
        for summary in seen.page.locator(".iv-format:not([open]) summary").element_handles():
            summary.click()
        assert seen.page.locator(".iv-format[open]").count() == 5
        assert seen.sideways() <= 0
