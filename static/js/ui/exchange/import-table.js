// What a file holds, conversation by conversation: what would become of each, or what has.
import { html, useState } from "../../lib/preact.js";
import { rowsOf, STATES } from "../../state/exchange.js";
import { wholeNumber } from "../format.js";

const PORTION = 100; // rows that are drawn at first, and more with each wish

/** `report` is the answer of a dry run, or of an import that is `done`. */
export function ImportTable({ report, done, workspace, onClose }) {
  const [portions, setPortions] = useState(1);
  const rows = rowsOf(report);
  const shown = rows.slice(0, portions * PORTION);
  const rest = rows.length - shown.length;
  return html`<div class="import__table">
    <table aria-label=${done ? "What was brought in" : "What is in the file"}>
      <thead>
        <tr><th scope="col">Conversation</th><th scope="col" class="import__number">Runs</th><th scope="col" class="import__number import__number--less">Messages</th><th scope="col">${done ? "Outcome" : "Here"}</th></tr>
      </thead>
      <tbody>
        ${shown.map((row) => html`<${Row} key=${row.index} row=${row} done=${done} workspace=${workspace} onClose=${onClose} />`)}
      </tbody>
    </table>
    ${rest > 0 && html`<button type="button" class="button button--quiet button--small button--wide" onClick=${() => setPortions(portions + 1)}>${rest} more</button>`}
  </div>`;
}

function Row({ row, done, workspace, onClose }) {
  const { title, runs, messages, state, thread_id: thread, problems = [], refused } = row;
  const open = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    onClose();
    workspace.openThread(thread);
  };
  return html`<tr class="import__row import__row--${refused ? "refused" : state}">
    <th scope="row" dir="auto">
      ${thread ? html`<a href="/threads/${thread}/" onClick=${open}>${title || "Without a title"}</a>` : title || "Without a title"}
      ${problems.map((problem, index) => html`<span key=${index} class="import__problem">${problem}</span>`)}
    </th>
    <td class="import__number">${wholeNumber(runs)}</td>
    <td class="import__number import__number--less">${wholeNumber(messages)}</td>
    <td>${done ? outcome(row) : (refused ? "Cannot be imported" : (STATES[state] ?? state))}</td>
  </tr>`;
}

function outcome({ state, refused, brought }) {
  if (refused) return "Not brought in";
  if (brought) return state === "changed" ? "Brought in as a copy" : "Brought in";
  return state === "changed" ? "Left as it is here" : (STATES[state] ?? state);
}
