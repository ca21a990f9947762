// The agents and models that the person may use, and which of them answers.

/** @typedef {{agents: object[], models: object[], settings: object}} Catalogue */
export const emptyCatalogue = Object.freeze({ agents: [], models: [], settings: {}, loaded: false });

const bySlug = (list, slug) => list.find((item) => item.slug === slug);

/** What people call an agent or model that is known only by its slug. */
export const nameOf = (list, slug) => labelOf(bySlug(list, slug)) || slug || "";
export const labelOf = (item) => item?.label || item?.name || item?.slug || "";

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
