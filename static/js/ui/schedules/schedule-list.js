// The list of schedules.
import { html } from "../../lib/preact.js";
import { wordsOf } from "../../state/cron.js";
import { standingOf } from "../../state/schedules.js";
import { Icon } from "../icons.js";
import { cityOf, Moment } from "./times.js";

export const STANDING = {
  on: { label: "on", icon: "clock" },
  off: { label: "paused", icon: "minus" },
  stopped: { label: "stopped", icon: "warning" },
  over: { label: "over", icon: "check" },
};

export function ScheduleList({ workspace, schedules, phase, error, onShow }) {
  const make = html`<button type="button" class="button button--primary" onClick=${() => onShow("", { editing: true })}>
    <${Icon} name="plus" size=${16} /> New schedule
  </button>`;
  if (phase === "failed") {
    return html`<p class="alert" role="alert">
      ${error.message} <button type="button" class="link-button" onClick=${() => workspace.schedules.load()}>Try again</button>
    </p>`;
  }
  if (phase !== "ready" && schedules.length === 0) return html`<p class="settings__hint" role="status">One moment …</p>`;
  if (schedules.length === 0) return html`<${WhatIsASchedule} workspace=${workspace}>${make}<//>`;
  return html`<div class="settings">
    <div class="templates__bar">${make}</div>
    <ul class="rows" aria-label="Schedules">
      ${schedules.map((schedule) => html`<${Row} key=${schedule.id} schedule=${schedule} onShow=${onShow} />`)}
    </ul>
  </div>`;
}

function Row({ schedule, onShow }) {
  const { id, name, template, cron, time_zone: zone, next_at: next } = schedule;
  const { state, reason } = standingOf(schedule);
  return html`<li class="template-row">
    <button type="button" class="template-row__main" onClick=${() => onShow(id)}>
      <span class="template-row__name" dir="auto">${name} <${Standing} state=${state} /></span>
      ${reason && html`<span class="template-row__about template-row__about--wrong">${reason}</span>`}
      <span class="template-row__facts">
        <span>${template?.name ?? "its template is gone"}</span><span>${wordsOf(cron)}, ${cityOf(zone)}</span>
        ${next && html`<span>next <${Moment} at=${next} zone=${zone} /></span>`}
      </span>
    </button>
    <${Icon} name="next" size=${16} />
  </li>`;
}

export const Standing = ({ state }) => html`<span class="standing standing--${state}"><${Icon} name=${STANDING[state].icon} size=${12} /> ${STANDING[state].label}</span>`;

function WhatIsASchedule({ workspace, children }) {
  const { templates } = workspace.catalogue.value;
  return html`<div class="empty">
    <p>
      A schedule starts a template by itself: every weekday at nine, on the first of each month, whenever you say. It runs as
      you, in a new conversation each time or always in the same one.
    </p>
    ${
      templates.length > 0
        ? children
        : html`<p>First <button type="button" class="link-button" onClick=${() => workspace.dialog("templates", { id: "" })}>make a template</button>.</p>`
    }
  </div>`;
}
