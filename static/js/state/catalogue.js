// The agents and models that the person may use, and which of them answers.

/** @typedef {{agents: object[], models: object[], settings: object}} Catalogue */
export const emptyCatalogue = Object.freeze({ agents: [], models: [], settings: {}, loaded: false });

const bySlug = (list, slug) => list.find((item) => item.slug === slug);

/** What people call an agent or model that is known only by its slug. */
export const nameOf = (list, slug) => labelOf(bySlug(list, slug)) || slug || "";
export const labelOf = (item) => item?.label || item?.name || item?.slug || "";

/**
 * Who answers in a thread: `{agent, model, chosen}`, objects of the catalogue, where `chosen` holds the slugs that were
 * chosen (as opposed to defaults) and so are sent along.
 */
export function answerer(catalogue, choice) {
  const { agents, models, settings } = catalogue;
  const agent = bySlug(agents, choice.agent) ?? bySlug(agents, settings.agent) ?? agents.find((one) => one.is_default) ?? agents[0];
  const model =
    bySlug(models, choice.model) ??
    bySlug(models, settings.model) ??
    bySlug(models, agent?.model) ??
    models.find((one) => one.is_default) ??
    models[0];
  return { agent, model, chosen: { agent: choice.agent || undefined, model: choice.model || undefined } };
}

/** The model that an agent answers with when none is chosen. */
export const defaultModel = (catalogue, agent) => answerer(catalogue, { agent: agent?.slug }).model;
