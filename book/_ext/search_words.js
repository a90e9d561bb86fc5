// What Sphinx's search lacks for readers who paste an error message. Sphinx puts this
// into language_data.js, before its own searchtools.js.

const wordsOf = (text) => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];

// The headings that stand in the query word for word, up to their colon, longest first.
const headingsIn = (query) => {
  const asked = ` ${wordsOf(query).join(" ")} `;
  return Object.entries(Search._index.alltitles)
    .map(([title, places]) => ({ title, places, words: wordsOf(title.split(": ")[0]) }))
    .filter(({ words }) => words.length > 3 && asked.includes(` ${words.join(" ")} `))
    .sort((one, other) => other.title.length - one.title.length);
};

// Of a message that the book has as a heading only that is searched: the shapes and names
// beside it are the reader's own. Stems of two letters ("one" and "has" become "on" and
// "ha") are left out, since a page without one is dropped as soon as another page has it.
var splitQuery = (query) => {
  const words = headingsIn(query)[0]?.words ?? wordsOf(query);
  const long = words.filter((word) => new Stemmer().stemWord(word).length > 2);
  return long.length ? long : words;
};

var Scorer = {
  // A page is shown by the heading that was asked for, and before the others.
  score(result) {
    const [docname, title, anchor, , score] = result;
    if (anchor) return score + 10;
    const query = new URLSearchParams(location.search).get("q") ?? "";
    for (const { title: heading, places } of headingsIn(query))
      for (const [page, id] of places)
        if (id && Search._index.docnames[page] === docname) {
          result[1] = `${title} > ${heading}`;
          result[2] = `#${id}`;
          return score + 10;
        }
    return score;
  },
  // the rest is what searchtools.js would say
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
