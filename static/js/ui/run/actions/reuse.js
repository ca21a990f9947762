// What uses a run again: as a template, as a file.
import { questionOf } from "../../../state/repeat.js";

/** @see ../menu.js */
export const reuseActions = ({ run, state, workspace }) => [
  run.kind === "user" && {
    label: "Save as template …",
    icon: "template",
    onSelect: () => workspace.dialog("save-template", { runs: [{ label: beginningOf(state, run), ...run }] }),
  },
  { label: "Export …", icon: "download", onSelect: () => workspace.dialog("export", { run }) },
];

/** How its input begins, as far as it is known here. */
const beginningOf = (state, run) => questionOf(state, run.id)?.content.find(({ type }) => type === "text")?.text;
