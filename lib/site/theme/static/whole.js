// What the style sheet puts off is laid out, a piece at a time, once the browser is idle: a page is whole soon for whoever
// takes all of it, and never stops.
window.addEventListener("load", () => {
  "use strict";

  const idle = window.requestIdleCallback || ((act) => setTimeout(act, 50));
  const pieces = [...document.querySelectorAll(".book-article :is(.iv-scroll, .iv-claim, .iv-figure, .iv-picture > *, ul)")];
  const next = () => {
    const piece = pieces.shift();
    if (!piece) return;
    piece.style.contentVisibility = "visible";
    idle(next);
  };
  idle(next);
});
