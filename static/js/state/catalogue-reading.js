// The catalogue as the server has it: what could not be read is empty, and the rest is there all the same.
import { api } from "../net/api.js";
import { settingsByName } from "./catalogue.js";

/** `{catalogue, hasSettings, failed}`: `failed` is why the agents or the models are not there, if they are not. */
export async function readCatalogue() {
  const [agents, models, skills, templates, settings, effective] = await Promise.allSettled([
    api.agents(),
    api.models(),
    api.skills(),
    api.templates(),
    api.chatSettings(),
    api.effectiveSettings(),
  ]);
  const listOf = ({ value }) => value?.results ?? [];
  const catalogue = {
    agents: listOf(agents),
    models: listOf(models),
    skills: listOf(skills),
    templates: listOf(templates),
    settings: settings.value ?? {},
    effective: settingsByName(listOf(effective)),
    loaded: true,
  };
  const failed = [agents, models].find(({ status }) => status === "rejected");
  return { catalogue, hasSettings: Boolean(effective.value), failed: failed?.reason };
}
