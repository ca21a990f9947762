// Named groups of runs: made from runs that were chosen, joined, left, renamed.
import { html, useEffect, useState } from "../../lib/preact.js";
import { changeGroup, loadGroups, makeGroup } from "../../state/groups.js";
import { useStore } from "../../state/store.js";
import { arrowKeys } from "../arrow-keys.js";
import { Dialog } from "../dialog.js";
import { Icon } from "../icons.js";
import { useMasks, WithMasks } from "../masks.js";
import { NameDialog } from "./name-dialog.js";

/** `detail`: `{runs}`, of the open thread. */
export function GroupDialog({ workspace, detail: { runs }, onClose }) {
  const [session] = useState(workspace.session.value);
  return html`<${WithMasks} workspace=${workspace} session=${session}>
    <${ChooseGroup} workspace=${workspace} session=${session} runs=${runs} onClose=${onClose} />
  <//>`;
}

function ChooseGroup({ workspace, session, runs, onClose }) {
  const { reveal } = useMasks();
  const groups = Object.values(useStore(session.state, (state) => state.groups));
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState("");
  const ids = runs.map(({ id }) => id);
  const names = groups.map((group) => ({ ...group, name: reveal(group.name) }));
  const wanted = typed.trim().toLocaleLowerCase();
  const found = names.filter(({ name }) => name.toLocaleLowerCase().includes(wanted));
  const isNew = wanted && !names.some(({ name }) => name.toLocaleLowerCase() === wanted);
  useEffect(() => {
    loadGroups(session).catch((error) => setProblem(error.message));
  }, []);

  const act = async (request) => {
    try {
      await request();
      onClose();
    } catch (error) {
      setProblem(error.message);
    }
  };
  const put = (group) => act(() => workspace.organizer.changeRuns(ids, { group }));
  const make = () => act(() => makeGroup(session, typed.trim(), ids));
  const submit = (event) => {
    event.preventDefault();
    if (wanted && found.length) put(found[0].id);
    else if (isNew) make();
  };
  return html`<${Dialog} title=${runs.length === 1 ? `Group of run ${runs[0].number}` : `Group ${runs.length} runs`} onClose=${onClose} class="dialog--small">
    <form class="chooser" onSubmit=${submit} onKeyDown=${arrowKeys("input, .chooser__option")}>
      <input
        class="picker__search"
        value=${typed}
        maxlength="200"
        placeholder="Find or make a group"
        aria-label="Find or make a group"
        autocomplete="off"
        autofocus
        onInput=${({ target }) => setTyped(target.value)}
      />
      ${problem && html`<p class="field__error" role="alert">${problem}</p>`}
      <div class="chooser__list" role="group" aria-label="Groups">
        ${found.map(({ id, name }) => {
          const isOwn = runs.every((run) => run.group === id);
          return html`<button type="button" class="chooser__option" key=${id} disabled=${isOwn} onClick=${() => put(id)}>
            <${Icon} name=${isOwn ? "check" : "group"} size=${15} /> <span class="chooser__name">${name}</span>
          </button>`;
        })}
        ${
          isNew &&
          html`<button type="button" class="chooser__option chooser__new" onClick=${make}>
            <${Icon} name="plus" size=${15} /> <span class="chooser__name">Make “${typed.trim()}”</span>
          </button>`
        }
        ${!isNew && found.length === 0 && html`<p class="chooser__none">No groups yet. Type a name to make the first one.</p>`}
        ${
          runs.some(({ group }) => group) &&
          html`<button type="button" class="chooser__option" onClick=${() => put(null)}>
            <${Icon} name="close" size=${15} /> <span class="chooser__name">In no group</span>
          </button>`
        }
      </div>
    </form>
  <//>`;
}

/** `detail` is the group, of the open thread. */
export function RenameGroupDialog({ workspace, detail: group, onClose }) {
  const [session] = useState(workspace.session.value);
  return html`<${WithMasks} workspace=${workspace} session=${session}>
    <${GroupName} session=${session} group=${group} onClose=${onClose} />
  <//>`;
}

function GroupName({ session, group, onClose }) {
  const { reveal } = useMasks();
  return html`<${NameDialog}
    title="Rename the group"
    label="Name of the group"
    before=${reveal(group.name)}
    longest="200"
    onSave=${(name) => changeGroup(session, group.id, { name })}
    onClose=${onClose}
  />`;
}
