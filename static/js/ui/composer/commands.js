// What the commands that are being written will do, and what looks like a command and is none.
import { html } from "../../lib/preact.js";
import { COMMANDS, describe, mayBegin } from "../../state/commands.js";
import { handleOf, startable, templateNamed } from "../../state/template-command.js";
import { Icon, IconButton } from "../icons.js";

const ICONS = { summarize: "summary", title: "pencil", tag: "bookmark", pin: "pin", fork: "branch", agent: "bubble", model: "bolt", skill: "book", template: "template" };

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
  if (!mayBegin(text, start, catalogue)) return sign === "/" ? { kind: "skills", items: skills } : { kind: "templates", items: [] };
  if (sign !== "/") return { kind: "templates", items: templatesOf(catalogue) };
  return { kind: "commands", items: [...ENTRIES, ...skills, ...templatesOf(catalogue)] };
}

/** Templates as entries: chosen, one stands in its line, and its parameters are asked for. */
function templatesOf({ templates }) {
  return startable(templates).map((template) => {
    const line = handleOf(template, templates);
    const asks = template.parameters.map(({ label, name }) => label || name).join(", ");
    return {
      slug: template.slug,
      name: template.name,
      description: [`/template ${template.slug}`, template.description, asks && `asks for ${asks}`].filter(Boolean).join(" · "),
      icon: "template",
      inserted: `/template ${line}\n`,
      command: "template",
      template: { id: template.id, line, asks: Boolean(asks) },
    };
  });
}

/** One's own skills that are switched off are listed, too. */
const isUsable = ({ enabled = true }) => enabled;

/**
 * `parsed` is what `parse` makes of the text; `onFailure` is "stop" or "continue"; `onFill(id, line)` asks for the parameters of
 * the template that is named `line` in the text.
 */
export function WrittenCommands({ parsed, catalogue, onFailure, onChangePolicy, onFill }) {
  const { commands, unknown, text } = parsed;
  const steps = commands.length + (text.trim() ? 1 : 0);
  if (parsed.asks) return html`<${Asking} template=${parsed.asks} problem=${parsed.problem} onFill=${onFill} />`;
  if (commands.length === 0) return unknown ? html`<${Unknown} name=${unknown} />` : html`<${Nothing} />`;
  return html`<div class="written">
    <ol class="written__list" aria-label="Commands of this message">
      ${commands.map(
        (command, index) =>
          html`<li key=${index} class="written__command">
            <${Icon} name=${ICONS[command.type] ?? "bolt"} size=${13} /> ${describe(command.type, command)}
            ${command.type === "template" && html`<${Fill} command=${command} catalogue=${catalogue} onFill=${onFill} />`}
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

/** The parameters of a template that is named, to be changed in a form. */
function Fill({ command, catalogue, onFill }) {
  const template = templateNamed(catalogue.templates, command.template);
  if (!template?.parameters.length) return null;
  return html`<${IconButton} name="pencil" size=${12} class="written__fill" label="Fill in ${template.name}" onClick=${() => onFill(template.id, command.template)} />`;
}

/** A template that cannot be started yet, with the way to its form. */
function Asking({ template: { id, line, name }, problem, onFill }) {
  return html`<p class="written__unknown" role="status">
    ${problem} <button type="button" class="link-button" aria-label="Fill in ${name}" onClick=${() => onFill(id, line)}>Fill in</button>
  </p>`;
}

const Nothing = () => html`<p class="visually-hidden" role="status"></p>`;

function Unknown({ name }) {
  return html`<p class="written__unknown" role="status">“/${name}” is no command: it is sent as words. /help lists them.</p>`;
}
