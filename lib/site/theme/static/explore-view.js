// A view of the page Explore: the lines that were chosen as a chart, their table, sources and citation. Loaded when the
// reader chooses something; `explore-data.js` gives the words of points, `explore-chart.js` what a chart looks like.
"use strict";

window.ivExploreView = ({ root, about, make, script, link, PART, DIMENSIONS }) => {
  const WORLD = "WLD";
  const MOST = 30; // lines in one chart: more are in the table and the file
  const { point, sourcesOf, table, csv } = window.ivExploreData(about, make, PART);
  let state = null;
  let shard = null;
  let current = null;
  let live = null;

  function selection(lines) {
    const measure = shard.measures[state.measure];
    const chosen = state.view === "map" ? mappable() : lines;
    const differing = DIMENSIONS.filter((dimension) => new Set(chosen.map((line) => line[PART[dimension]])).size > 1);
    const name = (line) => differing.map((dimension) => shard.titles[dimension][line[PART[dimension]]]).filter(Boolean).join(", ") || shard.titles.place[line[PART.place]] || shard.title;
    const dated = (given) => {
      const year = Number(given[0].slice(0, 4));
      return state.view === "lines" ? year >= state.from && year <= state.to : year === state.to;
    };
    const found = chosen.map((line) => ({ line, name: name(line), points: line[PART.points].filter(dated).map((given) => point(given, shard, measure)) }));
    const order = (line) => DIMENSIONS.map((dimension) => Object.keys(shard.titles[dimension]).indexOf(line.line[PART[dimension]]));
    const kept = found.filter((line) => line.points.length);
    const wanted = (line) => { const at = state.place.indexOf(line.line[PART.place]); return at < 0 ? 999 : at; };
    kept.sort((one, other) => wanted(one) - wanted(other) || order(one).map((at, part) => at - order(other)[part]).find(Boolean) || 0);
    coloured(kept, differing);
    return { lines: kept, measure, differing };
  }

  // One colour an actor; what differs besides is told by dashes and by its name.
  function coloured(found, differing) {
    const by = differing.includes("place") ? PART.place : differing.includes("partner") ? PART.partner : -1;
    const one = found.length && found[0].line[PART.place];
    const plain = [...about.plain, "seq-4", "jpn", "aus", "eu", "usa", "mmr", "mys"];
    const dashes = {};
    for (const line of found) {
      const isLine = line.points.length > 1;
      const code = by < 0 ? one : line.line[by];
      const colour = about.colours[code] || (by >= 0 ? "oth" : "");
      const own = colour || plain[found.indexOf(line) % plain.length];
      dashes[own] ??= 0;
      line.dash = isLine ? dashes[own]++ : 0;
      line.colour = `var(--iv-${own})`;
    }
  }

  const title = root.querySelector("#iv-view-title");
  const section = root.querySelector(".iv-view");
  const subtitle = section.querySelector(".iv-subtitle");
  const picture = section.querySelector(".iv-picture");
  const note = section.querySelector(".iv-marks");
  const scroll = section.querySelector(".iv-scroll");
  const sources = section.querySelector(".iv-sources");
  const chartKey = make("ul", { className: "iv-key" });
  picture.after(chartKey);

  const listed = (names, most = 3) => (names.length > most ? `${names.slice(0, most).join(", ")} and ${names.length - most} more` : names.join(", "));
  const titlesOf = (dimension) => [...new Set(current.lines.map((line) => shard.titles[dimension][line.line[PART[dimension]]]).filter(Boolean))];

  // Show the lines of what is chosen, and return what to say of them; `isWanted` tells whether nothing newer is.
  async function show(asked, of, lines, isWanted) {
    [state, shard] = [asked, of];
    current = selection(lines);
    const when = state.view === "lines" && state.from !== state.to ? `${state.from}–${state.to}` : String(state.to);
    const who = titlesOf("place");
    title.textContent = `${shard.title}, ${when}`;
    const told = [titlesOf("product"), shard.ofPlaces && who.length < 4 ? who : [], [`${current.measure.title}, ${current.measure.unit}`], titlesOf("series")];
    subtitle.textContent = told.filter((part) => part.length).map((part) => listed(part)).join(". ");
    scroll.setAttribute("aria-label", `Table: ${title.textContent}`);
    scroll.replaceChildren(table(current, state.view === "lines"));
    const points = current.lines.flatMap((line) => line.points);
    const used = sourcesOf(points.map((entry) => entry.sourceId), shard);
    sources.replaceChildren(...used.links);
    cite(used.words);
    await draw(isWanted);
    const count = current.lines.length;
    if (!count) return "Nothing is known for this choice. Choose another year, economy or series.";
    return `${count} ${count === 1 ? "line" : "lines"}, ${points.length.toLocaleString("en")} ${points.length === 1 ? "figure" : "figures"}`;
  }

  // A map has one value a country, of whichever economies were chosen: of several products or series it shows the one
  // with most countries.
  function mappable() {
    const wanted = (line) => ["product", "series"].every((dimension) => !state[dimension].length || state[dimension].includes(line[PART[dimension]]));
    const groups = new Map();
    for (const line of shard.lines) {
      if (line[PART.measure] !== state.measure || !wanted(line) || (state.partner.length && line[PART.partner] !== state.partner[0])) continue;
      const key = [line[PART.product], line[PART.partner], line[PART.series]].join("|");
      groups.set(key, [...(groups.get(key) || []), line]);
    }
    const here = (line) => isCountry(line[PART.place]) && line[PART.points].some(([when, value]) => Number(when.slice(0, 4)) === state.to && value !== null);
    const size = (group) => group.filter(here).length;
    return [...groups.values()].sort((one, other) => size(other) - size(one))[0] || [];
  }

  const isCountry = (code) => /^[A-Z]{3}$/.test(code) && ![WORLD, "OTH", "ROW"].includes(code);

  // Products stand under each other where something else differs too; what a panel is called, its lines need not say.
  function panelled(found, differing) {
    if (!differing.includes("product") || differing.length < 2) return [{ lines: found }];
    return Object.entries(shard.titles.product).map(([key, title]) => {
      const own = found.filter((line) => line.line[PART.product] === key);
      coloured(own, differing.filter((dimension) => dimension !== "product"));
      return { title, lines: own.map((line) => ({ ...line, name: line.name.replace(`${title}, `, "") })) };
    }).filter((part) => part.lines.length);
  }

  function figure(view, width) {
    const unit = view.measure.unit;
    if (state.view === "map") {
      const rows = view.lines.filter((line) => isCountry(line.line[PART.place])).map((line) => ({ ...line.points.at(-1), name: line.name, place: line.line[PART.place] }));
      return rows.some((row) => row.value !== null) ? { ...window.ivExploreChart.map({ rows, unit, width }), alt: `World map of ${rows.length} countries: ${subtitle.textContent}, ${state.to}. The table below has all values.` } : null;
    }
    const shown = view.lines.slice(0, MOST);
    const panels = panelled(shown, view.differing);
    if (!shown.some((line) => line.points.some((entry) => entry.value !== null || entry.low !== null))) return null;
    if (state.view === "ranked") {
      const parts = view.lines.filter((line) => line.line[PART.place] !== WORLD);
      const rows = (parts.length ? parts : view.lines).map((line) => ({ ...line.points.at(-1), name: line.name, colour: line.colour })).sort((one, other) => (other.value ?? -1) - (one.value ?? -1)).slice(0, 60);
      return { ...window.ivExploreChart.ranked({ rows, unit, width }), alt: `Bars of ${rows.length} values, the largest ${rows[0].name} with ${rows[0].short}.` };
    }
    const more = view.lines.length > MOST ? `The first ${MOST} of ${view.lines.length} lines are drawn; all are in the table and the file.` : "";
    return { ...window.ivExploreChart.lines({ panels, unit, width }), alt: `Lines over time: ${listed(shown.map((line) => line.name), 6)}. The table below has all values.`, more };
  }

  async function draw(isWanted = () => true) {
    if (state.view === "map" && !window.ivWorld) await script(`${root.dataset.shards}world.js`);
    if (!window.ivVega) await script(root.dataset.bundle);
    if (!isWanted()) return;
    picture.hidden = false;
    const chart = figure(current, Math.max(280, Math.floor(picture.getBoundingClientRect().width)));
    picture.hidden = !chart;
    chartKey.replaceChildren();
    note.textContent = chart ? legend(current, chart) : "";
    if (!chart) return;
    const stage = make("div", { className: "iv-stage" });
    const result = await window.ivVega.embed(stage, { $schema: about.schema, config: about.config, autosize: { type: "pad" }, ...chart.spec }, {
      renderer: "svg", actions: false, ast: true, defaultStyle: false, tooltip: { disableDefaultStyle: true },
      loader: { load: () => Promise.reject(new Error("charts load nothing")) },
    });
    if (!isWanted()) return;
    stage.querySelector("svg").setAttribute("aria-hidden", "true");
    if (live) live.finalize();
    live = result;
    picture.setAttribute("aria-label", chart.alt);
    picture.replaceChildren(stage);
    chartKey.replaceChildren(...chart.key.map(entryOfKey));
  }

  function entryOfKey({ colour, label, outlined, dash }) {
    const swatch = make("span", { className: "iv-swatch" });
    if (outlined) swatch.classList.add("iv-outlined");
    else if (dash) swatch.style.background = `repeating-linear-gradient(90deg, ${colour} 0 ${3 + dash}px, transparent 0 ${6 + dash}px)`;
    else swatch.style.background = colour;
    return make("li", {}, swatch, label);
  }

  // A chart is as wide as its column: drawn anew where that changes.
  let waiting = 0;
  let before = picture.getBoundingClientRect().width;
  new ResizeObserver(() => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const width = picture.getBoundingClientRect().width;
      if (live && width && Math.abs(width - before) > 20) draw();
      before = width || before;
    }, 200);
  }).observe(section);

  function legend(view, chart) {
    const all = view.lines.flatMap((line) => line.points);
    const parts = [];
    if (chart.more) parts.push(chart.more);
    if (state.view === "map") parts.push("The map and the table have all economies of the series.");
    if (state.view === "lines") {
      if (all.some((entry) => entry.estimated)) parts.push("Hollow points are estimates.");
      if (all.some((entry) => entry.weak)) parts.push("Crosses are of low confidence.");
      if (all.some((entry) => entry.bound === "<")) parts.push("Triangles that point down: at most.");
      if (all.some((entry) => entry.bound === ">")) parts.push("Triangles that point up: more than.");
      if (all.some((entry) => entry.low !== null)) parts.push("Vertical strokes are printed ranges.");
    } else if (state.view === "ranked" && all.some((entry) => entry.estimated || entry.bound)) parts.push("Pale bars are estimates or bounds.");
    return parts.join(" ");
  }

  function cite(from) {
    const what = `${title.textContent}. ${subtitle.textContent}`;
    const short = about.title;
    root.querySelector(".iv-citation").textContent = `${about.citation.replace(short, `${short}: ${what}`)}${about.citation.includes(about.url) && about.url ? ` View: ${link()}` : ` ${link()}`} Data: ${from}.`;
    const entry = about.bibtex.replace(/\n\}$/, "").replace(/,\n\s*url = .*/, "").replace(`{${short}}`, `{${short}: ${what.replace(/[{}\\]/g, "")}}`);
    root.querySelector(".iv-bibtex").textContent = `${entry},\n    url = "${link()}"\n}`;
  }

  return { show, csv: () => csv(current, shard) };
};
