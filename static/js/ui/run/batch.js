// One question to several agents or models: their answers side by side as they stream, until one is kept.
import { html, useCallback, useEffect } from "../../lib/preact.js";
import { siblingsOf } from "../../state/branches.js";
import { nameOf } from "../../state/catalogue.js";
import { kept } from "../../state/folds.js";
import { useStore } from "../../state/store.js";
import { isTerminal } from "../../state/thread-state.js";
import { Icon } from "../icons.js";
import { Message } from "../message.js";
import { Run } from "../run.js";

/** `runs` in the order in which they were asked; `messages` of all runs, by run. */
export function Batch({ runs, messages, state, session, workspace }) {
  const { agents } = useStore(workspace.catalogue);
  const question = (messages[runs[0].id] ?? []).find(({ role }) => role === "user");
  const open = runs.filter((run) => !isTerminal(run)).length;
  const keep = useCallback((run) => {
    kept.set(run.thread_id, run.batch, true);
    workspace.runs.show(run.id);
    workspace.announce(`The answer of ${nameOf(agents, run.agent)} is kept.`);
  }, [agents]);
  return html`<section class="batch" aria-label=${`One question, ${runs.length} answers`}>
    <header class="batch__head">
      <${Icon} name="columns" size=${14} />
      <span>${runs.length} answers side by side${open > 0 ? `, ${open} still being written` : ". Keep the one to go on with."}</span>
    </header>
    ${
      question &&
      html`<${Message} message=${question} results=${new Map()} run=${runs[0]} session=${session} workspace=${workspace} readOnly />`
    }
    <div class="batch__columns" tabindex="0" role="group" aria-label="Answers">
      ${runs.map(
        (run) =>
          html`<${Run}
            key=${run.id}
            run=${run}
            messages=${messages[run.id]}
            error=${state.errors[run.id]}
            steps=${state.steps[run.id]}
            session=${session}
            workspace=${workspace}
            onKeep=${keep}
            isLast
          />`,
      )}
    </div>
  </section>`;
}

/** Reads the answers that stand beside the last run of a branch, where the page was opened since they were asked for. */
export function useBatch({ state, runs, messages, session, workspace }) {
  const last = runs.at(-1);
  const isOpen = last?.batch && !kept.of(last.thread_id)[last.batch];
  const isMissing = (id) => !state.runs[id] || (isTerminal(state.runs[id]) && !messages[id]);
  const missing = isOpen ? siblingsOf(state, last).filter(isMissing) : [];
  useEffect(() => {
    for (const id of missing) workspace.attempt(() => session.loadRun(id));
  }, [missing.join()]);
}
