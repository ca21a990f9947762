// A table that can be sorted by its columns and copied.
import { html, useMemo, useState } from "../../lib/preact.js";
import { cellText, csvOf, sorted } from "../../render/table.js";
import { copyText } from "../clipboard.js";
import { Icon, IconButton } from "../icons.js";
import { MaskedText, useMasks } from "../masks.js";
import { Exhibit } from "./exhibit.js";

export function Table({ value: table, workspace }) {
  const { revealJson } = useMasks();
  const copy = async () =>
    workspace.toast((await copyText(csvOf(revealJson(table)))) ? "The table was copied as CSV." : "The browser refused to copy.");
  return html`<${Exhibit}
    title=${table.title}
    kind="table"
    actions=${html`<${IconButton} name="copy" size=${16} label="Copy as CSV" onClick=${copy} />`}
  >
    <${Grid} table=${table} label=${revealJson(table.title) || "Table"} />
  <//>`;
}

/** The table itself, in a frame that scrolls. */
export function Grid({ table: { columns, rows }, label }) {
  const [order, setOrder] = useState({ column: -1, descending: false });
  const { revealJson } = useMasks();
  const shown = useMemo(
    () => (order.column < 0 ? rows : inOrder(rows, revealJson, { ...order, kind: columns[order.column].kind })),
    [rows, order, revealJson],
  );
  const sort = (column) =>
    setOrder((known) => (known.column === column ? { column, descending: !known.descending } : { column, descending: false }));
  return html`<div class="grid" tabindex="0" role="region" aria-label=${label}>
    <table>
      <thead>
        <tr>
          ${columns.map(
            ({ name, kind }, index) =>
              html`<th scope="col" class="grid__cell--${kind}" aria-sort=${sortOf(order, index)}>
                <button type="button" class="grid__sort" onClick=${() => sort(index)}>
                  <${MaskedText} text=${name} /> <${Arrow} order=${order} column=${index} />
                </button>
              </th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${shown.map(
          (row) =>
            html`<tr>
              ${row.map((cell, index) => html`<td class="grid__cell--${columns[index].kind}" dir="auto"><${MaskedText} text=${cellText(cell, columns[index].kind)} /></td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
    ${rows.length === 0 && html`<p class="grid__none">There are no rows.</p>`}
  </div>`;
}

/** The rows in the order of what is read in them. */
function inOrder(rows, revealJson, { column, kind, descending }) {
  const read = new Map(rows.map((row) => [revealJson(row.slice()), row]));
  return sorted([...read.keys()], column, kind, descending).map((row) => read.get(row));
}

const sortOf = ({ column, descending }, index) =>
  column === index ? (descending ? "descending" : "ascending") : undefined;

function Arrow({ order, column }) {
  const isOn = order.column === column;
  const name = isOn && order.descending ? "arrowDown" : "arrowUp";
  return html`<span class="grid__arrow ${isOn ? "grid__arrow--on" : ""}"><${Icon} name=${name} size=${12} /></span>`;
}
