// The person's schedules: what is started when, how it stands, how it went.
import { html, useEffect, useRef, useState } from "../../lib/preact.js";
import { useStore } from "../../state/store.js";
import { Dialog } from "../dialog.js";
import { Icon } from "../icons.js";
import { ScheduleEditor } from "./schedule-editor.js";
import { ScheduleList } from "./schedule-list.js";
import { ScheduleView } from "./schedule-view.js";

/**
 * `detail` is `{id}` where one schedule is to be shown first; `{id: "", template?, thread?}` makes a new one, of this template,
 * in this conversation (ids).
 */
export function SchedulesDialog({ workspace, detail, onClose }) {
  const { schedules, phase, error } = useStore(workspace.schedules.store);
  const [shown, show] = useState({ id: detail?.id ?? null, editing: detail?.id === "" });
  const schedule = schedules.find(({ id }) => id === shown.id);
  const content = useRef(null);
  useFocusOn(content, shown);
  useEffect(() => {
    workspace.schedules.load();
  }, []);
  const title = shown.id === null ? "Schedules" : shown.id === "" ? "New schedule" : (schedule?.name ?? "Schedule");
  const open = (id, { editing = false } = {}) => show({ id, editing });
  return html`<${Dialog} title=${title} onClose=${onClose} class="dialog--wide">
    <div ref=${content}>
      ${
        shown.id !== null &&
        html`<button type="button" class="link-button back" onClick=${() => (shown.editing && shown.id ? open(shown.id) : open(null))}>
          <${Icon} name="arrowBack" size=${14} /> ${shown.editing && shown.id ? "Without changing it" : "All schedules"}
        </button>`
      }
      ${shown.id === null && html`<${ScheduleList} workspace=${workspace} schedules=${schedules} phase=${phase} error=${error} onShow=${open} />`}
      ${
        shown.id !== null &&
        (shown.editing
          ? html`<${ScheduleEditor} key=${shown.id} workspace=${workspace} schedule=${schedule} begin=${detail} onSaved=${open} />`
          : schedule
            ? html`<${ScheduleView} key=${shown.id} workspace=${workspace} schedule=${schedule} onShow=${open} />`
            : html`<p class="settings__hint" role="status">${phase === "ready" ? "There is no such schedule any more." : "One moment …"}</p>`)
      }
    </div>
  <//>`;
}

/** What had the focus is gone when something else is shown: it goes on with the first thing there. */
function useFocusOn(content, shown) {
  const before = useRef(shown);
  useEffect(() => {
    if (before.current === shown) return;
    before.current = shown;
    content.current.querySelector(shown.editing ? "input, select" : "button")?.focus();
  }, [shown]);
}
