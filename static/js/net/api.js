// The REST door: one function per request of the page, and errors as values with a code.

/** A refused or impossible request. `status` is 0 when no answer came. */
export class ApiError extends Error {
  constructor({ status, code, message, details = {}, retryable = false }) {
    super(message);
    this.name = "ApiError";
    Object.assign(this, { status, code, details, retryable });
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

async function request(method, address, { body, signal } = {}) {
  const headers = { Accept: "application/json" };
  if (!SAFE.has(method)) headers["X-CSRFToken"] = csrfToken();
  const isForm = body instanceof FormData;
  if (body !== undefined && !isForm) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(ownAddress(address), {
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
  if (response.status === 204) return null;
  const isJson = /\bjson\b/.test(response.headers.get("Content-Type") ?? "");
  const data = isJson ? await response.json().catch(() => null) : null;
  if (response.ok) return data;
  throw problem(response.status, data ?? {});
}

function problem(status, { code, detail, message, title, details, retryable }) {
  const fallback = status === 413 ? "This is too large for the server." : "The server could not do this.";
  return new ApiError({
    status,
    code: code ?? `http_${status}`,
    message: detail ?? message ?? title ?? fallback,
    details,
    retryable: retryable ?? status >= 500,
  });
}

const get = (address, options) => request("GET", address, options);
const post = (address, body = {}) => request("POST", address, { body });
const patch = (address, body) => request("PATCH", address, { body });
const remove = (address) => request("DELETE", address);

function query(fields) {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== "" && value !== null);
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

export const api = {
  page: (next) => get(next),

  threads: ({ q, archived, signal } = {}) => get(`threads/${query({ q, archived })}`, { signal }),
  thread: (id) => get(`threads/${id}/`),
  createThread: (fields = {}) => post("threads/", fields),
  updateThread: (id, fields) => patch(`threads/${id}/`, fields),
  deleteThread: (id) => remove(`threads/${id}/`),
  messages: (id) => get(`threads/${id}/messages/`),
  runs: (id) => get(`threads/${id}/runs/`),
  events: (id, fields) => get(`threads/${id}/events/${query(fields)}`),
  uploadImage: (id, file) => {
    const body = new FormData();
    body.append("file", file, file.name || "image.png");
    return request("POST", `threads/${id}/images/`, { body });
  },

  cancelRun: (id) => post(`runs/${id}/cancel/`),
  retryRun: (id) => post(`runs/${id}/retry/`),
  rerunRun: (id) => post(`runs/${id}/rerun/`),

  agents: () => get("agents/"),
  models: () => get("models/"),
  chatSettings: () => get("chat-settings/"),
  updateChatSettings: (fields) => patch("chat-settings/", fields),
  tokens: () => get("tokens/"),
  createToken: (fields) => post("tokens/", fields),
  revokeToken: (id) => remove(`tokens/${id}/`),
};
