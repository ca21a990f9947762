// Tokens such as {{pii:PERSON_1}}, which stand for personal values in what a model reads and writes. Models change tokens a
// little, so reading is lenient, by the same pattern as on the server (threads/privacy/tokens.py); what is no token of the
// thread stays as it is. `masks` is what is known of a thread: token → {token, category, value}.

const JUNK = String.raw`[ \t\u00a0\u202f\u200b*\x60]{0,4}`;
const GAP = String.raw`(?:\\{0,2}_|[ \-\u2011])`;
const OPEN = String.raw`(?:\{\{|\\\{\\\{|\{|\\\{|\uff5b\uff5b|\uff5b)`;
const CLOSE = String.raw`(?:\}\}|\\\}\\\}|\}|\\\}|\uff5d\uff5d|\uff5d)`;
const WORD = "[A-Za-z]{2,20}";
const NAME = `(${WORD}(?:${GAP}${WORD}){0,3})${GAP}([0-9]{1,6})`;

const TOKEN = new RegExp(`${OPEN}${JUNK}[Pp][Ii][Ii]${JUNK}[:\\uff1a]${JUNK}${NAME}${JUNK}${CLOSE}`, "gu");
const GAPS = new RegExp(GAP, "gu");

// The end of a text that may be the beginning of a token.
const BEGUN =
  /[\\{\uff5b]{1,4}[ \t\u00a0\u202f\u200b*`]{0,4}(?:[Pp](?:[Ii](?:[Ii][A-Za-z0-9:\uff1a_\\ \-\u2011\t\u00a0\u202f\u200b*`]{0,130}(?:[}\uff5d]\\?)?)?)?)?$/u;

/** Whether a text has a token in it, known or not. */
export const hasToken = (text) => text.search(TOKEN) >= 0;

/** A text with values in the place of the tokens that are known. A value is not read again. */
export const unmaskText = (text, masks) =>
  text.replaceAll(TOKEN, (written, category, number) => maskOf(masks, category, number)?.value ?? written);

/** A JSON value in which every text is unmasked, keys included. */
export function unmaskJson(value, masks) {
  if (typeof value === "string") return unmaskText(value, masks);
  if (Array.isArray(value)) return value.map((inner) => unmaskJson(inner, masks));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [unmaskText(key, masks), unmaskJson(inner, masks)]));
}

/** A text that goes on, or was cut, without what may be the first part of a token at its end. */
export const withoutHalfToken = (text) => text.replace(BEGUN, "");

/**
 * A text in pieces, for drawing: `{text}`, or `{text, token, category, value}` where a known token stands. `text` is what is
 * written there, so that the pieces together are the whole text.
 */
export function segmentsOf(text, masks) {
  const segments = [];
  let start = 0;
  for (const match of text.matchAll(TOKEN)) {
    const mask = maskOf(masks, match[1], match[2]);
    if (!mask) continue;
    if (match.index > start) segments.push({ text: text.slice(start, match.index) });
    segments.push({ text: match[0], token: mask.token, category: mask.category, value: mask.value });
    start = match.index + match[0].length;
  }
  if (start < text.length) segments.push({ text: text.slice(start) });
  return segments;
}

function maskOf(masks, category, number) {
  const token = `{{pii:${category.replaceAll(GAPS, "_").toUpperCase()}_${Number(number)}}}`;
  return Object.hasOwn(masks, token) ? masks[token] : undefined;
}
