// What runs came to: how it is narrowed down, the figures, the charts over days, and the rows of one grouping.
import { html } from "../../lib/preact.js";
import {
  addressOfFile, costs, daysAgo, everyDay, FILTERS, foremost, GROUPS, GROUPS_OF_ALL, outcomes, SPANS, times,
} from "../../state/analytics.js";
import { useStore } from "../../state/store.js";
import { Icon } from "../icons.js";
import { Chart } from "../tools/chart.js";
import { Tiles } from "./tiles.js";
import { RowTable } from "./row-table.js";
import { wordsOf } from "./words.js";

/**
 * `names`: for what is known by a slug or an id, what it is called, by group; `addressOfRuns(filters)` leads to the runs that
 * these filters find; `onAsk(asked)` is called with what is asked for next.
 */
export function AnalyticsView({ analytics, names, addressOfRuns, onAsk }) {
  const { asked, days, found, phase, error } = useStore(analytics.store);
  if (!asked) return null;
  const narrow = (fields) => onAsk({ ...asked, ...fields });
  const groups = analytics.scope === "all" ? GROUPS_OF_ALL : GROUPS;
  const label = (group, key, otherwise) => wordsOf(group, key) ?? names[group]?.(key) ?? (otherwise || key);
  return html`<div class="analytics" id="analytics-main" tabindex="-1" aria-busy=${String(phase === "loading")}>
    <${Span} asked=${asked} onAsk=${narrow} file=${addressOfFile(asked, analytics.scope)} />
    <${Chips} asked=${asked} label=${label} found=${found} onAsk=${narrow} />
    ${phase === "failed" && html`<p class="analytics__note" role="alert">${error.message} <button type="button" class="link-button" onClick=${() => analytics.look(asked)}>Try again</button></p>`}
    ${phase === "loading" && !days && html`<p class="analytics__note" role="status">Counting …</p>`}
    ${days && html`<${Tiles} found=${days} />`}
    ${days?.rows.length > 0 && html`<${Days} asked=${asked} days=${days} />`}
    ${found?.rows.length > 0 && html`<${Groups} ...${{ asked, found, groups, label, addressOfRuns }} onAsk=${narrow} />`}
    ${days?.rows.length === 0 && phase === "ready" && html`<p class="analytics__note" role="status">There are no such runs in this time.</p>`}
  </div>`;
}

/** From when to when, and all of it as a file. */
function Span({ asked, onAsk, file }) {
  const isSpan = (span) => asked.since === daysAgo(span) && !asked.until;
  const choices = [...SPANS.map((span) => [span === 365 ? "A year" : `${span} days`, daysAgo(span), isSpan(span)]), ["All", "", !asked.since && !asked.until]];
  const day = (name, words) => html`<div class="field analytics__day">
    <label for="analytics-${name}">${words}</label>
    <input id="analytics-${name}" type="date" value=${asked[name] ?? ""} onChange=${({ target }) => target.validity.valid && onAsk({ [name]: target.value })} />
  </div>`;
  return html`<div class="analytics__bar">
    <fieldset class="segments">
      <legend class="visually-hidden">Time</legend>
      ${choices.map(
        ([words, since, isOn]) =>
          html`<label key=${words} class="segment">
            <input type="radio" name="analytics-span" checked=${isOn} onChange=${() => onAsk({ since, until: "" })} />
            <span>${words}</span>
          </label>`,
      )}
    </fieldset>
    ${day("since", "From")} ${day("until", "To")}
    <a class="button analytics__file" href=${file} download><${Icon} name="download" size=${16} /> CSV</a>
  </div>`;
}

/** What it is narrowed down to, apart from the time; each can be taken away. */
function Chips({ asked, label, found, onAsk }) {
  const given = FILTERS.filter((name) => asked[name] && name !== "since" && name !== "until");
  if (given.length === 0) return null;
  const known = (name) => found?.rows.find((row) => row.key === asked[name])?.label;
  return html`<ul class="filter-chips" aria-label="Filters that hold">
    ${given.map((name) => {
      const said = label(name === "status" ? "outcome" : name, asked[name], known(name));
      return html`<li key=${name}>
        <button type="button" class="filter-chip" aria-label=${`Without “${said}”`} onClick=${() => onAsk({ [name]: "" })}>
          <span class="filter-chip__text">${said}</span> <${Icon} name="close" size=${13} />
        </button>
      </li>`;
    })}
  </ul>`;
}

function Days({ asked, days }) {
  const rows = everyDay(days.rows, asked);
  const charts = [outcomes(rows, "Runs by day", "Day"), times(rows, "How long answers take", "Day"), ...costs(rows, "Cost by day", "Day")];
  return html`<section aria-label="By day" class="analytics__charts">
    ${charts.filter(Boolean).map((chart) => html`<${Chart} key=${chart.title} value=${chart} />`)}
  </section>`;
}

function Groups({ asked, found, groups, label, addressOfRuns, onAsk }) {
  const group = asked.group_by;
  const rows = found.rows.map((row) => ({ ...row, label: row.key === "" ? "none" : label(group, row.key, row.label) }));
  const drawn = foremost(rows);
  const words = groups.find(([value]) => value === group)?.[1] ?? "Group";
  return html`<section aria-label="In groups" class="analytics__groups">
    <div class="field analytics__by">
      <label for="analytics-by">Put together by</label>
      <select id="analytics-by" value=${group} onChange=${({ target }) => onAsk({ group_by: target.value })}>
        ${groups.map(([value, one]) => html`<option key=${value} value=${value}>${one}</option>`)}
      </select>
    </div>
    ${
      group !== "day" &&
      html`<div class="analytics__charts">
        ${[outcomes(drawn, "Runs", words), ...costs(drawn, "Cost", words)].map((chart) => html`<${Chart} key=${chart.title} value=${chart} />`)}
      </div>`
    }
    <${RowTable} asked=${asked} rows=${rows} words=${words} addressOfRuns=${addressOfRuns} onAsk=${onAsk} />
  </section>`;
}
