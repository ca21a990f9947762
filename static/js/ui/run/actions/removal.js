// What removes a run, or a branch.
import { isDelegated } from "../../../state/branches.js";

/** @see ../menu.js */
export const removalActions = ({ run, workspace }) => [
  !isDelegated(run) && { label: "Delete …", icon: "trash", danger: true, onSelect: () => workspace.dialog("remove", run) },
];
