// Commands at the beginning of a message: one a line, before the words. Only known names count, and only at the start of a
// line before any other words: whatever else looks like a command is text, and "//" begins a text with a slash.
import { describeSummarize, readSummarize } from "./summarize-command.js";
import { readTemplate } from "./template-command.js";

/** `wants`: what has to follow ("words", "tags", "agent", "model", "skill", "template", "runs"), or may ("words?"). */
export const COMMANDS = Object.freeze([
  { name: "title", wants: "words", example: "/title Summer holidays", does: "Names the conversation" },
  { name: "run-title", wants: "words", example: "/run-title First draft", does: "Names this run" },
  { name: "tag", wants: "tags", example: "/tag travel, 2027", does: "Puts tags on this run" },
  { name: "pin", example: "/pin", does: "Pins this run: it stays in the model’s view" },
  { name: "fork", wants: "words?", example: "/fork Plan B", does: "Copies what was said so far into a new conversation" },
  { name: "summarize", wants: "runs", example: "/summarize 3-8 Keep all figures", does: "Has a model write what stands for runs in its view" },
  { name: "agent", wants: "agent", example: "/agent code-helper", does: "Another agent answers, as @ and its name do" },
  { name: "model", wants: "model", example: "/model gpt-4o", does: "Another model answers this message" },
  { name: "skill", wants: "skill", example: "/skill house-style", does: "Takes up a skill, as / and its name do" },
  { name: "template", wants: "template", example: "/template weekly-report topic=herons", does: "Does what a template says" },
  { name: "help", example: "/help", does: "Shows this list" },
]);

const SLASHED = /^\/([\p{L}\p{N}][\p{L}\p{N}_.-]*)(?:\s+(.*))?$/u;
const CALLED = /^@([\p{L}\p{N}][\p{L}\p{N}_.-]*)$/u; // alone in its line: before other words a name is a word
const LONGEST = { words: 200, tags: 60 }; // characters, as the server has it

/**
 * What a message says: `{commands, text, help, problem, unknown}`. `commands` are those of the wire protocol, `text` is the rest;
 * `help`: the list of commands is asked for; `problem` is why a command cannot be sent as it is, in words; `unknown` is the name
 * of what looks like a command where one could stand, and is none. `runs()` says which runs have ended: `[{id, number}]`.
 * `asks` is the template that a problem is about, `{id, line, name}`; `line` is its name in the text.
 */
export function parse(written, { agents = [], models = [], skills = [], templates = [], runs = () => [] } = {}) {
  const known = { agents: slugs(agents), models: slugs(models), skills: slugs(skills), templates, runs };
  const lines = written.split("\n");
  const found = { commands: [], text: "", help: false, problem: "", unknown: "" };
  for (let index = 0; index < lines.length; index += 1) {
    const read = readLine(lines[index].trimEnd(), known);
    if (read.command) found.commands.push(read.command);
    if (read.help) found.help = true;
    if (read.problem && !found.problem) Object.assign(found, { problem: read.problem, ...(read.asks && { asks: read.asks }) });
    if (read.text !== undefined) {
      const isFirst = found.commands.length === 0 && !found.help;
      found.text = isFirst && !read.isChanged ? written : [read.text, ...lines.slice(index + 1)].join("\n");
      found.unknown = read.unknown ?? "";
      break;
    }
  }
  return found;
}

const slugs = (list) => new Set(list.map(({ slug }) => slug));

/** `{command}`, `{help}` or `{problem}` of a line; or `{text}` where the words begin, perhaps behind a command in the same line. */
function readLine(line, known) {
  if (!line) return {};
  if (line.startsWith("//")) return { text: line.slice(1), isChanged: true };
  const called = CALLED.exec(line);
  if (called && known.agents.has(called[1])) return { command: { type: "agent", agent: called[1] } };
  const [, name, rest = ""] = SLASHED.exec(line) ?? [];
  if (!name) return { text: line };
  const command = COMMANDS.find((one) => one.name === name);
  if (command) return readCommand(command, rest.trim(), known);
  if (known.skills.has(name)) return withWords({ type: "skill", skill: name }, rest);
  return { text: line, unknown: name };
}

const withWords = (command, rest) => ({ command, ...(rest?.trim() && { text: rest, isChanged: true }) });

