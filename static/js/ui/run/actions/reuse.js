// What uses a run again: as a template, as a file.

/** @see ../menu.js */
export const reuseActions = ({ run, workspace }) => [
  run.kind === "user" && { label: "Save as template …", icon: "template", onSelect: () => workspace.dialog("save-template", { runs: [run] }) },
  { label: "Export …", icon: "download", onSelect: () => workspace.dialog("export", { run }) },
];
