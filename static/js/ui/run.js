// One run: its number and what started it, its messages, how it ended and what it cost, and what can be done with it.
import { html, memo, useEffect, useState } from "../lib/preact.js";
import { nameOf } from "../state/catalogue.js";
import { useStore } from "../state/store.js";
import { isTerminal } from "../state/thread-state.js";
import { byId, queueLabel } from "../state/thread-view.js";
import { copyText } from "./clipboard.js";
import { ErrorCard } from "./error-card.js";
import { duration, fullMoment, moment, money, shortNumber, wholeNumber } from "./format.js";
import { Icon, IconButton } from "./icons.js";
import { Message } from "./message.js";

const PATIENCE = 3000; // ms

const STATUS = {
  queued: { label: "Queued", icon: "clock" },
  running: { label: "Answering", icon: "bolt" },
  waiting: { label: "Waits for you", icon: "clock" },
  completed: { label: "Completed", icon: "check" },
  failed: { label: "Failed", icon: "warning" },
  cancelled: { label: "Stopped", icon: "stop" },
  interrupted: { label: "Interrupted", icon: "warning" },
};

const STEP_ICONS = { decision: "warning", queue: "clock", retry: "redo" };

const statusOf = (run) => STATUS[run.status] ?? { label: run.status, icon: "clock" };

const TRIGGERS = {
  tool: "Started by a finished tool",
  schedule: "Started by a schedule",
  webhook: "Started by a webhook",
  delegation: "Started by another agent",
};

export const Run = memo(
  ({ run, messages = [], error, tools, steps = [], attempt, ofAttempts, isLast, behind, readOnly, workspace }) => {
    const catalogue = useStore(workspace.catalogue);
    const results = toolResults(messages);
    const shown = messages.filter(({ role }) => role !== "tool");
    const isQueued = run.status === "queued";
    const told = isQueued ? steps.filter(({ kind }) => kind !== "queue") : steps;
    const isThinking = run.status === "running" && !shown.some(({ role }) => role === "assistant");
    return html`<article
      class="run run--${run.status}"
      id="run-${run.number}"
      tabindex="-1"
      aria-label="Run ${run.number}, ${statusOf(run).label}"
    >
      <header class="run__head">
        <span class="run__number" title=${`Run ${run.number} of this conversation`}>${run.number}</span>
        ${run.kind === "system" && html`<${Trigger} trigger=${run.trigger} />`}
        ${
          attempt &&
          html`<button
            type="button"
            class="chip chip--quiet"
            aria-haspopup="dialog"
            title="See the other attempts"
            onClick=${() => workspace.dialog("attempts", run)}
          >
            attempt ${attempt} of ${ofAttempts}
          </button>`
        }
        <time class="run__time" datetime=${run.created_at} title=${fullMoment(run.created_at)}
          >${moment(run.created_at)}</time
        >
      </header>
      ${[...shown, ...told].sort(byId).map((entry) =>
        entry.type === "step"
          ? html`<${Step} key=${entry.id} step=${entry} />`
          : html`<${Message}
              key=${entry.id}
              message=${entry}
              results=${results}
              tools=${tools}
              runStatus=${run.status}
              agent=${nameOf(catalogue.agents, entry.agent ?? run.agent)}
            />`,
      )}
      ${isThinking && html`<${Working} name=${nameOf(catalogue.agents, run.agent)} />`}
      ${
        isQueued &&
        html`<${Queued} run=${run} behind=${behind} steps=${steps} onCancel=${() => workspace.cancel(run)} />`
      }
      <${Ending} run=${run} error=${run.error ?? error} workspace=${workspace} readOnly=${readOnly} />
      ${
        !isQueued &&
        html`<${RunFoot}
          run=${run}
          messages=${shown}
          catalogue=${catalogue}
          workspace=${workspace}
          isLast=${isLast}
          readOnly=${readOnly}
        />`
      }
    </article>`;
  },
);

function toolResults(messages) {
  const parts = messages.flatMap(({ content }) => content).filter(({ type }) => type === "tool_result");
  return Object.fromEntries(parts.map((part) => [part.tool_call_id, part]));
}

