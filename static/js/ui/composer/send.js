// How a message is sent: in its turn; or, while an answer is being given, into that answer, or instead of it.
import { html } from "../../lib/preact.js";
import { Icon } from "../icons.js";
import { MenuButton } from "../menu.js";
import { MOD } from "../shortcuts.js";

/** `onSend(whenBusy)`. `canJoin`: an answer is being given that these words can join. */
export function SendButtons({ busy, canJoin, disabled, sendKey, onSend, onStop }) {
  const label = busy ? "Send: it will be queued" : "Send";
  const key = sendKey === "enter" ? "Enter" : `${MOD}+Enter`;
  return html`${
      busy &&
      html`<button type="button" class="button composer__stop" onClick=${onStop}>
        <${Icon} name="stop" size=${15} /> <span class="composer__stop-label">Stop</span>
      </button>`
    }
    ${
      busy &&
      !disabled &&
      html`<${MenuButton}
        label="Send in another way"
        icon="chevron"
        class="composer__ways"
        items=${[
          canJoin && { label: `Join the answer now (${MOD}+Shift+Enter)`, icon: "join", onSelect: () => onSend("steer") },
          { label: "Wait for its turn", icon: "clock", onSelect: () => onSend("queue") },
          { label: "Stop the answer and send now", icon: "bolt", onSelect: () => onSend("interrupt") },
        ]}
      />`
    }
    <button type="submit" class="composer__send" disabled=${disabled} aria-label=${label} title="${label} (${key})">
      <${Icon} name="send" size=${18} />
    </button>`;
}
