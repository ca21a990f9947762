// With which of the person's groups something is shared.
import { html } from "../lib/preact.js";

/** `offered` are the person's own groups; what is shared with others stays so until it is unticked. */
export function GroupsChoice({ groups, offered, onChange }) {
  const all = [...new Set([...offered, ...groups])];
  if (all.length === 0) return null;
  const toggle = (group, on) => onChange(on ? [...groups, group] : groups.filter((one) => one !== group));
  return html`<fieldset class="settings__choice">
    <legend>Who else may use it</legend>
    <div class="checks">
      ${all.map(
        (group) =>
          html`<label class="check" key=${group}>
            <input type="checkbox" checked=${groups.includes(group)} onChange=${({ target }) => toggle(group, target.checked)} />
            ${group}
          </label>`,
      )}
    </div>
  </fieldset>`;
}
