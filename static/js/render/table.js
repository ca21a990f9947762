// A table that a model wrote: its cells as text, its rows in an order, all of it as CSV.

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const grouped = new Intl.NumberFormat(undefined, { maximumFractionDigits: 20 });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
const YEARS = 10_000; // below it a number may be a year, and is not grouped

/** `{title, columns: [{name, kind}], rows}`, or `null` where the arguments are no table. */
export function tableOf(given) {
  const { title = "", columns, rows } = given ?? {};
  if (!Array.isArray(columns) || columns.length === 0 || !Array.isArray(rows)) return null;
  if (!columns.every((column) => column && typeof column === "object")) return null;
  if (!rows.every((row) => Array.isArray(row) && row.length === columns.length)) return null;
  const named = columns.map(({ name, kind = "text" }) => ({ name: String(name ?? ""), kind }));
  return { title: String(title), columns: named, rows };
}

/** A cell as a person reads it. */
export function cellText(value, kind) {
  if (value === null || value === undefined) return "";
  if (kind === "number" && typeof value === "number") return Math.abs(value) < YEARS ? String(value) : grouped.format(value);
  if (kind === "date" && /^\d{4}-\d\d-\d\d$/.test(value)) return day.format(new Date(value));
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The rows by one column: numbers by size, dates by time, text as a person would sort it; empty cells always last. */
export function sorted(rows, column, kind, descending) {
  const isEmpty = (row) => row[column] === null || row[column] === undefined || row[column] === "";
  const compare = {
    number: (a, b) => a - b,
    date: (a, b) => Date.parse(a) - Date.parse(b) || collator.compare(a, b),
  }[kind] ?? ((a, b) => collator.compare(String(a), String(b)));
  const filled = rows.filter((row) => !isEmpty(row)).sort((a, b) => compare(a[column], b[column]));
  if (descending) filled.reverse();
  return [...filled, ...rows.filter(isEmpty)];
}

const FORMULA = /^[=+\-@\t\r]/;

/** RFC 4180. Text that a spreadsheet would run as a formula gets an apostrophe in front: models write what others told them. */
export function csvOf({ columns, rows }) {
  const lines = [columns.map(({ name }) => name), ...rows];
  return lines.map((line) => line.map(csvCell).join(",")).join("\r\n");
}

function csvCell(value) {
  if (value === null || value === undefined) return "";
  const isText = typeof value === "string";
  const text = isText ? (FORMULA.test(value) ? `'${value}` : value) : cellText(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
