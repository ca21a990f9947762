// The list above the message field while an agent ("@"), a command or a skill ("/") is being named in it: a listbox that the
// field controls. The focus stays in the field.
import { html, useEffect, useId, useRef, useState } from "../../lib/preact.js";
import { labelOf } from "../../state/catalogue.js";
import { completionAt, matching, withInserted, withoutCompletion } from "../../state/completion.js";
import { AgentIcon } from "../agents/agent-icon.js";
import { Icon } from "../icons.js";

const MOST = 30; // entries
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

const KINDS = {
  agents: { title: "Agents", one: "agent", many: "agents" },
  commands: { title: "Commands and skills", one: "entry", many: "entries" },
  skills: { title: "Skills", one: "skill", many: "skills" },
  templates: { title: "Templates", one: "template", many: "templates" },
};

/**
 * `itemsFor(begun, text)` says what can be named at a place: `{kind, items}`, kind one of "agents", "skills", "commands", "templates".
 * `onChoose(sign, item)` is told what was chosen, `onChange(text)` the text without its name; with `item.inserted` that stands
 * in its place. Returns what the field needs (`attributes`, `look` after each move of its caret,
 * `onKeyDown`, which answers whether the key was meant for the list) and `list`, what to draw above it.
 */
export function useCompletion({ field, itemsFor, onChoose, onChange }) {
  const [begun, setBegun] = useState(null);
  const [active, setActive] = useState(0);
  const dismissed = useRef(-1);
  const id = useId();
  const { kind, items } = begun ? itemsFor(begun, field.current.value) : { items: [] };
  const found = begun ? matching(items, begun.query).slice(0, MOST) : [];
  const open = found.length > 0;
  const current = Math.min(active, found.length - 1);

  const look = () => {
    const { value, selectionStart, selectionEnd } = field.current;
    const next = selectionStart === selectionEnd ? completionAt(value, selectionStart) : null;
    if (next?.start !== dismissed.current) dismissed.current = -1;
    const isSame = next?.start === begun?.start && next?.query === begun?.query && next?.sign === begun?.sign;
    if (isSame && (next === null) === (begun === null)) return;
    setBegun(next && dismissed.current !== next.start ? next : null);
    setActive(0);
  };

  const close = () => {
    if (begun) dismissed.current = begun.start;
    setBegun(null);
  };

  const choose = (item) => {
    const { inserted } = item;
    const { text, caret } = inserted
      ? withInserted(field.current.value, begun, inserted)
      : withoutCompletion(field.current.value, begun);
    field.current.value = text;
    field.current.setSelectionRange(caret, caret);
    field.current.focus();
    onChange(text);
    onChoose(begun.sign, item);
    setBegun(null);
    requestAnimationFrame(look); // what was put in may have to be followed by another name
  };

  const onKeyDown = (event) => {
    if (!open || event.isComposing || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return false;
    if (event.key in STEPS) setActive((current + STEPS[event.key] + found.length) % found.length);
    else if (event.key === "Enter" || event.key === "Tab") choose(found[current]);
    else if (event.key === "Escape") close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };

  return {
    look,
    close: () => setBegun(null),
    onKeyDown,
    attributes: {
      "aria-autocomplete": "list",
      "aria-controls": open ? id : undefined,
      "aria-activedescendant": open ? `${id}-${current}` : undefined,
    },
    list:
      open &&
      html`<${Suggestions} id=${id} kind=${kind} found=${found} current=${current} onChoose=${choose} onPoint=${setActive} />`,
  };
}

function Suggestions({ id, kind, found, current, onChoose, onPoint }) {
  const box = useRef(null);
  const { title, one, many } = KINDS[kind];
  useEffect(() => box.current.children[current]?.scrollIntoView({ block: "nearest" }), [current]);
  return html`<div class="completion">
    <div class="completion__list" role="listbox" id=${id} aria-label=${title} ref=${box}>
      ${found.map(
        (item, index) =>
          html`<div
            key=${item.template?.id ?? item.slug}
            id="${id}-${index}"
            class="completion__option"
            role="option"
            aria-selected=${String(index === current)}
            onPointerDown=${(event) => event.preventDefault()}
            onPointerMove=${() => index !== current && onPoint(index)}
            onClick=${() => onChoose(item)}
          >
            ${kind === "agents" ? html`<${AgentIcon} agent=${item} />` : html`<span class="agent-icon"><${Icon} name=${item.icon ?? "book"} size=${16} /></span>`}
            <span class="completion__text"
              ><span class="completion__name">${labelOf(item)}</span
              ><span class="completion__note">${item.description ?? item.trigger}</span></span
            >
          </div>`,
      )}
    </div>
    <p class="completion__hint" aria-hidden="true">
      <span><kbd>↑</kbd> <kbd>↓</kbd> choose</span><span><kbd>Enter</kbd> take</span><span><kbd>Esc</kbd> close</span>
    </p>
    <p class="visually-hidden" role="status">
      ${found.length} ${found.length === 1 ? one : many}. The arrow keys choose, Enter takes.
    </p>
  </div>`;
}
