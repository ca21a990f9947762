// Who answered, how long it took, what it used: quiet, in one line.
import { html } from "../../lib/preact.js";
import { nameOf } from "../../state/catalogue.js";
import { duration, money, shortNumber, wholeNumber } from "../format.js";
import { Icon } from "../icons.js";
import { statusOf } from "./status.js";

/** `names`: where the agent and the model stand: "first", "last" where they may be cut off, or "nowhere". */
export function Facts({ run, waitsForUs, catalogue, names = "first" }) {
  const { label, icon } = statusOf(run, waitsForUs);
  const who = [nameOf(catalogue.agents, run.agent), nameOf(catalogue.models, run.model)];
  const took = [run.started_at && run.finished_at && duration(run.started_at, run.finished_at), ...spent(run.usage)];
  const facts = { first: [...who, ...took], last: [...took, ...who], nowhere: took }[names];
  return html`<p class="facts">
    <span class="facts__status facts__status--${run.status}"><${Icon} name=${icon} size=${13} /> ${label}</span>
    ${facts.filter(Boolean).map((fact) => html`<span class="facts__item">${fact}</span>`)}
  </p>`;
}

/** Tokens and cost, as far as there are any. */
export function spent(usage = {}) {
  const tokens = (usage.input_tokens ?? 0) + (usage.output_tokens ?? 0);
  return [
    tokens > 0 && html`<span title=${tokenDetails(usage)}>${shortNumber(tokens)} tokens</span>`,
    usage.cost !== undefined &&
      usage.cost !== null &&
      html`<span title="What the model calls of this run cost">${money(usage.cost, usage.currency)}</span>`,
  ];
}

export function tokenDetails({
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
