// The last question before several conversations are gone.
import { html } from "../../lib/preact.js";
import { Dialog } from "../dialog.js";

/** `detail`: `{threads, onDone}`; `onDone` is called when they are gone. */
export function DeleteThreadsDialog({ workspace, detail: { threads, onDone }, onClose }) {
  const many = threads.length === 1 ? "this conversation" : `${threads.length} conversations`;
  const confirm = () => {
    onClose();
    workspace.deleteThreads(threads.map(({ id }) => id)).then(onDone);
  };
  return html`<${Dialog} title="Delete ${many}?" onClose=${onClose} class="dialog--small">
    <p>They and everything in them will be gone for good. What is running in them is stopped first.</p>
    <div class="dialog__actions">
      <button type="button" class="button" autofocus onClick=${onClose}>Keep them</button>
      <button type="button" class="button button--danger" onClick=${confirm}>Delete</button>
    </div>
  <//>`;
}
