// What a template asks for: its parameters as the fields of a form, what was filled in as arguments, and the places of its
// commands where they go.
import { answerOf } from "./answer-form.js";

const PLACE = /\{\{([a-z][a-z0-9_]{0,39})\}\}/g; // as the server finds them
const LONGEST_NAME = 40; // characters

export const TYPES = Object.freeze([
  { type: "text", label: "Text" },
  { type: "number", label: "Number" },
  { type: "boolean", label: "Yes or no" },
  { type: "choice", label: "Choice" },
  { type: "date", label: "Date" },
]);

/** Names that stand as `{{name}}` in any text of these commands, in the order in which they are first used. */
export function placesIn(commands) {
  const names = new Set();
  for (const text of textsIn(commands)) for (const [, name] of text.matchAll(PLACE)) names.add(name);
  return [...names];
}

/** Every text in a JSON value. */
function* textsIn(value) {
  if (typeof value === "string") yield value;
  else if (value && typeof value === "object") for (const part of Object.values(value)) yield* textsIn(part);
}

/** `{missing, unused}`: names that are used and not defined, and the other way round. */
export function gaps({ commands, parameters }) {
  const used = placesIn(commands);
  const defined = parameters.map(({ name }) => name);
  return {
    missing: used.filter((name) => !defined.includes(name)),
    unused: defined.filter((name) => name && !used.includes(name)),
  };
}

/** A parameter for a name that is used: "start_date" is a date called "Start date". */
export function parameterFor(name) {
  const words = name.replaceAll("_", " ").trim();
  const label = words.charAt(0).toUpperCase() + words.slice(1);
  return { name, label, type: /(^|_)date$/.test(name) ? "date" : "text", required: true };
}

/** A name for what is called so, that none of these has: "Where to?" → "where_to". */
export function nameFor(label, taken = []) {
  const plain = label.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const cut = plain.replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "").slice(0, LONGEST_NAME - 3).replace(/_+$/, "");
  const name = /^[a-z]/.test(cut) ? cut : cut ? `value_${cut}` : "value";
  for (let number = 1; ; number += 1) {
    const tried = number === 1 ? name : `${name}_${number}`;
    if (!taken.includes(tried)) return tried;
  }
}

/** A template's parameters as a form of answer-form.js; `values` (arguments by name) stand before their defaults. */
export function formOfParameters(parameters, values = {}) {
  return { single: false, fields: parameters.map((parameter) => fieldOf(parameter, values[parameter.name])) };
}

const CONTROLS = { text: "longtext", choice: "choice", boolean: "boolean", number: "number", date: "date" };

function fieldOf({ name, label, type, required = false, choices = [], help = "", default: standard }, given) {
  return {
    name,
    label: label || name,
    description: isToday(standard) && type === "date" ? [help, "Empty: the day it starts."].filter(Boolean).join(" ") : help,
    type: CONTROLS[type] ?? "longtext",
    rows: 1,
    options: type === "choice" ? choices.map((value) => ({ value, label: String(value) })) : [],
    other: null,
    required: required && type !== "boolean" && isNothing(standard),
    initial: [given, standard].find((value) => !isNothing(value) && !(type === "date" && isToday(value))),
  };
}

const isNothing = (value) => value === undefined || value === null || value === "";

/** A date that is the day on which a run starts: it is left to the server, which knows that day. */
const isToday = (value) => value === "today";

/** `{content, errors}`: the arguments, and by name what has to be put right first. What is left empty has its default. */
export const argumentsOf = (parameters, held) => answerOf(formOfParameters(parameters), held);

/** What the server says is wrong with each argument, by its name; `null` where the trouble is another one. */
export const argumentErrors = ({ code, details }) => (code === "template_arguments" ? (details?.errors ?? {}) : null);

/** Commands with another name in the places of a parameter. */
export function withPlaceRenamed(commands, from, to) {
  if (typeof commands === "string") return commands.replaceAll(`{{${from}}}`, `{{${to}}}`);
  if (Array.isArray(commands)) return commands.map((part) => withPlaceRenamed(part, from, to));
  if (!commands || typeof commands !== "object") return commands;
  return Object.fromEntries(Object.entries(commands).map(([name, part]) => [name, withPlaceRenamed(part, from, to)]));
}

/** What a command of a kind begins with, in a template. */
export function newCommand(type) {
  const given = { prompt: { text: "" }, tag: { tags: [] }, sequence: { commands: [{ type: "prompt", text: "" }] }, template: { template: "", arguments: {} } };
  const named = { agent: { agent: "" }, model: { model: "" }, skill: { skill: "" }, title: { title: "" }, fork: { title: "" } };
  return { type, ...(given[type] ?? named[type]) };
}

/** A list with one of its entries at another place. */
export function moved(list, from, to) {
  const rest = list.toSpliced(from, 1);
  return rest.toSpliced(to, 0, list[from]);
}
