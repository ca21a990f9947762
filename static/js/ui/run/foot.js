// The foot of a run: what it took, and what is done with it most.
import { html } from "../../lib/preact.js";
import { isTerminal } from "../../state/thread-state.js";
import { copyText } from "../clipboard.js";
import { IconButton } from "../icons.js";
import { useMasks } from "../masks.js";
import { Facts } from "./facts.js";
import { Thumbs } from "./feedback.js";

/** `brief`: one of several side by side, which names its agent and model above. */
export function RunFoot({ run, waitsForUs, messages, catalogue, workspace, isLast, readOnly, brief = false }) {
  const ended = isTerminal(run);
  const { reveal } = useMasks();
  const answer = ended ? textOf(messages, "assistant") : "";
  const again = !run.pruned_at && {
    cancelled: { label: "Retry", act: workspace.retry },
    completed: { label: "Run again", act: workspace.rerun }, // the others have a button in their error card
  }[run.status];
  const copy = async () =>
    workspace.toast((await copyText(reveal(answer))) ? "The answer was copied." : "The browser refused to copy.");
  return html`<footer class="run__foot ${isLast ? "run__foot--last" : ""}">
    <${Facts} run=${run} waitsForUs=${waitsForUs} catalogue=${catalogue} names=${brief ? "nowhere" : "first"} />
    <div class="run__actions" role="group" aria-label="Run ${run.number}">
      ${!ended && !readOnly && html`<${IconButton} name="stop" size=${16} label="Stop" onClick=${() => workspace.cancel(run)} />`}
      ${answer && html`<${IconButton} name="copy" size=${16} label="Copy the answer" onClick=${copy} />`}
      ${answer && !readOnly && !brief && html`<${Thumbs} run=${run} workspace=${workspace} />`}
      ${again && !readOnly && !brief && html`<${IconButton} name="redo" size=${16} label=${again.label} onClick=${() => again.act(run)} />`}
    </div>
  </footer>`;
}

/** What somebody said in messages. */
export function textOf(messages, role) {
  const parts = messages.filter((message) => message.role === role).flatMap(({ content }) => content);
  return parts
    .filter(({ type }) => type === "text")
    .map(({ text }) => text)
    .join("\n\n");
}
