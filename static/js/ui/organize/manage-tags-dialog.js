// The person's tags: their names, their colours, what has them, and the end of them.
import { html, useEffect, useState } from "../../lib/preact.js";
import { useStore } from "../../state/store.js";
import { byName, COLORS } from "../../state/tags.js";
import { Dialog } from "../dialog.js";
import { IconButton } from "../icons.js";

export function ManageTagsDialog({ workspace, onClose }) {
  const tags = useStore(workspace.tags.store);
  const [problem, setProblem] = useState("");
  const all = Object.values(tags).sort(byName);
  useEffect(() => {
    workspace.attempt(() => workspace.tags.load());
  }, []);
  const attempt = async (request) => {
    try {
      await request();
      setProblem("");
    } catch (error) {
      setProblem(error.message);
    }
  };
  return html`<${Dialog} title="Tags" onClose=${onClose}>
    <${NewTag} onMake=${(name) => attempt(() => workspace.tags.create(name))} />
    ${problem && html`<p class="field__error" role="alert">${problem}</p>`}
    ${all.length === 0 && html`<p class="chooser__none">There are none yet. Tags put runs and conversations in order, beyond what is where.</p>`}
    <ul class="tag-list">
      ${all.map((tag) => html`<${TagRow} key=${tag.id} workspace=${workspace} tag=${tag} attempt=${attempt} />`)}
    </ul>
  <//>`;
}

function NewTag({ onMake }) {
  const [name, setName] = useState("");
  const submit = (event) => {
    event.preventDefault();
    if (!name.trim()) return;
    onMake(name.trim());
    setName("");
  };
  return html`<form class="tag-list__new" onSubmit=${submit}>
    <input
      class="picker__search"
      value=${name}
      maxlength="50"
      placeholder="A new tag"
      aria-label="Name of a new tag"
      autofocus
      onInput=${({ target }) => setName(target.value)}
    />
    <button type="submit" class="button" disabled=${!name.trim()}>Make it</button>
  </form>`;
}

function TagRow({ workspace, tag, attempt }) {
  const [colors, showColors] = useState(false);
  const [asking, ask] = useState(false);
  const rename = ({ target }) => {
    const name = target.value.trim();
    if (!name || name === tag.name) {
      target.value = tag.name;
      return;
    }
    attempt(() => workspace.tags.change(tag, { name }));
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter") event.target.blur();
  };
  const recolor = (color) => attempt(() => workspace.tags.change(tag, { color }));
  if (asking) {
    return html`<li class="tag-list__row tag-list__row--asking" role="alertdialog" aria-label="Delete the tag ${tag.name}?">
      <p>Delete “${tag.name}”? ${usesOf(tag) ? `It goes from ${usesOf(tag)}.` : "Nothing has it."}</p>
      <button type="button" class="button button--small" autofocus onClick=${() => ask(false)}>Keep it</button>
      <button type="button" class="button button--small button--danger" onClick=${() => attempt(() => workspace.tags.remove(tag))}>
        Delete
      </button>
    </li>`;
  }
  return html`<li class="tag-list__row">
    <button
      type="button"
      class="icon-button"
      aria-label="Colour of ${tag.name}: ${tag.color}"
      title="Colour"
      aria-expanded=${String(colors)}
      onClick=${() => showColors(!colors)}
    >
      <span class="tag-dot tag-dot--large tag--${tag.color}"></span>
    </button>
    <input class="tag-list__name" defaultValue=${tag.name} maxlength="50" aria-label="Name of ${tag.name}" onBlur=${rename} onKeyDown=${onKeyDown} />
    <span class="tag-list__uses">${usesOf(tag)}</span>
    <${IconButton} name="trash" size=${16} label="Delete ${tag.name}" onClick=${() => ask(true)} />
    ${colors && html`<${Swatches} name=${tag.name} color=${tag.color} onChoose=${recolor} />`}
  </li>`;
}

function Swatches({ name, color, onChoose }) {
  return html`<fieldset class="swatches">
    <legend class="visually-hidden">Colour of ${name}</legend>
    ${COLORS.map(
      (one) =>
        html`<label key=${one} class="swatch tag--${one}" title=${one}>
          <input type="radio" name="color-${name}" aria-label=${one} checked=${one === color} onChange=${() => onChoose(one)} />
        </label>`,
    )}
  </fieldset>`;
}

/** "3 runs, 1 conversation", or "". */
function usesOf({ runs = 0, threads = 0 }) {
  const counted = [
    [runs, runs === 1 ? "run" : "runs"],
    [threads, threads === 1 ? "conversation" : "conversations"],
  ];
  return counted
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(", ");
}
