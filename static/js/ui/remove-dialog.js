// Removes a run, or it and all that comes after it: says what goes before it goes.
import { html, useEffect, useState } from "../lib/preact.js";
import { api } from "../net/api.js";
import { Dialog } from "./dialog.js";

const SCOPES = [
  { scope: "run", label: "Only this run", note: "What follows stays, behind the run before it." },
  { scope: "branch", label: "This run and everything after it", note: "On all branches that begin behind it." },
];

export function RemoveDialog({ workspace, detail: run, onClose }) {
  const [scope, choose] = useState("run");
  const preview = usePreview(run, scope);
  const confirm = () => {
    onClose();
    workspace.runs.remove(run, scope);
  };
  return html`<${Dialog} title=${`Delete run ${run.number}?`} onClose=${onClose} class="dialog--small">
    <fieldset class="removal">
      <legend class="visually-hidden">What is deleted</legend>
      ${SCOPES.map(
        ({ scope: one, label, note }) =>
          html`<label key=${one} class="option ${scope === one ? "option--checked" : ""}">
            <input type="radio" name="scope" checked=${scope === one} onChange=${() => choose(one)} />
            <span class="option__text"><span class="option__label">${label}</span><span class="option__note">${note}</span></span>
          </label>`,
      )}
    </fieldset>
    <p class="removal__says" role="status">${preview ? wordsOf(preview) : "…"}</p>
    <p class="removal__hint">It is gone from the conversation and from what the model sees. You can undo it for a while.</p>
    <div class="dialog__actions">
      <button type="button" class="button" autofocus onClick=${onClose}>Keep it</button>
      <button type="button" class="button button--danger" disabled=${!preview || preview.problem} onClick=${confirm}>Delete</button>
    </div>
  <//>`;
}

/** What would go: as the server tells it; `{problem}` where it refuses; `null` until it is known. */
function usePreview(run, scope) {
  const [known, know] = useState({});
  useEffect(() => {
    let isCurrent = true;
    api.deletion(run.id, scope).then(
      (preview) => isCurrent && know((before) => ({ ...before, [scope]: preview })),
      (error) => isCurrent && know((before) => ({ ...before, [scope]: { problem: error.message } })),
    );
    return () => {
      isCurrent = false;
    };
  }, [run.id, scope]);
  return known[scope] ?? null;
}

const many = (count, one, more) => (count === 1 ? `1 ${one}` : `${count} ${more}`);

function wordsOf({ problem, runs, messages, unfinished }) {
  if (problem) return problem;
  const what = `${many(runs, "run", "runs")} with ${many(messages, "message", "messages")} will go.`;
  return unfinished ? `${what} ${many(unfinished, "of them has", "of them have")} not ended, and will be stopped.` : what;
}
