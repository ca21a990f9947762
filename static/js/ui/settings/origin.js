// Where the value of a setting comes from: the layer whose value holds, and on request every layer that says something.
import { html } from "../../lib/preact.js";
import { nameOf } from "../../state/catalogue.js";
import { Icon } from "../icons.js";
import { languageName } from "./languages.js";

const LAYERS = { default: "Default", site: "The site", agent: "The agent", person: "You" };
const SOURCES = { default: "the default", site: "set by the site", agent: "set by the agent", person: "your choice" };

const WORDS = {
  anonymous: { true: "Yes", false: "No" },
  send_key: { enter: "Enter", ctrl_enter: "Ctrl and Enter" },
  theme: { system: "As the system", light: "Light", dark: "Dark" },
  memory: { true: "On", false: "Off" },
};

/** A value of a setting, as people say it; `""` where there is none. */
export function inWords(catalogue, name, value) {
  if (value === undefined || value === null || value === "") return "";
  if (Array.isArray(value)) return value.join(", ");
  if (name === "agent") return nameOf(catalogue.agents, value);
  if (name === "model") return nameOf(catalogue.models, value);
  if (name === "language") return languageName(value);
  return WORDS[name]?.[value] ?? String(value);
}

/** What would hold if the person had chosen nothing. */
export const valueWithoutPerson = (setting) => setting?.layers.findLast(({ layer }) => layer !== "person")?.value;

export function Origin({ catalogue, name }) {
  const setting = catalogue.effective[name];
  const layers = (setting?.layers ?? []).filter(({ value }) => inWords(catalogue, name, value));
  if (!setting || layers.length === 0) return null;
  const together = setting.adds_up && layers.length > 1;
  return html`<details class="origin">
    <summary><${Icon} name="layers" size=${13} /> ${together ? "all of these together" : SOURCES[layers.length === 1 ? layers[0].layer : setting.layer]}</summary>
    <dl class="origin__layers">
      ${layers.map(
        ({ layer, value }) =>
          html`<div key=${layer} class=${together || layer === setting.layer ? "origin__holds" : "origin__rest"}>
            <dt>${LAYERS[layer]}</dt>
            <dd>${inWords(catalogue, name, value)}</dd>
          </div>`,
      )}
    </dl>
  </details>`;
}
