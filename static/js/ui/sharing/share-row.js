// One thing that a person shares: with whom, as of when, until when; and how it is brought up to date or ended.
import { html } from "../../lib/preact.js";
import { withLabels } from "../../state/mask-names.js";
import { readersOf } from "../../state/sharing.js";
import { dated, fullMoment, wholeNumber } from "../format.js";

const ENDED = { expired: "Expired", revoked: "Revoked" };

/** `onRenew` and `onRevoke` act on it; `named`: its title is shown, for a list of more than one conversation. */
export function ShareRow({ share, named = false, onRenew, onRevoke }) {
  const { id, title, state, run } = share;
  const name = withLabels(title || "A conversation");
  const isLive = state === "live";
  return html`<li class="share share--${state}">
    <div class="share__text">
      ${
        named &&
        html`<p class="share__title" dir="auto">
          ${isLive ? html`<a href="/shares/${id}/">${name}</a>` : name} ${run && html`<span class="share__kind">one run</span>`}
        </p>`
      }
      <p class="share__readers">${isLive ? "" : `${ENDED[state]}: `}${readersOf(share)}</p>
      <p class="share__facts"><${Facts} share=${share} /></p>
    </div>
    <div class="share__actions">
      ${isLive && html`<button type="button" class="button button--small" aria-label="Update what is shared: ${name}" title="Share it as it is now" onClick=${() => onRenew(share)}>Update</button>`}
      ${state !== "revoked" && html`<button type="button" class="button button--small" aria-label="Revoke: ${name}" onClick=${() => onRevoke(share)}>Revoke</button>`}
    </div>
  </li>`;
}

function Facts({ share }) {
  const { taken_at: taken, expires_at: end, reveals, has_link: hasLink, views } = share;
  return html`<span>as of <${Moment} at=${taken} /></span>
    ${end && html`<span>${share.state === "expired" ? "expired" : "expires"} <${Moment} at=${end} /></span>`}
    ${reveals && html`<span>masks lifted</span>`}
    ${hasLink && html`<span>${opened(views)}</span>`}`;
}

const opened = (views) => ["never opened", "opened once"][views] ?? `opened ${wholeNumber(views)} times`;

export const Moment = ({ at }) => html`<time datetime=${at} title=${fullMoment(at)}>${dated(at)}</time>`;
