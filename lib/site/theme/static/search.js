// Search all entries of the book as words are typed. The entries are a script, so that it works from disk.
"use strict";

(() => {
  const MOST = 40;
  const AROUND = 90;
  const STOPWORDS = new Set("a an and are as at be by did do does for from has have how in is it its no of on or that the to was were what when where which who why will with".split(" "));
  const KINDS = {
    term: ["Glossary", 1.5],
    section: ["Section", 1],
    figure: ["Figure", 1],
    claim: ["Claim", 0.9],
    row: ["Row of a table", 0.95],
    explore: ["Explore", 0.9],
    table: ["Table", 0.8],
    fact: ["Number", 0.35],
    source: ["Source", 0.15],
  };
  const GENERATED = /^chapters\/economies\/.*#.|^facts(#fact-|\/)economy-/; // forty pages with the same sections
  const CODE = /\b(\d{4})[ .](\d{2})(?:[ .](\d{2}))?\b/g; // of the Harmonized System, as 8505.11 or 8505 11 10

  const field = document.querySelector(".search-form input");
  const status = document.getElementById("search-progress");
  const list = document.getElementById("search-results");
  const root = document.documentElement.dataset.content_root || "./";

  function folded(text) {
    return text.normalize("NFD").replace(/\p{Mark}/gu, "").replace(/[\u2080-\u2089]/g, (digit) => digit.codePointAt(0) - 0x2080).toLowerCase();
  }

  function words(text) {
    const plain = folded(text);
    const codes = [...plain.matchAll(CODE)].map((match) => match.slice(1).filter(Boolean).join(""));
    return [...(plain.match(/[\p{Letter}\p{Number}]+/gu) || []), ...codes];
  }

  let entries = [];
  let loading = null;

  // All that can be found is large: it is loaded for a reader who searches.
  function load() {
    loading ||= window.bookScript(`${root}_static/search-entries.js`).then(() => {
      entries = window.bookEntries.map(([kind, title, page, anchor, within, text, picture]) => ({
        kind, title, page, anchor, within, text, picture,
        plain: folded(`${title} ${text}`), titled: words(title), told: new Set(words(`${within} ${text}`)),
      }));
    });
    return loading;
  }

  const singular = (word) => (word.length > 3 && word.endsWith("s") ? word.slice(0, -1) : word);

  // How well a word of the query is met by words of an entry: 0 not, 1 by its beginning, 2 as it is.
  function met(wanted, given) {
    let best = 0;
    for (const word of given) {
      if (word === wanted || singular(word) === singular(wanted)) return 2;
      if (wanted.length > 1 && word.startsWith(wanted)) best = 1;
    }
    return best;
  }

  function score(entry, query) {
    let sum = 0;
    let inTitle = 0;
    const dense = 1 / (1 + entry.told.size / 300); // a word says more of a short text than of a long one
    for (const word of query.words) {
      const title = met(word, entry.titled);
      const text = title === 2 ? 0 : met(word, entry.told);
      if (!title && !text) return 0;
      if (title) inTitle += 1;
      sum += Math.max([0, 5, 9][title], [0, 3, 7][text] * dense);
    }
    const part = query.words.length / Math.max(1, entry.titled.filter((word) => !STOPWORDS.has(word)).length);
    if (inTitle === query.words.length) sum += part >= 1 ? 30 : 8 * part;
    if (query.isPhrase && entry.plain.includes(query.text)) sum += 12;
    if (entry.kind === "section" && !entry.anchor) sum += inTitle ? 6 : 0;
    return sum * KINDS[entry.kind][1] * (GENERATED.test(`${entry.page}#${entry.anchor}`) ? 0.5 : 1);
  }

  function find(text) {
    const all = words(text);
    const kept = all.filter((word) => !STOPWORDS.has(word));
    const query = { text: folded(text).trim(), isPhrase: all.length > 1, words: [...new Set(kept.length ? kept : all)] };
    if (!query.words.length) return { query, hits: [] };
    const hits = entries.map((entry) => ({ entry, points: score(entry, query) })).filter((hit) => hit.points > 0);
    return { query, hits: hits.sort((one, other) => other.points - one.points) };
  }

  // Mark each word of the query where it begins a word of the text; folding keeps the length of Latin letters.
  function marked(text, query) {
    const parts = [];
    const pattern = new RegExp(`(?<![\\p{Letter}\\p{Number}])(?:${query.words.map(singular).join("|")})[\\p{Letter}\\p{Number}]*`, "giu");
    const plain = folded(text);
    if (plain.length !== text.length) return [text];
    let end = 0;
    for (const match of plain.matchAll(pattern)) {
      const mark = document.createElement("mark");
      mark.textContent = text.slice(match.index, match.index + match[0].length);
      parts.push(text.slice(end, match.index), mark);
      end = match.index + match[0].length;
    }
    return [...parts, text.slice(end)];
  }

  function excerpt(text, query) {
    const plain = folded(text);
    const places = query.words.map((word) => plain.search(new RegExp(`(?<![\\p{Letter}\\p{Number}])${singular(word)}`, "u"))).filter((at) => at >= 0);
    let start = Math.max(0, (places.length ? Math.min(...places) : 0) - AROUND);
    let end = Math.min(text.length, start + 3 * AROUND);
    while (start > 0 && text[start - 1] !== " ") start -= 1;
    while (end < text.length && text[end] !== " ") end += 1;
    return (start ? "… " : "") + text.slice(start, end) + (end < text.length ? " …" : "");
  }

  function shown({ entry }, query) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `${root}${entry.page}.html${entry.anchor ? `#${entry.anchor}` : ""}`;
    link.append(...marked(entry.title, query));
    const where = document.createElement("p");
    where.className = "where";
    const kind = entry.kind === "section" && !entry.anchor ? "Page" : KINDS[entry.kind][0];
    where.textContent = entry.within && entry.within !== entry.title ? `${kind} · ${entry.within}` : kind;
    item.append(link, where);
    if (entry.text) {
      const context = document.createElement("p");
      context.className = "context";
      context.append(...marked(excerpt(entry.text, query), query));
      item.append(context);
    }
    if (entry.picture) {
      const picture = document.createElement("img");
      Object.assign(picture, { src: root + entry.picture, alt: "", loading: "lazy", width: 150 });
      item.classList.add("has-picture");
      item.prepend(picture);
    }
    return item;
  }

  async function search() {
    try {
      if (field.value.trim()) await load();
    } catch {
      status.textContent = "What can be found did not load. Load this page again.";
      return;
    }
    const { query, hits } = find(field.value);
    list.replaceChildren(...hits.slice(0, MOST).map((hit) => shown(hit, query)));
    if (!field.value.trim()) status.textContent = "";
    else if (!hits.length) status.textContent = `Nothing found for “${field.value.trim()}”. Try fewer words, or the beginning of one.`;
    else status.textContent = hits.length > MOST ? `The best ${MOST} of ${hits.length.toLocaleString("en")} results` : `${hits.length} ${hits.length === 1 ? "result" : "results"}`;
  }

  if (!field || !list) return;
  let waiting = 0;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      history.replaceState(null, "", field.value ? `?q=${encodeURIComponent(field.value)}` : location.pathname);
      search();
    }, 120);
  });
  field.value = new URLSearchParams(location.search).get("q") || "";
  search();
  // The field has the focus from the beginning, which is no sign of a reader.
  for (const sign of ["pointermove", "pointerdown", "keydown"]) {
    window.addEventListener(sign, () => load().catch(() => {}), { once: true, passive: true });
  }
})();
