// A summary while a person changes it, in its place.
import { html, useEffect, useRef, useState } from "../../lib/preact.js";
import { editSummary } from "../../state/summaries.js";
import { useMasks } from "../masks.js";

const LONGEST = 100_000; // characters, as the server has it

export function EditedSummary({ summary, session, workspace, onDone }) {
  const { reveal } = useMasks();
  const before = reveal(summary.text);
  const [text, write] = useState(before);
  const [saving, setSaving] = useState(false);
  const field = useRef(null);
  useEffect(() => field.current.focus(), []);
  const save = async () => {
    if (text === before) return onDone();
    setSaving(true);
    if (await workspace.attempt(() => editSummary(session, summary.id, text))) onDone();
    else setSaving(false);
  };
  const onKeyDown = (event) => {
    if (event.key === "Escape") onDone();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && text.trim()) save();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return html`<div class="edited">
    <textarea
      class="edited__text"
      ref=${field}
      dir="auto"
      rows="8"
      maxlength=${LONGEST}
      aria-label="Edit the summary"
      value=${text}
      onInput=${({ target }) => write(target.value)}
      onKeyDown=${onKeyDown}
    ></textarea>
    <div class="edited__bar">
      <span class="edited__note">The model is given these words instead of the runs.</span>
      <button type="button" class="button button--small" onClick=${onDone}>Cancel</button>
      <button type="button" class="button button--small button--primary" disabled=${saving || !text.trim()} onClick=${save}>Save</button>
    </div>
  </div>`;
}
