// The person's templates and those that are shared with them: found, started, made, changed.
import { html, useEffect, useRef, useState } from "../../lib/preact.js";
import { useStore } from "../../state/store.js";
import { Dialog } from "../dialog.js";
import { Icon } from "../icons.js";
import { TemplateEditor } from "./template-editor.js";
import { TemplateList } from "./template-list.js";

/** `detail` is `{id}` where one template is to be shown first, `""` for a new one. */
export function TemplatesDialog({ workspace, detail, onClose }) {
  const templates = useStore(workspace.catalogue, (catalogue) => catalogue.templates);
  const [shown, show] = useState(detail?.id ?? null);
  const content = useFocusOnChange(shown);
  const template = templates.find(({ id }) => id === shown);
  useEffect(() => {
    workspace.attempt(() => workspace.templates.load());
  }, []);
  const title = shown === null ? "Templates" : (template?.name ?? (shown ? "Template" : "New template"));
  return html`<${Dialog} title=${title} onClose=${onClose} class="dialog--wide">
    <div ref=${content}>${
      shown === null
        ? html`<${TemplateList} workspace=${workspace} templates=${templates} onShow=${show} />`
        : html`<button type="button" class="link-button back" onClick=${() => show(null)}>
              <${Icon} name="arrowBack" size=${14} /> All templates
            </button>
            <${TemplateEditor} key=${shown} id=${shown} workspace=${workspace} onShow=${show} />`
    }</div>
  <//>`;
}

/** What had the focus is gone when something else is shown: it goes on with the first thing there. */
function useFocusOnChange(shown) {
  const content = useRef(null);
  const before = useRef(shown);
  useEffect(() => {
    if (before.current === shown) return;
    before.current = shown;
    content.current.querySelector(shown === "" ? "input" : "button").focus();
  }, [shown]);
  return content;
}
