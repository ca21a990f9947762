// What can be done with the conversations that are chosen.
import { html } from "../../lib/preact.js";
import { askedIn } from "../../state/templates.js";
import { Icon, IconButton } from "../icons.js";

export function SelectionBar({ workspace, threads, archived, onAll, onDone }) {
  const dialog = (name, detail) => workspace.dialog(name, detail, { stay: true });
  const ids = threads.map(({ id }) => id);
  const isPinned = threads.every(({ pinned }) => pinned);
  const change = async (fields) => {
    if (await workspace.attempt(() => workspace.organizer.changeThreads(ids, fields))) onDone();
  };
  const saveAsTemplate = async () => dialog("save-template", { runs: await askedIn(threads), onDone });
  return html`<div class="selection" role="toolbar" aria-label="Selected conversations">
    <p class="selection__count" role="status">${threads.length} selected</p>
    <button type="button" class="button button--quiet button--small" onClick=${onAll}>All</button>
    <button type="button" class="icon-button selection__done" aria-label="End the selection" title="End the selection (Esc)" onClick=${onDone}>
      <${Icon} name="close" size=${16} />
    </button>
    <div class="selection__actions">
      <${IconButton} name="folder" label="Move to a folder" onClick=${() => dialog("move", { threads })} />
      <${IconButton} name="tag" label="Tags" onClick=${() => dialog("tags", { threads })} />
      <${IconButton} name="pin" label=${isPinned ? "Unpin" : "Pin"} onClick=${() => change({ pinned: !isPinned })} />
      <${IconButton} name="archive" label=${archived ? "Restore" : "Archive"} onClick=${() => change({ archived: !archived })} />
      <${IconButton} name="template" label="Save as template" onClick=${() => workspace.attempt(saveAsTemplate)} />
      <${IconButton} name="download" label="Export" onClick=${() => dialog("export", { threads })} />
      <${IconButton} name="trash" label="Delete" class="selection__delete" onClick=${() => dialog("delete-threads", { threads, onDone })} />
    </div>
  </div>`;
}
