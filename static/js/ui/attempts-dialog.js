// The other attempts at a turn, each with what was said after it: to read and to copy, while the newest one goes on.
import { html, useEffect, useRef, useState } from "../lib/preact.js";
import { useStore } from "../state/store.js";
import { attemptsAt, continuation, messagesByRun } from "../state/thread-view.js";
import { listenForCopies } from "./clipboard.js";
import { Dialog } from "./dialog.js";
import { Run } from "./run.js";

export function AttemptsDialog({ workspace, detail: shown, onClose }) {
  const [session] = useState(workspace.session.value); // the page may be leaving the thread while the dialog closes
  const state = useStore(session.state);
  const all = attemptsAt(state.runs, shown);
  const others = all.filter(({ id }) => id !== shown.id);
  const [chosen, choose] = useState(others.at(-1).id);
  const runs = continuation(state.runs, state.runs[chosen]);
  const problem = useRecalled(session, runs);
  const messages = messagesByRun(state);
  const content = useRef(null);
  useEffect(() => listenForCopies(content.current), []);
  return html`<${Dialog} title="Other attempts" onClose=${onClose} class="dialog--wide">
    <fieldset class="segments">
      <legend class="visually-hidden">Attempt</legend>
      ${others.map(
        (run) =>
          html`<label class="segment" key=${run.id}>
            <input type="radio" name="attempt" checked=${run.id === chosen} onChange=${() => choose(run.id)} /><span
              >Attempt ${all.indexOf(run) + 1}</span
            >
          </label>`,
      )}
    </fieldset>
    ${problem && html`<p role="alert">${problem}</p>`}
    <div ref=${content}>
      ${runs.map(
        (run) =>
          html`<${Run}
            key=${run.id}
            run=${run}
            messages=${messages[run.id]}
            workspace=${workspace}
            error=${state.errors[run.id]}
            tools=${state.tools}
            steps=${state.steps[run.id]}
            isLast
            readOnly
          />`,
      )}
    </div>
  <//>`;
}

/** Loads what was said in runs. Returns what went wrong with that, or an empty string. */
function useRecalled(session, runs) {
  const [problem, setProblem] = useState("");
  useEffect(() => {
    setProblem("");
    session.recall(runs).catch((error) => setProblem(error.message));
  }, [runs[0].id]);
  return problem;
}
