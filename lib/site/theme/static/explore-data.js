// The points of a line in words, as the pages of the book write them; the table of a view, its sources and its CSV file.
"use strict";

window.ivExploreData = (about, make, PART) => {
  const LONG = 400; // rows of a table on the page
  const WIDE = 8; // lines that stand beside each other in a table
  const FORMULA = /^[=+\-@\t\r]/;

  // Round half away from zero, once, as the tables of the book do.
  function rounded(value, places) {
    const size = Math.abs(value);
    const kept = places ?? (Number.isInteger(value) || size >= 1000 ? 0 : size >= 100 ? 1 : 2);
    const text = String(size);
    const whole = text.includes("e") ? Number(size.toFixed(kept)) : Number(`${Math.round(`${text}e${kept}`)}e-${kept}`);
    return { text: whole.toLocaleString("en", { minimumFractionDigits: places ?? 0, maximumFractionDigits: kept }), value: Math.sign(value) * whole };
  }

  // A day as a part of its year: where on an axis of years it stands.
  function time(text) {
    const [year, month, day] = text.split("-").map(Number);
    return year + ((month || 1) - 1) / 12 + ((day || 1) - 1) / 372;
  }

  function point(given, shard, measure) {
    const [when, value, source, marks = "", low = null, high = null, period = "", weak = 0] = given;
    const listed = marks.split(";").filter(Boolean);
    const bound = listed.includes(">") ? ">" : listed.includes("<") ? "<" : "";
    const rest = [...listed, ...(weak ? ["low"] : [])].filter((mark) => !"<>".includes(mark) && !about.untold.includes(mark));
    const words = rest.map((mark) => about.words[mark] || mark);
    const write = (number) => rounded(number, measure.places).text;
    const ranged = value === null && low !== null && high !== null;
    let short = value === null ? words[0] || "no figure" : `${about.bounds[bound]}${value < 0 ? "−" : ""}${write(value)}`;
    if (ranged) short = `${write(low)} to ${write(high)}`;
    const more = value === null && !ranged ? words.slice(1) : words;
    const [, publisher, year] = shard.sources[source];
    return {
      when, at: time(when), period: period || when, value, low, high, bound, marks, weak, source: year ? `${publisher} (${year})` : publisher, sourceId: shard.sources[source][0],
      estimated: listed.includes("e"), short, told: more.length ? `${short} (${more.join(", ")})` : short,
    };
  }

  function table(view, overTime) {
    const heading = (text, number) => Object.assign(make("th", { textContent: text, scope: "col" }), number ? { className: "iv-number" } : {});
    const caption = make("caption", {}, `${view.measure.title}, ${view.measure.unit}`);
    const cell = (text, number) => make("td", { textContent: text, className: number ? "iv-number" : "" });
    const head = make("tr");
    const body = make("tbody");
    const row = (...cells) => body.append(make("tr", {}, make("th", { scope: "row", textContent: cells[0] }), ...cells.slice(1)));
    if (overTime && view.lines.length <= WIDE) {
      head.append(heading("When"), ...view.lines.map((line) => heading(line.name, true)));
      const periods = new Map(view.lines.flatMap((line) => line.points.map((entry) => [entry.when, entry.period])));
      const times = [...periods.keys()].sort().reverse();
      for (const when of times.slice(0, LONG)) row(periods.get(when), ...view.lines.map((line) => cell(line.points.find((entry) => entry.when === when)?.told ?? "", true)));
    } else {
      const differs = view.lines.length > 1;
      head.append(heading(differs ? "Line" : "When"), ...(differs ? [heading("When")] : []), heading("Value", true), heading("Source"));
      const rows = view.lines.flatMap((line) => line.points.map((entry) => [line.name, entry])).sort((one, other) => (overTime ? 0 : (other[1].value ?? -1) - (one[1].value ?? -1)));
      for (const [name, entry] of rows.slice(0, LONG)) row(...(differs ? [name, cell(entry.period)] : [entry.period]), cell(entry.told, true), cell(entry.source));
      if (rows.length > LONG) caption.append(`; the first ${LONG} of ${rows.length} rows, all are in the CSV file`);
    }
    return make("table", {}, caption, make("thead", {}, head), body);
  }

  function csv(view, shard) {
    const heads = ["indicator", "measure", "unit", "product", "economy_code", "economy", "origin_code", "origin", "series", "time", "period", "value", "bound", "estimated", "low", "high", "marks", "low_confidence", "source_id", "source"];
    const number = (value) => (value === null ? "" : rounded(value, view.measure.places).value);
    const rows = view.lines.flatMap(({ line, points }) => points.map((entry) => [
      shard.title, view.measure.title, view.measure.unit, shard.titles.product[line[PART.product]], line[PART.place], shard.titles.place[line[PART.place]] || "", line[PART.partner], shard.titles.partner[line[PART.partner]] || "",
      shard.titles.series[line[PART.series]], entry.when, entry.period, number(entry.value), entry.bound, entry.estimated, number(entry.low), number(entry.high), entry.marks, Boolean(entry.weak), entry.sourceId, entry.source,
    ]));
    const quoted = (value) => {
      const text = typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value);
      return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    return [heads, ...rows].map((cells) => cells.map(quoted).join(",")).join("\n") + "\n";
  }

  // `Publisher (2024, 2025); Another (2026)`, each year a link to its source, and the same as plain words.
  function sourcesOf(ids, shard) {
    const publishers = new Map();
    for (const [id, publisher, year] of shard.sources) {
      if (ids.includes(id)) publishers.set(publisher, [...(publishers.get(publisher) || []), [year || "n.d.", id]]);
    }
    const ordered = [...publishers].sort((one, other) => other[1].length - one[1].length || one[0].localeCompare(other[0]));
    for (const [, entries] of ordered) entries.sort();
    const anchor = (id) => `references.html#source-${id.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/-$/, "")}`;
    const links = ordered.flatMap(([publisher, entries], at) => [
      at ? `; ${publisher} (` : `${publisher} (`, ...entries.flatMap(([year, id], place) => [place ? ", " : "", make("a", { href: anchor(id), textContent: year })]), ")",
    ]);
    const words = ordered.map(([publisher, entries]) => `${publisher} (${[...new Set(entries.map(([year]) => year))].join(", ")})`).join("; ");
    return { links: [ids.length && ordered.length === 1 && ordered[0][1].length === 1 ? "Source: " : "Sources: ", ...links], words };
  }

  return { point, sourcesOf, table, csv };
};
