// What can be done with the runs that are chosen.
import { html } from "../../lib/preact.js";
import { isTerminal } from "../../state/thread-state.js";
import { Icon, IconButton } from "../icons.js";

/** `inThread`: the runs are of the open conversation, so that they can be grouped and removed. */
export function RunSelectionBar({ workspace, runs, inThread = false, onAll, onDone }) {
  const isPinned = runs.every(({ pinned }) => pinned);
  const isOut = runs.every(({ context }) => context === "excluded");
  const mayHide = runs.every(isTerminal);
  const ids = runs.map(({ id }) => id);
  const pin = async () => {
    if (await workspace.attempt(() => workspace.organizer.changeRuns(ids, { pinned: !isPinned }))) onDone();
  };
  const hide = async () => {
    if (await (isOut ? workspace.view.takeBack(runs) : workspace.view.leaveOut(runs))) onDone();
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
      ${mayHide && html`<${IconButton} name=${isOut ? "eye" : "eyeOff"} label=${isOut ? "Take back into the model’s view" : "Leave out of the model’s view"} onClick=${hide} />`}
      ${inThread && html`<${IconButton} name="summary" label="Summarise" onClick=${() => workspace.dialog("summarize", { runs, onDone })} />`}
      <${IconButton} name="template" label="Save as template" onClick=${() => workspace.dialog("save-template", { runs, onDone })} />
      <${IconButton} name="help" label="Ask about these runs" onClick=${() => workspace.dialog("ask-about-runs", { runs, onDone })} />
      <${IconButton} name="download" label="Export" onClick=${() => workspace.dialog("export", { runs })} />
      ${
        inThread &&
        html`<${IconButton} name="trash" label="Delete" class="selection__delete" onClick=${() => workspace.dialog("delete-runs", { runs, onDone })} />`
      }
    </div>
  </div>`;
}
