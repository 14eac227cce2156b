// A figure with several sliders is a scenario: its state is in the address, so that a link leads to it, and its citation
// names it. Without this script the sliders work, and the address and the citation are those of the figure.
(() => {
  "use strict";

  const inputs = (figure) => [...figure.querySelectorAll('.iv-controls input[type="range"]')];
  const originals = new WeakMap();

  // What the address asks for, where it is a value that the slider has.
  const asked = (input) => {
    const text = new URLSearchParams(location.search).get(input.name);
    const value = Number(text);
    const steps = (value - Number(input.min)) / Number(input.step);
    const fits = text && value >= Number(input.min) && value <= Number(input.max) && Number.isInteger(steps);
    return fits ? value : null;
  };

  const addressOf = (figure, state) => {
    const address = new URL(location.href);
    for (const [name, value] of Object.entries(state)) address.searchParams.set(name, value);
    address.hash = figure.closest("[id]").id;
    return address;
  };

  const withoutState = (figure, names) => {
    const address = new URL(location.href);
    for (const name of names) address.searchParams.delete(name);
    address.hash = figure.closest("[id]").id;
    return address;
  };

  // The parts of the toolbar that say where the figure is and how to cite it, as they were before a slider moved.
  const parts = (figure) => {
    if (!originals.has(figure)) {
      const texts = [...figure.querySelectorAll(".iv-tools .iv-citation, .iv-tools .iv-bibtex")];
      const link = figure.querySelector(".iv-tools a.iv-address");
      originals.set(figure, {
        texts: texts.map((part) => [part, part.textContent]),
        link,
        plain: link ? new URL(link.getAttribute("href"), document.baseURI).href : "",
        shown: link?.textContent,
      });
    }
    return originals.get(figure);
  };

  const cite = (figure, words, address, moved) => {
    const { texts, link, plain, shown } = parts(figure);
    for (const [part, before] of texts) {
      const located = plain ? before.replace(plain, address.href) : before;
      part.textContent = !moved
        ? located
        : part.matches(".iv-bibtex")
          ? located.replace(/(note = "\{[^"]*)\}"/, `$1; scenario: ${words}}"`)
          : located.replace("]. In ", `; scenario: ${words}]. In `);
    }
    if (!link) return;
    link.setAttribute("href", address.href);
    link.textContent = moved ? address.href : shown;
  };

  const tell = (figure, first, view) => {
    const sliders = inputs(figure);
    const state = Object.fromEntries(sliders.map((input) => [input.name, Number(view.signal(input.name))]));
    const moved = sliders.some((input) => state[input.name] !== first[input.name]);
    const words = sliders
      .map((input) => `${input.closest("label").querySelector(".vega-bind-name").textContent.trim()} ${state[input.name]}`)
      .join("; ");
    const address = moved ? addressOf(figure, state) : withoutState(figure, Object.keys(state));
    try {
      history.replaceState(null, "", address);
    } catch {
      // Pages opened from disk may not change their address; the link below still leads to the scenario.
    }
    cite(figure, words, address, moved);
    const line = figure.querySelector(".iv-scenario");
    line.querySelector("a").href = address.href;
    line.querySelector("output").textContent = words;
    line.querySelector("button").hidden = !moved;
  };

  const addLine = (figure, reset) => {
    figure.querySelector(".iv-scenario")?.remove();
    const line = document.createElement("p");
    const link = document.createElement("a");
    const output = document.createElement("output");
    const button = document.createElement("button");
    line.className = "iv-scenario";
    link.textContent = "Link to this scenario";
    Object.assign(button, { type: "button", textContent: "Back to the first view", className: "iv-copy", hidden: true });
    button.addEventListener("click", reset);
    line.append(output, " ", link, " ", button);
    figure.querySelector(".iv-controls").after(line);
  };

  const begin = (figure, view, states) => {
    const sliders = inputs(figure);
    parts(figure);
    const first = states.first ?? Object.fromEntries(sliders.map((input) => [input.name, Number(view.signal(input.name))]));
    const move = (state) => {
      for (const [name, value] of Object.entries(state)) view.signal(name, value);
      return view.runAsync();
    };
    addLine(figure, () => move(first).then(() => tell(figure, first, view)));
    let waiting = 0;
    for (const { name } of sliders) {
      view.addSignalListener(name, () => {
        clearTimeout(waiting);
        waiting = setTimeout(() => tell(figure, first, view), 150);
      });
    }
    const wanted = Object.fromEntries(sliders.map((input) => [input.name, asked(input)]).filter(([, value]) => value !== null));
    move(wanted).then(() => tell(figure, first, view));
    states.first = first;
  };

  const known = new WeakMap();
  document.addEventListener("iv-drawn", ({ target: figure, detail: view }) => {
    if (!figure.matches("[data-scenario]")) return;
    if (!known.has(figure)) known.set(figure, {});
    begin(figure, view, known.get(figure));
  });
  // Charts wait for the reader to move; who comes with a scenario wants to see it.
  if (location.search.includes("=")) window.addEventListener("load", () => window.dispatchEvent(new Event("scroll")));
})();
