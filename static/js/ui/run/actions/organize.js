// What puts a run in order: its title, tags, group, pin, importance, and what is said of its answer.
import { isTerminal } from "../../../state/thread-state.js";

/** @see ../menu.js */
export const organizeActions = ({ run, workspace }) => [
  {
    label: run.pinned ? "Unpin" : "Pin",
    icon: "pin",
    onSelect: () => workspace.attempt(() => workspace.organizer.changeRun(run.id, { pinned: !run.pinned })),
  },
  { label: "Title …", icon: "pencil", onSelect: () => workspace.dialog("run-title", run) },
  { label: "Tags …", icon: "tag", onSelect: () => workspace.dialog("tags", { runs: [run] }) },
  { label: "Group …", icon: "group", onSelect: () => workspace.dialog("group", { runs: [run] }) },
  isTerminal(run) && { label: "Feedback …", icon: "thumbUp", onSelect: () => workspace.dialog("feedback", run) },
  { label: "Importance …", icon: "gauge", onSelect: () => workspace.dialog("importance", { runs: [run] }) },
];
