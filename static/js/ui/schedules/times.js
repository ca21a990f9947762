// Moments of schedules: on the reader's clock, and on the schedule's where that shows another time.
import { html } from "../../lib/preact.js";
import { isSameClock, ownZone } from "../../state/zones.js";

const formats = new Map();

function formatOf(timeZone) {
  if (!formats.has(timeZone)) {
    formats.set(timeZone, new Intl.DateTimeFormat(undefined, { timeZone, weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit" }));
  }
  return formats.get(timeZone);
}

/** "Mon, 1 Mar 2027, 09:00", and the same on the clock of `zone` where that shows another time. */
export function Moment({ at, zone }) {
  const own = ownZone();
  const there = !isSameClock(at, zone, own) && formatOf(zone).format(new Date(at));
  return html`<time class="moment" datetime=${at}>
    ${formatOf(own).format(new Date(at))}${there && html` <span class="moment__there">${there} in ${cityOf(zone)}</span>`}
  </time>`;
}

/** "Europe/Isle_of_Man" → "Isle of Man". */
export const cityOf = (zone) => zone.split("/").at(-1).replaceAll("_", " ");
