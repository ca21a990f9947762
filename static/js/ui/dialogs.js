// Which dialog is open, and the small ones.
import { Fragment, html, useState } from "../lib/preact.js";
import { titleOf } from "../state/thread-list.js";
import { AttemptsDialog } from "./attempts-dialog.js";
import { Dialog } from "./dialog.js";
import { PickerDialog } from "./picker-dialog.js";
import { SettingsDialog } from "./settings-dialog.js";
import { SHORTCUTS } from "./shortcuts.js";

const DIALOGS = {
  attempts: AttemptsDialog,
  delete: DeleteDialog,
  help: HelpDialog,
  picker: PickerDialog,
  rename: RenameDialog,
  settings: SettingsDialog,
};

export function Dialogs({ workspace, dialog }) {
  const Current = DIALOGS[dialog?.name];
  if (!Current) return null;
  return html`<${Current}
    key=${dialog.name}
    workspace=${workspace}
    detail=${dialog.detail}
    onClose=${() => workspace.dialog(null)}
  />`;
}

function HelpDialog({ onClose }) {
  return html`<${Dialog} title="Keyboard shortcuts" onClose=${onClose}>
    <dl class="shortcuts">
      ${SHORTCUTS.map(
        ({ keys, does }) =>
          html`<${Fragment} key=${does}>
            <dt>${keys.map((key) => html`<kbd>${key}</kbd>`)}</dt>
            <dd>${does}</dd>
          <//>`,
      )}
    </dl>
  <//>`;
}

function DeleteDialog({ workspace, detail: thread, onClose }) {
  const confirm = () => {
    onClose();
    workspace.deleteThread(thread.id);
  };
  return html`<${Dialog} title="Delete this conversation?" onClose=${onClose} class="dialog--small">
    <p>
      “${titleOf(thread)}” and everything in it will be gone for good. What is running in it is stopped first.
    </p>
    <div class="dialog__actions">
      <button type="button" class="button" autofocus onClick=${onClose}>Keep it</button>
      <button type="button" class="button button--danger" onClick=${confirm}>Delete</button>
    </div>
  <//>`;
}

function RenameDialog({ workspace, detail: thread, onClose }) {
  const [title, setTitle] = useState(thread.title ?? "");
  const save = (event) => {
    event.preventDefault();
    onClose();
    if (title.trim() && title.trim() !== thread.title) workspace.changeThread(thread.id, { title: title.trim() });
  };
  return html`<${Dialog} title="Rename" onClose=${onClose} class="dialog--small">
    <form onSubmit=${save}>
      <div class="field">
        <label for="rename-title">Name of the conversation</label>
        <input
          id="rename-title"
          value=${title}
          placeholder=${titleOf(thread)}
          maxlength="200"
          autofocus
          onInput=${({ target }) => setTitle(target.value)}
        />
      </div>
      <div class="dialog__actions">
        <button type="button" class="button" onClick=${onClose}>Cancel</button>
        <button type="submit" class="button button--primary">Save</button>
      </div>
    </form>
  <//>`;
}