function Trigger({ trigger }) {
  const label = TRIGGERS[trigger] ?? "Started by the system";
  return html`<span class="chip"><${Icon} name="system" size=${13} /> ${label}</span>`;
}

function Step({ step }) {
  return html`<p class="step"><${Icon} name=${STEP_ICONS[step.kind] ?? "bolt"} size=${13} /> ${step.summary}</p>`;
}

function Working({ name }) {
  return html`<p class="working">
    <span class="working__pulse" aria-hidden="true"></span>${name || "The agent"} is at work
  </p>`;
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
  if (run.status === "cancelled") {
    const kept = run.started_at ? "What was said until then is kept." : "It had not begun.";
    return html`<p class="ending"><${Icon} name="stop" size=${14} /> Stopped. ${kept}</p>`;
  }
  if (run.status !== "failed" && run.status !== "interrupted") return null;
  return html`<${ErrorCard} run=${run} error=${error} workspace=${workspace} readOnly=${readOnly} />`;
}

function RunFoot({ run, messages, catalogue, workspace, isLast, readOnly }) {
  const ended = isTerminal(run);
  const answer = ended ? textOf(messages, "assistant") : "";
  const again = {
    cancelled: { label: "Retry", act: workspace.retry },
    completed: { label: "Run again", act: workspace.rerun }, // the others have a button in their error card
  }[run.status];
  const copy = async () =>
    workspace.toast((await copyText(answer)) ? "The answer was copied." : "The browser refused to copy.");
  return html`<footer class="run__foot ${isLast ? "run__foot--last" : ""}">
    <${Facts} run=${run} catalogue=${catalogue} />
    <div class="run__actions" role="group" aria-label="Run ${run.number}">
      ${!ended && !readOnly && html`<${IconButton} name="stop" size=${16} label="Stop" onClick=${() => workspace.cancel(run)} />`}
      ${answer && html`<${IconButton} name="copy" size=${16} label="Copy the answer" onClick=${copy} />`}
      ${again && !readOnly && html`<${IconButton} name="redo" size=${16} label=${again.label} onClick=${() => again.act(run)} />`}
    </div>
  </footer>`;
}

/** Who answered, how long it took, what it used: quiet, in one line. */
function Facts({ run, catalogue }) {
  const { label, icon } = statusOf(run);
  const { usage = {} } = run;
  const tokens = (usage.input_tokens ?? 0) + (usage.output_tokens ?? 0);
  const facts = [
    nameOf(catalogue.agents, run.agent),
    nameOf(catalogue.models, run.model),
    run.started_at && run.finished_at && duration(run.started_at, run.finished_at),
    tokens > 0 && html`<span title=${tokenDetails(usage)}>${shortNumber(tokens)} tokens</span>`,
    usage.cost !== undefined &&
      usage.cost !== null &&
      html`<span title="What the model calls of this run cost">${money(usage.cost, usage.currency)}</span>`,
  ];
  return html`<p class="facts">
    <span class="facts__status facts__status--${run.status}"><${Icon} name=${icon} size=${13} /> ${label}</span>
    ${facts.filter(Boolean).map((fact) => html`<span class="facts__item">${fact}</span>`)}
  </p>`;
}

function tokenDetails({
  input_tokens = 0,
  output_tokens = 0,
  cached_tokens = 0,
  reasoning_tokens = 0,
  model_calls = 0,
}) {
  const lines = [`${wholeNumber(input_tokens)} in`, `${wholeNumber(output_tokens)} out`];
  if (cached_tokens) lines.push(`${wholeNumber(cached_tokens)} of them from the cache`);
  if (reasoning_tokens) lines.push(`${wholeNumber(reasoning_tokens)} for thinking`);
  if (model_calls > 1) lines.push(`${wholeNumber(model_calls)} model calls`);
  return lines.join(", ");
}

function textOf(messages, role) {
  const parts = messages.filter((message) => message.role === role).flatMap(({ content }) => content);
  return parts
    .filter(({ type }) => type === "text")
    .map(({ text }) => text)
    .join("\n\n");
}
