// What can be done with the runs that are chosen.
import { html } from "../../lib/preact.js";
import { Icon, IconButton } from "../icons.js";

/** `inThread`: the runs are of the open conversation, so that they can be grouped and removed. */
export function RunSelectionBar({ workspace, runs, inThread = false, onAll, onDone }) {
  const isPinned = runs.every(({ pinned }) => pinned);
  const ids = runs.map(({ id }) => id);
  const pin = async () => {
    if (await workspace.attempt(() => workspace.organizer.changeRuns(ids, { pinned: !isPinned }))) onDone();
  };
  return html`<div class="selection" role="toolbar" aria-label="Selected runs">
    <p class="selection__count" role="status">${runs.length} selected</p>
    <button type="button" class="button button--quiet button--small" onClick=${onAll}>All</button>
    <button type="button" class="icon-button selection__done" aria-label="End the selection" title="End the selection (Esc)" onClick=${onDone}>
      <${Icon} name="close" size=${16} />
    </button>
    <div class="selection__actions">
      <${IconButton} name="tag" label="Tags" onClick=${() => workspace.dialog("tags", { runs })} />
      ${inThread && html`<${IconButton} name="group" label="Group" onClick=${() => workspace.dialog("group", { runs })} />`}
      <${IconButton} name="gauge" label="Importance" onClick=${() => workspace.dialog("importance", { runs })} />
      <${IconButton} name="pin" label=${isPinned ? "Unpin" : "Pin"} onClick=${pin} />
      ${
        inThread &&
        html`<${IconButton} name="trash" label="Delete" class="selection__delete" onClick=${() => workspace.dialog("delete-runs", { runs, onDone })} />`
      }
    </div>
  </div>`;
}
