// Commands as what they do, in their order: those of a template, or what a template becomes with its arguments.
import { html } from "../../lib/preact.js";
import { describe } from "../../state/commands.js";
import { useStore } from "../../state/store.js";
import { Icon } from "../icons.js";

const ICONS = {
  prompt: "bubble", title: "pencil", tag: "tag", pin: "pin", fork: "branch", agent: "handOn", model: "bolt", skill: "book", template: "template", sequence: "layers",
}; // prettier-ignore

/** `label` names the list for a screen reader. */
export function Steps({ commands, label, workspace }) {
  const templates = useStore(workspace.catalogue, (catalogue) => catalogue.templates);
  const named = (command) => {
    const template = command.type === "template" && templates.find(({ id }) => id === command.template);
    return template ? { ...command, template: template.name } : command;
  };
  return html`<ol class="steps" aria-label=${label}>
    ${commands.map(
      (command, index) =>
        html`<li key=${index} class="step step--${command.type}">
          <${Icon} name=${ICONS[command.type] ?? "bolt"} size=${14} />
          <div class="step__what" dir="auto">
            ${describe(command.type, named(command))}
            ${command.commands && html`<${Steps} commands=${command.commands} label="Together" workspace=${workspace} />`}
          </div>
        </li>`,
    )}
  </ol>`;
}
