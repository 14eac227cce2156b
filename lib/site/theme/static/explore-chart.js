// Specifications of the charts of the page Explore, for the Vega that the site ships: lines, a ranking, a map.
"use strict";

window.ivExploreChart = (() => {
  const DASHES = [[], [7, 3], [2, 3], [9, 3, 2, 3], [14, 4]];
  const NARROW = 560;
  const LABELLED = 14;
  const LETTER = 7; // pixels that a letter of a label is wide, more or less
  const token = (name) => `var(--iv-${name})`;
  const shape = (point) => (point.weak ? "cross" : { "<": "triangle-down", ">": "triangle-up" }[point.bound] || "circle");
  const hints = (...more) => [["name", "What"], ...more, ["told", "Value"], ["source", "Source"]].map(([field, title]) => ({ field, title, type: "nominal" }));
  const plain = (field) => ({ field, type: "nominal", scale: null });

  function nice(size) {
    const power = 10 ** Math.floor(Math.log10(size));
    return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= size);
  }

  function top(values, unit) {
    const most = Math.max(0, ...values);
    if (unit === "%" && most > 50) return 100;
    return most ? nice(most / 5) * Math.ceil(most / nice(most / 5) - 1e-9) : 1;
  }

  function yearTicks(from, to, width) {
    const step = [1, 2, 5, 10, 20, 50].find((years) => (to - from) / years <= width / 65) || 50;
    const ticks = [];
    for (let year = Math.ceil(from / step) * step; year <= to; year += step) ticks.push(year);
    return ticks;
  }

  // Rows of a line, cut where it skips a step of its usual length and beside what is of low confidence, so that no line
  // runs through what is missing or weak.
  function segments(line, index) {
    const points = line.points.filter((point) => point.value !== null);
    const steps = points.slice(1).map((point, at) => point.at - points[at].at).sort((one, other) => one - other);
    const usual = steps[Math.floor(steps.length / 2)] || 0;
    let part = 0;
    return points.map((point, at) => {
      if (at && (point.at - points[at - 1].at > usual * 1.6 || point.weak || points[at - 1].weak)) part += 1;
      return { ...point, name: line.name, colour: line.colour, part: `${index}.${part}`, dash: line.dash, shape: shape(point) };
    });
  }

  // Names at the ends of lines, moved apart where they would lie on each other.
  function ends(drawn, most, height) {
    const labels = drawn.filter((line) => line.points.some((point) => point.value !== null)).map((line) => {
      const last = line.points.filter((point) => point.value !== null).at(-1);
      return { name: line.name, colour: line.colour, y: height * (1 - last.value / most), lastAt: last.at, value: last.value };
    }).sort((one, other) => one.y - other.y);
    const gap = 15;
    for (let at = 1; at < labels.length; at += 1) labels[at].y = Math.max(labels[at].y, labels[at - 1].y + gap);
    if (labels.length && labels.at(-1).y > height) {
      labels.at(-1).y = height;
      for (let at = labels.length - 2; at >= 0; at -= 1) labels[at].y = Math.min(labels[at].y, labels[at + 1].y - gap);
    }
    return labels.map((label) => ({ ...label, labelled: most * (1 - label.y / height) }));
  }

  // One panel of lines; several stand under each other and share their years and their scale.
  function panel({ title, lines: drawn }, { from, to, most, room, labelled, height, width, unit }) {
    const rows = drawn.flatMap(segments);
    const ranges = drawn.flatMap((line) => line.points.filter((point) => point.low !== null && point.high !== null).map((point) => ({ ...point, name: line.name, colour: line.colour })));
    const limit = Math.max(10, Math.floor(room / LETTER) - 2);
    const x = { field: "at", type: "quantitative", scale: { domain: [from, to], nice: false, zero: false }, axis: { values: yearTicks(from, to, width), format: "d", title: null } };
    const y = { field: "value", type: "quantitative", scale: { domain: [0, most], nice: false, zero: true }, axis: { title: null, tickCount: 5, format: most >= 10 ? ",d" : ",.2~f", ...(unit === "%" ? { labelExpr: "datum.label + '%'" } : {}) } };
    const color = plain("colour");
    const layer = DASHES.map((strokeDash, dash) => ({
      data: { values: rows.filter((row) => row.dash % DASHES.length === dash) },
      mark: { type: "line", strokeDash: strokeDash.length ? strokeDash : [1, 0], strokeWidth: 2.2 },
      encoding: { x, y, color, detail: { field: "part", type: "nominal" } },
    })).filter((part) => part.data.values.length);
    if (ranges.length) {
      layer.push({ data: { values: ranges }, mark: { type: "rule", strokeWidth: 3, opacity: 0.5 }, encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color, tooltip: hints(["period", "When"]) } });
    }
    const few = rows.length / Math.max(1, drawn.length) <= 60;
    const alone = new Map();
    for (const row of rows) alone.set(row.part, (alone.get(row.part) || 0) + 1);
    const marked = rows.filter((row) => few || row.weak || row.bound || row.estimated || alone.get(row.part) === 1);
    for (const kind of ["circle", "triangle-down", "triangle-up", "cross"]) {
      for (const hollow of [false, true]) {
        const values = marked.filter((row) => row.shape === kind && row.estimated === hollow);
        const mark = { type: "point", shape: kind, size: kind === "circle" ? 30 : 46, filled: !hollow, strokeWidth: 1.6, opacity: 1, ...(hollow ? { fill: token("ground") } : {}) };
        if (values.length) layer.push({ data: { values }, mark, encoding: { x, y, color } });
      }
    }
    if (labelled) {
      const values = ends(drawn, most, height).map((label) => ({ ...label, end: to, short: label.name.length > limit ? `${label.name.slice(0, limit - 1)}…` : label.name }));
      const apart = values.filter((label) => label.lastAt < to || Math.abs(label.labelled - label.value) > most / 60);
      if (apart.length) layer.push({ data: { values: apart }, mark: { type: "rule", strokeWidth: 0.7, opacity: 0.6, x2Offset: 6 }, encoding: { x: { ...x, field: "lastAt" }, x2: { field: "end" }, y, y2: { field: "labelled" }, color } });
      layer.push({
        data: { values }, mark: { type: "text", align: "left", baseline: "middle", dx: 9, fontWeight: "bold" },
        encoding: { x: { ...x, field: "end" }, y: { ...y, field: "labelled" }, text: { field: "short", type: "nominal" }, color, tooltip: [{ field: "name", title: "What", type: "nominal" }] },
      });
    }
    layer.push({ data: { values: rows }, mark: { type: "point", size: 240, opacity: 0, filled: true }, encoding: { x, y, tooltip: hints(["period", "When"]) } });
    return { width, height, layer, ...(title ? { title } : {}) };
  }

  function lines({ panels, unit, width }) {
    const all = panels.flatMap((part) => part.lines);
    const fullest = Math.max(...panels.map((part) => part.lines.length));
    const labelled = width >= NARROW && fullest <= LABELLED;
    const room = labelled ? Math.min(width * 0.36, 18 + LETTER * Math.max(...all.map((line) => line.name.length))) : 14;
    const points = all.flatMap((line) => line.points.filter((point) => point.value !== null || point.high !== null));
    const most = top(points.flatMap((point) => [point.value ?? 0, point.high ?? 0]), unit);
    let [from, to] = [Math.min(...points.map((point) => point.at)), Math.max(...points.map((point) => point.at))];
    if (from === to) [from, to] = [from - 1, to + 1];
    const height = panels.length > 1 ? Math.max(170, labelled ? 17 * fullest : 0) : labelled ? Math.max(320, 17 * fullest) : 280;
    const shared = { from, to, most, room, labelled, height, unit, width: width - room - 20 - LETTER * most.toLocaleString("en").length };
    const drawn = panels.map((part) => panel(part, shared));
    const spec = { padding: { left: 2, top: 8, bottom: 2, right: room }, ...(drawn.length > 1 ? { vconcat: drawn, spacing: 18 } : drawn[0]) };
    const once = new Map(all.map((line) => [line.name, line]));
    return { spec, key: labelled ? [] : [...once.values()].map((line) => ({ colour: line.colour, dash: line.dash % DASHES.length, label: line.name })) };
  }

  function ranked({ rows, unit, width }) {
    const names = Math.min(width * 0.4, 16 + LETTER * Math.max(...rows.map((row) => row.name.length)));
    const told = 12 + LETTER * Math.max(...rows.map((row) => row.short.length));
    const most = Math.max(1e-9, ...rows.map((row) => row.value ?? 0));
    const values = rows.map((row) => ({ ...row, value: row.value ?? 0 }));
    const order = rows.map((row) => row.name);
    const x = { field: "value", type: "quantitative", scale: { domain: [0, most], nice: false }, axis: null };
    const y = { field: "name", type: "nominal", sort: order, axis: { title: null, labelLimit: names, grid: false, labelPadding: 6 } };
    const bar = { type: "bar", height: { band: 0.72 } };
    const firm = (row) => !row.estimated && !row.bound;
    const layer = [
      { data: { values: values.filter(firm) }, mark: bar, encoding: { x, y, color: plain("colour"), tooltip: hints() } },
      { data: { values: values.filter((row) => !firm(row)) }, mark: { ...bar, fillOpacity: 0.35, strokeWidth: 1.5 }, encoding: { x, y, fill: plain("colour"), stroke: plain("colour"), tooltip: hints() } },
      { data: { values }, mark: { type: "text", align: "left", baseline: "middle", dx: 6 }, encoding: { x, y, text: { field: "short", type: "nominal" } } },
    ].filter((part) => part.data.values.length);
    const spec = { width: Math.max(60, width - names - told - 8), height: { step: 25 }, padding: { left: 2, top: 4, bottom: 2, right: told }, layer };
    return { spec, key: [], unit };
  }

  function map({ rows, unit, width }) {
    const known = rows.filter((row) => row.value !== null);
    const most = Math.max(1e-9, ...known.map((row) => row.value));
    const step = unit === "%" && most > 50 ? 20 : nice(most / 5);
    const edges = [1, 2, 3, 4].map((times) => times * step);
    const fills = [2, 3, 4, 5, 6].map((tone) => token(`seq-${tone}`));
    const number = (value) => value.toLocaleString("en", { maximumFractionDigits: 3 });
    const values = known.map((row) => ({ ...row, id: row.place, fill: fills[edges.filter((edge) => row.value >= edge).length], open: row.estimated || row.bound ? 1 : 0 }));
    const shapes = { values: window.ivWorld, format: { type: "topojson", feature: "countries" } };
    const lookup = [{ lookup: "id", from: { data: { values }, key: "id", fields: ["fill", "name", "told", "source", "open"] } }, { filter: "isValid(datum.fill)" }];
    const ground = token("ground");
    const radius = (width - 6) / 4.86;
    const layer = [
      { data: shapes, mark: { type: "geoshape", fill: token("base"), stroke: ground, strokeWidth: 0.5 } },
      { data: shapes, transform: lookup, mark: { type: "geoshape", stroke: ground, strokeWidth: 0.5 }, encoding: { fill: plain("fill"), tooltip: hints() } },
      { data: shapes, transform: [...lookup, { filter: "datum.open == 1" }], mark: { type: "geoshape", fill: null, stroke: token("ink"), strokeWidth: 0.9, strokeDash: [3, 2] } },
    ];
    const spec = { width: width - 6, height: radius * 2.37, projection: { type: "equalEarth", scale: radius, translate: [radius * 2.3, radius * 1.31] }, layer };
    const sign = unit === "%" ? "%" : "";
    const words = [`under ${number(edges[0])}${sign}`, ...edges.slice(1).map((edge, at) => `${number(edges[at])}–${number(edge)}${sign}`), `${number(edges[3])}${sign} and more`];
    return { spec, key: [...fills.map((colour, at) => ({ colour, label: words[at] })), { colour: token("base"), label: "no figure" }, { outlined: true, label: "bound or estimate" }] };
  }

  return { lines, ranked, map };
})();
