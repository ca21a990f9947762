// The last question before nobody waits for something any more.
import { html } from "../../lib/preact.js";
import { Dialog } from "../dialog.js";
import { titleOf } from "../tools/describe.js";

/** `detail`: `{id, tool, title?}` of an operation. */
export function CancelOperationDialog({ workspace, detail: { id, tool, title }, onClose }) {
  const confirm = () => {
    onClose();
    workspace.operations.cancel(id);
  };
  return html`<${Dialog} title="Cancel “${titleOf({ title, name: tool })}”?" onClose=${onClose} class="dialog--small">
    <p>No run will bring its result. A job that goes on elsewhere is not stopped by that: what it brings is not taken.</p>
    <div class="dialog__actions">
      <button type="button" class="button" autofocus onClick=${onClose}>Wait for it</button>
      <button type="button" class="button button--danger" onClick=${confirm}>Cancel it</button>
    </div>
  <//>`;
}
