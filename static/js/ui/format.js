// Numbers, moments and durations in the reader's own way of writing them.

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const shortDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const longMoment = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const count = new Intl.NumberFormat();
const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });

export const fullMoment = (iso) => longMoment.format(new Date(iso));
export const wholeNumber = (value) => count.format(value);
export const shortNumber = (value) => compact.format(value);

/** "14:05" today, "3 May, 14:05" before. */
export function moment(iso, now = new Date()) {
  const date = new Date(iso);
  const time = clock.format(date);
  return date.toDateString() === now.toDateString() ? time : `${shortDay.format(date)}, ${time}`;
}

const datedMoment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** "3 May 2026, 14:05": for what is read on another day. */
export const dated = (iso) => datedMoment.format(new Date(iso));

/** "0.8 s", "12 s", "3 min 20 s", from two ISO times. */
export const duration = (from, to) => spoken(Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000));

/** "40 ms", and longer ones as `duration` says them. */
export const secondsOf = (seconds) => (seconds < 0.095 ? `${Math.round(seconds * 1000)} ms` : spoken(seconds));

function spoken(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

/** What a description for models says to people: its first sentence. */
export const firstSentence = (text) => /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text;

/** A price; small ones keep two significant digits: "$0.00042". `cost` is a decimal string or a number. */
export function money(cost, currency = "USD") {
  const value = Number(cost);
  const digits = value >= 1 || value === 0 ? 2 : Math.min(9, 1 - Math.floor(Math.log10(value)));
  const options = { style: "currency", currency, maximumFractionDigits: Math.max(2, digits) };
  return new Intl.NumberFormat(undefined, options).format(value);
}

/** "840 B", "12 kB", "3.4 MB". */
export function size(bytes) {
  const [value, unit] = bytes < 1000 ? [bytes, "B"] : bytes < 1e6 ? [bytes / 1000, "kB"] : bytes < 1e9 ? [bytes / 1e6, "MB"] : [bytes / 1e9, "GB"];
  return `${value < 10 && unit !== "B" ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
