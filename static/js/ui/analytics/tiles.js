// The figures of all runs that are looked at, in tiles.
import { html } from "../../lib/preact.js";
import { money, secondsOf, shortNumber, wholeNumber } from "../format.js";

export const share = (part, whole) => (whole ? `${Math.round((100 * part) / whole)} %` : "–");
export const amounts = (costs) => Object.entries(costs).map(([currency, cost]) => money(cost, currency));
export const seconds = (value) => (value === undefined ? "–" : secondsOf(value));

/** `found`: an answer of `analytics/`. */
export function Tiles({ found: { totals, billed } }) {
  const { runs, completed, failed, interrupted, p50, p95, ttft_p50: first, ttft_p95: late } = totals;
  const tokens = totals.input_tokens + totals.output_tokens;
  return html`<dl class="tiles">
    <${Tile} name="Runs" value=${wholeNumber(runs)} more=${`${share(completed, runs)} completed, ${wholeNumber(failed + interrupted)} failed or interrupted`} />
    <${Tile} name="Time of an answer" value=${seconds(p50)} more=${`95 % within ${seconds(p95)}`} />
    <${Tile} name="Until the first word" value=${seconds(first)} more=${`95 % within ${seconds(late)}`} />
    <${Tile} name="Cost" value=${amounts(totals.cost).join(" + ") || "–"} more=${billed && more(billed, totals.cost)} />
    <${Tile} name="Tokens" value=${shortNumber(tokens)} more=${`${shortNumber(totals.input_tokens)} in (${share(totals.cached_tokens, totals.input_tokens)} cached), ${shortNumber(totals.output_tokens)} out`} />
    <${Tile} name="Tool calls" value=${wholeNumber(totals.tool_calls)} more=${`${share(totals.tool_calls - totals.tool_failures, totals.tool_calls)} succeeded`} />
    <${Tile} name="Thumbs" value=${`${wholeNumber(totals.up)} up, ${wholeNumber(totals.down)} down`} more=${`of ${wholeNumber(runs)} answers`} />
  </dl>`;
}

/** What is on the bill and in no figure: of what was removed. */
function more(billed, cost) {
  const isMore = Object.keys(billed).some((currency) => Number(billed[currency]) - Number(cost[currency] ?? 0) > 1e-9);
  return isMore ? `${amounts(billed).join(" + ")} with what was removed` : "";
}

const Tile = ({ name, value, more: rest }) =>
  html`<div class="tile">
    <dt class="tile__name">${name}</dt>
    <dd class="tile__value">${value}</dd>
    ${rest && html`<dd class="tile__more">${rest}</dd>`}
  </div>`;
