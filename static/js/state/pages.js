// The pages beside the conversations, each at an address of its own. What they show is in ui/pages.js.

const ADDRESSES = Object.freeze({ search: "/search/", analytics: "/analytics/", operations: "/operations/", shares: "/shares/" });

/** The name of the page that an address shows: "conversation" where it is none of these. */
export const pageAt = (path) => Object.keys(ADDRESSES).find((name) => ADDRESSES[name] === path) ?? "conversation";

export const addressOfPage = (name) => ADDRESSES[name];
