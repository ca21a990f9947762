// A tool call as one line that can be opened: what it is, what it was given, how it stands; inside, all of it.
import { html, useEffect, useState } from "../../lib/preact.js";
import { useStore } from "../../state/store.js";
import { resultRunOf } from "../../state/tool-calls.js";
import { duration } from "../format.js";
import { Icon } from "../icons.js";
import { MaskedText } from "../masks.js";
import { CallOperation } from "../operations/call-operation.js"; // which tells the time as a call does
import { iconOf, isUnderWay, statusLabel, summaryOf, titleOf } from "./describe.js";
import { Result } from "./result.js";
import { Values } from "./values.js";

const SECOND = 1000; // ms
const LONGEST_TOLD = 280; // characters of an answer or an error that are shown without opening its call

export function ToolCard({ call, session, workspace, readOnly }) {
  const brought = useStore(session.state, (state) => resultRunOf(state, call.run_id, call.tool_call_id));
  const status = call.status === "in_progress" && brought ? "ended" : undefined;
  return html`<div class="tool tool--${call.status}">
    <details class="tool__fold">
      <summary class="tool__line">
        <${Line} call=${call} status=${status} />
      </summary>
      <div class="tool__body">
        <${Given} call=${call} />
        <${Result} call=${call} workspace=${workspace} />
      </div>
    </details>
    <${Told} call=${call} />
    ${
      (call.operation || brought) &&
      html`<${CallOperation} call=${call} session=${session} workspace=${workspace} readOnly=${readOnly} />`
    }
  </div>`;
}

/** The line of a call: icon, name, summary, state. */
export function Line({ call, title = titleOf(call), summary = summaryOf(call), status }) {
  return html`<span class="tool__icon"><${Icon} name=${iconOf(call)} size=${15} /></span>
    <span class="tool__name">${title}</span>
    <span class="tool__summary" dir="auto"><${MaskedText} text=${call.kind === "client" && call.question ? call.question : summary} cut /></span>
    ${call.edited && html`<span class="tool__mark" title="You changed what the tool was given">edited</span>`}
    <${Status} call=${call} label=${status} />`;
}

/** How a call stands, and for how long it has been, or was, under way. */
function Status({ call, label }) {
  const { status, started_at: from } = call;
  const to = status === "in_progress" ? undefined : call.finished_at;
  const failed = status === "failed";
  const words = label ?? statusLabel(call);
  return html`<span class="tool__status">
    ${isUnderWay(call) && html`<span class="tool__pulse" aria-hidden="true"></span>`}
    ${failed && html`<${Icon} name="warning" size=${13} />`}
    ${status === "succeeded" && html`<${Icon} name="check" size=${13} />`}
    <span class=${status === "succeeded" && from && to && !label ? "visually-hidden" : ""}>${words}</span>
    ${from && to && !label && html`<span class="tool__time">${duration(from, to)}</span>`}
    ${status === "running" && from && html`<${Elapsed} since=${from} />`}
  </span>`;
}

/** The time since a moment, from the first second on. */
export function Elapsed({ since }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), SECOND);
    return () => clearInterval(timer);
  }, []);
  if (now - Date.parse(since) < SECOND) return null;
  return html`<span class="tool__time">${duration(since, new Date(now).toISOString())}</span>`;
}

export function Given({ call }) {
  if (!call.arguments) {
    return (
      call.argumentsText &&
      html`<h4>What was written</h4>
        <pre tabindex="0"><${MaskedText} text=${call.argumentsText} cut /></pre>`
    );
  }
  return html`<h4>Given</h4>
    <${Values} values=${call.arguments} />`;
}

/** What the person said, and what went wrong: readable without opening the call. */
export function Told({ call }) {
  const isUndone = ["failed", "cancelled"].includes(call.status);
  const isTold = isUndone || (call.kind === "client" && !isUnderWay(call));
  if (!isTold || !call.content) return null;
  const isLong = call.content.length > LONGEST_TOLD;
  return html`<p class="tool__told ${isUndone ? "tool__told--failed" : ""}" dir="auto">
    <${MaskedText} text=${isLong ? call.content.slice(0, LONGEST_TOLD) : call.content} cut=${isLong} />${isLong && " …"}
  </p>`;
}
