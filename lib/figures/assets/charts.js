// Makes the figures of a page interactive: when the reader moves and one is near the view, the local Vega bundle
// named by `data-bundle` on this script is loaded once and draws the chart over its picture. Whoever only reads
// loads nothing; if anything fails the picture stays. Colours are custom properties, so the charts follow the theme and print without redrawing.
(function () {
  "use strict";

  const script = document.currentScript;
  const bundle = script && script.dataset.bundle;
  const NARROW = 560;
  const COLOUR = /^#[0-9a-f]{6}$/i;
  let loading = null;

  function vega() {
    loading =
      loading ||
      new Promise(function (resolve, reject) {
        if (window.ivVega) {
          resolve(window.ivVega);
          return;
        }
        const element = document.createElement("script");
        element.src = bundle;
        element.onload = function () {
          if (window.ivVega) resolve(window.ivVega);
          else reject(new Error("the chart bundle defined nothing"));
        };
        element.onerror = function () {
          reject(new Error("the chart bundle did not load: " + bundle));
        };
        document.head.append(element);
      });
    return loading;
  }

  // Replaces the light values of the theme by their custom properties, soft tones by hatch patterns.
  function themed(value, tokens, hatches) {
    if (typeof value === "string" && COLOUR.test(value)) {
      const hex = value.toLowerCase();
      if (hatches[hex]) return "url(#" + hatches[hex] + ")";
      return tokens[hex] ? "var(" + tokens[hex] + ", " + hex + ")" : value;
    }
    if (Array.isArray(value)) return value.map((item) => themed(item, tokens, hatches));
    if (value && typeof value === "object") {
      const copy = {};
      for (const key of Object.keys(value)) {
        // A continuous colour scale interpolates its ends and needs real colours.
        copy[key] = key === "range" && "heatmap" in value ? value[key] : themed(value[key], tokens, hatches);
      }
      return copy;
    }
    return value;
  }

  function patterns(hatched, prefix) {
    const names = {};
    const markup = Object.keys(hatched).map(function (hex, index) {
      names[hex] = prefix + index;
      return (
        '<pattern id="' + names[hex] + '" width="6" height="6" patternUnits="userSpaceOnUse" ' +
        'patternTransform="rotate(45)"><rect width="6" height="6" fill="var(' + hatched[hex][0] + ')"/>' +
        '<rect width="2" height="6" fill="var(' + hatched[hex][1] + ')"/></pattern>'
      );
    });
    return { names: names, markup: markup.join("") };
  }

  function variant(figure) {
    return figure.getBoundingClientRect().width < NARROW ? "narrow" : "wide";
  }

  // The specification stands in the page, or in a script that is loaded when it is wanted.
  function specification(figure) {
    const holder = figure.querySelector("script.iv-spec");
    const known = window.ivSpecs && window.ivSpecs[figure.dataset.name];
    if (known || !holder.dataset.src) return Promise.resolve(known || JSON.parse(holder.textContent));
    return new Promise(function (resolve, reject) {
      const element = document.createElement("script");
      element.src = holder.dataset.src;
      element.onload = () => resolve(window.ivSpecs[figure.dataset.name]);
      element.onerror = () => reject(new Error("the chart did not load: " + element.src));
      document.head.append(element);
    });
  }

  async function draw(figure) {
    const chosen = variant(figure);
    figure.dataset.variant = chosen;
    const shared = await specification(figure);
    const { embed, tokens, hatched } = await vega();
    const hatch = patterns(hatched, "iv-" + figure.dataset.name + "-live-");
    const spec = themed(
      Object.assign({}, shared[chosen], { config: shared.config, datasets: shared.datasets }),
      tokens,
      hatch.names,
    );
    const stage = document.createElement("div");
    stage.className = "iv-live";
    const drawn = document.createElement("div");
    stage.append(drawn);
    // Sliders and lists stand outside the picture, which is an image to those who do not see it.
    const controls = document.createElement("div");
    controls.className = "iv-controls";
    const result = await embed(drawn, spec, {
      renderer: "svg",
      actions: false,
      bind: controls,
      ast: true,
      defaultStyle: false,
      tooltip: { disableDefaultStyle: true },
      loader: { load: () => Promise.reject(new Error("charts load nothing")) },
    });
    const svg = drawn.querySelector("svg");
    if (!svg) throw new Error("nothing was drawn");
    svg.setAttribute("aria-hidden", "true");
    svg.removeAttribute("height");
    const defs = document.createElementNS("http://www.w3.org/2000/svg", "defs");
    defs.innerHTML = hatch.markup;
    svg.prepend(defs);
    const before = figure.querySelector(".iv-live");
    if (before) {
      if (before.ivView) before.ivView.finalize();
      before.remove();
    }
    const old = figure.querySelector(".iv-controls");
    if (old) old.remove();
    if (controls.firstChild) figure.querySelector(".iv-picture").after(controls);
    stage.ivView = result;
    figure.querySelector(".iv-picture").append(stage);
    delete figure.dataset.failed;
    figure.dataset.drawn = "true";
    figure.dispatchEvent(new CustomEvent("iv-drawn", { bubbles: true, detail: result.view }));
  }

  function attempt(figure) {
    return draw(figure).catch(function (error) {
      figure.dataset.failed = String(error && error.message ? error.message : error);
    });
  }

  function watchWidth(figure) {
    let waiting = 0;
    new ResizeObserver(function () {
      clearTimeout(waiting);
      waiting = setTimeout(function () {
        if (figure.dataset.drawn === "true" && variant(figure) !== figure.dataset.variant) attempt(figure);
      }, 200);
    }).observe(figure);
  }

  // Tables with more than ten rows can be sorted by their headers; totals stay last.
  function sortable(table) {
    table.querySelectorAll("thead th").forEach(function (header, column) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", function () {
        const down = header.getAttribute("aria-sort") === "ascending";
        table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
        header.setAttribute("aria-sort", down ? "descending" : "ascending");
        const body = table.tBodies[0];
        const numeric = header.classList.contains("iv-number");
        const key = function (row) {
          const words = row.cells[column].textContent.trim();
          return numeric ? parseFloat(words.replace(/,/g, "").replace("−", "-")) : words;
        };
        const rows = Array.from(body.rows);
        const totals = rows.filter((row) => row.classList.contains("iv-total"));
        const others = rows.filter((row) => !row.classList.contains("iv-total"));
        const empty = (value) => value === "" || Number.isNaN(value);
        others.sort(function (one, two) {
          const a = key(one);
          const b = key(two);
          if (empty(a) || empty(b)) return Number(empty(a)) - Number(empty(b));
          const order = numeric ? a - b : a.localeCompare(b);
          return down ? -order : order;
        });
        body.append(...others, ...totals);
      });
    });
  }

  // Tables whose columns are marked can be narrowed to rows with a chosen value.
  function filterable(table) {
    const columns = Array.from(table.querySelectorAll("thead th[data-filter]"));
    if (!columns.length) return;
    const rows = Array.from(table.tBodies[0].rows);
    const box = document.createElement("div");
    const count = document.createElement("output");
    box.className = "iv-filters";
    const lists = columns.map(function (header) {
      const label = document.createElement("label");
      const list = document.createElement("select");
      const cells = rows.map((row) => row.cells[header.cellIndex].textContent.trim());
      const values = Array.from(new Set(cells)).sort((one, two) => one.localeCompare(two));
      list.append(new Option("all", ""), ...values.map((value) => new Option(value)));
      label.append(header.textContent.trim(), list);
      box.append(label);
      return { list, column: header.cellIndex };
    });
    function narrow() {
      const chosen = lists.filter((entry) => entry.list.value);
      rows.forEach(function (row) {
        row.hidden = !chosen.every((entry) => row.cells[entry.column].textContent.trim() === entry.list.value);
      });
      const shown = rows.filter((row) => !row.hidden).length;
      count.textContent = chosen.length ? shown + " of " + rows.length + " rows" : "";
      const fold = table.parentElement.nextElementSibling;
      if (chosen.length && fold && fold.matches("details.iv-fold")) fold.open = true;
    }
    box.addEventListener("change", narrow);
    box.append(count);
    table.parentElement.before(box);
  }

  function whenReaderMoves(act) {
    const signs = ["scroll", "pointermove", "pointerdown", "keydown", "focusin"];
    function once() {
      signs.forEach((sign) => window.removeEventListener(sign, once));
      act();
    }
    signs.forEach((sign) => window.addEventListener(sign, once, { passive: true }));
  }

  function begin() {
    document.querySelectorAll(".iv-sortable table").forEach(filterable);
    document.querySelectorAll(".iv-sortable table").forEach(sortable);
    const figures = Array.from(document.querySelectorAll(".iv-figure")).filter((figure) =>
      figure.querySelector("script.iv-spec"),
    );
    if (!bundle || !figures.length || !("IntersectionObserver" in window)) return;
    const seen = new IntersectionObserver(
      function (entries) {
        entries.forEach(function (entry) {
          if (!entry.isIntersecting) return;
          seen.unobserve(entry.target);
          attempt(entry.target).then(() => watchWidth(entry.target));
        });
      },
      { rootMargin: "200px" },
    );
    const watch = () => figures.forEach((figure) => seen.observe(figure));
    if ("atOnce" in script.dataset) watch();
    else whenReaderMoves(watch);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
