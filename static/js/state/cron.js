// When something happens again and again: a cron expression as a person says it, and back.

/** The ways to say it that the page has fields for; whatever else a cron expression can say is "custom". */
export const RHYTHMS = Object.freeze([
  { kind: "daily", label: "Every day" },
  { kind: "weekdays", label: "On weekdays" },
  { kind: "weekly", label: "Every week" },
  { kind: "monthly", label: "Every month" },
  { kind: "hourly", label: "Every hour" },
  { kind: "custom", label: "Custom" },
]);

export const WEEKDAYS = Object.freeze([1, 2, 3, 4, 5, 6, 0]); // as cron counts them, 0 is Sunday; in the order of a calendar
const DEFAULTS = Object.freeze({ kind: "daily", time: "09:00", minute: 0, days: [1], day: 1, cron: "0 9 * * *" });

const NUMBER = /^\d{1,2}$/;
const DAYS = /^[0-7](?:,[0-7])*$/;

/** The cron expression of a rhythm `{kind, time: "HH:MM", minute, days: [weekday], day, cron}`; `""` where something is missing. */
export function cronOf({ kind, time, minute, days, day, cron }) {
  if (kind === "custom") return cron.trim().split(/\s+/).join(" ");
  if (kind === "hourly") return `${minute} * * * *`;
  const [hours, minutes] = time.split(":").map(Number);
  if (!Number.isInteger(hours) || !Number.isInteger(minutes)) return "";
  const at = `${minutes} ${hours}`;
  switch (kind) {
    case "weekdays":
      return `${at} * * 1-5`;
    case "weekly":
      return days.length ? `${at} * * ${[...days].sort().join(",")}` : "";
    case "monthly":
      return `${at} ${day} * *`;
    default:
      return `${at} * * *`;
  }
}

/** The rhythm that a cron expression is; what it does not say is as it is at first. */
export function rhythmOf(cron = "0 9 * * *") {
  const [minute, hour, day, month, weekday, ...more] = cron.trim().split(/\s+/);
  const custom = { ...DEFAULTS, kind: "custom", cron };
  if (more.length || month !== "*" || !isWithin(minute, 0, 59)) return custom;
  if (hour === "*" && day === "*" && weekday === "*") return { ...DEFAULTS, kind: "hourly", minute: Number(minute), cron };
  if (!isWithin(hour, 0, 23)) return custom;
  const timed = { ...DEFAULTS, time: `${hour.padStart(2, "0")}:${minute.padStart(2, "0")}`, cron };
  if (day === "*") return { ...timed, ...byWeekday(weekday) };
  return isWithin(day, 1, 31) && weekday === "*" ? { ...timed, kind: "monthly", day: Number(day) } : custom;
}

function byWeekday(weekday) {
  if (weekday === "*") return { kind: "daily" };
  if (weekday === "1-5") return { kind: "weekdays" };
  if (!DAYS.test(weekday ?? "")) return { kind: "custom" };
  return { kind: "weekly", days: [...new Set(weekday.split(",").map((one) => Number(one) % 7))] };
}

const isWithin = (text, least, most) => NUMBER.test(text ?? "") && Number(text) >= least && Number(text) <= most;

/** Another rhythm of the same time of day: what was said so far is the beginning of it. */
export const changedRhythm = (rhythm, fields) =>
  fields.kind === "custom" ? { ...rhythm, cron: cronOf(rhythm) || rhythm.cron, ...fields } : { ...rhythm, ...fields };

const weekdayName = (weekday, style, locale) =>
  new Intl.DateTimeFormat(locale, { weekday: style, timeZone: "UTC" }).format(new Date(Date.UTC(2023, 0, 1 + weekday))); // a Sunday

/** What a weekday is called: "Mon", or "Monday". */
export const nameOfDay = (weekday, { style = "short", locale } = {}) => weekdayName(weekday, style, locale);

/** A rhythm in words: "On weekdays at 09:00". What is custom says itself. */
export function wordsOf(cron, { locale } = {}) {
  const { kind, time, minute, days, day } = rhythmOf(cron);
  switch (kind) {
    case "daily":
      return `Every day at ${time}`;
    case "weekdays":
      return `On weekdays at ${time}`;
    case "weekly":
      return `Every ${listed(WEEKDAYS.filter((one) => days.includes(one)).map((one) => weekdayName(one, "long", locale)))} at ${time}`;
    case "monthly":
      return `Every month on day ${day} at ${time}`;
    case "hourly":
      return `Every hour at ${String(minute).padStart(2, "0")} past`;
    default:
      return cron;
  }
}

const listed = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
