// A new retention policy: what a run has to be for its words to go.
import { html, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { policyFrom } from "../../state/retention.js";

/** `attempt(request)` does it, and answers `null` where it was refused. */
export function NewPolicy({ attempt }) {
  const [open, setOpen] = useState(false);
  if (!open) {
    return html`<div>
      <button type="button" class="button" onClick=${() => setOpen(true)}>New policy</button>
    </div>`;
  }
  const save = async (event) => {
    event.preventDefault();
    const fields = policyFrom(Object.fromEntries(new FormData(event.target)));
    if (await attempt(() => api.createRetentionPolicy(fields))) setOpen(false);
  };
  return html`<form class="policy-form" onSubmit=${save} aria-label="New policy">
    <${Text} name="name" label="Name" required autofocus maxlength="100" />
    <p class="settings__hint">Every condition that you set has to hold. At least one is needed.</p>
    <div class="policy-form__pair">
      <${Text} name="older_than_days" label="Ended more than … days ago" type="number" min="1" max="36500" />
      <${Text} name="importance_below" label="Importance below" type="number" min="1" max="100" />
      <${Text} name="tags" label="With one of these tags" placeholder="draft, idea" />
      <${Text} name="without_tags" label="Without these tags" placeholder="keep" />
      <${Text} name="kilobytes" label="More than … kB of text" type="number" min="1" max="1000000" />
    </div>
    <label class="policy-form__check"><input type="checkbox" name="only_archived" /> In archived conversations alone</label>
    <div class="settings__save">
      <button type="submit" class="button button--primary">Save</button>
      <button type="button" class="button" onClick=${() => setOpen(false)}>Cancel</button>
    </div>
  </form>`;
}

function Text({ name, label, ...rest }) {
  const id = `policy-${name}`;
  return html`<div class="field"><label for=${id}>${label}</label><input id=${id} name=${name} autocomplete="off" ...${rest} /></div>`;
}
