// One schedule: how it stands, when it is due, what came of it; paused, gone on with, started at once, changed, deleted.
import { html, useEffect, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { wordsOf } from "../../state/cron.js";
import { standingOf } from "../../state/schedules.js";
import { addressOf } from "../run/actions/look.js";
import { Icon } from "../icons.js";
import { Removal } from "../removal.js";
import { Standing } from "./schedule-list.js";
import { Moment } from "./times.js";

export function ScheduleView({ workspace, schedule, onShow }) {
  const { id, name, template, template_version: version, cron, time_zone: zone, next_at: next, ends_at: ends, thread, missed, enabled } = schedule;
  const { state, reason } = standingOf(schedule);
  const [problem, setProblem] = useState("");
  const [slots, setSlots] = useState(null);
  const readSlots = async () => setSlots((await api.scheduleSlots(id)).results);
  const attempt = async (request) => {
    setProblem("");
    try {
      await request();
    } catch (error) {
      setProblem(error.message);
    }
  };
  useEffect(() => {
    attempt(readSlots);
  }, [next]);
  const turn = (on) => attempt(() => workspace.schedules.update(id, { enabled: on }));
  const runNow = () =>
    attempt(async () => {
      const run = await api.runScheduleNow(id);
      workspace.toast("It was started.", { action: { label: "Show", run: () => workspace.openRun(run.thread_id, run.id) } });
      await readSlots();
    });
  return html`<div class="settings">
    <p class="schedule__standing"><${Standing} state=${state} /> ${reason}</p>
    <dl class="schedule__facts">
      <dt>Starts</dt>
      <dd>
        ${template ? html`<button type="button" class="link-button" onClick=${() => workspace.dialog("templates", { id: template.id })}>${template.name}</button>` : "Its template is gone."}
        ${version ? ` version ${version}` : ""}
      </dd>
      ${Object.keys(schedule.arguments ?? {}).length > 0 && html`<dt>With</dt><dd dir="auto">${saidArguments(schedule.arguments)}</dd>`}
      <dt>When</dt><dd>${wordsOf(cron)}, on the clocks of ${zone}</dd>
      ${next && html`<dt>Next</dt><dd><${Moment} at=${next} zone=${zone} /></dd>`}
      ${ends && html`<dt>Until</dt><dd><${Moment} at=${ends} zone=${zone} /></dd>`}
      <dt>Where</dt>
      <dd>${thread ? html`<${ThreadLink} workspace=${workspace} thread=${thread} />` : "A new conversation each time"}</dd>
      <dt>If missed</dt><dd>${missed === "once" ? "is made up for, once" : "is noted and left out"}</dd>
    </dl>
    ${problem && html`<p class="alert" role="alert">${problem}</p>`}
    <div class="settings__save schedule__actions">
      <button type="button" class="button button--primary" onClick=${() => onShow(id, { editing: true })}><${Icon} name="pencil" size=${14} /> Change</button>
      <button type="button" class="button" onClick=${() => turn(!(enabled && !reason))}>${enabled && !reason ? "Pause" : "Go on"}</button>
      ${template && html`<button type="button" class="button" onClick=${runNow}><${Icon} name="play" size=${14} /> Run now</button>`}
    </div>
    <section aria-labelledby="schedule-slots">
      <h3 id="schedule-slots">So far</h3>
      <${Slots} slots=${slots} zone=${zone} workspace=${workspace} />
    </section>
    <${Removal}
      ask="Delete this schedule"
      question="Delete this schedule?"
      onRemove=${async () => {
        await workspace.schedules.remove(id);
        workspace.toast("The schedule was deleted.");
        onShow(null);
      }}
    >
      “${name}” starts nothing any more. What it has started stays.
    <//>
  </div>`;
}

const saidArguments = (given) => Object.entries(given).map(([name, value]) => `${name}: ${value}`).join(", ");

const SLOTS = {
  started: { label: "Started", icon: "check" },
  missed: { label: "Missed", icon: "minus" },
  failed: { label: "Could not be started", icon: "warning" },
};

function Slots({ slots, zone, workspace }) {
  if (!slots) return html`<p class="settings__hint" role="status">One moment …</p>`;
  if (slots.length === 0) return html`<p class="settings__hint">It was not due yet.</p>`;
  return html`<ul class="rows slots" aria-label="What came of it">
    ${slots.map(({ slot_at: at, status, run_id: run, thread_id: thread, reason }) => {
      const { label, icon } = SLOTS[status] ?? { label: status, icon: "clock" };
      return html`<li key=${at} class="slot slot--${status}">
        <${Icon} name=${icon} size=${14} />
        <span class="slot__what">
          <${Moment} at=${at} zone=${zone} />
          <span class="slot__how">${[label, reason].filter(Boolean).join(". ")}</span>
        </span>
        ${run && thread && html`<${Way} workspace=${workspace} thread=${thread} run=${run} />`}
      </li>`;
    })}
  </ul>`;
}

function Way({ workspace, thread, run }) {
  return html`<a class="run-link" href=${addressOf({ thread_id: thread, id: run })} onClick=${(event) => follow(event, () => workspace.openRun(thread, run))}>its run</a>`;
}

function ThreadLink({ workspace, thread }) {
  return html`<a class="run-link" href="/threads/${thread}/" onClick=${(event) => follow(event, () => workspace.openThread(thread))}>always this conversation</a>`;
}

/** A link that holds elsewhere; here the page is not opened again. */
function follow(event, go) {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  go();
}
