// One run: its head, its messages, how it ended and what it cost, and what can be done with it. Folded, it is one line.
import { html, memo, useEffect, useState } from "../lib/preact.js";
import { nameOf } from "../state/catalogue.js";
import { summarizingIn } from "../state/commands.js";
import { foldedRuns } from "../state/folds.js";
import { useStore } from "../state/store.js";
import { waitsForPerson } from "../state/tool-calls.js";
import { isTerminal } from "../state/thread-state.js";
import { byId, queueLabel } from "../state/thread-view.js";
import { Summarizing } from "./context/summarizing.js";
import { ErrorCard } from "./error-card.js";
import { Icon } from "./icons.js";
import { followRun } from "./inquiry/sources.js";
import { Message } from "./message.js";
import { Commands } from "./run/commands.js";
import { RunFoot, textOf } from "./run/foot.js";
import { ColumnHead, RunHead } from "./run/head.js";
import { Pruned } from "./run/pruned.js";
import { statusOf } from "./run/status.js";
import { Step, toolResults, Working } from "./run-parts.js";
import { citedSource, Sources } from "./sources.js";

const PATIENCE = 3000; // ms
const EXCERPT = 160; // characters

/** `onKeep`: it is one of several answers side by side; the question is shown once, above them. */
export const Run = memo(
  ({ run, messages = [], error, steps = [], siblings, isLast, behind, readOnly, inSummary, onKeep, session, workspace }) => {
    const catalogue = useStore(workspace.catalogue);
    const waitsForUs = useStore(session.state, (state) => waitsForPerson(state, run.id));
    const summarizing = summarizingIn(steps);
    const isLine = Boolean(summarizing) && run.status === "completed"; // it says all by its head
    const mayFold = isTerminal(run) && !readOnly && !onKeep && !isLine;
    const folded = (Boolean(foldedRuns.use(run.thread_id)[run.id]) && mayFold) || isLine;
    const [source, choose] = useState(null);
    const shown = messages.filter(({ role }) => role !== "tool" && !(onKeep && role === "user"));
    const isQueued = run.status === "queued";
    const line = summarizing && html`<${Summarizing} commands=${summarizing} session=${session} />`;
    const head = { line, run, siblings, waitsForUs, readOnly, inSummary, catalogue, session, workspace };
    const fold = () => foldedRuns.set(run.thread_id, run.id, !folded);
    return html`<article
      class="run run--${run.status} ${folded ? "run--folded" : ""} ${onKeep ? "column" : ""}"
      id="run-${run.number}"
      tabindex="-1"
      aria-label="Run ${run.number}, ${statusOf(run, waitsForUs).label}"
      onClick=${(event) => {
        followCitation(event, session, run, choose);
        followRun(event, workspace);
      }}
    >
      ${
        onKeep
          ? html`<${ColumnHead} run=${run} catalogue=${catalogue} onKeep=${onKeep} session=${session} workspace=${workspace} />`
          : html`<${RunHead} ...${head} folded=${folded} said=${folded && excerptOf(messages)} onFold=${mayFold && fold} />`
      }
      ${
        !folded &&
        html`${run.pruned_at && html`<${Pruned} run=${run} />`}
          ${!run.pruned_at && !summarizing && html`<${Said} run=${run} shown=${shown} messages=${messages} steps=${steps} ...${{ catalogue, readOnly, session, workspace }} />`}
          ${isQueued && html`<${Queued} run=${run} behind=${behind} steps=${steps} onCancel=${() => workspace.cancel(run)} />`}
          <${Sources} run=${run} session=${session} chosen=${source} onChoose=${choose} />
          <${Ending} run=${run} error=${run.error ?? error} workspace=${workspace} readOnly=${readOnly} />
          ${
            !isQueued &&
            html`<${RunFoot}
              run=${run}
              waitsForUs=${waitsForUs}
              messages=${shown}
              catalogue=${catalogue}
              workspace=${workspace}
              isLast=${isLast}
              readOnly=${readOnly}
              brief=${Boolean(onKeep)}
            />`
          }`
      }
    </article>`;
  },
);

/** What was said and done, in its order. */
function Said({ run, shown, messages, steps, catalogue, readOnly, session, workspace }) {
  const results = toolResults(messages);
  const told = steps.filter(({ kind }) => kind !== "command" && !(kind === "queue" && run.status === "queued"));
  const isThinking = run.status === "running" && !shown.some(({ role }) => role === "assistant");
  return html`<${Commands} steps=${steps} />
  ${[...shown, ...told].sort(byId).map((entry) =>
    entry.type === "step"
      ? html`<${Step} key=${entry.id} step=${entry} session=${session} />`
      : html`<${Message}
          key=${entry.id}
          message=${entry}
          results=${results}
          run=${run}
          agent=${nameOf(catalogue.agents, entry.agent ?? run.agent)}
          session=${session}
          workspace=${workspace}
          readOnly=${readOnly}
        />`,
  )}
  ${isThinking && html`<${Working} name=${nameOf(catalogue.agents, run.agent)} />`}`;
}

/** How what was asked begins, or where nobody asked, what was answered. */
const excerptOf = (messages) => (textOf(messages, "user") || textOf(messages, "assistant")).slice(0, EXCERPT);

/** A citation in the answer opens the source that it names. */
function followCitation({ target }, session, run, choose) {
  const id = target.closest?.("[data-source]")?.dataset.source;
  const source = id && citedSource(session.state.value, run, id);
  if (source) choose(source);
}

/** What a queued run waits for. Why it does not start is told only when it waits for long: most start at once. */
function Queued({ run, behind, steps, onCancel }) {
  const isLate = useHasPassed(run.created_at, PATIENCE);
  const why = isLate && steps.findLast(({ kind }) => kind === "queue")?.summary;
  const usual = behind ? "It starts when the run before it has ended." : "It starts in a moment.";
  return html`<p class="queued">
    <${Icon} name="clock" size=${15} />
    <span class="queued__text">${queueLabel([run])}. <span role="status">${why || usual}</span></span>
    <button type="button" class="button button--small" onClick=${onCancel}>Cancel</button>
  </p>`;
}

/** Whether a moment lies so many milliseconds back; never later than that from now, whatever the two clocks say. */
function useHasPassed(iso, time) {
  const rest = Math.min(time, Date.parse(iso) + time - Date.now());
  const [passed, setPassed] = useState(rest <= 0);
  useEffect(() => {
    const timer = setTimeout(() => setPassed(true), rest);
    return () => clearTimeout(timer);
  }, []);
  return passed;
}

/** How a run ended that has no answer, or not a whole one. */
function Ending({ run, error, workspace, readOnly }) {
  if (run.pruned_at) return null;
  if (run.status === "cancelled") {
    const kept = run.started_at ? "What was said until then is kept." : "It had not begun.";
    return html`<p class="ending"><${Icon} name="stop" size=${14} /> Stopped. ${kept}</p>`;
  }
  if (run.status !== "failed" && run.status !== "interrupted") return null;
  return html`<${ErrorCard} run=${run} error=${error} workspace=${workspace} readOnly=${readOnly} />`;
}
