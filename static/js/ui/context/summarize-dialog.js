// Has runs summarised: which ones, and what matters to the person. The summary is written by a run of its own.
import { html, useState } from "../../lib/preact.js";
import { namesOf } from "../../state/run-numbers.js";
import { isTerminal } from "../../state/thread-state.js";
import { Dialog } from "../dialog.js";

const LONGEST = 2000; // characters, as the server has it

/** `detail`: `{runs, session?, back?, onDone?}`, of the open conversation; `back` is the dialog that is shown afterwards. */
export function SummarizeDialog({ workspace, detail: { runs, session = workspace.session.value, back, onDone }, onClose }) {
  const [instructions, write] = useState("");
  const [sending, setSending] = useState(false);
  const ended = runs.filter((run) => run.status === undefined || isTerminal(run));
  const leave = () => (back ? workspace.dialog(back) : onClose());
  const submit = async (event) => {
    event.preventDefault();
    setSending(true);
    if (!(await workspace.view.summarize(session, ended, instructions.trim()))) return setSending(false);
    onDone?.();
    return leave();
  };
  return html`<${Dialog} title="Summarise ${namesOf(runs.map(({ number }) => number))}" onClose=${leave} class="dialog--small">
    <form class="summarize" onSubmit=${submit}>
      <p>
        A model writes what stands for ${runs.length === 1 ? "it" : "them"} in what is sent from now on. The ${runs.length === 1 ? "run itself stays as it is" : "runs themselves stay as they are"}, and the summary can be changed and taken back.
      </p>
      <div class="field">
        <label for="summarize-instructions">What matters, if you want to say so</label>
        <textarea
          id="summarize-instructions"
          rows="3"
          dir="auto"
          maxlength=${LONGEST}
          placeholder="Keep all decisions and figures"
          autofocus
          value=${instructions}
          onInput=${({ target }) => write(target.value)}
        ></textarea>
      </div>
      ${ended.length < runs.length && html`<p class="notice">${runs.length - ended.length} of them have not ended, and are left as they are.</p>`}
      <div class="dialog__actions">
        <button type="button" class="button" onClick=${leave}>Cancel</button>
        <button type="submit" class="button button--primary" disabled=${sending || ended.length === 0}>Summarise</button>
      </div>
    </form>
  <//>`;
}
