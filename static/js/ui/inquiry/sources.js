// The runs that a question was asked about: how many were read, and the way to each.
import { html } from "../../lib/preact.js";
import { runAt } from "../../state/inquiry.js";
import { MaskedText } from "../masks.js";

/** `read` is what `readIn` found in the message's `text`. */
export function Sources({ read: { read, of, sources }, text, workspace }) {
  return html`<details class="fold sources-read">
    <summary class="fold__summary">
      <span class="fold__label">Read ${read} of ${of} ${of === 1 ? "run" : "runs"}</span>
    </summary>
    <div class="fold__body">
      <ol class="sources-read__list" aria-label="Runs that were read">
        ${sources.map(
          ({ title, link, date, cut }) =>
            html`<li key=${link}>
              <a class="run-link" href=${link} onClick=${(event) => followRun(event, workspace)}><${MaskedText} text=${title} /></a>
              <span class="sources-read__note">${date}${cut ? ", its beginning" : ""}</span>
            </li>`,
        )}
      </ol>
      <details class="fold">
        <summary class="fold__summary"><span class="fold__label">What the model was given</span></summary>
        <div class="fold__body sources-read__text" dir="auto"><${MaskedText} text=${text} /></div>
      </details>
    </div>
  </details>`;
}

/** A click on a link to a run, wherever it stands, shows the run. A click that wants a new window gets it. */
export function followRun(event, workspace) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const place = runAt(event.target.closest?.("a[href]")?.getAttribute("href") ?? "");
  if (!place || !workspace) return;
  event.preventDefault();
  workspace.openRun(place.thread, place.run);
}
