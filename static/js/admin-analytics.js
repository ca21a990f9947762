// The page of the admin with what everybody's runs came to: the product's own figures, with ways into the admin's list of runs.
import { html, render, useEffect } from "./lib/preact.js";
import { Analytics, askedBy, queryOf, wanted } from "./state/analytics.js";
import { AnalyticsView } from "./ui/analytics/analytics-view.js";

const place = document.getElementById("analytics");
const names = JSON.parse(document.getElementById("analytics-names").textContent);
const analytics = new Analytics({ scope: "all" });

/** What the admin's list of runs calls the filters. */
const COLUMNS = {
  since: "created_at__gte",
  until: "created_at__lt",
  agent: "agent__exact",
  model: "model__exact",
  template: "template__exact",
  tag: "tag",
  trigger: "trigger__exact",
  status: "status__exact",
  rating: "rating__exact",
  user: "user_id__exact",
};

function addressOfRuns(filters) {
  const fields = wanted(filters);
  const given = Object.keys(COLUMNS).filter((name) => fields[name]).map((name) => [COLUMNS[name], fields[name]]);
  return `${place.dataset.runs}?${new URLSearchParams([["deleted_at__isempty", "1"], ...given])}`;
}

const labels = Object.fromEntries(Object.entries(names).map(([group, known]) => [group, (key) => known[key]]));

function Page() {
  useEffect(() => {
    analytics.look(askedBy(new URLSearchParams(location.search)));
  }, []);
  const ask = (asked) => {
    history.replaceState(null, "", `${location.pathname}${queryOf(asked)}`);
    analytics.look(asked);
  };
  return html`<${AnalyticsView} analytics=${analytics} names=${labels} addressOfRuns=${addressOfRuns} onAsk=${ask} />`;
}

/** The admin chooses its look by a class. */
function followLook() {
  const { classList, dataset } = document.documentElement;
  const follow = () => {
    dataset.theme = classList.contains("dark") ? "dark" : "light";
  };
  follow();
  new MutationObserver(follow).observe(document.documentElement, { attributeFilter: ["class"] });
}

const root = place.attachShadow({ mode: "open" });
for (const address of place.dataset.styles.split(" ").filter(Boolean)) {
  const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address });
  root.append(sheet);
}
const inside = document.createElement("div");
inside.className = "analytics-admin";
root.append(inside);
followLook();
render(html`<${Page} />`, inside);
