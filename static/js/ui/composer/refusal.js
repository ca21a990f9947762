// Why a message was not sent. It is still in the field below.
import { html } from "../../lib/preact.js";
import { Icon, IconButton } from "../icons.js";

const WORDS = {
  run_anonymization_unavailable:
    "Personal data cannot be masked at the moment. So nothing was sent: your message is still here.",
  anonymization_input_too_long:
    "This is too long to be searched for personal data. So nothing was sent: shorten it, or send it in parts.",
};
const AGAIN = new Set(["run_anonymization_unavailable"]);

export function Refusal({ error, onDismiss, onRetry }) {
  const code = error.code?.toLowerCase();
  return html`<div class="refusal" role="alert">
    <${Icon} name="warning" size=${16} />
    <p>
      ${WORDS[code] ?? error.message}${" "}
      ${error.status === 401 && html`<a href="/accounts/login/?next=${location.pathname}">Log in</a>`}
      ${AGAIN.has(code) && html`<button type="button" class="link-button" onClick=${onRetry}>Try again</button>`}
    </p>
    <${IconButton} name="close" size=${14} label="Dismiss" onClick=${onDismiss} />
  </div>`;
}
