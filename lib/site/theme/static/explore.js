// The page Explore: an indicator by economy, year and product. What is chosen stands in the address. The first view is
// in the page already; `explore-view.js` and all that it needs is loaded when a reader chooses, as scripts, so that the
// page works from disk.
"use strict";

(() => {
  const root = document.querySelector(".iv-explore");
  if (!root) return;
  const about = JSON.parse(root.querySelector(".iv-about").textContent);
  const DIMENSIONS = ["product", "place", "partner", "series"];
  const LETTERS = { product: "p", place: "e", partner: "o", series: "s" };
  const VIEWS = { lines: "Lines over time", ranked: "One year, ranked", map: "One year, as a map" };
  const PART = { measure: 0, product: 1, place: 2, partner: 3, series: 4, points: 5 };
  const SCRIPTS = ["explore-chart.js", "explore-data.js", "explore-view.js"];
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  // --- what is loaded ---

  const loading = {};
  function script(address) {
    loading[address] ||= new Promise((resolve, reject) => {
      const element = make("script", { src: address, onload: resolve });
      element.onerror = () => {
        delete loading[address];
        element.remove();
        reject(new Error(`${address} could not be loaded`));
      };
      document.head.append(element);
    });
    return loading[address];
  }

  async function shardOf(name) {
    if (!window.ivExplore?.[name]) await script(`${root.dataset.shards}${name}.js`);
    return window.ivExplore[name];
  }

  let view = null;
  async function viewOf() {
    await Promise.all(SCRIPTS.map((name) => script(`${root.dataset.scripts}${name}`)));
    view ||= window.ivExploreView({ root, about, make, script, link, PART, DIMENSIONS });
    return view;
  }
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
    const select = make("select", { name, id: `iv-choose-${name}` });
    select.append(...entries.map(([key, title]) => new Option(title, key, false, String(key) === String(chosen))));
    select.addEventListener("change", () => change(select.value));
    return make("div", {}, make("label", { htmlFor: select.id, textContent: label }), select);
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
      list("Indicator", "indicator", Object.entries(about.indicators), state.indicator, (value) => change({ indicator: value, view: state.view })),
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
      const loaded = await shardOf(asked.indicator);
      if (mine !== turn) return;
      shard = loaded;
      settle(asked);
      history.replaceState(null, "", address());
      controls();
      const { show } = await viewOf();
      const told = await show(state, shard, lines(), () => mine === turn);
      if (mine !== turn) return;
      status.textContent = told;
      root.dataset.shown = String(mine);
    } catch (error) {
      status.textContent = `This cannot be shown: ${error.message}.`;
    }
  }

  // --- to take away ---

  const citation = make("p", { className: "iv-citation" });
  const bibtex = make("pre", { className: "iv-bibtex" });
  const take = make("div", { className: "iv-take" });

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
      if (!view) await change(asBefore());
      const file = make("a", { href: URL.createObjectURL(new Blob([view.csv()], { type: "text/csv;charset=utf-8" })), download: `explore-${state.indicator}.csv` });
      file.click();
      URL.revokeObjectURL(file.href);
    });
    const words = make("details", { className: "iv-cite" }, make("summary", { textContent: "Cite this view" }), citation, copier("Copy the citation", () => citation.textContent), bibtex, copier("Copy the BibTeX", () => bibtex.textContent));
    words.addEventListener("toggle", () => words.open && !view && change(asBefore()));
    take.append(save, copier("Copy the link", link), words);
    root.querySelector(".iv-view > .iv-scroll").before(take);
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
  }

  begin();
})();