function readCommand({ name, wants = "", example }, rest, known) {
  if (name === "help") return { help: true };
  if (name === "template") return readTemplate(rest, known.templates);
  if (name === "summarize") return readSummarize(rest, known.runs());
  const tags = [...new Set(rest.split(/[,\s]*,[,\s]*/).filter(Boolean))];
  if (wants && !wants.endsWith("?") && !(wants === "tags" ? tags.length : rest)) return { problem: `/${name} needs something after it: ${example}` };
  if (!wants && rest) return { problem: `/${name} stands alone in its line. What you want to say goes into the next one.` };
  const tooLong = wants === "tags" ? tags.some((tag) => tag.length > LONGEST.tags) : wants.startsWith("words") && rest.length > LONGEST.words;
  if (tooLong) return { problem: `What follows /${name} is too long.` };
  if (["agent", "model", "skill"].includes(wants) && !known[`${wants}s`].has(rest))
    return { problem: `There is no ${wants} “${rest}”.` };
  return { command: commandOf(name, rest, tags) };
}

function commandOf(name, rest, tags) {
  switch (name) {
    case "title":
      return { type: "title", title: rest };
    case "run-title":
      return { type: "title", title: rest, of: "run" };
    case "tag":
      return { type: "tag", tags };
    case "fork":
      return rest ? { type: "fork", title: rest } : { type: "fork" };
    case "pin":
      return { type: "pin" };
    default:
      return { type: name, [name]: rest };
  }
}

/** Whether a command may be begun at a place in a text: nothing but commands stands before it, and its line is empty so far. */
export function mayBegin(text, place, catalogue) {
  const before = text.slice(0, place);
  if (before && !before.endsWith("\n")) return false;
  const { text: words, unknown } = parse(before, catalogue);
  return !words.trim() && !unknown;
}

/** A command in a few words: `kind` and its `arguments`, as the server lists them. */
export function describe(kind, given = {}) {
  switch (kind) {
    case "prompt":
      return given.text || "Your message";
    case "title":
      return given.of === "run" ? `Name this run “${given.title}”` : `Name the conversation “${given.title}”`;
    case "tag":
      return `Tag: ${given.tags.join(", ")}`;
    case "pin":
      return "Pin this run";
    case "fork":
      return given.title ? `Fork into “${given.title}”` : "Fork into a new conversation";
    case "agent":
    case "model":
    case "skill":
      return `${kind[0].toUpperCase()}${kind.slice(1)}: ${given[kind]}`;
    case "summarize":
      return describeSummarize(given);
    case "template":
      return `Template: ${given.template}${saidArguments(given.arguments)}`;
    case "sequence":
      return "Together";
    default:
      return kind;
  }
}

/** Arguments in a few words: " (topic: herons, days: 7)". */
function saidArguments(given = {}) {
  const said = Object.entries(given).map(([name, value]) => `${name}: ${value}`);
  return said.length ? ` (${said.join(", ")})` : "";
}

/**
 * What of a message is said by its fields, where that is enough: an agent and a skill that are named before the words are the
 * same as picked ones. `{agent, skill, commands}`.
 */
export function foldPicks(commands, { agent = "", skill = "" } = {}) {
  const agents = commands.filter(({ type }) => type === "agent");
  const skills = commands.filter(({ type }) => type === "skill");
  const isSimple = agents.length + skills.length === commands.length && agents.length <= 1 && skills.length <= (skill ? 0 : 1);
  if (!isSimple) return { agent, skill, commands };
  return { agent: agents[0]?.agent ?? agent, skill: skills[0]?.skill ?? skill, commands: [] };
}

/** The commands of a run, by its steps, if all that it does is to summarise others; else `null`. */
export function summarizingIn(steps) {
  const commands = commandsIn(steps);
  return commands.length > 0 && commands.every(({ kind }) => kind === "summarize") ? commands : null;
}

/** The commands of a run as its steps tell them, in their order: each as it was told last. */
export function commandsIn(steps) {
  const known = new Map();
  for (const { details } of steps.filter(({ kind }) => kind === "command")) {
    for (const command of [...(details.commands ?? []), details.command].filter(Boolean)) known.set(command.id, command);
  }
  return [...known.values()].sort((a, b) => a.position - b.position);
}
