// The sign of an agent: its emoji or letters, or how its name begins. It says nothing by itself: a name stands beside it.
import { html } from "../../lib/preact.js";
import { labelOf } from "../../state/catalogue.js";

/** `size` is "small", "" or "large". */
export function AgentIcon({ agent, size = "" }) {
  const sign = agent?.icon || [...labelOf(agent)][0]?.toLocaleUpperCase() || "?";
  return html`<span class="agent-icon ${size && `agent-icon--${size}`} ${agent?.icon ? "" : "agent-icon--initial"}" aria-hidden="true"
    >${sign}</span
  >`;
}
