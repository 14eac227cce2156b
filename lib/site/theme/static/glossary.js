// Definitions of terms: put each near its word, and let Escape close it until the word is left.
"use strict";

document.querySelectorAll(".iv-term").forEach((term) => {
  const link = term.querySelector("a");
  const definition = term.querySelector(".iv-definition");

  function place() {
    const frame = definition.offsetParent.getBoundingClientRect();
    const word = link.getClientRects()[0];
    const room = frame.width - definition.offsetWidth;
    definition.style.left = `${Math.max(0, Math.min(word.left - frame.left, room))}px`;
    definition.style.top = `${word.bottom - frame.top}px`;
  }

  for (const event of ["pointerenter", "focusin"]) {
    term.addEventListener(event, place);
  }
  for (const event of ["pointerleave", "focusout"]) {
    term.addEventListener(event, () => term.classList.remove("iv-closed"));
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    document.querySelectorAll(".iv-term:is(:hover, :focus-within)").forEach((term) => term.classList.add("iv-closed"));
  }
});
