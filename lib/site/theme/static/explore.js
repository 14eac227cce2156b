// The page Explore: an indicator by economy, year and product. What is chosen stands in the address. The data come from
// `explore-data.js`, and `explore-chart.js` says what a chart looks like, which the Vega of the site draws. Both are
// loaded when they are asked for: the first view is in the page already.
"use strict";

(() => {
  const root = document.querySelector(".iv-explore");
  if (!root) return;
  const about = JSON.parse(root.querySelector(".iv-about").textContent);
  const DIMENSIONS = ["product", "place", "partner", "series"];
  const LETTERS = { product: "p", place: "e", partner: "o", series: "s" };
  const VIEWS = { lines: "Lines over time", ranked: "One year, ranked", map: "One year, as a map" };
  const WORLD = "WLD";
  const MOST = 30; // lines in one chart: more are in the table and the file
  const { PART, make, script, shardOf, point, sourcesOf, table, csv } = window.ivExploreData(about);

  // --- state ---

  let state = null;
  let shard = null;

  const keys = (text) => (text ? text.split(",").filter(Boolean) : []);
  const lines = (upto) => {
    let found = shard.lines.filter((line) => line[PART.measure] === state.measure);
    for (const dimension of DIMENSIONS) {
      if (dimension === upto) break;
      if (state[dimension].length) found = found.filter((line) => state[dimension].includes(line[PART[dimension]]));
    }
    return found;
  };
  const options = (dimension) => {
    if (!shard.lines.length) return about.options[dimension]; // before its data are asked for
    const there = new Set(lines(dimension).map((line) => line[PART[dimension]]));
    return Object.keys(shard.titles[dimension]).filter((key) => there.has(key));
  };

  function years() {
    if (!shard.lines.length) return about.years;
    const all = lines().flatMap((line) => line[PART.points].map(([when]) => Number(when.slice(0, 4))));
    return [...new Set(all)].sort((one, other) => one - other);
  }

  // Keep of what was asked for what there is; where nothing of it is, take what is shown at first.
  function settle(asked) {
    const measures = Object.keys(shard.measures);
    state = { indicator: shard.name, measure: measures.includes(asked.measure) ? asked.measure : measures[0], product: [], place: [], partner: [], series: [] };
    for (const dimension of DIMENSIONS) {
      const there = options(dimension);
      const fitting = (wanted) => (wanted || []).filter((key) => there.includes(key));
      const own = fitting(asked[dimension]);
      const first = fitting(shard.first[dimension]);
      const all = dimension === "series" || (!shard.first[dimension] && dimension !== "place");
      state[dimension] = own.length ? own : asked.all?.includes(dimension) ? [] : first.length ? first : all ? [] : there.slice(0, 5);
    }
    const known = years();
    const within = (year) => Math.min(Math.max(year, known[0]), known.at(-1));
    state.from = asked.from ? within(asked.from) : known[0];
    state.to = Math.max(state.from, asked.to ? within(asked.to) : known.at(-1));
    state.view = asked.view in VIEWS && (asked.view !== "map" || shard.ofPlaces) ? asked.view : "lines";
  }

  function read() {
    const query = new URLSearchParams(location.search);
    if (!query.has("i") || !about.indicators[query.get("i")]) return null;
    const [from, to] = (query.get("y") || "").split("-").map(Number);
    const asked = { indicator: query.get("i"), measure: query.get("m"), view: query.get("v"), from, to: to || from, all: [] };
    for (const dimension of DIMENSIONS) {
      const given = query.get(LETTERS[dimension]);
      asked[dimension] = keys(given === "all" ? "" : given);
      if (given === "all") asked.all.push(dimension);
    }
    return asked;
  }

  function address() {
    const query = new URLSearchParams({ i: state.indicator, m: state.measure });
    for (const dimension of DIMENSIONS) {
      if (Object.keys(shard.titles[dimension]).length > 1) query.set(LETTERS[dimension], state[dimension].join(",") || "all");
    }
    query.set("y", `${state.from}-${state.to}`);
    query.set("v", state.view);
    return `?${query.toString().replaceAll("%2C", ",")}`;
  }

  function link() {
    if (/^https?:/.test(location.protocol)) return location.href.replace(/#.*/, "");
    return about.url ? about.url + address() : `explore.html${address()}`; // a path of this computer is no address
  }

  // --- controls ---

  const form = make("form", { className: "iv-choose" });
  form.setAttribute("aria-label", "What to show");
  form.addEventListener("submit", (event) => event.preventDefault());
  const status = make("p", { className: "iv-status" });
  status.setAttribute("role", "status");

  function list(label, name, entries, chosen, change) {
    const select = make("select", { name });
    select.append(...entries.map(([key, title]) => new Option(title, key, false, String(key) === String(chosen))));
    select.addEventListener("change", () => change(select.value));
    return make("label", {}, label, select);
  }

  function boxes(dimension, label) {
    const there = options(dimension);
    if (Object.keys(shard.titles[dimension]).length < 2) return [];
    const picked = () => state[dimension].map((key) => shard.titles[dimension][key]);
    const summary = () => (state[dimension].length ? picked().slice(0, 3).join(", ") + (picked().length > 3 ? ` and ${picked().length - 3} more` : "") : there.length === 1 ? shard.titles[dimension][there[0]] : `all ${there.length}`);
    const told = make("span", {}, summary());
    const inner = make("div", { className: "iv-boxes" });
    const fields = there.map((key) => {
      const box = make("input", { type: "checkbox", value: key, checked: !state[dimension].length || state[dimension].includes(key) });
      return make("label", {}, box, ` ${shard.titles[dimension][key]}`);
    });
    const checked = () => fields.map((field) => field.firstChild).filter((box) => box.checked).map((box) => box.value);
    const take = () => {
      const values = checked();
      if (!values.length) return; // nothing chosen yet: the view stays
      const all = values.length === there.length;
      ask({ [dimension]: all ? [] : values });
    };
    inner.addEventListener("change", (event) => event.target.type === "checkbox" && take());
    const every = (on) => {
      for (const field of fields) if (!field.hidden) field.firstChild.checked = on;
      take();
    };
    const buttons = make("p", {}, make("button", { type: "button", textContent: "All", onclick: () => every(true) }), " ", make("button", { type: "button", textContent: "None", onclick: () => every(false) }));
    if (there.length > 12) {
      const search = make("input", { type: "search", autocomplete: "off" });
      search.addEventListener("input", () => {
        const words = search.value.toLowerCase();
        for (const field of fields) field.hidden = !field.textContent.toLowerCase().includes(words);
      });
      inner.append(make("label", { className: "iv-narrow-list" }, `Find among ${there.length} `, search));
    }
    inner.append(buttons, make("div", { className: "iv-box-list" }, ...fields));
    const group = make("fieldset", {}, make("legend", { className: "iv-unseen", textContent: label }), inner);
    const details = make("details", { className: "iv-boxed" }, make("summary", {}, `${label}: `, told), group);
    details.dataset.dimension = dimension;
    return [details];
  }

  // The controls for what is chosen; what was open and had the focus has it again.
  function controls() {
    const open = form.querySelector("details[open]")?.dataset.dimension;
    const focus = document.activeElement && form.contains(document.activeElement) ? [document.activeElement.name || document.activeElement.closest("details")?.dataset.dimension, document.activeElement.value] : null;
    const scrolled = form.querySelector("details[open] .iv-box-list")?.scrollTop || 0;
    const known = years().map((year) => [year, year]);
    const oneYear = state.view !== "lines";
    const measures = Object.entries(shard.measures).map(([key, measure]) => [key, `${measure.title} (${measure.unit})`]);
    const views = Object.entries(VIEWS).filter(([key]) => key !== "map" || shard.ofPlaces);
    const groups = [
      list("Indicator", "indicator", Object.entries(about.indicators), state.indicator, (value) => change({ indicator: value, place: state.place, view: state.view })),
      measures.length > 1 ? list("Measure", "measure", measures, state.measure, (value) => ask({ measure: value })) : "",
      list("Show", "view", views, state.view, (value) => ask({ view: value })),
      oneYear ? "" : list("From", "from", known, state.from, (value) => ask({ from: Number(value), to: Math.max(Number(value), state.to) })),
      list(oneYear ? "Year" : "To", "to", known, state.to, (value) => ask({ to: Number(value), from: Math.min(Number(value), state.from) })),
    ].filter(Boolean);
    const choices = [...boxes("product", shard.name === "stages" ? "Stages" : "Products"), ...(state.view === "map" ? [] : boxes("place", shard.placesAre)), ...boxes("partner", "Origins"), ...boxes("series", "Series")];
    form.replaceChildren(make("div", { className: "iv-lists" }, ...groups), make("div", { className: "iv-choices" }, ...choices));
    if (open) form.querySelector(`details[data-dimension="${open}"]`)?.setAttribute("open", "");
    const shownList = form.querySelector("details[open] .iv-box-list");
    if (shownList) shownList.scrollTop = scrolled;
    if (focus) {
      const [name, value] = focus;
      const box = [...form.querySelectorAll(`details[data-dimension="${name}"] input[type="checkbox"]`)].find((field) => field.value === value);
      (box || form.querySelector(`[name="${name}"]`) || form.querySelector(`details[data-dimension="${name}"] summary`))?.focus();
    }
  }

  // Change a part of what is chosen, and keep the rest of it.
  function ask(more) {
    const all = DIMENSIONS.filter((dimension) => !state[dimension].length && !more[dimension]?.length);
    return change({ ...state, ...more, all });
  }

  let turn = 0;
  async function change(asked) {
    const mine = ++turn;
    status.textContent = "Loading …";
    try {
      const loaded = await shardOf(asked.indicator, root.dataset.shards);
      if (mine !== turn) return;
      shard = loaded;
      settle(asked);
      history.replaceState(null, "", address());
      controls();
      await show(mine);
    } catch (error) {
      status.textContent = `This cannot be shown: ${error.message}.`;
    }
  }

  // --- the view ---

  function selection() {
    const measure = shard.measures[state.measure];
    const chosen = state.view === "map" ? mappable() : lines();
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
  const titlesOf = (view, dimension) => [...new Set(view.lines.map((line) => shard.titles[dimension][line.line[PART[dimension]]]).filter(Boolean))];

  async function show(mine) {
    const view = selection();
    const when = state.view === "lines" && state.from !== state.to ? `${state.from}–${state.to}` : String(state.to);
    const who = titlesOf(view, "place");
    title.textContent = `${shard.title}, ${when}`;
    const told = [titlesOf(view, "product"), shard.ofPlaces && who.length < 4 ? who : [], [`${view.measure.title}, ${view.measure.unit}`], titlesOf(view, "series")];
    subtitle.textContent = told.filter((part) => part.length).map((part) => listed(part)).join(". ");
    scroll.setAttribute("aria-label", `Table: ${title.textContent}`);
    scroll.replaceChildren(table(view, state.view === "lines"));
    const used = sourcesOf(view.lines.flatMap((line) => line.points.map((entry) => entry.sourceId)), shard);
    sources.replaceChildren(...used.links);
    cite(used.words);
    current = view;
    const count = view.lines.length;
    status.textContent = count ? `${count} ${count === 1 ? "line" : "lines"}, ${view.lines.reduce((sum, line) => sum + line.points.length, 0).toLocaleString("en")} figures` : "Nothing is known for this choice. Choose another year, economy or series.";
    await draw(view, mine);
  }

  let current = null;

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

  let live = null;
  async function draw(view, mine) {
    if (state.view === "map" && !window.ivWorld) await script(`${root.dataset.shards}world.js`);
    if (!window.ivVega) await script(root.dataset.bundle);
    if (mine !== turn) return;
    const width = Math.max(280, Math.floor(picture.getBoundingClientRect().width));
    const chart = figure(view, width);
    picture.hidden = !chart;
    chartKey.replaceChildren();
    note.textContent = chart ? legend(view, chart) : "";
    root.dataset.drawn = String(turn);
    if (!chart) return;
    const stage = make("div", { className: "iv-stage" });
    const result = await window.ivVega.embed(stage, { $schema: about.schema, config: about.config, autosize: { type: "pad" }, ...chart.spec }, {
      renderer: "svg", actions: false, ast: true, defaultStyle: false, tooltip: { disableDefaultStyle: true },
      loader: { load: () => Promise.reject(new Error("charts load nothing")) },
    });
    if (mine !== turn) return;
    stage.querySelector("svg").setAttribute("aria-hidden", "true");
    if (live) live.finalize();
    live = result;
    picture.setAttribute("aria-label", chart.alt);
    picture.replaceChildren(stage);
    chartKey.replaceChildren(...chart.key.map(({ colour, label, outlined, dash }) => {
      const swatch = make("span", { className: "iv-swatch" });
      if (outlined) swatch.classList.add("iv-outlined");
      else if (dash) swatch.style.background = `repeating-linear-gradient(90deg, ${colour} 0 ${3 + dash}px, transparent 0 ${6 + dash}px)`;
      else swatch.style.background = colour;
      return make("li", {}, swatch, label);
    }));
    root.dataset.shown = String(mine);
  }

  function legend(view, chart) {
    const all = view.lines.flatMap((line) => line.points);
    const parts = [];
    if (chart.more) parts.push(chart.more);
    if (state.view === "map") parts.push("The map and the table have all economies of the series.");
    if (state.view === "lines") {
      if (all.some((entry) => entry.estimated)) parts.push("Hollow points are estimates.");
      if (all.some((entry) => entry.bound === "<")) parts.push("Triangles that point down: at most.");
      if (all.some((entry) => entry.bound === ">")) parts.push("Triangles that point up: more than.");
      if (all.some((entry) => entry.low !== null)) parts.push("Vertical strokes are printed ranges.");
    } else if (state.view === "ranked" && all.some((entry) => entry.estimated || entry.bound)) parts.push("Pale bars are estimates or bounds.");
    return parts.join(" ");
  }

  // --- to take away ---

  const citation = make("p", { className: "iv-citation" });
  const bibtex = make("pre", { className: "iv-bibtex" });
  const take = make("div", { className: "iv-take" });

  function cite(from) {
    const what = `${title.textContent}. ${subtitle.textContent}`;
    const short = about.title;
    citation.textContent = `${about.citation.replace(short, `${short}: ${what}`)}${about.citation.includes(about.url) && about.url ? ` View: ${link()}` : ` ${link()}`} Data: ${from}.`;
    const entry = about.bibtex.replace(/\n\}$/, "").replace(/,\n\s*url = .*/, "").replace(`{${short}}`, `{${short}: ${what.replace(/[{}\\]/g, "")}}`);
    bibtex.textContent = `${entry},\n    url = "${link()}"\n}`;
  }

  function copier(label, text) {
    const button = make("button", { type: "button", textContent: label });
    button.addEventListener("click", async () => {
      const done = await window.bookCopy(text());
      button.focus();
      status.textContent = done ? `${label.replace("Copy the ", "").replace(/^./, (letter) => letter.toUpperCase())} copied` : "Not copied: select the text";
    });
    return button;
  }

  function takeAway() {
    const save = make("button", { type: "button", textContent: "Download CSV" });
    save.addEventListener("click", async () => {
      if (!current) await change(asBefore());
      const file = make("a", { href: URL.createObjectURL(new Blob([csv(current, shard)], { type: "text/csv;charset=utf-8" })), download: `explore-${state.indicator}.csv` });
      file.click();
      URL.revokeObjectURL(file.href);
    });
    const words = make("details", { className: "iv-cite" }, make("summary", { textContent: "Cite this view" }), citation, copier("Copy the citation", () => citation.textContent), bibtex, copier("Copy the BibTeX", () => bibtex.textContent));
    words.addEventListener("toggle", () => words.open && !current && change(asBefore()));
    take.append(save, copier("Copy the link", link), words);
    scroll.before(take);
  }

  // What the page shows before anything was chosen, as a choice.
  const asBefore = () => ({ indicator: about.shard.name });

  function begin() {
    root.prepend(form, status);
    takeAway();
    const asked = read();
    if (asked) {
      change(asked);
    } else {
      shard = { ...about.shard, lines: [] };
      settle(asBefore());
      controls();
    }
    let waiting = 0;
    let before = picture.getBoundingClientRect().width;
    new ResizeObserver(() => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        const width = picture.getBoundingClientRect().width;
        if (current && live && Math.abs(width - before) > 20) draw(current, turn);
        before = width || before;
      }, 200);
    }).observe(section);
  }

  begin();
})();
