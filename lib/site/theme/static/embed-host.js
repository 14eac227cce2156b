// For pages that embed figures of the book: each frame gets the height that its figure needs at its width.
"use strict";

window.addEventListener("message", (event) => {
  const height = event.data && event.data.bookEmbed;
  if (!Number.isFinite(height)) return;
  for (const frame of document.querySelectorAll("iframe")) {
    if (frame.contentWindow === event.source) frame.style.height = `${height}px`;
  }
});
