// Sphinx includes this into its search: chapters first, then the glossary, then lists and tables.
"use strict";

var Scorer = {
  score: (result) => {
    const [docname, , , , score] = result;
    if (docname.startsWith("chapters/") || docname === "index") return score + 20;
    return docname.startsWith("data/") || docname === "data" ? score : score + 5;
  },
  objNameMatch: 30, // a term of the glossary
  objPartialMatch: 10,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
