// How wide a text will be, without drawing it; and a text in lines that fit.

let canvas = null;

/** A function that tells the width of a text in px, in the font of an element. */
export function measureIn(font) {
  canvas ??= document.createElement("canvas").getContext("2d");
  return (text) => {
    canvas.font = font;
    return canvas.measureText(text).width;
  };
}

/** The page's own font in a size (px). */
export const pageFont = (size, weight = 400) => `${weight} ${size}px ${getComputedStyle(document.body).fontFamily}`;

/** A text cut to a width, with "…" where something is missing. */
export function cut(text, width, measure) {
  if (measure(text) <= width) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (measure(`${text.slice(0, middle).trimEnd()}…`) <= width) low = middle;
    else high = middle - 1;
  }
  return low ? `${text.slice(0, low).trimEnd()}…` : "";
}

/** A text in at most `most` lines of a width; words that are too long are broken. */
export function wrap(text, { width, most, measure }) {
  const lines = [""];
  for (const word of text.split(/\s+/).filter(Boolean).flatMap((one) => broken(one, width, measure))) {
    const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
    if (measure(longer) <= width || !lines.at(-1)) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), cut(`${lines[most - 1]} ${lines[most]}…`, width, measure)];
}

function broken(word, width, measure) {
  if (measure(word) <= width) return [word];
  const pieces = [""];
  for (const letter of word) {
    if (measure(pieces.at(-1) + letter) > width && pieces.at(-1)) pieces.push(letter);
    else pieces[pieces.length - 1] += letter;
  }
  return pieces;
}
