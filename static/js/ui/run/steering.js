// What was said to a run while it ran: that it joined, or that it came too late. Until then it stands above the message field.
import { html } from "../../lib/preact.js";
import { Icon } from "../icons.js";
import { MaskedText } from "../masks.js";

export function SteerStep({ step: { status, details } }) {
  if (status === "applied") {
    return html`<p class="steer"><${Icon} name="join" size=${14} /> Joined the answer here</p>`;
  }
  if (status !== "returned") return null;
  return html`<p class="steer steer--returned">
    <${Icon} name="arrowBack" size=${14} />
    <span>Came too late for this answer, and is a message of its own: <q><${MaskedText} text=${details.text} /></q></span>
  </p>`;
}
