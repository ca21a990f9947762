// What the commands that are being written will do, and what looks like a command and is none.
import { html } from "../../lib/preact.js";
import { COMMANDS, describe, mayBegin } from "../../state/commands.js";
import { Icon } from "../icons.js";

const ICONS = { summarize: "summary", title: "pencil", tag: "bookmark", pin: "pin", fork: "branch", agent: "bubble", model: "bolt", skill: "book" };

const ENTRIES = COMMANDS.map(({ name, wants, example, does }) => ({
  slug: name,
  name: `/${name}`,
  description: `${does}: ${example}`,
  icon: ICONS[name] ?? (name === "run-title" ? "pencil" : "help"),
  inserted: name === "help" ? "" : wants ? `/${name} ` : `/${name}\n`,
  command: name,
}));

/** What can be named after a sign at a place of the text, as `useCompletion` wants it. */
export function namesAt({ sign, start }, text, catalogue) {
  if (sign === "@") return { kind: "agents", items: catalogue.agents };
  const skills = catalogue.skills.filter(isUsable);
  if (!mayBegin(text, start, catalogue)) return { kind: "skills", items: skills };
  return { kind: "commands", items: [...ENTRIES, ...skills] };
}

/** One's own skills that are switched off are listed, too. */
const isUsable = ({ enabled = true }) => enabled;

/** `parsed` is what `parse` makes of the text; `onFailure` is "stop" or "continue". */
export function WrittenCommands({ parsed, onFailure, onChangePolicy }) {
  const { commands, unknown, text } = parsed;
  const steps = commands.length + (text.trim() ? 1 : 0);
  if (commands.length === 0) return unknown ? html`<${Unknown} name=${unknown} />` : html`<${Nothing} />`;
  return html`<div class="written">
    <ol class="written__list" aria-label="Commands of this message">
      ${commands.map(
        (command, index) =>
          html`<li key=${index} class="written__command">
            <${Icon} name=${ICONS[command.type] ?? "bolt"} size=${13} /> ${describe(command.type, command)}
          </li>`,
      )}
      ${text.trim() && html`<li class="written__command written__command--words">your message</li>`}
    </ol>
    ${
      steps > 1 &&
      html`<button
        type="button"
        class="link-button written__policy"
        aria-pressed=${String(onFailure === "continue")}
        onClick=${() => onChangePolicy(onFailure === "continue" ? "stop" : "continue")}
      >
        ${onFailure === "continue" ? "If one fails, go on" : "If one fails, stop"}
      </button>`
    }
    ${unknown && html`<${Unknown} name=${unknown} />`}
  </div>`;
}

const Nothing = () => html`<p class="visually-hidden" role="status"></p>`;

function Unknown({ name }) {
  return html`<p class="written__unknown" role="status">“/${name}” is no command: it is sent as words. /help lists them.</p>`;
}
