// The fields of one command of a template.
import { html } from "../../lib/preact.js";
import { useStore } from "../../state/store.js";
import { handleOf, startable, templateNamed } from "../../state/template-command.js";
import { Field } from "../field.js";
import { choices } from "./answerers.js";
import { CommandList } from "./command-list.js";
import { PromptField } from "./prompt-field.js";

/** See `CommandList`; `name` is what the command is called for a screen reader. */
export function CommandFields(props) {
  const Fields = FIELDS[props.command.type] ?? Unknown;
  return html`<${Fields} ...${props} />`;
}

const FIELDS = {
  prompt: Prompt,
  agent: ({ command, name, workspace, onChange }) => html`<${Picked} field="agent" from="agents" ...${{ command, name, workspace, onChange }} />`,
  model: ({ command, name, workspace, onChange }) => html`<${Picked} field="model" from="models" ...${{ command, name, workspace, onChange }} />`,
  skill: ({ command, name, workspace, onChange }) => html`<${Picked} field="skill" from="skills" ...${{ command, name, workspace, onChange }} />`,
  title: Title,
  tag: Tags,
  pin: () => html`<p class="settings__hint">Pins the run: it stays in the model’s view.</p>`,
  fork: Fork,
  template: Nested,
  sequence: Together,
};

function Prompt({ command, name, parameters, onChange, onDefine }) {
  return html`<${PromptField}
    text=${command.text}
    name=${name}
    parameters=${parameters}
    onChange=${(text) => onChange({ ...command, text })}
    onDefine=${(put, text) => onDefine((made) => ({ ...command, text: put(made) }), text)}
  />`;
}

function Picked({ command, name, field, from, workspace, onChange }) {
  const list = useStore(workspace.catalogue, (catalogue) => catalogue[from]);
  return html`<${Hidden}
    label=${name}
    value=${command[field]}
    options=${choices(list, command[field], "Choose …")}
    onChange=${({ target }) => onChange({ ...command, [field]: target.value })}
  />`;
}

function Title({ command, name, onChange }) {
  return html`<div class="field-row">
    <${Hidden} label=${name} value=${command.title} placeholder="Report about {{topic}}" maxlength="200" onInput=${({ target }) => onChange({ ...command, title: target.value })} />
    <${Hidden}
      label="What ${name} names"
      value=${command.of ?? "thread"}
      options=${[
        { value: "thread", label: "the conversation" },
        { value: "run", label: "this run" },
      ]}
      onChange=${({ target }) => onChange({ ...command, of: target.value })}
    />
  </div>`;
}

function Tags({ command, name, onChange }) {
  const write = ({ target }) => onChange({ ...command, tags: target.value.split(",").map((tag) => tag.trimStart()) });
  const tidy = () => onChange({ ...command, tags: command.tags.map((tag) => tag.trim()).filter(Boolean) });
  return html`<${Hidden} label=${name} value=${command.tags.join(",")} placeholder="report, weekly" onInput=${write} onBlur=${tidy} />`;
}

function Fork({ command, name, onChange }) {
  return html`<${Hidden}
    label=${name}
    value=${command.title ?? ""}
    placeholder="What the copy is called, if you like"
    maxlength="200"
    onInput=${({ target }) => onChange({ ...command, title: target.value })}
  />`;
}

/** Another template, with what it is given: a text may hold places of this template. */
function Nested({ command, name, workspace, self, onChange }) {
  const templates = useStore(workspace.catalogue, (catalogue) => catalogue.templates);
  const chosen = templateNamed(templates, command.template);
  const offered = startable(templates).filter(({ id }) => id !== self);
  const isGone = command.template && !chosen;
  const options = [
    { value: "", label: "Choose …" },
    ...offered.map((one) => ({ value: one.id, label: one.name })),
    ...(isGone ? [{ value: command.template, label: "(not there any more)" }] : []),
  ];
  const choose = ({ target }) => {
    const next = offered.find(({ id }) => id === target.value);
    onChange({ ...command, template: next ? handleOf(next, templates) : "", arguments: {} });
  };
  const given = command.arguments ?? {};
  const write = (parameter, text) => onChange({ ...command, arguments: withArgument(given, parameter.name, text) });
  return html`<div class="order__fields">
    <${Hidden} label=${name} value=${chosen?.id ?? command.template} options=${options} onChange=${choose} />
    ${chosen?.parameters.map(
      (parameter) =>
        html`<${Field}
          key=${parameter.name}
          label=${parameter.label || parameter.name}
          value=${String(given[parameter.name] ?? "")}
          placeholder=${parameter.default === undefined ? "" : String(parameter.default)}
          onInput=${({ target }) => write(parameter, target.value)}
        />`,
    )}
  </div>`;
}

function withArgument(given, name, text) {
  const { [name]: _before, ...others } = given;
  return text === "" ? others : { ...others, [name]: text };
}

function Together({ command, parameters, workspace, self, depth, onChange, onDefine }) {
  return html`<${CommandList}
    commands=${command.commands}
    parameters=${parameters}
    workspace=${workspace}
    self=${self}
    depth=${depth + 1}
    onChange=${(commands) => onChange({ ...command, commands })}
    onDefine=${(put, text) => onDefine((made) => ({ ...command, commands: put(made) }), text)}
  />`;
}

/** What this page has no fields for stays as it is. */
const Unknown = ({ command: { type, ...given } }) => html`<pre class="order__unknown">${JSON.stringify(given, null, 2)}</pre>`;

/** A field whose label is heard and not seen: the head of the command says it. */
const Hidden = (props) => html`<${Field} ...${props} class="field--unlabelled" />`;
