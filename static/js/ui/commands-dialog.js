// Which commands there are, and how they are written.
import { Fragment, html } from "../lib/preact.js";
import { COMMANDS } from "../state/commands.js";
import { useStore } from "../state/store.js";
import { Dialog } from "./dialog.js";

export function CommandsDialog({ workspace, onClose }) {
  const skills = useStore(workspace.catalogue, (catalogue) => catalogue.skills).filter(({ enabled }) => enabled !== false);
  return html`<${Dialog} title="Commands" focusAfter="composer-text" onClose=${onClose}>
    <p class="commands-help__intro">
      A message may begin with commands, one a line. Your words follow below them. If one fails, the rest is left out, unless
      you say otherwise. Two slashes begin a text with a slash.
    </p>
    <dl class="commands-help">
      ${COMMANDS.map(
        ({ name, example, does }) =>
          html`<${Fragment} key=${name}><dt><code>${example}</code></dt><dd>${does}</dd><//>`,
      )}
      <dt><code>@agent</code></dt><dd>This agent answers</dd>
      ${
        skills.length > 0 &&
        html`<${Fragment}><dt><code>/${skills[0].slug}</code></dt><dd>Takes up a skill, here “${skills[0].name}”</dd><//>`
      }
    </dl>
    <h3 class="commands-help__title">For example</h3>
    <pre class="commands-help__example">${"/title Summer holidays\n/tag travel, 2027\nWhere is it warm in May?"}</pre>
  <//>`;
}
