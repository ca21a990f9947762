// Folders of conversations: made, renamed, deleted; and conversations moved into them.
import { html, useState } from "../../lib/preact.js";
import { useStore } from "../../state/store.js";
import { arrowKeys } from "../arrow-keys.js";
import { Dialog } from "../dialog.js";
import { Icon } from "../icons.js";
import { NameDialog } from "./name-dialog.js";

const LONGEST = 100; // characters

/** `detail` is the folder, or `null` for a new one. */
export function FolderDialog({ workspace, detail: folder, onClose }) {
  const { folders } = workspace;
  return html`<${NameDialog}
    title=${folder ? "Rename the folder" : "New folder"}
    label="Name of the folder"
    before=${folder?.name}
    longest=${LONGEST}
    action=${folder ? "Save" : "Make it"}
    onSave=${(name) => (folder ? folders.change(folder.id, { name }) : folders.create(name))}
    onClose=${onClose}
  />`;
}

export function DeleteFolderDialog({ workspace, detail: folder, onClose }) {
  const confirm = () => {
    onClose();
    workspace.attempt(() => workspace.folders.remove(folder.id));
  };
  return html`<${Dialog} title="Delete this folder?" onClose=${onClose} class="dialog--small">
    <p>“${folder.name}” goes. The conversations in it stay, in no folder.</p>
    <div class="dialog__actions">
      <button type="button" class="button" autofocus onClick=${onClose}>Keep it</button>
      <button type="button" class="button button--danger" onClick=${confirm}>Delete the folder</button>
    </div>
  <//>`;
}

/** `detail`: `{threads}`. */
export function MoveDialog({ workspace, detail: { threads }, onClose }) {
  const { folders } = useStore(workspace.folders.store);
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState("");
  const wanted = typed.trim().toLocaleLowerCase();
  const found = folders.filter(({ name }) => name.toLocaleLowerCase().includes(wanted));
  const isNew = wanted && !folders.some(({ name }) => name.toLocaleLowerCase() === wanted);
  const move = async (findFolder) => {
    try {
      const folder = await findFolder();
      await workspace.organizer.changeThreads(threads.map(({ id }) => id), { folder });
      workspace.announce("Moved.");
      onClose();
    } catch (error) {
      setProblem(error.message);
    }
  };
  const make = () => move(async () => (await workspace.folders.create(typed.trim())).id);
  const submit = (event) => {
    event.preventDefault();
    if (wanted && found.length) move(() => found[0].id);
    else if (isNew) make();
  };
  const title = threads.length === 1 ? "Move the conversation" : `Move ${threads.length} conversations`;
  return html`<${Dialog} title=${title} onClose=${onClose} class="dialog--small">
    <form class="chooser" onSubmit=${submit} onKeyDown=${arrowKeys("input, .chooser__option")}>
      <input
        class="picker__search"
        value=${typed}
        maxlength=${LONGEST}
        placeholder="Find or make a folder"
        aria-label="Find or make a folder"
        autocomplete="off"
        autofocus
        onInput=${({ target }) => setTyped(target.value)}
      />
      ${problem && html`<p class="field__error" role="alert">${problem}</p>`}
      <div class="chooser__list" role="group" aria-label="Folders">
        ${found.map(({ id, name }) => {
          const isOwn = threads.every(({ folder }) => folder === id);
          return html`<button type="button" class="chooser__option" key=${id} disabled=${isOwn} onClick=${() => move(() => id)}>
            <${Icon} name=${isOwn ? "check" : "folder"} size=${16} /> <span class="chooser__name">${name}</span>
          </button>`;
        })}
        ${
          isNew &&
          html`<button type="button" class="chooser__option chooser__new" onClick=${make}>
            <${Icon} name="plus" size=${15} /> <span class="chooser__name">Make “${typed.trim()}”</span>
          </button>`
        }
        ${!isNew && found.length === 0 && html`<p class="chooser__none">No folders yet. Type a name to make the first one.</p>`}
        ${
          threads.some(({ folder }) => folder) &&
          html`<button type="button" class="chooser__option" onClick=${() => move(() => null)}>
            <${Icon} name="close" size=${15} /> <span class="chooser__name">In no folder</span>
          </button>`
        }
      </div>
    </form>
  <//>`;
}
