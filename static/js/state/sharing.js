// Sharing: what is asked for in the dialog, and the lists of what one shares and of what others do.
import { api } from "../net/api.js";
import { Store } from "./store.js";

const DAY = 86_400_000; // ms

/** For how long, in days; 0 is for good. What has a link ends some day. */
export const LASTING = Object.freeze([
  { days: 1, label: "a day" },
  { days: 7, label: "a week" },
  { days: 30, label: "30 days" },
  { days: 365, label: "a year" },
  { days: 0, label: "until I revoke it" },
]);

export const emptyForm = Object.freeze({ people: "", groups: [], link: false, days: 30, reveal: false, showName: null });

/** The names in what somebody typed: "ann, @bob" → ["ann", "bob"]. */
export const namesOf = (text) => [...new Set(text.split(/[\s,;]+/).map((name) => name.replace(/^@(?=.)/, "")))].filter(Boolean);

/** Whether somebody would be able to see it. */
export const isComplete = ({ people, groups, link }) => link || groups.length > 0 || namesOf(people).length > 0;

export const lastingOf = ({ link }) => (link ? LASTING.filter(({ days }) => days > 0) : LASTING);

/** Whether its owner's name is shown: to readers who are named, unless a person says something else. */
export const showsName = ({ showName, link }) => showName ?? !link;

/** Whether what stands behind masks may be shown to these readers; `rules` are the site's: "nobody", "people" or "links". */
export const mayReveal = ({ link }, { revealed }) => revealed === "links" || (revealed === "people" && !link);

/** A form after some of it was changed: what is not possible any more is not asked for. */
export function changed(form, fields, rules) {
  const next = { ...form, ...fields };
  if (next.link && next.days === 0) next.days = emptyForm.days;
  if (!mayReveal(next, rules)) next.reveal = false;
  return next;
}

/** What the server is asked for. */
export function requestOf(form, { run, now = Date.now() } = {}) {
  const { groups, link, days, reveal } = form;
  return {
    ...(run && { run: run.id }),
    people: namesOf(form.people),
    groups,
    link,
    reveal,
    show_name: showsName(form),
    ...(days > 0 && { expires_at: new Date(now + days * DAY).toISOString() }),
  };
}

/** With whom something is shared, in words. */
export function readersOf({ people, groups, has_link: link }) {
  const named = [...people, ...groups.map((name) => `the group ${name}`)];
  return [...named, ...(link ? ["whoever has the link"] : [])].join(", ");
}

/** The lists of the page: `{mine, received, phase, error}`, each list `{results, next}`; phase is "loading", "ready" or "failed". */
export class Shares {
  constructor() {
    const none = { results: [], next: null };
    this.store = new Store({ mine: none, received: none, phase: "idle", error: null });
  }

  async load() {
    this.store.patch({ phase: "loading", error: null });
    try {
      const [mine, received] = await Promise.all([api.shares(), api.sharesReceived()]);
      this.store.patch({ mine, received, phase: "ready" });
    } catch (error) {
      this.store.patch({ phase: "failed", error });
    }
  }

  /** Reads more of a list: "mine" or "received". */
  async more(name) {
    const before = this.store.value[name];
    const page = await api.page(before.next);
    this.store.patch({ [name]: { ...page, results: [...before.results, ...page.results] } });
  }

  async renew({ id }) {
    this.#put(await api.renewShare(id));
  }

  async revoke(share) {
    await api.revokeShare(share.id);
    this.#put({ ...share, state: "revoked" });
  }

  #put(share) {
    const { mine } = this.store.value;
    this.store.patch({ mine: { ...mine, results: mine.results.map((one) => (one.id === share.id ? share : one)) } });
  }
}
