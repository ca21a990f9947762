// What can be done with a run as a place in the tree: edit it, run it again with others, go on, fork, see the map.
import { canContinue, canRepeat, questionOf } from "../../../state/repeat.js";

/** @see ../menu.js */
export const branchActions = ({ run, state, session, workspace }) => [
  canRepeat(run) &&
    run.kind === "user" && { label: "Edit and run again", icon: "pencil", onSelect: () => edit(run, state, session) },
  canRepeat(run) && { label: "Run again with …", icon: "redo", onSelect: () => workspace.dialog("rerun", run) },
  canContinue(state, run) && { label: "Continue the answer", icon: "arrowDown", onSelect: () => workspace.runs.continue(run) },
  canRepeat(run) && { label: "Fork from here", icon: "branch", onSelect: () => workspace.runs.fork(run) },
  { label: "Map of the branches", icon: "map", onSelect: () => workspace.dialog("branches", { run: run.id }) },
];

function edit(run, state, session) {
  const question = questionOf(state, run.id);
  if (question) session.status.patch({ edited: question.id });
}
