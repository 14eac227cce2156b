// What is folded on a page comes back into it once the reader moves; until then, and without scripts, a link leads to it.
"use strict";

window.bookWhenReaderMoves(async () => {
  await window.bookScript(document.getElementById("iv-folds").dataset.src);
  document.querySelectorAll(".iv-folded").forEach((link, place) => {
    link.outerHTML = window.ivFolds[place];
  });
});
