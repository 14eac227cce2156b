// Choose the colours before the page is drawn: those the reader chose, else those of the system.
"use strict";

(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const modes = ["auto", "light", "dark"];
  const kept = () => {
    try {
      return localStorage.getItem("mode") || "auto";
    } catch {
      return "auto"; // a browser may forbid storage
    }
  };

  const apply = (mode) => {
    root.dataset.mode = modes.includes(mode) ? mode : "auto";
    root.dataset.theme = root.dataset.mode === "auto" ? (system.matches ? "dark" : "light") : root.dataset.mode;
  };

  const label = (button) => {
    button.setAttribute("aria-label", `Colours: ${root.dataset.mode === "auto" ? "as the system" : root.dataset.mode}`);
    button.title = button.getAttribute("aria-label");
  };

  apply(kept());
  system.addEventListener("change", () => apply(root.dataset.mode));
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector(".mode-switch");
    if (!button) return;
    button.hidden = false;
    label(button);
    button.addEventListener("click", () => {
      apply(modes[(modes.indexOf(root.dataset.mode) + 1) % modes.length]);
      try {
        localStorage.setItem("mode", root.dataset.mode);
      } catch {
        // it holds until the page is left
      }
      label(button);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      const field = [...document.querySelectorAll("input[name=q]")].find((input) => input.checkVisibility());
      if (!field) return;
      event.preventDefault();
      field.focus();
      field.select();
    });
  });
})();
