// What the palette offers for what is typed.

const MOST_COMMANDS = 5; // beside what was found
const MOST_THREADS = 8;

/** Commands `{label, words?, isFound?}` whose label, or other words for them, begin with all the words that are typed; the best first. */
export function matchingCommands(commands, typed) {
  const wanted = wordsOf(typed);
  if (wanted.length === 0) return commands.filter(({ isFound }) => !isFound);
  const rank = ({ label, words = "" }) => {
    const named = wordsOf(label);
    const begins = (known) => wanted.every((word) => known.some((one) => one.startsWith(word)));
    if (named[0]?.startsWith(wanted[0]) && begins(named)) return 0;
    if (begins(named)) return 1;
    return begins([...named, ...wordsOf(words)]) ? 2 : 3;
  };
  const ranked = commands.map((command) => ({ command, place: rank(command) })).filter(({ place }) => place < 3);
  return ranked
    .sort((a, b) => a.place - b.place)
    .map(({ command }) => command)
    .slice(0, MOST_COMMANDS);
}

const wordsOf = (text) => text.toLocaleLowerCase().split(/\s+/).filter(Boolean);

/** Threads that are listed (with `title` as it is shown) and have all words in it, before those that the server has found. */
export function mergedThreads(listed, found, typed) {
  const wanted = wordsOf(typed);
  const has = ({ title }) => wanted.every((word) => title.toLocaleLowerCase().includes(word));
  const merged = new Map();
  for (const thread of [...(wanted.length ? listed.filter(has) : []), ...found]) {
    merged.set(thread.id, { ...merged.get(thread.id), ...thread });
  }
  return [...merged.values()].slice(0, MOST_THREADS);
}

/** The next place in a list of so many when an arrow is pressed: around its ends. */
export const stepped = (at, step, count) => (count === 0 ? 0 : (at + step + count) % count);
