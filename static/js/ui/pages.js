// What is drawn in the middle of the page where no conversation is.
import { AnalyticsPage } from "./analytics/analytics-page.js";
import { OperationsPage } from "./operations/operations-page.js";
import { SearchPage } from "./search/search-page.js";
import { SharesPage } from "./sharing/shares-page.js";

/** By the names of state/pages.js: what is drawn, and the id and the name of what the skip link leads to. */
export const PAGES = Object.freeze({
  analytics: { Page: AnalyticsPage, main: { id: "analytics-main", label: "the figures" } },
  operations: { Page: OperationsPage, main: { id: "operations-list", label: "the list of operations" } },
  search: { Page: SearchPage, main: { id: "search-text", label: "the search field" } },
  shares: { Page: SharesPage, main: { id: "shares-list", label: "the list of what is shared" } },
});
