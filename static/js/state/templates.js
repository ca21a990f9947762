// The person's templates and those that are shared with them: kept in the catalogue, changed on the server, started.
import { api } from "../net/api.js";
import { outlineRows } from "./outline.js";

/** What of a template makes a new version when it is changed. */
const VERSIONED = ["parameters", "commands", "on_failure", "agent", "model"];
const WHOLE = ["name", "slug", "description", "groups", "archived"];

/** What a new template begins with. */
export const newTemplate = Object.freeze({
  id: "",
  name: "",
  slug: "",
  description: "",
  groups: [],
  parameters: [],
  commands: [{ type: "prompt", text: "" }],
  on_failure: "stop",
  agent: "",
  model: "",
  mine: true,
});

/**
 * `drafts` holds what is being written, so that no closed dialog loses it: of a template that is changed by `edit <id>`, of
 * arguments by `start <id>`. Whatever is refused is thrown.
 */
export class Templates {
  #catalogue;
  #workspace;

  constructor(workspace) {
    this.#workspace = workspace;
    this.#catalogue = workspace.catalogue;
    this.drafts = new Map();
  }

  async load() {
    const { results } = await api.templates();
    this.#catalogue.patch({ templates: results });
  }

  /** One by its id, as it is known here. */
  known(id) {
    return this.#catalogue.value.templates.find((one) => one.id === id);
  }

  create = async (fields) => this.#take(await api.createTemplate(fields));
  update = async (id, fields) => this.#take(await api.updateTemplate(id, fields));
  restore = async (id, number) => this.#take(await api.restoreTemplate(id, number));

  async remove(id) {
    await api.deleteTemplate(id);
    this.drafts.delete(`edit ${id}`);
    this.#catalogue.patch({ templates: this.#catalogue.value.templates.filter((one) => one.id !== id) });
  }

  /** Starts it with arguments, in a thread or in a new one (`thread` is absent), and shows the run. */
  async start(id, fields) {
    const run = await api.startTemplate(id, fields);
    this.drafts.delete(`start ${id}`);
    this.#workspace.openRun(run.thread_id, run.id);
    return run;
  }

  #take(template) {
    const others = this.#catalogue.value.templates.filter(({ id }) => id !== template.id);
    this.#catalogue.patch({ templates: [...others, template] });
    return template;
  }
}

/** What of a draft differs from a saved template, as the server takes it; `{}` where nothing does. */
export function changesOf(template, draft) {
  const names = [...WHOLE, ...VERSIONED].filter((name) => name in draft);
  const changed = names.filter((name) => JSON.stringify(draft[name]) !== JSON.stringify(template[name] ?? newTemplate[name]));
  return Object.fromEntries(changed.map((name) => [name, draft[name]]));
}

/** Whether these changes make a new version. */
export const makesVersion = (changes) => VERSIONED.some((name) => name in changes);

/** `{own, shared, archived}`, each by name: those of a list that have all the words that are typed. */
export function sorted(templates, typed = "") {
  const words = typed.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const has = ({ name, slug, description = "", owner = "" }) => {
    const text = `${name}\n${slug}\n${description}\n${owner}`.toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  };
  const found = templates.filter(has).sort((a, b) => a.name.localeCompare(b.name));
  return {
    own: found.filter(({ mine, archived }) => mine && !archived),
    shared: found.filter(({ mine, archived }) => !mine && !archived),
    archived: found.filter(({ archived }) => archived),
  };
}

/** The runs of the branches that threads show whose input a person wrote, each with its `thread`; one thread after the other. */
export async function askedIn(threads) {
  const found = await Promise.all(threads.map(async (thread) => ({ thread, branches: await api.branches(thread.id) })));
  const rows = found.flatMap(({ thread, branches }) => outlineRows(branches, { runs: {} }).map((run) => ({ ...run, thread })));
  return rows.filter(({ kind }) => kind === "user");
}

/** A template as it is sent: without what is left empty, and with its parameters as the server knows them. */
export const cleaned = ({ parameters, ...fields }) => ({ ...fields, ...(parameters && { parameters: parameters.map(cleanParameter) }) });

function cleanParameter({ name, label, type, required = false, help, choices, default: standard }) {
  const options = (choices ?? []).map((one) => String(one).trim()).filter(Boolean);
  return {
    name: name.trim(),
    label: label?.trim() || name.trim(),
    type,
    required,
    ...(help?.trim() && { help: help.trim() }),
    ...(type === "choice" && { choices: options }),
    ...defaultOf(type, standard),
  };
}

function defaultOf(type, standard) {
  if (standard === undefined || standard === null || standard === "") return {};
  if (type === "number") {
    const value = Number(String(standard).replace(",", "."));
    return { default: Number.isFinite(value) ? value : standard };
  }
  return { default: type === "boolean" ? standard === true : standard };
}
