// Asks about runs: those that were chosen, or all that a search finds. The answer cites them by links.
import { html, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { labelOf } from "../../state/catalogue.js";
import { filterOf } from "../../state/inquiry.js";
import { useStore } from "../../state/store.js";
import { Dialog } from "../dialog.js";

const LONGEST = 10_000; // characters, as the server has it

/** `detail`: `{runs, onDone?}` or `{filters}`, of the search. */
export function AskDialog({ workspace, detail: { runs, filters, onDone }, onClose }) {
  const { agents } = useStore(workspace.catalogue);
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState("");
  const about = runs ? { runs: runs.map(({ id }) => id) } : { filter: filterOf(filters) };
  const title = !runs ? "Ask about all that is found" : runs.length === 1 ? "Ask about this run" : `Ask about ${runs.length} runs`;
  const submit = async (event) => {
    event.preventDefault();
    const fields = new FormData(event.target);
    setSending(true);
    setProblem("");
    try {
      const { run } = await api.askAboutRuns({
        question: fields.get("question").trim(),
        agent: fields.get("agent") || undefined,
        key: crypto.randomUUID?.(),
        ...about,
      });
      onDone?.();
      onClose();
      workspace.openRun(run.thread_id, run.id);
    } catch (error) {
      setProblem(error.message);
      setSending(false);
    }
  };
  return html`<${Dialog} title=${title} onClose=${onClose} class="dialog--small">
    <form class="inquiry" onSubmit=${submit}>
      <p>
        An agent reads as much of ${runs?.length === 1 ? "it" : "them"} as its model can, those that matter most first, and
        answers in a new conversation, with links to what it cites. Where one is from an anonymous conversation, the new one is
        anonymous, too.
      </p>
      <div class="field">
        <label for="inquiry-question">Question</label>
        <textarea
          id="inquiry-question"
          name="question"
          rows="3"
          dir="auto"
          maxlength=${LONGEST}
          placeholder="What did we decide, and why?"
          required
          autofocus
        ></textarea>
      </div>
      <div class="field">
        <label for="inquiry-agent">Who answers</label>
        <select id="inquiry-agent" name="agent">
          <option value="">As in every new conversation</option>
          ${agents.map((agent) => html`<option key=${agent.slug} value=${agent.slug}>${labelOf(agent)}</option>`)}
        </select>
      </div>
      ${problem && html`<p class="field__error" role="alert">${problem}</p>`}
      <div class="dialog__actions">
        <button type="button" class="button" onClick=${onClose}>Cancel</button>
        <button type="submit" class="button button--primary" disabled=${sending}>Ask</button>
      </div>
    </form>
  <//>`;
}
