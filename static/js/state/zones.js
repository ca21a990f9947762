// Times on the clocks of other places: what a moment is there, and which moment a time there is.

/** The time zones that this browser knows, with the reader's own. */
export function allZones() {
  return [...new Set(["UTC", ownZone(), ...Intl.supportedValuesOf("timeZone")])].sort();
}

export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** A moment on a zone's clock, as a field for date and time takes it: "2027-03-28T09:00". */
export function onClock(iso, zone) {
  const { year, month, day, hour, minute } = partsOf(new Date(iso), zone);
  return `${year}-${month}-${day}T${hour}:${minute}`;
}

/** The moment at which a zone's clock shows this time; one that it leaps over is moved on by as much. `""` for none. */
export function momentOf(written, zone) {
  if (!written) return "";
  const wanted = Date.parse(`${written}Z`);
  const guess = wanted - offsetAt(wanted, zone);
  // The offset may be another one there than at the first guess.
  return new Date(wanted - offsetAt(guess, zone)).toISOString();
}

/** Whether the clocks of two zones show the same at a moment. */
export const isSameClock = (iso, zone, other) => offsetAt(Date.parse(iso), zone) === offsetAt(Date.parse(iso), other);

function partsOf(date, zone) {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  return Object.fromEntries(format.formatToParts(date).map(({ type, value }) => [type, value]));
}

/** How far a zone's clock is before UTC at a moment, in ms. */
function offsetAt(time, zone) {
  const { year, month, day, hour, minute, second } = partsOf(new Date(time), zone);
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(time / 1000) * 1000;
}
