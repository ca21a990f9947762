// What a person decides about a run in the model's view, and what the model saw in it.
import { isDelegated } from "../../../state/branches.js";
import { isTerminal } from "../../../state/thread-state.js";

/** @see ../menu.js */
export const contextActions = ({ run, workspace }) => {
  const mayChange = isTerminal(run) && !isDelegated(run) && !run.pruned_at;
  return [
    mayChange &&
      (run.context === "excluded"
        ? { label: "Take back into the model’s view", icon: "eye", onSelect: () => workspace.view.takeBack([run]) }
        : { label: "Leave out of the model’s view", icon: "eyeOff", onSelect: () => workspace.view.leaveOut([run]) }),
    mayChange && { label: "Summarise …", icon: "summary", onSelect: () => workspace.dialog("summarize", { runs: [run] }) },
    { label: "What the model saw", icon: "eye", onSelect: () => workspace.dialog("model-calls", run) },
  ];
};
