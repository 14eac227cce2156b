// What the style sheet puts off is laid out, a piece at a time, once the browser is idle: a page is whole soon for whoever
// takes all of it, and never stops.
window.addEventListener("load", () => {
  "use strict";

  const BRIEF = 4; // milliseconds, four times that on a phone: less than a reader notices
  const idle = window.requestIdleCallback || ((act) => setTimeout(act, 50));
  const LONG = 60; // rows of a table that is too long to be laid out at once, unseen
  const ROW = 9; // rem that a row takes at most, on a phone
  const putOff = ".put-off section ~ section :is(.iv-scroll, .iv-claim, .iv-figure, .iv-picture > :not(.iv-live), ul)";
  const pieces = [...document.querySelectorAll(putOff)].filter((piece) => {
    const rows = piece.matches(".iv-scroll") ? piece.querySelectorAll("tr").length : 0;
    if (rows < LONG) return true;
    piece.style.containIntrinsicBlockSize = `auto ${rows * ROW}rem`; // so that none of it lies over what follows
    return false;
  });
  const next = () => {
    const began = performance.now();
    do {
      const piece = pieces.shift();
      if (!piece) return;
      piece.style.contentVisibility = "visible";
      piece.getBoundingClientRect(); // lays it out now, so that its time is known
    } while (performance.now() - began < BRIEF);
    idle(next);
  };
  idle(next);
});
