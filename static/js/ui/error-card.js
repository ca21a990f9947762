// What went wrong in a run, and what can be done about it.
import { html } from "../lib/preact.js";
import { canContinue } from "../state/repeat.js";
import { nothing, useStore } from "../state/store.js";
import { Icon } from "./icons.js";
import { MaskedText } from "./masks.js";

const TITLES = {
  anonymization_input_too_long: "Too long to be searched for personal data",
  context_too_long: "Too long for the model",
  delegation_limit: "Too much was handed on",
  interrupted: "The server was restarted",
  iteration_limit: "The limit of steps was reached",
  provider_auth: "The provider refused the key",
  provider_disconnected: "The connection broke",
  provider_not_found: "The provider does not know this model",
  provider_protocol: "The answer could not be read",
  provider_rate_limited: "Too many requests",
  provider_rejected: "The provider refused the request",
  provider_stalled: "The model stopped answering",
  provider_unavailable: "The provider is not available",
  repeated_tool_failure: "A tool failed again and again",
  run_anonymization_unavailable: "Personal data could not be masked",
  unsupported_input: "The model cannot read this",
};

const ADVICE = {
  anonymization_input_too_long: "Nothing of it was sent. Ask for less at a time.",
  context_too_long: "Start a new conversation, shorten the message, or choose a model that reads more.",
  provider_auth: "Another model may work meanwhile.",
  provider_not_found: "Another model may work meanwhile.",
  provider_rejected: "Try another model. If it happens again, tell an administrator.",
  run_anonymization_unavailable: "Nothing more was sent to the model.",
  unsupported_input: "Choose a model that takes this kind of input, then try again.",
};

const CHOOSE_ANOTHER = new Set([
  "context_too_long",
  "provider_auth",
  "provider_not_found",
  "provider_rejected",
  "unsupported_input",
]);

/** `error` is `{code, message, retryable}`; it may be missing, when only the status is known. */
export function ErrorCard({ run, error = {}, workspace, readOnly }) {
  const interrupted = run.status === "interrupted";
  const code = error.code?.toLowerCase();
  const title = TITLES[code] ?? (interrupted ? TITLES.interrupted : "The run failed");
  const message =
    error.message ?? (interrupted ? "The answer was cut off. What arrived is kept." : "There is no answer.");
  const retryable = error.retryable ?? interrupted;
  return html`<div class="error-card" role="group" aria-label="Error">
    <span class="error-card__icon"><${Icon} name="warning" size=${18} /></span>
    <div class="error-card__text">
      <h4>${title}</h4>
      <p><${MaskedText} text=${message} /> ${ADVICE[code]}</p>
      ${error.code && html`<code class="error-card__code">${error.code}</code>`}
    </div>
    ${!readOnly && html`<${Actions} run=${run} error=${error} retryable=${retryable} workspace=${workspace} />`}
  </div>`;
}

function Actions({ run, error, retryable, workspace }) {
  const isCut = useStore(workspace.session.value?.state ?? nothing, (state) => Boolean(state) && canContinue(state, run));
  return html`<div class="error-card__actions">
    <button
      type="button"
      class="button ${retryable ? "button--primary" : ""} button--small"
      onClick=${() => workspace.retry(run)}
    >
      Retry
    </button>
    ${
      isCut &&
      html`<button type="button" class="button button--small" onClick=${() => workspace.runs.continue(run)}>
        Continue
      </button>`
    }
    ${
      CHOOSE_ANOTHER.has(error.code) &&
      html`<button type="button" class="button button--small" onClick=${() => workspace.dialog("picker")}>
        Choose another model
      </button>`
    }
  </div>`;
}
