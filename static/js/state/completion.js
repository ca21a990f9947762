// What a person begins to name while writing: an agent after "@", a command or a skill after "/", a template after "/template".
// Only what is chosen counts: words that merely look like it stay words.

const BEGUN = /(?:(?<!\S)([@/])|(?<![^\n])(\/template[ \t]+))([\p{L}\p{N}_.-]{0,60})$/u;

/**
 * What is being named at the caret: `{sign, query, start}`, or `null`. The sign is "@", "/", or "/template " in its line, and
 * `start` is where it stands.
 */
export function completionAt(text, caret) {
  const begun = BEGUN.exec(text.slice(0, caret));
  if (!begun) return null;
  const [, short, long, query] = begun;
  const sign = short ?? long;
  return { sign, query, start: caret - query.length - sign.length };
}

/** Those items `{slug, name}` that are called so, the best first: the name begins so, one of its words does, it is in it. */
export function matching(items, query) {
  const wanted = query.toLocaleLowerCase();
  const rank = ({ slug, name }) => {
    const names = [name.toLocaleLowerCase(), slug];
    if (names.some((one) => one.startsWith(wanted))) return 0;
    if (names.some((one) => one.split(/[\s_-]/).some((word) => word.startsWith(wanted)))) return 1;
    return names.some((one) => one.includes(wanted)) ? 2 : 3;
  };
  const ranked = items.map((item) => ({ item, place: rank(item) })).filter(({ place }) => place < 3);
  return ranked.sort((a, b) => a.place - b.place).map(({ item }) => item);
}

/** The text without what was typed to name it, and the caret's place in it. */
export function withoutCompletion(text, { sign, start, query }) {
  const before = text.slice(0, start);
  const after = text.slice(start + sign.length + query.length);
  const joined = !before || /\s$/.test(before) ? after.replace(/^ /, "") : after;
  return { text: before + joined, caret: before.length };
}

/** The text with something else in the place of what was typed to name it, and the caret's place behind that. */
export function withInserted(text, { sign, start, query }, inserted) {
  const before = text.slice(0, start) + inserted;
  return { text: before + text.slice(start + sign.length + query.length), caret: before.length };
}
