// What a page loads once its reader does something: scripts with data, since pages opened from disk may not fetch.
"use strict";

window.bookWhenReaderMoves = (act) => {
  const signs = ["scroll", "pointermove", "pointerdown", "keydown", "focusin"];
  const once = () => {
    for (const sign of signs) window.removeEventListener(sign, once);
    act();
  };
  for (const sign of signs) window.addEventListener(sign, once, { passive: true });
};

window.bookScript = (address) =>
  new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`did not load: ${script.src}`));
    document.head.append(script);
  });
