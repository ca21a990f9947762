// What a run is called.
import { html, useState } from "../../lib/preact.js";
import { useMasks, WithMasks } from "../masks.js";
import { NameDialog } from "./name-dialog.js";

/** `detail` is the run. */
export function RunTitleDialog({ workspace, detail: run, onClose }) {
  const [session] = useState(workspace.session.value); // the page may be leaving the thread while the dialog closes
  return html`<${WithMasks} workspace=${workspace} session=${session}>
    <${Title} workspace=${workspace} run=${run} onClose=${onClose} />
  <//>`;
}

function Title({ workspace, run, onClose }) {
  const { reveal } = useMasks();
  return html`<${NameDialog}
    title="Title of run ${run.number}"
    label="Title"
    before=${reveal(run.title ?? "")}
    placeholder="What it is about"
    longest="200"
    mayBeEmpty
    onSave=${(title) => workspace.organizer.changeRun(run.id, { title })}
    onClose=${onClose}
  />`;
}
