// The menu of a run: what can be done with it, section by section. Each subject has its own list of actions.
import { html } from "../../lib/preact.js";
import { MenuButton } from "../menu.js";
import { branchActions } from "./actions/branches.js";
import { contextActions } from "./actions/context.js";
import { lookActions } from "./actions/look.js";
import { organizeActions } from "./actions/organize.js";
import { removalActions } from "./actions/removal.js";
import { reuseActions } from "./actions/reuse.js";
import { sharingActions } from "./actions/sharing.js";

/**
 * One list per section, in the order in which they are shown. Each is a pure function of `{run, state, session, workspace}` (`state`
 * is the thread's) to items as `MenuButton` takes them: `[{label, icon, onSelect, danger?, href?}]`; falsy ones are left out.
 */
const SECTIONS = [lookActions, branchActions, contextActions, organizeActions, reuseActions, sharingActions, removalActions];

/** What can be done where nothing is left of what was said. */
const OF_A_SKELETON = [organizeActions, removalActions];

/** The sections' items in one list, with a line between sections that have any. */
export function itemsOf(context, sections = SECTIONS) {
  const lists = sections.map((section) => section(context).filter(Boolean)).filter(({ length }) => length > 0);
  return lists.flatMap((items, index) => (index === 0 ? items : [{ ...items[0], begins: true }, ...items.slice(1)]));
}

export function RunMenu({ run, session, workspace }) {
  const sections = run.pruned_at ? OF_A_SKELETON : SECTIONS;
  const items = () => itemsOf({ run, state: session.state.value, session, workspace }, sections);
  return html`<${MenuButton} label=${`Run ${run.number}: more`} items=${items} class="run__menu" />`;
}
