// A tool call in words: what it is called, what it was given, how it stands.
import { withoutHalfToken } from "../../state/masks.js";
import { isTerminal } from "../../state/thread-state.js";
import { hostOf } from "../../render/links.js";

const LONGEST_SUMMARY = 120; // characters
const BEGINNING = 500; // characters of a result that a frame holds
const UNDER_WAY = new Set(["requested", "running", "waiting"]);

const KIND_ICONS = { async: "clock", client: "help", delegation: "handOn", mcp: "plug" };
const NAME_ICONS = {
  activate_skill: "book",
  current_time: "clock",
  fetch_page: "globe",
  read_source: "book",
  search_sources: "search",
  search_threads: "search",
  show_chart: "chart",
  show_diagram: "diagram",
  show_document: "document",
  show_table: "table",
};

const STATUS = {
  writing: "being written",
  requested: "requested",
  running: "running",
  waiting: "waits",
  in_progress: "in progress",
  succeeded: "done",
  failed: "failed",
  cancelled: "cancelled",
};

/** How a call stands, in a word; `detained`: it was answered, and its run still waits for other answers. */
export function statusLabel({ status, details, detained }) {
  if (status === "cancelled" && details?.refused === true) return "refused";
  if (status === "requested" && detained) return "waits for the others";
  return STATUS[status] ?? status;
}

/**
 * A call as it is shown: its `tool` frame, and where there is none (yet) what its message says of it. `content` is the
 * result as the model got it, or what came after the run; `isBeginning`: there may be more of it.
 */
export function describe({ part, call, result, run, streaming }) {
  const name = call?.name ?? part.name ?? "";
  const cameLater = call?.operation && call.status !== "in_progress";
  const content = (cameLater ? null : result?.content) ?? call?.result ?? "";
  return {
    ...call,
    tool_call_id: part.id,
    run_id: run.id,
    name,
    kind: call?.kind ?? (name.startsWith("show_") ? "display" : "backend"),
    status: statusOf({ part, call, result, run, streaming }),
    detained: run.status === "waiting",
    arguments: call?.arguments ?? part.arguments,
    argumentsText: part.arguments_text,
    content,
    isBeginning: content === call?.result && content.length >= BEGINNING,
  };
}

function statusOf({ call, result, run, streaming }) {
  if (call && !(UNDER_WAY.has(call.status) && isTerminal(run))) return call.status;
  if (result) return result.is_error ? "failed" : "succeeded";
  if (isTerminal(run)) return "cancelled";
  return streaming ? "writing" : "requested";
}

export const isUnderWay = ({ status }) => UNDER_WAY.has(status) || status === "writing";

export const iconOf = ({ name, kind }) =>
  Object.hasOwn(NAME_ICONS, name) ? NAME_ICONS[name] : (KIND_ICONS[kind] ?? "wrench");

/** "show_chart" → "Show chart"; a remote tool keeps its server: "weather__get_alerts" → "Get alerts · weather". */
export function titleOf({ title, name }) {
  if (title) return title;
  const [server, own] = /^(.+?)__(.+)$/.exec(name)?.slice(1) ?? ["", name];
  const words = own.replaceAll(/[_-]+/g, " ").trim();
  const shown = words ? words[0].toUpperCase() + words.slice(1) : "Tool";
  return server ? `${shown} · ${server}` : shown;
}

const SUMMARIES = {
  activate_skill: ({ skill }) => skill,
  fetch_page: ({ url }) => addressOf(url),
  http_job: ({ endpoint, summary }) => [endpoint, summary].filter(Boolean).join(": "),
  read_source: (_given, details) => details?.sources?.[0]?.title, // its id says nothing to a person
};

// Where a tool has no summary of its own, the most telling of its arguments stands for it.
const TELLING = ["title", "question", "query", "expression", "url", "text", "task", "zone", "timezone", "name", "slug"];

/** One line about what a call was given; "" where there is nothing to say. */
export function summaryOf({ name, arguments: given, details }) {
  if (!given || typeof given !== "object") return "";
  const own = Object.hasOwn(SUMMARIES, name) ? SUMMARIES[name](given, details) : "";
  return oneLine(own || tellingOf(given));
}

function tellingOf(given) {
  const named = TELLING.find((key) => typeof given[key] === "string" && given[key]);
  if (named) return given[named];
  const entries = Object.entries(given).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value));
  return entries.map(([key, value]) => `${key}: ${value}`).join(", ");
}

function addressOf(url) {
  const host = hostOf(url);
  if (!host) return String(url ?? "");
  const { pathname } = new URL(url);
  return host + (pathname === "/" ? "" : pathname);
}

function oneLine(text) {
  const line = String(text).replaceAll(/\s+/g, " ").trim();
  return line.length > LONGEST_SUMMARY ? `${withoutHalfToken(line.slice(0, LONGEST_SUMMARY))} …` : line;
}
