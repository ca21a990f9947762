// The last question before several runs are removed.
import { html } from "../../lib/preact.js";
import { Dialog } from "../dialog.js";

/** `detail`: `{runs, onDone}`; `onDone` is called when they are gone. */
export function DeleteRunsDialog({ workspace, detail: { runs, onDone }, onClose }) {
  const many = runs.length === 1 ? `run ${runs[0].number}` : `${runs.length} runs`;
  const confirm = () => {
    onClose();
    workspace.runs.removeAll(runs).then(onDone);
  };
  return html`<${Dialog} title="Delete ${many}?" onClose=${onClose} class="dialog--small">
    <p>What was said in them goes, from the conversation and from what the model sees. What follows them stays.</p>
    <p class="removal__hint">You can undo it for a while.</p>
    <div class="dialog__actions">
      <button type="button" class="button" autofocus onClick=${onClose}>Keep them</button>
      <button type="button" class="button button--danger" onClick=${confirm}>Delete</button>
    </div>
  <//>`;
}
