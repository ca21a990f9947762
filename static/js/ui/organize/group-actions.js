// What can be done with a named group of runs.
import { changeGroup, removeGroup } from "../../state/groups.js";

/** Items of a MenuButton. */
export const groupActions = ({ workspace, session, group }) => [
  {
    label: group.folded ? "Unfold" : "Fold",
    icon: "chevron",
    onSelect: () => workspace.attempt(() => changeGroup(session, group.id, { folded: !group.folded })),
  },
  { label: "Rename the group", icon: "pencil", onSelect: () => workspace.dialog("rename-group", group) },
  { label: "Take the group apart", icon: "close", onSelect: () => workspace.attempt(() => removeGroup(session, group.id)) },
];
