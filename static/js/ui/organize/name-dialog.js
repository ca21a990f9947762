// One name, asked for and saved. What the server says against it is shown where it was typed.
import { html, useState } from "../../lib/preact.js";
import { Dialog } from "../dialog.js";

/** `before` is the name so far; `onSave(name)` may reject; `mayBeEmpty` says that none is a name, too. */
export function NameDialog({ title, label, before = "", placeholder = "", longest, mayBeEmpty = false, action = "Save", onSave, onClose }) {
  const [typed, setTyped] = useState(null);
  const [problem, setProblem] = useState("");
  const [saving, setSaving] = useState(false);
  const name = typed ?? before;
  const save = async (event) => {
    event.preventDefault();
    const given = name.trim();
    if (given === before) return onClose();
    if (!given && !mayBeEmpty) return;
    setSaving(true);
    try {
      await onSave(given);
      onClose();
    } catch (error) {
      setProblem(error.message);
      setSaving(false);
    }
  };
  return html`<${Dialog} title=${title} onClose=${onClose} class="dialog--small">
    <form onSubmit=${save}>
      <div class="field">
        <label for="name-dialog">${label}</label>
        <input
          id="name-dialog"
          value=${name}
          placeholder=${placeholder}
          maxlength=${longest}
          autofocus
          autocomplete="off"
          aria-invalid=${problem ? "true" : undefined}
          aria-describedby=${problem ? "name-dialog-problem" : undefined}
          onInput=${({ target }) => setTyped(target.value)}
        />
        ${problem && html`<p class="field__error" id="name-dialog-problem" role="alert">${problem}</p>`}
      </div>
      <div class="dialog__actions">
        <button type="button" class="button" onClick=${onClose}>Cancel</button>
        <button type="submit" class="button button--primary" disabled=${saving || (!name.trim() && !mayBeEmpty)}>${action}</button>
      </div>
    </form>
  <//>`;
}
