// A task that was handed to another agent: who has it, how it stands, what it asks, and inside all that it says and does.
import { html, useEffect, useMemo, useState } from "../../lib/preact.js";
import { nameOf } from "../../state/catalogue.js";
import { useStore } from "../../state/store.js";
import { asksPerson, callsOf, childOf } from "../../state/tool-calls.js";
import { isTerminal } from "../../state/thread-state.js";
import { byId } from "../../state/thread-view.js";
import { ErrorCard } from "../error-card.js";
import { MaskedText } from "../masks.js";
import { Message } from "../message.js"; // a message holds calls, and such a call a whole run with messages
import { Step, toolResults, Working } from "../run-parts.js";
import { Line, Told } from "./card.js";
import { Question } from "./question.js";
import { Result } from "./result.js";
import { titleOf } from "./describe.js";

export function Delegation({ call, session, workspace, readOnly }) {
  const [open, setOpen] = useState(false);
  const { agents } = useStore(workspace.catalogue);
  const child = useStore(session.state, (state) => childOf(state, call));
  const run = useStore(session.state, (state) => state.runs[child]);
  const problem = useLoaded({ session, child, wanted: open || call.status === "waiting" });
  const agent = nameOf(agents, call.arguments?.agent ?? run?.agent);
  return html`<div class="tool tool--delegation tool--${call.status}">
    <details class="tool__fold" open=${open} onToggle=${({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary class="tool__line">
        <${Line}
          call=${call}
          title=${agent ? `Asked ${agent}` : titleOf(call)}
          summary=${call.arguments?.task ?? ""}
          status=${standing(call, run)}
        />
      </summary>
      ${
        open &&
        html`<div class="tool__body">
          <p class="delegation__task" dir="auto"><${MaskedText} text=${call.arguments?.task} /></p>
          ${problem && html`<p role="alert">${problem}</p>`}
          ${run && html`<${DelegatedRun} run=${run} session=${session} workspace=${workspace} readOnly=${readOnly} />`}
          ${(!run || call.status === "failed") && html`<${Result} call=${call} workspace=${workspace} />`}
        </div>`
      }
    </details>
    ${!open && html`<${Told} call=${call} />`}
    ${!open && child && html`<${OpenQuestions} runId=${child} session=${session} workspace=${workspace} readOnly=${readOnly} />`}
  </div>`;
}

/** How a task stands that is under way; "" where the call itself says all. */
function standing(call, run) {
  if (call.status !== "waiting" && call.status !== "running") return undefined;
  return { queued: "waits for its turn", waiting: "waits", running: "at work" }[run?.status] ?? "at work";
}

/** Reads a task's run when it is wanted: its frames come by themselves only while the page is open. */
function useLoaded({ session, child, wanted }) {
  const [problem, setProblem] = useState("");
  useEffect(() => {
    if (!child || !wanted) return;
    setProblem("");
    session.loadRun(child).catch((error) => setProblem(error.message));
  }, [child, wanted]);
  return problem;
}

/** What a run asks, and what those ask that it has handed tasks to: so that nothing has to be opened to answer. */
function OpenQuestions({ runId, session, workspace, readOnly }) {
  const calls = useStore(session.state, (state) => callsOf(state, runId));
  const run = useStore(session.state, (state) => state.runs[runId]);
  const { agents } = useStore(workspace.catalogue);
  if (!run || isTerminal(run)) return null;
  const waiting = Object.values(calls).filter(({ status }) => status === "waiting");
  return waiting.map((call) => {
    const props = { key: call.tool_call_id, session, workspace, readOnly };
    if (asksPerson(call)) return html`<${Question} call=${call} asker=${nameOf(agents, run.agent)} ...${props} />`;
    return call.child ? html`<${OpenQuestions} runId=${call.child} ...${props} />` : null;
  });
}

function DelegatedRun({ run, session, workspace, readOnly }) {
  const state = useStore(session.state);
  const { agents } = useStore(workspace.catalogue);
  const all = useMemo(() => messagesOf(state, run.id), [state.messages, state.live, run.id]);
  const results = useMemo(() => toolResults(all), [all]);
  const shown = all.filter(({ role }) => role === "assistant");
  const isWorking = run.status === "running" && shown.length === 0;
  return html`<div class="delegated" role="group" aria-label=${`What ${nameOf(agents, run.agent)} did`}>
    ${[...shown, ...(state.steps[run.id] ?? [])].sort(byId).map((entry) =>
      entry.type === "step"
        ? html`<${Step} key=${entry.id} step=${entry} />`
        : html`<${Message}
            key=${entry.id}
            message=${entry}
            results=${results}
            run=${run}
            agent=${nameOf(agents, entry.agent ?? run.agent)}
            session=${session}
            workspace=${workspace}
            readOnly=${readOnly}
          />`,
    )}
    ${isWorking && html`<${Working} name=${nameOf(agents, run.agent)} />`}
    ${
      (run.status === "failed" || run.status === "interrupted") &&
      html`<${ErrorCard} run=${run} error=${run.error ?? state.errors[run.id]} workspace=${workspace} readOnly />`
    }
  </div>`;
}

function messagesOf(state, runId) {
  const live = Object.values(state.live).map(({ message }) => message);
  return [...Object.values(state.messages), ...live].filter(({ run_id }) => run_id === runId).sort(byId);
}
