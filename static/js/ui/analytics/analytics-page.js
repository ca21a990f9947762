// The page of what one's own runs came to, with the ways to the runs themselves.
import { html, useEffect, useState } from "../../lib/preact.js";
import { Analytics, addressOfAnalytics, askedBy } from "../../state/analytics.js";
import { nameOf } from "../../state/catalogue.js";
import { addressOfPage } from "../../state/pages.js";
import { addressOfSearch } from "../../state/search.js";
import { useStore } from "../../state/store.js";
import { IconButton } from "../icons.js";
import { setPageTitle } from "../page-title.js";
import { AnalyticsView } from "./analytics-view.js";

export function AnalyticsPage({ workspace }) {
  const [analytics] = useState(() => new Analytics());
  const catalogue = useStore(workspace.catalogue);
  useEffect(() => setPageTitle("Analytics"), []);
  useEffect(() => {
    const show = () => location.pathname === addressOfPage("analytics") && analytics.look(askedBy(new URLSearchParams(location.search)));
    show();
    addEventListener("popstate", show);
    return () => removeEventListener("popstate", show);
  }, []);
  const ask = (asked) => {
    history.replaceState(null, "", addressOfAnalytics(asked));
    analytics.look(asked);
  };
  const names = {
    agent: (slug) => nameOf(catalogue.agents, slug),
    model: (slug) => nameOf(catalogue.models, slug),
    template: (id) => catalogue.templates.find((one) => one.id === id)?.name,
  };
  return html`<main class="conversation analytics-page">
    <header class="topbar">
      <${IconButton} name="menu" label="Conversations" class="topbar__menu" onClick=${() => workspace.surface.patch({ drawer: true })} />
      <h1 class="topbar__title">Analytics</h1>
    </header>
    <div class="analytics-page__scroll">
      <${AnalyticsView} analytics=${analytics} names=${names} addressOfRuns=${addressOfSearch} onAsk=${ask} />
    </div>
  </main>`;
}
