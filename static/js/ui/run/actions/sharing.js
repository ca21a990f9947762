// What shows a run to others.
import { isTerminal } from "../../../state/thread-state.js";

/** @see ../menu.js */
export const sharingActions = ({ run, state, workspace }) => [
  isTerminal(run) && {
    label: "Share …",
    icon: "share",
    onSelect: () => workspace.dialog("share", { thread: state.thread, run }),
  },
];
