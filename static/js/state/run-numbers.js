// Numbers of runs as people write them.

/** [1, 2, 3, 7] → "1–3, 7"; in their order, each once. */
export function rangesOf(numbers) {
  const ranges = [];
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last.until === number - 1) last.until = number;
    else ranges.push({ from: number, until: number });
  }
  return ranges.map(({ from, until }) => (from === until ? `${from}` : until === from + 1 ? `${from}, ${until}` : `${from}–${until}`)).join(", ");
}

/** "run 3", "runs 3–5", "runs 3 and 7". */
export function namesOf(numbers) {
  const said = rangesOf(numbers).replace(/, ([^,]*)$/, " and $1");
  return `${new Set(numbers).size === 1 ? "run" : "runs"} ${said}`;
}

const ONE = String.raw`\d{1,6}(?:\s*[-–]\s*\d{1,6})?`;
const LIST = new RegExp(String.raw`^(all|${ONE}(?:\s*,\s*${ONE})*)(?:[\s:.,]+(.*))?$`, "isu");

/**
 * What a text that begins with numbers of runs names: `{all, ranges: [{from, until}], rest}`, where `rest` are the words behind them.
 * `null` where it begins with none.
 */
export function numbersIn(text) {
  const [, named, rest = ""] = LIST.exec(text.trim()) ?? [];
  if (!named) return null;
  if (named.toLowerCase() === "all") return { all: true, ranges: [], rest: rest.trim() };
  const ranges = named.split(",").map((one) => {
    const [from, until = from] = one.split(/[-–]/).map(Number);
    return { from: Math.min(from, until), until: Math.max(from, until) };
  });
  return { all: false, ranges, rest: rest.trim() };
}
