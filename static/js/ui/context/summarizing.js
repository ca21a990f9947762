// A run that does nothing but summarise others: a line, and no empty answer.
import { html } from "../../lib/preact.js";
import { namesOf } from "../../state/run-numbers.js";
import { useStore } from "../../state/store.js";
import { Icon } from "../icons.js";
import { MaskedText } from "../masks.js";

const WORDS = { queued: "To be summarised:", running: "Being summarised:", done: "Summarised:", failed: "Could not be summarised:", skipped: "Not summarised:" };

/** `commands` as `summarizingIn` gives them. */
export function Summarizing({ commands, session }) {
  return commands.map((command) => html`<${Line} key=${command.id} command=${command} session=${session} />`);
}

function Line({ command: { status, arguments: given, error }, session }) {
  const numbers = useStore(session.state, ({ runs }) => given.runs.map((id) => runs[id]?.number ?? "").filter(Boolean).join());
  const known = numbers ? numbers.split(",").map(Number) : [];
  const what = known.length === given.runs.length ? namesOf(known) : `${given.runs.length} runs`;
  return html`<span class="summarizing summarizing--${status}">
    <${Icon} name="summary" size=${15} />
    <span>${WORDS[status] ?? "Summary of"} ${what}</span>
    ${given.instructions && html`<q class="summarizing__wish" dir="auto"><${MaskedText} text=${given.instructions} /></q>`}
    ${error && html`<span class="summarizing__error"><${MaskedText} text=${error.message} /></span>`}
  </span>`;
}
