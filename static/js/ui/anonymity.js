// What marks an anonymous conversation: its badge, the switch to what the model sees, and the choice while it is still new.
import { html } from "../lib/preact.js";
import { Icon } from "./icons.js";

const MEANS = "Names, addresses and numbers are replaced before a model sees them. You still read the real ones.";
const AS_MODEL = "Show what the model sees";

/** It was made so, and never becomes anything else. */
export function Anonymity({ workspace, asModel }) {
  return html`<div class="anonymity">
    <span class="anonymity__badge" title=${MEANS}><${Icon} name="mask" size=${16} /><span class="anonymity__word">Anonymous</span></span>
    <button
      type="button"
      class="icon-button anonymity__eye"
      aria-label=${AS_MODEL}
      title=${AS_MODEL}
      aria-pressed=${String(asModel)}
      onClick=${() => workspace.showAsModel(!asModel)}
    >
      <${Icon} name="eye" />
    </button>
  </div>`;
}

export function AsModelNote({ workspace }) {
  return html`<p class="as-model" role="status">
    <span>This is what the model sees.</span>
    <button type="button" class="link-button" onClick=${() => workspace.showAsModel(false)}>Show the real values</button>
  </p>`;
}

/** Whether the new conversation is anonymous; `anonymity` is as in state/anonymity.js. */
export function AnonymousSwitch({ workspace, anonymity: { on, fixed } }) {
  return html`<button
    type="button"
    class="anonymous-switch"
    role="switch"
    aria-checked=${String(on)}
    aria-label="Anonymous"
    aria-describedby="anonymous-note"
    aria-disabled=${fixed ? "true" : undefined}
    title=${fixed || MEANS}
    onClick=${() => !fixed && workspace.chooseAnonymous(!on)}
  >
    <${Icon} name="mask" size=${18} /><span class="anonymous-switch__word">Anonymous</span>
  </button>`;
}

/** One plain sentence on what it does, while it is on. */
export function AnonymousNote({ anonymity: { on, fixed } }) {
  return html`<p class="anonymous-note" id="anonymous-note" role="status">
    ${on && `${fixed} ${MEANS}`.trim()}
  </p>`;
}
