// The page "Shared": what others share with the person, and what the person shares with others.
import { html, useEffect } from "../../lib/preact.js";
import { withLabels } from "../../state/mask-names.js";
import { useStore } from "../../state/store.js";
import { IconButton } from "../icons.js";
import { setPageTitle } from "../page-title.js";
import { Moment, ShareRow } from "./share-row.js";

export function SharesPage({ workspace }) {
  const { mine, received, phase, error } = useStore(workspace.shares.store);
  useEffect(() => {
    setPageTitle("Shared");
    workspace.shares.load();
  }, []);
  const more = (name) => workspace.attempt(() => workspace.shares.more(name));
  const renew = async (share) => {
    if (await workspace.attempt(() => workspace.shares.renew(share))) workspace.toast("Its readers see it as it is now.");
  };
  const revoke = async (share) => {
    if (await workspace.attempt(() => workspace.shares.revoke(share))) workspace.toast("Nobody can see it any more.");
  };
  return html`<main class="conversation shares-page">
    <header class="topbar">
      <${IconButton} name="menu" label="Conversations" class="topbar__menu" onClick=${() => workspace.surface.patch({ drawer: true })} />
      <h1 class="topbar__title">Shared</h1>
    </header>
    <div class="shares-page__scroll">
      <div class="shares-page__content" id="shares-list" tabindex="-1" aria-busy=${String(phase === "loading")}>
        ${
          phase === "failed" &&
          html`<p class="shares-page__note" role="alert">
            ${error.message} <button type="button" class="link-button" onClick=${() => workspace.shares.load()}>Try again</button>
          </p>`
        }
        <${Section} title="Shared with me" name="received" list=${received} phase=${phase} onMore=${more} empty="Nobody shares anything with you.">
          ${received.results.map((share) => html`<${Received} key=${share.id} share=${share} />`)}
        <//>
        <${Section} title="What I share" name="mine" list=${mine} phase=${phase} onMore=${more} empty="You share nothing. A conversation's menu, or a run's, has “Share …”.">
          ${mine.results.map((share) => html`<${ShareRow} key=${share.id} share=${share} named onRenew=${renew} onRevoke=${revoke} />`)}
        <//>
      </div>
    </div>
  </main>`;
}

function Section({ title, name, list, phase, empty, onMore, children }) {
  return html`<section aria-labelledby="shares-${name}">
    <h2 class="shares-page__section" id="shares-${name}">${title}</h2>
    ${list.results.length > 0 ? html`<ul class="shares">${children}</ul>` : phase === "ready" && html`<p class="shares-page__note">${empty}</p>`}
    ${list.next && html`<button type="button" class="button button--wide" onClick=${() => onMore(name)}>Show more</button>`}
  </section>`;
}

function Received({ share: { id, title, owner, is_one_run: isOneRun, taken_at: taken, expires_at: end } }) {
  return html`<li class="share">
    <div class="share__text">
      <p class="share__title" dir="auto">
        <a href="/shares/${id}/">${withLabels(title || "A conversation")}</a> ${isOneRun && html`<span class="share__kind">one run</span>`}
      </p>
      <p class="share__facts">
        ${owner && html`<span>from ${owner}</span>`}
        <span>as of <${Moment} at=${taken} /></span>
        ${end && html`<span>expires <${Moment} at=${end} /></span>`}
      </p>
    </div>
  </li>`;
}
