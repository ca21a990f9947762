// What stands in the place of words that a retention policy has removed.
import { html } from "../../lib/preact.js";
import { fullMoment, moment } from "../format.js";
import { Icon } from "../icons.js";

export function Pruned({ run }) {
  return html`<p class="ending pruned">
    <${Icon} name="cut" size=${14} />
    <span>Removed by a retention policy, <time datetime=${run.pruned_at} title=${fullMoment(run.pruned_at)}>${moment(run.pruned_at)}</time>. What it cost is kept.</span>
  </p>`;
}
