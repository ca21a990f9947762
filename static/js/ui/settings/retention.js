// What is not kept for ever: one's own policies, tried before they are applied, and the way to leave with everything.
import { html, useEffect, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { inWords, outcome, sparedBy } from "../../state/retention.js";
import { moment, size } from "../format.js";
import { IconButton } from "../icons.js";
import { EraseMyself } from "./erase.js";
import { NewPolicy } from "./policy-form.js";
import { Switch } from "./switch.js";

export function RetentionSettings({ workspace }) {
  const [policies, setPolicies] = useState(null);
  const [problem, setProblem] = useState("");

  /** Does something, then reads the policies again; what it answered, or `null` where it was refused. */
  const attempt = async (request) => {
    setProblem("");
    try {
      const answer = (await request?.()) ?? true;
      setPolicies((await api.retentionPolicies()).results);
      return answer;
    } catch (error) {
      setProblem(error.message);
      return null;
    }
  };
  useEffect(() => {
    attempt();
  }, []);

  return html`<div class="settings">
    <p class="settings__hint">
      A policy removes for good what was said in old runs. What they were, when, and what they cost stays. Pinned and shared runs are
      never touched.
    </p>
    ${problem && html`<p class="alert" role="alert">${problem}</p>`}
    ${
      policies?.length > 0
        ? html`<ul class="rows" aria-label="Policies">
            ${policies.map((policy) => html`<${Policy} key=${policy.id} policy=${policy} attempt=${attempt} />`)}
          </ul>`
        : policies && html`<p class="empty">Everything is kept until you delete it.</p>`
    }
    <${NewPolicy} attempt=${attempt} />
    <${EraseMyself} workspace=${workspace} />
  </div>`;
}

function Policy({ policy, attempt }) {
  const [told, setTold] = useState(null); // { plan } or { done }
  const look = async () => {
    const plan = await attempt(() => api.tryRetentionPolicy(policy.id));
    if (plan) setTold({ plan });
  };
  const apply = async () => {
    const done = await attempt(() => api.applyRetentionPolicy(policy.id));
    if (done) setTold({ done });
  };
  const change = (enabled) => attempt(() => api.updateRetentionPolicy(policy.id, { enabled }));
  return html`<li class="policy">
    <div class="row">
      <p class="row__text">
        <strong dir="auto">${policy.name}</strong>${inWords(policy)}
        ${policy.last_run_at && html`<span class="row__note">Last applied ${moment(policy.last_run_at)}</span>`}
      </p>
      <button type="button" class="button button--small" aria-label="Try out: ${policy.name}" onClick=${look}>Try out</button>
      <${IconButton}
        name="trash"
        size=${16}
        label="Delete: ${policy.name}"
        onClick=${() => attempt(() => api.deleteRetentionPolicy(policy.id))}
      />
    </div>
    <${Switch}
      label="Apply by itself"
      note="Every few minutes, to what meets it by then."
      on=${policy.enabled}
      onChange=${change}
    />
    <div role="status">${told && html`<${Outcome} ...${told} name=${policy.name} onApply=${apply} />`}</div>
  </li>`;
}

function Outcome({ plan, done, name, onApply }) {
  const spared = sparedBy(plan?.spared);
  const more = done && !done.complete ? " There is more: apply it again." : "";
  return html`<div class="policy__outcome">
    <p>${outcome(plan ?? done, size, { done: Boolean(done) })}${more}</p>
    ${spared.length > 0 && html`<p class="row__note">Spared: ${spared.join(", ")}.</p>`}
    ${plan?.oldest && html`<p class="row__note">From ${moment(plan.oldest)} to ${moment(plan.newest)}.</p>`}
    ${
      (plan?.runs > 0 || more) &&
      html`<button type="button" class="button button--small button--danger" aria-label="Remove now: ${name}" onClick=${onApply}>
        Remove now
      </button>`
    }
  </div>`;
}
