// The REST door: one function per request of the page, and errors as values with a code.

/** A refused or impossible request. `status` is 0 when no answer came; `fields` is what is wrong with each, by its name. */
export class ApiError extends Error {
  constructor({ status, code, message, details = {}, fields = {}, retryable = false }) {
    super(message);
    this.name = "ApiError";
    Object.assign(this, { status, code, details, fields, retryable });
  }
}

const BASE = "/api/v1/";
const SAFE = new Set(["GET", "HEAD"]);

function csrfToken() {
  const cookie = /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie);
  return cookie ? decodeURIComponent(cookie[1]) : (document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "");
}

/** Only ever to our own server: `next` links are absolute, and a proxy may have given them another scheme or host. */
function ownAddress(address) {
  const url = new URL(address, new URL(BASE, location.origin));
  return url.pathname + url.search;
}

async function send(method, address, { body, signal, accept = "application/json" } = {}) {
  const headers = { Accept: accept };
  if (!SAFE.has(method)) headers["X-CSRFToken"] = csrfToken();
  const isForm = body instanceof FormData;
  if (body !== undefined && !isForm) headers["Content-Type"] = "application/json";
  try {
    return await fetch(ownAddress(address), {
      method,
      headers,
      signal,
      body: body === undefined || isForm ? body : JSON.stringify(body),
      credentials: "same-origin",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError({ status: 0, code: "network", message: "The server cannot be reached.", retryable: true });
  }
}

async function request(method, address, options) {
  const response = await send(method, address, options);
  if (response.status === 204) return null;
  const data = await jsonOf(response);
  if (response.ok) return data;
  throw problem(response.status, data ?? {});
}

/** An answer that is a file: its `Response`, of which nothing has been read. */
async function file(method, address, options) {
  const response = await send(method, address, { ...options, accept: "*/*" });
  if (response.ok) return response;
  throw problem(response.status, (await jsonOf(response)) ?? {});
}

async function jsonOf(response) {
  const isJson = /\bjson\b/.test(response.headers.get("Content-Type") ?? "");
  return isJson ? response.json().catch(() => null) : null;
}

/** All of a list that comes in pages: `{results}`. */
async function all(address) {
  const results = [];
  for (let next = address; next; ) {
    const page = await request("GET", next);
    results.push(...page.results);
    next = page.next;
  }
  return { results };
}

function problem(status, { code, detail, message, title, details, errors = [], retryable }) {
  const named = details?.field ? [{ field: details.field, message: detail }, ...errors] : errors;
  const fallback = status === 413 ? "This is too large for the server." : "The server could not do this.";
  return new ApiError({
    status,
    code: code ?? `http_${status}`,
    message: detail ?? message ?? title ?? fallback,
    details,
    fields: Object.fromEntries(named.map((one) => [one.field, one.message])),
    retryable: retryable ?? status >= 500,
  });
}

/** A file and the fields that go with it, as a form sends them. */
function form(file, { name = "file", ...fields } = {}) {
  const body = new FormData();
  body.append("file", file, file.name || name);
  for (const [field, value] of Object.entries(fields)) body.append(field, value);
  return body;
}

const get = (address, options) => request("GET", address, options);
const post = (address, body = {}) => request("POST", address, { body });
const put = (address, body) => request("PUT", address, { body });
const patch = (address, body) => request("PATCH", address, { body });
const remove = (address) => request("DELETE", address);

function query(fields) {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== "" && value !== null);
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

export const api = {
  page: (next) => get(next),

  threads: ({ q, archived, folder, signal } = {}) => get(`threads/${query({ q, archived, folder })}`, { signal }),
  thread: (id) => get(`threads/${id}/`),
  createThread: (fields = {}) => post("threads/", fields),
  updateThread: (id, fields) => patch(`threads/${id}/`, fields),
  deleteThread: (id) => remove(`threads/${id}/`),
  messages: (id, { run } = {}) => get(`threads/${id}/messages/${query({ run })}`),
  branches: (id) => get(`threads/${id}/branches/`),
  orderQueue: (id, runs) => put(`threads/${id}/queue/`, { runs }),
  runs: (id) => get(`threads/${id}/runs/`),
  events: (id, fields) => get(`threads/${id}/events/${query(fields)}`),
  changeThreads: (fields) => post("threads/bulk/", fields),
  branches: (id) => get(`threads/${id}/branches/`),
  groups: (id) => get(`threads/${id}/groups/`),
  createGroup: (id, fields) => post(`threads/${id}/groups/`, fields),
  context: (id, fields = {}) => get(`threads/${id}/context/${query(fields)}`),
  summaries: (id) => get(`threads/${id}/summaries/`),
  summarizeRuns: (id, fields) => post(`threads/${id}/summaries/`, fields),
  updateSummary: (id, fields) => patch(`run-summaries/${id}/`, fields),
  deleteSummary: (id) => remove(`run-summaries/${id}/`),
  renewSummary: (id) => post(`run-summaries/${id}/renew/`),
  modelCalls: (run) => get(`runs/${run}/model-calls/`),
  modelCall: (run, position) => get(`runs/${run}/model-calls/${position}/`),
  uploadImage: (id, file) => request("POST", `threads/${id}/images/`, { body: form(file, { name: "image.png" }) }),
  masks: (id) => get(`threads/${id}/masks/`),
  threadSkills: (id) => get(`threads/${id}/skills/`),
  takeBackSkill: (id, slug) => remove(`threads/${id}/skills/${slug}/`),

  run: (id) => get(`runs/${id}/`),
  findRuns: (filters, { signal } = {}) => get(`runs/${query(filters)}`, { signal }),
  find: (q, { signal } = {}) => get(`search/${query({ q })}`, { signal }),
  updateRun: (id, fields) => patch(`runs/${id}/`, fields),
  changeRuns: (fields) => post("runs/bulk/", fields),
  importance: (id) => get(`runs/${id}/importance/`),
  updateGroup: (id, fields) => patch(`run-groups/${id}/`, fields),
  deleteGroup: (id) => remove(`run-groups/${id}/`),
  runTags: () => get("run-tags/"),
  createRunTag: (fields) => post("run-tags/", fields),
  updateRunTag: (id, fields) => patch(`run-tags/${id}/`, fields),
  deleteRunTag: (id) => remove(`run-tags/${id}/`),
  folders: () => get("thread-folders/"),
  createFolder: (fields) => post("thread-folders/", fields),
  updateFolder: (id, fields) => patch(`thread-folders/${id}/`, fields),
  deleteFolder: (id) => remove(`thread-folders/${id}/`),
  call: (run, id) => get(`runs/${run}/calls/${encodeURIComponent(id)}/`),
  source: (skill, id, fields = {}) =>
    get(`skills/${encodeURIComponent(skill)}/sources/${encodeURIComponent(id)}/${query(fields)}`),
  timeline: (id) => get(`runs/${id}/timeline/`),
  compareRuns: (a, b) => get(`runs/compare/${query({ a, b })}`),
  cancelRun: (id) => post(`runs/${id}/cancel/`),
  operations: (fields = {}) => get(`operations/${query(fields)}`),
  cancelOperation: (id) => post(`operations/${id}/cancel/`),
  retryRun: (id) => post(`runs/${id}/retry/`),
  rerunRun: (id, fields = {}) => post(`runs/${id}/rerun/`, fields),
  continueRun: (id) => post(`runs/${id}/continue/`),
  forkRun: (id, fields = {}) => post(`runs/${id}/fork/`, fields),
  changeInput: (id, fields) => patch(`runs/${id}/input/`, fields),
  sendNow: (id) => post(`runs/${id}/send-now/`),
  steerRun: (id) => post(`runs/${id}/steer/`),
  commands: (id) => get(`runs/${id}/commands/`),
  deletion: (id, scope) => get(`runs/${id}/deletion/${query({ scope })}`),
  deleteRun: (id, scope) => remove(`runs/${id}/${query({ scope })}`),
  undoDeletion: (id) => post(`run-deletions/${id}/undo/`),

  feedback: (id) => get(`runs/${id}/feedback/`),
  giveFeedback: (id, said) => put(`runs/${id}/feedback/`, said),
  takeFeedbackBack: (id) => remove(`runs/${id}/feedback/`),
  analytics: (fields, { signal } = {}) => request("GET", `analytics/${query(fields)}`, { signal }),

  shares: () => get("shares/"),
  sharesReceived: () => get("shares/received/"),
  sharesOfThread: (id) => get(`threads/${id}/shares/`),
  share: (thread, fields) => post(`threads/${thread}/shares/`, fields),
  renewShare: (id) => post(`shares/${id}/renew/`),
  revokeShare: (id) => remove(`shares/${id}/`),
  copyShared: (address) => post(address),

  agents: () => get("agents/"),
  agentInspection: (slug, { thread } = {}) => get(`agents/${slug}/effective/${query({ thread })}`),
  models: () => get("models/"),
  chatSettings: () => get("chat-settings/"),
  updateChatSettings: (fields) => patch("chat-settings/", fields),
  tools: () => get("tools/"),
  effectiveSettings: () => get("chat-settings/effective/"),
  facts: () => get("chat-settings/facts/"),
  addFact: (text) => post("chat-settings/facts/", { text }),
  changeFact: (id, text) => patch(`chat-settings/facts/${id}/`, { text }),
  forgetFact: (id) => remove(`chat-settings/facts/${id}/`),

  templates: () => all("run-templates/"),
  template: (id) => get(`run-templates/${id}/`),
  createTemplate: (fields) => post("run-templates/", fields),
  updateTemplate: (id, fields) => patch(`run-templates/${id}/`, fields),
  deleteTemplate: (id) => remove(`run-templates/${id}/`),
  templateVersions: (id) => all(`run-templates/${id}/versions/`),
  restoreTemplate: (id, number) => post(`run-templates/${id}/versions/${number}/restore/`),
  previewTemplate: (id, fields, { signal } = {}) => request("POST", `run-templates/${id}/preview/`, { body: fields, signal }),
  startTemplate: (id, fields) => post(`run-templates/${id}/start/`, fields),
  schedules: () => all("run-schedules/"),
  schedule: (id) => get(`run-schedules/${id}/`),
  createSchedule: (fields) => post("run-schedules/", fields),
  updateSchedule: (id, fields) => patch(`run-schedules/${id}/`, fields),
  deleteSchedule: (id) => remove(`run-schedules/${id}/`),
  scheduleSlots: (id) => get(`run-schedules/${id}/slots/`),
  runScheduleNow: (id) => post(`run-schedules/${id}/run-now/`),
  previewSchedule: (fields, { signal } = {}) => request("POST", "run-schedules/preview/", { body: fields, signal }),

  exportRun: (id, fields, options) => file("GET", `runs/${id}/export/${query(fields)}`, options),
  exportThread: (id, fields, options) => file("GET", `threads/${id}/export/${query(fields)}`, options),
  exportMany: (fields, options) => file("POST", "exports/", { ...options, body: fields }),
  importFile: (chosen, fields, { signal } = {}) => request("POST", `imports/${query(fields)}`, { body: form(chosen), signal }),

  skills: () => get("skills/"),
  skill: (slug) => get(`skills/${slug}/`),
  createSkill: (fields) => post("skills/", fields),
  updateSkill: (slug, fields) => patch(`skills/${slug}/`, fields),
  deleteSkill: (slug) => remove(`skills/${slug}/`),
  addSource: (slug, fields) => post(`skills/${slug}/sources/`, fields),
  uploadSource: (slug, file) => request("POST", `skills/${slug}/sources/`, { body: form(file) }),
  refreshSource: (slug, id) => post(`skills/${slug}/sources/${id}/refresh/`),
  removeSource: (slug, id) => remove(`skills/${slug}/sources/${id}/`),

  retentionPolicies: () => get("retention-policies/"),
  createRetentionPolicy: (fields) => post("retention-policies/", fields),
  updateRetentionPolicy: (id, fields) => patch(`retention-policies/${id}/`, fields),
  deleteRetentionPolicy: (id) => remove(`retention-policies/${id}/`),
  tryRetentionPolicy: (id) => post(`retention-policies/${id}/dry-run/`),
  applyRetentionPolicy: (id) => post(`retention-policies/${id}/apply/`),
  eraseMyself: (fields) => post("account/erase/", fields),

  notificationTargets: () => get("notification-targets/"),
  addNotificationTarget: (fields) => post("notification-targets/", fields),
  changeNotificationTarget: (id, fields) => patch(`notification-targets/${id}/`, fields),
  deleteNotificationTarget: (id) => remove(`notification-targets/${id}/`),
  tryNotificationTarget: (id) => post(`notification-targets/${id}/test/`),
  notificationDeliveries: (id) => get(`notification-targets/${id}/deliveries/`),
  askAboutRuns: (fields) => post("run-questions/", fields),

  tokens: () => get("tokens/"),
  createToken: (fields) => post("tokens/", fields),
  revokeToken: (id) => remove(`tokens/${id}/`),
};
