// Where excerpts of a source stand in its text. An excerpt is one line, with "…" where it was cut: so words are compared, whatever
// white space lies between them.

/** `{from, to}` of each excerpt that is in the text, in the order of the excerpts. */
export const placesOf = (text, excerpts) => excerpts.map((excerpt) => placeOf(text, excerpt)).filter(Boolean);

function placeOf(text, excerpt) {
  const words = excerpt.replaceAll(/^…|…$/g, "").split(/\s+/).filter(Boolean);
  if (words.length === 0) return null;
  const found = new RegExp(words.map(literally).join("\\s+")).exec(text);
  return found && { from: found.index, to: found.index + found[0].length };
}

const literally = (word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
