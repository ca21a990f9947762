// A named group of runs: one block with its name, which folds to one line in all windows.
import { html, useEffect, useId } from "../../lib/preact.js";
import { changeGroup, loadGroups } from "../../state/groups.js";
import { sumOf } from "../../state/blocks.js";
import { Icon } from "../icons.js";
import { MenuButton } from "../menu.js";
import { MaskedText } from "../masks.js";
import { groupActions } from "../organize/group-actions.js";
import { spent } from "./facts.js";

/** `children` are its runs, drawn. */
export function Group({ group, runs, session, workspace, children }) {
  const id = useId();
  const fold = () => workspace.attempt(() => changeGroup(session, group.id, { folded: !group.folded }));
  const count = runs.length === 1 ? "1 run" : `${runs.length} runs`;
  return html`<section class="group ${group.folded ? "group--folded" : ""}" aria-labelledby=${`${id}-name`}>
    <header class="group__head">
      <button
        type="button"
        class="group__fold"
        aria-expanded=${String(!group.folded)}
        aria-controls=${`${id}-runs`}
        onClick=${fold}
      >
        <${Icon} name="chevron" size=${16} />
        <span class="group__name" id=${`${id}-name`} dir="auto"><${MaskedText} text=${group.name} /></span>
      </button>
      <span class="facts">
        ${[count, ...standing(runs), ...spent(sumOf(runs))].filter(Boolean).map((fact) => html`<span class="facts__item">${fact}</span>`)}
      </span>
      <${MenuButton} label=${`Group ${group.name}: more`} items=${() => groupActions({ workspace, session, group })} />
    </header>
    <div class="group__runs" id=${`${id}-runs`}>${!group.folded && children}</div>
  </section>`;
}

/** What of the group is not simply done. */
function standing(runs) {
  const some = (label, ...statuses) => {
    const found = runs.filter(({ status }) => statuses.includes(status)).length;
    return found > 0 && `${found} ${label}`;
  };
  return [some("at work", "queued", "running"), some("waiting", "waiting"), some("failed", "failed", "interrupted")];
}

/** Reads the groups of a thread when one of these runs is in a group that is not known. */
export function useGroups({ state, runs, session, workspace }) {
  const unknown = runs.find(({ group }) => group && !state.groups[group])?.group;
  useEffect(() => {
    if (unknown) workspace.attempt(() => loadGroups(session, { again: Object.keys(state.groups).length > 0 }));
  }, [unknown]);
}
