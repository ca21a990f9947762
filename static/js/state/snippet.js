// A search result's snippet in pieces, for drawing: what was found in it, and what its tokens stand for.
import { skipCodePoints } from "./code-points.js";
import { labelSegments } from "./mask-names.js";
import { segmentsOf, withoutHalfToken } from "./masks.js";

/**
 * `[{text, marked}]` of `{text, marks}`, whose marks are `[from, to]` in code points, in their order. `masks` are the
 * thread's, as far as they are known: a token reads as its value, else as its kind. A mark in a token marks all of it.
 */
export function snippetPieces({ text, marks = [] }, masks = null) {
  const spans = marks.map(([from, to]) => [unitsBefore(text, from), unitsBefore(text, to)]);
  const pieces = [];
  let at = 0;
  for (const { written, shown } of masks ? readable(withoutHalfToken(text), masks) : [{ written: text }]) {
    const end = at + written.length;
    if (shown !== undefined) pieces.push({ text: shown, marked: spans.some(([from, to]) => from < end && to > at) });
    else pieces.push(...split(written, at, spans));
    at = end;
  }
  return pieces.filter((piece) => piece.text !== "");
}

const unitsBefore = (text, count) => text.length - skipCodePoints(text, count).length;

/** `[{written, shown?}]`: pieces as they are written, and how they are shown where that is something else. */
function readable(text, masks) {
  return segmentsOf(text, masks).flatMap(({ text: written, token, value }) =>
    token ? [{ written, shown: value }] : labelSegments(written).map(({ text: piece, label }) => ({ written: piece, shown: label })),
  );
}

function split(text, start, spans) {
  const cuts = new Set([start, start + text.length]);
  for (const cut of spans.flat()) if (cut > start && cut < start + text.length) cuts.add(cut);
  const edges = [...cuts].sort((a, b) => a - b);
  return edges.slice(1).map((to, index) => {
    const from = edges[index];
    return { text: text.slice(from - start, to - start), marked: spans.some(([a, b]) => a <= from && b >= to) };
  });
}
