// What a run of a branch and a run that was handed on have in common.
import { html } from "../lib/preact.js";
import { Icon } from "./icons.js";
import { MaskedText } from "./masks.js";
import { SteerStep } from "./run/steering.js";

const STEP_ICONS = { copy: "branch", decision: "warning", operation: "clock", queue: "clock", retry: "redo" };

/** The results in messages: a map from the id of their call. */
export function toolResults(messages) {
  const parts = messages.flatMap(({ content }) => content).filter(({ type }) => type === "tool_result");
  return new Map(parts.map((part) => [part.tool_call_id, part]));
}

export function Step({ step, session }) {
  if (step.kind === "steer") return html`<${SteerStep} step=${step} session=${session} />`;
  return html`<p class="step"><${Icon} name=${STEP_ICONS[step.kind] ?? "bolt"} size=${13} /> <${MaskedText} text=${step.summary} cut /></p>`;
}

export function Working({ name }) {
  return html`<p class="working">
    <span class="working__pulse" aria-hidden="true"></span>${name || "The agent"} is at work
  </p>`;
}
