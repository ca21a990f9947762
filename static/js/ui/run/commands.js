// The commands of a run, in their order, each with how it stands.
import { html } from "../../lib/preact.js";
import { commandsIn, describe } from "../../state/commands.js";
import { Icon } from "../icons.js";
import { MaskedText } from "../masks.js";

const STATUS = {
  queued: { label: "waits", icon: "clock" },
  running: { label: "at work", icon: "bolt" },
  done: { label: "done", icon: "check" },
  failed: { label: "failed", icon: "warning" },
  skipped: { label: "skipped", icon: "minus" },
};

/** `steps` are those of a run; nothing is drawn where it has one prompt and nothing else. */
export function Commands({ steps = [] }) {
  const commands = commandsIn(steps);
  if (commands.length === 0) return null;
  const parents = Object.fromEntries(commands.map(({ id, parent }) => [id, parent]));
  const depth = (id) => (parents[id] ? 1 + depth(parents[id]) : 0);
  return html`<ol class="commands" aria-label="Commands">
    ${commands.map((command) => html`<${Command} key=${command.id} command=${command} depth=${depth(command.id)} />`)}
  </ol>`;
}

function Command({ command: { kind, arguments: given, status, result, error }, depth }) {
  const { label, icon } = STATUS[status] ?? { label: status, icon: "clock" };
  const more = error?.message ?? (kind === "fork" ? result : "");
  return html`<li class="command command--${status} command--depth-${Math.min(depth, 3)}">
    <span class="command__status"><${Icon} name=${icon} size=${13} /></span>
    <span class="command__what">${kind === "prompt" ? "Your message" : html`<${MaskedText} text=${describe(kind, given)} />`}</span>
    <span class="command__label">${label}</span>
    ${more && html`<span class="command__result"><${MaskedText} text=${more} /></span>`}
  </li>`;
}
