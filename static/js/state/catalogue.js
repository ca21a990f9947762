// The agents, models, skills and templates that the person may use, their settings, and which agent and model answer.

/**
 * `settings` are the person's own, `effective` is what holds, by name: `{value, layer, layers: [{layer, value}], adds_up}`.
 * @typedef {{agents: object[], models: object[], skills: object[], templates: object[], settings: object, effective: object}} Catalogue
 */
export const emptyCatalogue = Object.freeze({
  agents: [],
  models: [],
  skills: [],
  templates: [],
  settings: {},
  effective: {},
  loaded: false,
});

const bySlug = (list, slug) => list.find((item) => item.slug === slug);

/** What people call an agent, model or skill that is known only by its slug. */
export const nameOf = (list, slug) => labelOf(bySlug(list, slug)) || slug || "";
export const labelOf = (item) => item?.label || item?.name || item?.slug || "";

/** The sign of an agent that is known only by its slug: an emoji or a few letters; `""` where it has none. */
export const iconOf = (list, slug) => bySlug(list, slug)?.icon ?? "";

/** The value of a setting that holds, whichever layer it comes from. */
export const settingOf = ({ effective }, name, otherwise) => effective[name]?.value ?? otherwise;

/** Settings as the server lists them, by their names. */
export const settingsByName = (list) => Object.fromEntries(list.map((setting) => [setting.name, setting]));

/**
 * Who answers in a thread: `{agent, model}` of the catalogue, by the rules of the server: what was chosen for the thread,
 * else the agent's own model, else the person's or the site's default.
 */
export function answerer({ agents, models }, choice) {
  const standard = (list) => list.find((one) => one.is_default) ?? list[0];
  const agent = bySlug(agents, choice.agent) ?? standard(agents);
  const model = bySlug(models, choice.model) ?? bySlug(models, agent?.model) ?? standard(models);
  return { agent, model };
}

/** The model that an agent answers with when none is chosen. */
export const defaultModel = (catalogue, agent) => answerer(catalogue, { agent: agent?.slug }).model;
