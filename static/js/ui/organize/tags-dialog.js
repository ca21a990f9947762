// Which tags runs or conversations have: found or made while typing, given and taken at once.
import { html, useEffect, useRef, useState } from "../../lib/preact.js";
import { useStore } from "../../state/store.js";
import { matchingTags, taggedBy } from "../../state/tags.js";
import { arrowKeys } from "../arrow-keys.js";
import { Dialog } from "../dialog.js";
import { Icon } from "../icons.js";

const LONGEST = 50; // characters

/** `detail`: `{runs}` or `{threads}`, the objects that are tagged. */
export function TagsDialog({ workspace, detail, onClose }) {
  const { runs, threads } = detail;
  const objects = runs ?? threads;
  const tags = useStore(workspace.tags.store);
  const [has, setHas] = useState(() => taggedBy(objects)); // name → "all" or "some"
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState("");
  const field = useRef(null);
  const { found, isNew } = matchingTags(tags, typed);
  useEffect(() => {
    workspace.attempt(() => workspace.tags.load());
  }, []);

  const give = async (name, isGiven) => {
    const ids = objects.map(({ id }) => id);
    const fields = isGiven ? { add_tags: [name] } : { remove_tags: [name] };
    const { organizer } = workspace;
    try {
      await (runs ? organizer.changeRuns(ids, fields) : organizer.changeThreads(ids, fields));
      setHas((before) => ({ ...before, [name]: isGiven ? "all" : undefined }));
      setProblem("");
    } catch (error) {
      setProblem(error.message);
    }
    workspace.attempt(() => workspace.tags.load());
  };
  const make = () => {
    give(typed.trim(), true);
    setTyped("");
    field.current.focus();
  };
  const submit = (event) => {
    event.preventDefault();
    const name = typed.trim() && (found[0]?.name ?? typed.trim());
    if (!name) return;
    give(name, has[name] !== "all");
    setTyped("");
    field.current.focus();
  };
  return html`<${Dialog} title=${titleOf(detail)} onClose=${onClose} class="dialog--small">
    <form class="chooser" onSubmit=${submit} onKeyDown=${arrowKeys("input, .chooser__new")}>
      <input
        class="picker__search"
        type="text"
        ref=${field}
        value=${typed}
        maxlength=${LONGEST}
        placeholder="Find or make a tag"
        aria-label="Find or make a tag"
        autocomplete="off"
        autofocus
        onInput=${({ target }) => setTyped(target.value)}
      />
      ${problem && html`<p class="field__error" role="alert">${problem}</p>`}
      <div class="chooser__list" role="group" aria-label="Tags">
        ${found.map(
          ({ name, color }) =>
            html`<label class="chooser__option" key=${name}>
              <input
                type="checkbox"
                checked=${has[name] === "all"}
                indeterminate=${has[name] === "some"}
                onChange=${({ target }) => give(name, target.checked)}
              />
              <span class="tag-dot tag--${color}"></span><span class="chooser__name">${name}</span>
            </label>`,
        )}
        ${
          isNew &&
          html`<button type="button" class="chooser__option chooser__new" onClick=${make}>
            <${Icon} name="plus" size=${15} /> <span class="chooser__name">Make “${typed.trim()}”</span>
          </button>`
        }
        ${!isNew && found.length === 0 && html`<p class="chooser__none">No tags yet. Type a name to make the first one.</p>`}
      </div>
    </form>
    <div class="dialog__actions dialog__actions--apart">
      <button type="button" class="link-button" onClick=${() => workspace.dialog("manage-tags")}>Names and colours</button>
      <button type="button" class="button button--primary" onClick=${onClose}>Done</button>
    </div>
  <//>`;
}

function titleOf({ runs, threads }) {
  if (runs) return runs.length === 1 ? `Tags of run ${runs[0].number}` : `Tags of ${runs.length} runs`;
  return threads.length === 1 ? "Tags of the conversation" : `Tags of ${threads.length} conversations`;
}
