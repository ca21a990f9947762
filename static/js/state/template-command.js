// A template as a command of a message: "/template weekly-report topic="herons and cranes" days=7".

const HEAD = /^(\S+)\s*/;
const ARGUMENT = /^([a-z][a-z0-9_]*)=("(?:[^"\\]|\\.)*"|[^\s"]*)(?:\s+|$)/;
const PLAIN = /^[^\s"]+$/;

/** Those that can be started: not the archived ones. */
export const startable = (templates) => templates.filter(({ archived }) => !archived);

/** The template that is meant by a short name or an id: one's own first. */
export function templateNamed(templates, name) {
  const meant = startable(templates).filter(({ id, slug }) => slug === name || id === name);
  return meant.find(({ mine }) => mine) ?? meant[0];
}

/** What names a template without doubt: its short name, or its id where that means another one. */
export const handleOf = (template, templates) => (templateNamed(templates, template.slug)?.id === template.id ? template.slug : template.id);

/** What follows "/template": `{command}`, or `{problem}` in words, with the template that it is about where it is known: `asks`. */
export function readTemplate(rest, templates) {
  const [head, name] = HEAD.exec(rest) ?? [];
  if (!name) return { problem: "/template needs the name of one: /template weekly-report" };
  const template = templateNamed(templates, name);
  if (!template) return { problem: `There is no template “${name}”.` };
  const asks = { id: template.id, line: name, name: template.name };
  const { values, wrong } = readArguments(rest.slice(head.length));
  if (wrong) return { problem: `“${wrong}” is no argument of /template: write name=value, or name="several words".`, asks };
  const problem = problemOf(values, template);
  if (problem) return { problem, asks };
  return { command: commandOf(template, typed(values, template), templates) };
}

/** The command of a template, with its arguments by name. */
export const commandOf = (template, given, templates) => ({
  type: "template",
  template: handleOf(template, templates),
  ...(Object.keys(given).length > 0 && { arguments: given }),
});

function readArguments(text) {
  const values = {};
  let rest = text;
  while (rest) {
    const found = ARGUMENT.exec(rest);
    const value = found && unquoted(found[2]);
    if (value === undefined || value === null) return { values, wrong: rest.split(/\s/)[0] };
    values[found[1]] = value;
    rest = rest.slice(found[0].length);
  }
  return { values };
}

/** What stands in quotes is written as in JSON, so that it can hold all that can be said. */
function unquoted(text) {
  if (!text.startsWith('"')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problemOf(values, { name: called, parameters }) {
  const known = parameters.map(({ name }) => name);
  const stranger = Object.keys(values).find((name) => !known.includes(name));
  if (stranger) return known.length ? `“${called}” takes ${known.join(", ")}, and no “${stranger}”.` : `“${called}” takes no arguments.`;
  const missing = parameters.filter((one) => one.required && one.type !== "boolean" && isEmpty(values[one.name]) && isEmpty(one.default));
  if (missing.length) return `“${called}” needs ${missing.map(({ name }) => `${name}=…`).join(" ")}`;
  for (const parameter of parameters) {
    if (parameter.name in values && read(parameter, values[parameter.name]) === undefined) return wrongValue(parameter, values[parameter.name]);
  }
  return "";
}

const isEmpty = (value) => value === undefined || value === null || value === "";

const EXPECTED = { number: "a number", boolean: "yes or no", date: "a date such as 2027-03-01, or today" };

function wrongValue({ name, type, choices = [] }, value) {
  return `${name} is ${EXPECTED[type] ?? `one of ${choices.join(", ")}`}, and not “${value}”.`;
}

const typed = (values, { parameters }) =>
  Object.fromEntries(parameters.filter(({ name }) => name in values).map((one) => [one.name, read(one, values[one.name])]));

const YES_NO = { yes: true, true: true, no: false, false: false };

/** A value as its parameter wants it; `undefined` where it is none. */
function read({ type, choices = [] }, text) {
  switch (type) {
    case "number":
      return text.trim() && Number.isFinite(Number(text)) ? Number(text) : undefined;
    case "boolean":
      return YES_NO[text.toLowerCase()];
    case "date":
      return text === "today" || /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : undefined;
    case "choice":
      return choices.find((choice) => String(choice) === text);
    default:
      return text;
  }
}

/** The line that says a command of a template: `readTemplate` reads it as the same. */
export function written({ template, arguments: given = {} }) {
  const values = Object.entries(given).map(([name, value]) => `${name}=${quoted(String(value))}`);
  return ["/template", template, ...values].join(" ");
}

const quoted = (text) => (PLAIN.test(text) ? text : JSON.stringify(text));

/** The text with another line in the place of the one that names this template; before the text where there is none. */
export function withLine(text, name, line) {
  const lines = text.split("\n");
  const at = lines.findIndex((one) => names(one, name));
  if (at < 0) return [line, text].filter(Boolean).join("\n");
  return lines.with(at, line).join("\n");
}

/** What of the arguments in a text's line can be read, whatever else is wrong with it: what a form begins with. */
export function argumentsIn(text, name, template) {
  const line = text.split("\n").find((one) => names(one, name)) ?? "";
  const { values } = readArguments(line.replace(/^\/template\s+\S+\s*/, ""));
  const known = template.parameters.filter((parameter) => parameter.name in values);
  return Object.fromEntries(known.map((one) => [one.name, read(one, values[one.name]) ?? values[one.name]]));
}

const names = (line, name) => /^\/template\s+(\S+)/.exec(line)?.[1] === name;
