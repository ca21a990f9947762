// The person's schedules: when which template is started, and how that went.
import { api } from "../net/api.js";
import { cronOf, rhythmOf } from "./cron.js";
import { Store } from "./store.js";
import { momentOf, onClock, ownZone } from "./zones.js";

/** `store` holds `{schedules, phase, error}`; phase is "idle", "loading", "ready" or "failed". What is refused is thrown. */
export class Schedules {
  #asked = new Set();

  constructor() {
    this.store = new Store({ schedules: [], phase: "idle", error: null });
    this.drafts = new Map(); // what is being written of a schedule by its id, "" for a new one
  }

  async load() {
    if (this.store.value.phase === "idle") this.store.patch({ phase: "loading" });
    try {
      const { results } = await api.schedules();
      this.store.set({ schedules: results, phase: "ready", error: null });
    } catch (error) {
      this.store.patch({ phase: "failed", error });
    }
  }

  /** One that is shown somewhere: it is asked for once. */
  async want(id) {
    if (this.#asked.has(id) || this.store.value.schedules.some((one) => one.id === id)) return;
    this.#asked.add(id);
    try {
      this.#take(await api.schedule(id));
    } catch (error) {
      if (error.status !== 404) this.#asked.delete(id); // it was deleted, or is somebody else's
    }
  }

  create = async (fields) => this.#take(await api.createSchedule(fields));
  update = async (id, fields) => this.#take(await api.updateSchedule(id, fields));

  async remove(id) {
    await api.deleteSchedule(id);
    this.drafts.delete(id);
    this.store.patch({ schedules: this.store.value.schedules.filter((one) => one.id !== id) });
  }

  #take(schedule) {
    const { schedules } = this.store.value;
    const isKnown = schedules.some(({ id }) => id === schedule.id);
    const next = isKnown ? schedules.map((one) => (one.id === schedule.id ? schedule : one)) : [...schedules, schedule];
    this.store.patch({ schedules: next });
    return schedule;
  }
}

/** How a schedule stands: `{state, reason?}`, state one of "on", "off", "stopped", "over". */
export function standingOf({ enabled, stopped_because: reason, next_at: next }) {
  if (reason) return { state: "stopped", reason };
  if (!enabled) return { state: "off" };
  return { state: next ? "on" : "over" };
}

/**
 * What the form of a schedule holds: `{name, template, version, held, rhythm, zone, starts, ends, ownThread, missed}`; `held` is
 * what the fields of the template's parameters hold once they are drawn, `starts` and `ends` are times on the zone's clock.
 */
export function formOfSchedule(schedule, { template = "" } = {}) {
  const zone = schedule?.time_zone ?? ownZone();
  return {
    name: schedule?.name ?? "",
    template: schedule?.template?.id ?? template,
    version: schedule?.template_version ?? null,
    held: null,
    rhythm: rhythmOf(schedule?.cron),
    zone,
    starts: schedule?.starts_at ? onClock(schedule.starts_at, zone) : "",
    ends: schedule?.ends_at ? onClock(schedule.ends_at, zone) : "",
    ownThread: schedule?.own_thread ?? true,
    thread: schedule?.thread ?? null,
    missed: schedule?.missed ?? "skip",
  };
}

/** When it is due, as the server is asked for the next times; `null` while something is missing. */
export function timingOf({ rhythm, zone, starts, ends }) {
  const cron = cronOf(rhythm);
  if (!cron) return null;
  return { cron, time_zone: zone, starts_at: momentOf(starts, zone) || null, ends_at: momentOf(ends, zone) || null };
}

/** A schedule as it is sent: from its form, with the arguments of its template. */
export function scheduleFrom(form, given) {
  const { name, template, version, ownThread, thread, missed } = form;
  return {
    name: name.trim(),
    template,
    template_version: version,
    arguments: given,
    own_thread: ownThread,
    thread: ownThread ? null : thread,
    missed,
    ...timingOf(form),
  };
}
