// Tools that no agent may use in the person's conversations. What the site has switched off stays off.
import { html, useEffect, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { useStore } from "../../state/store.js";
import { firstSentence } from "../format.js";
import { Switch } from "./switch.js";

const KINDS = [
  ["backend", "Look up and work out"],
  ["display", "Show"],
  ["client", "Ask you"],
  ["async", "Come back later"],
  ["delegation", "Work together"],
  ["mcp", "From other servers"],
];

export function ToolSettings({ workspace }) {
  const { settings, effective } = useStore(workspace.catalogue);
  const [tools, setTools] = useState(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    api.tools().then(
      ({ results }) => setTools(results),
      (error) => setProblem(error.message),
    );
  }, []);
  const own = settings.tools_off ?? [];
  const site = effective.tools_off?.layers.find(({ layer }) => layer === "site")?.value ?? [];
  const change = async (name, on) => {
    setProblem("");
    try {
      await workspace.changeSettings({ tools_off: on ? own.filter((one) => one !== name) : [...own, name] });
    } catch (error) {
      setProblem(error.message);
    }
  };
  const all = withUnlisted(tools ?? [], own);
  return html`<div class="settings">
    <p class="settings__hint">
      What is switched off here is not offered to any agent in your conversations. What is on, an agent uses if it was given
      to it.
    </p>
    ${problem && html`<p class="alert" role="alert">${problem}</p>`}
    ${!tools && !problem && html`<p class="settings__hint" role="status">One moment …</p>`}
    ${KINDS.map(([kind, title]) => {
      const those = all.filter((tool) => tool.kind === kind);
      if (those.length === 0) return null;
      return html`<section key=${kind} class="tool-group" aria-label=${title}>
        <h3>${title}</h3>
        <ul class="rows">
          ${those.map(({ name, title: label, description }) => {
            const fixed = site.includes(name);
            return html`<li key=${name}>
              <${Switch}
                label=${label || name}
                note=${fixed ? "Switched off for everybody on this site." : firstSentence(description ?? "")}
                on=${!fixed && !own.includes(name)}
                disabled=${fixed}
                onChange=${(on) => change(name, on)}
              />
            </li>`;
          })}
        </ul>
      </section>`;
    })}
  </div>`;
}

/** Names that were switched off and are in no list: tools of other servers, or some that are gone. */
function withUnlisted(tools, own) {
  const known = new Set(tools.map(({ name }) => name));
  return [...tools, ...own.filter((name) => !known.has(name)).map((name) => ({ name, kind: "mcp" }))];
}
