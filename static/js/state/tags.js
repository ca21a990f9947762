// The person's tags for runs and threads, with their colours.
import { api } from "../net/api.js";
import { Store } from "./store.js";

export const COLORS = ["gray", "red", "orange", "yellow", "green", "teal", "blue", "violet", "pink"];

/** `store` holds name → `{id, name, color, runs, threads}`; the latter two count what has it. */
export class Tags {
  #reading = null;
  #asked = new Set();

  constructor() {
    this.store = new Store({});
  }

  /** All tags, read again; callers at the same time share one request. */
  load() {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  /** Names that are shown: one that is not known was made elsewhere, and is asked for once. */
  want(names) {
    const unknown = names.filter((name) => !this.store.value[name] && !this.#asked.has(name));
    if (unknown.length === 0) return;
    for (const name of unknown) this.#asked.add(name);
    this.load().catch(() => unknown.forEach((name) => this.#asked.delete(name)));
  }

  /** Without a colour the server takes one that is little used. */
  async create(name, color) {
    const tag = await api.createRunTag({ name, color });
    this.store.patch({ [tag.name]: tag });
    return tag;
  }

  /** Renames or recolours a tag; a new name is also the name on everything that has it. */
  async change(tag, fields) {
    const changed = await api.updateRunTag(tag.id, fields);
    const { [tag.name]: _before, ...others } = this.store.value;
    this.store.set({ ...others, [changed.name]: changed });
    return changed;
  }

  async remove(tag) {
    await api.deleteRunTag(tag.id);
    const { [tag.name]: _removed, ...others } = this.store.value;
    this.store.set(others);
  }

  async #read() {
    const { results } = await api.runTags();
    this.store.set(Object.fromEntries(results.map((tag) => [tag.name, tag])));
  }
}

/** A tag by its name; one that is not known is gray. */
export const tagNamed = (tags, name) => (Object.hasOwn(tags, name) ? tags[name] : { name, color: "gray" });

export const byName = (a, b) => a.name.localeCompare(b.name);

/**
 * How many of these objects (runs, threads) have each tag: name → "all" or "some". What none of them has is left out.
 */
export function taggedBy(objects) {
  const counts = new Map();
  for (const { tags = [] } of objects) for (const name of tags) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].map(([name, count]) => [name, count === objects.length ? "all" : "some"]));
}

/** Tags whose name holds what was typed, the best first; and whether a new one of that name can be made. */
export function matchingTags(tags, typed) {
  const wanted = typed.trim().toLocaleLowerCase();
  const all = Object.values(tags).sort(byName);
  const at = ({ name }) => name.toLocaleLowerCase().indexOf(wanted);
  const found = all.filter((tag) => at(tag) >= 0).sort((a, b) => Math.sign(at(a)) - Math.sign(at(b)));
  const isNew = wanted !== "" && !all.some(({ name }) => name.toLocaleLowerCase() === wanted);
  return { found, isNew };
}
