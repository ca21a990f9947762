// The rows of a grouping with all their figures: each leads to its runs, and narrows the page down to them.
import { html } from "../../lib/preact.js";
import { filtersOfRow } from "../../state/analytics.js";
import { shortNumber, wholeNumber } from "../format.js";
import { IconButton } from "../icons.js";
import { amounts, seconds, share } from "./tiles.js";

const COLUMNS = ["Runs", "Completed", "Failed", "Median", "95 %", "First word", "Tokens in", "out", "cached", "Cost", "Tool calls", "failed", "Thumbs up", "down"];

export function RowTable({ asked, rows, words, addressOfRuns, onAsk }) {
  return html`<div class="grid analytics__table" tabindex="0" role="region" aria-label=${`Figures by ${words.toLowerCase()}`}>
    <table>
      <thead>
        <tr>
          <th scope="col" class="grid__cell--text">${words}</th>
          ${COLUMNS.map((name) => html`<th key=${name} scope="col" class="grid__cell--number">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map((row) => html`<${Row} key=${row.key} asked=${asked} row=${row} addressOfRuns=${addressOfRuns} onAsk=${onAsk} />`)}
      </tbody>
    </table>
  </div>`;
}

function Row({ asked, row, addressOfRuns, onAsk }) {
  const filters = filtersOfRow(asked, row);
  const address = filters && addressOfRuns(filters);
  const cells = [
    wholeNumber(row.runs),
    share(row.completed, row.runs),
    wholeNumber(row.failed + row.interrupted),
    seconds(row.p50),
    seconds(row.p95),
    seconds(row.ttft_p50),
    shortNumber(row.input_tokens),
    shortNumber(row.output_tokens),
    shortNumber(row.cached_tokens),
    amounts(row.cost).join(" + ") || "–",
    wholeNumber(row.tool_calls),
    wholeNumber(row.tool_failures),
    wholeNumber(row.up),
    wholeNumber(row.down),
  ];
  return html`<tr>
    <th scope="row" class="grid__cell--text analytics__row">
      ${address ? html`<a href=${address} dir="auto">${row.label}</a>` : html`<span dir="auto">${row.label}</span>`}
      ${filters && html`<${IconButton} name="search" size=${14} label=${`Only ${row.label}`} onClick=${() => onAsk(filters)} />`}
    </th>
    ${cells.map((cell, index) => html`<td key=${index} class="grid__cell--number">${cell}</td>`)}
  </tr>`;
}
