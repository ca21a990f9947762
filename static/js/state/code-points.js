// Lengths and offsets as the server counts them: in code points.

const SURROGATE_PAIR = /[\uD800-\uDBFF][\uDC00-\uDFFF]/g;

/** The number of code points in a string; `length` counts UTF-16 units. */
export function codePoints(text) {
  return text.length - (text.match(SURROGATE_PAIR)?.length ?? 0);
}

/** The text after its first `count` code points. */
export function skipCodePoints(text, count) {
  let index = 0;
  for (let skipped = 0; skipped < count && index < text.length; skipped += 1) {
    index += text.codePointAt(index) > 0xffff ? 2 : 1;
  }
  return text.slice(index);
}
