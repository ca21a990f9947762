// The commands of a template, in their order: each can be changed, moved and taken out.
import { html, useRef } from "../../lib/preact.js";
import { moved, newCommand } from "../../state/template-form.js";
import { Icon, IconButton } from "../icons.js";
import { MenuButton } from "../menu.js";
import { CommandFields } from "./command-fields.js";

const DEEPEST = 2; // sequences inside each other that are made here

/** What can be added, in the order of the menu. */
const KINDS = [
  { type: "prompt", label: "Prompt", icon: "bubble" },
  { type: "agent", label: "Agent", icon: "handOn" },
  { type: "model", label: "Model", icon: "bolt" },
  { type: "skill", label: "Skill", icon: "book" },
  { type: "title", label: "Title", icon: "pencil" },
  { type: "tag", label: "Tags", icon: "tag" },
  { type: "pin", label: "Pin", icon: "pin" },
  { type: "fork", label: "Fork", icon: "branch" },
  { type: "template", label: "Another template", icon: "template" },
  { type: "sequence", label: "Several together", icon: "layers" },
];

const kindOf = (type) => KINDS.find((kind) => kind.type === type) ?? { type, label: type, icon: "bolt" };

/**
 * `onChange(commands)`; `onDefine(put, text)` makes a parameter of a text: `put(name)` gives the commands with its place. `self`
 * is the id of the template that they belong to.
 */
export function CommandList({ commands, parameters, workspace, self, depth = 0, onChange, onDefine }) {
  const list = useRef(null);
  const change = (index, command) => onChange(commands.with(index, command));
  const move = (from, to) => {
    onChange(moved(commands, from, to));
    const way = to < from ? "up" : "down";
    requestAnimationFrame(() => requestAnimationFrame(() => focusOn(list.current?.children[to], way)));
  };
  const add = (type) => {
    onChange([...commands, newCommand(type)]);
    requestAnimationFrame(() => requestAnimationFrame(() => list.current?.lastElementChild?.querySelector("textarea, input, select")?.focus()));
  };
  return html`<div class="orders">
    <ol class="orders__list" aria-label="Commands" ref=${list}>
      ${commands.map((command, index) => {
        const { label, icon } = kindOf(command.type);
        const name = `${label} ${index + 1}`;
        return html`<li key=${index} class="order order--${command.type}">
          <div class="order__head">
            <${Icon} name=${icon} size=${15} /> <span class="order__kind">${label}</span>
            <span class="order__tools">
              <${IconButton} name="arrowUp" size=${15} data-way="up" label="Move ${name} up" disabled=${index === 0} onClick=${() => move(index, index - 1)} />
              <${IconButton}
                name="arrowDown"
                size=${15}
                data-way="down"
                label="Move ${name} down"
                disabled=${index === commands.length - 1}
                onClick=${() => move(index, index + 1)}
              />
              <${IconButton} name="trash" size=${15} label="Take out ${name}" onClick=${() => onChange(commands.toSpliced(index, 1))} />
            </span>
          </div>
          <${CommandFields}
            command=${command}
            name=${name}
            parameters=${parameters}
            workspace=${workspace}
            self=${self}
            depth=${depth}
            onChange=${(next) => change(index, next)}
            onDefine=${(put, text) => onDefine((made) => commands.with(index, put(made)), text)}
          />
        </li>`;
      })}
    </ol>
    <div class="orders__add">
      <button type="button" class="button button--small" onClick=${() => add("prompt")}><${Icon} name="plus" size=${14} /> Prompt</button>
      <${MenuButton}
        label="Add another command"
        icon="plus"
        items=${KINDS.filter(({ type }) => type !== "prompt" && (type !== "sequence" || depth < DEEPEST)).map(({ type, label, icon }) => ({
          label,
          icon,
          onSelect: () => add(type),
        }))}
      />
      <span class="settings__hint" aria-hidden="true">or another command</span>
    </div>
  </div>`;
}

/** The button that was pressed has moved along; at the end of the list it is the other one. */
function focusOn(row, way) {
  const buttons = [...(row?.querySelectorAll(":scope > .order__head [data-way]") ?? [])];
  (buttons.find((one) => one.dataset.way === way && !one.disabled) ?? buttons.find((one) => !one.disabled))?.focus();
}
