// A JSON schema of an answer as the fields of a form, and what was filled in as the answer. The schema comes from tools and
// remote servers: what is not understood becomes a field for text, and the server has the last word.

const EMAIL = /^[^\s@]+@[^\s@]+$/;

/**
 * A form: `{single, fields}`. `single`: the answer is the value of the one field, else an object of all of them. A field:
 * `{name, label, description, type, options, other, required, minimum, maximum, minLength, maxLength, minItems, initial}`;
 * type is text, longtext, number, integer, boolean, date, datetime, email, url, choice, choices or json; `other`: a choice may be
 * free text; `options`: `[{value, label, description}]`.
 */
export function formOf(schema, values = {}) {
  if (schema?.type !== "object") return { single: true, fields: [{ ...fieldOf("answer", schema ?? {}), required: true }] };
  const properties = schema.properties ?? {};
  const required = new Set(schema.required ?? []);
  const order = [...new Set([...(schema["x-order"] ?? []), ...Object.keys(properties)])];
  const fields = order
    .filter((name) => Object.hasOwn(properties, name))
    .map((name) => ({ ...fieldOf(name, properties[name], values[name]), required: required.has(name) }));
  return { single: false, fields };
}

function fieldOf(name, schema, given) {
  const several = schema.type === "array" ? choicesOf(schema.items ?? {}) : null;
  const choice = several ?? choicesOf(schema);
  const { minimum, maximum, minLength, maxLength, minItems } = schema;
  return {
    name,
    label: schema.title || name,
    description: schema.description ?? "",
    type: several ? "choices" : choice ? "choice" : plainType(schema),
    options: choice?.options ?? [],
    other: choice?.other ?? null,
    ...{ minimum, maximum, minLength, maxLength, minItems },
    initial: given ?? schema.default,
  };
}

/** `{options, other}` of a schema that names its values, else `null`. `other` is the part that allows free text. */
function choicesOf(schema) {
  if (Array.isArray(schema.enum)) {
    const names = schema.enumNames ?? [];
    return { options: schema.enum.map((value, index) => ({ value, label: String(names[index] ?? value) })), other: null };
  }
  const listed = [schema.oneOf, schema.anyOf].find(Array.isArray);
  if (!listed?.some((one) => one && "const" in one)) return null;
  const options = listed
    .filter((one) => "const" in one)
    .map(({ const: value, title, description = "" }) => ({ value, label: String(title ?? value), description }));
  return { options, other: listed.find((one) => !("const" in one)) ?? null };
}

const FORMATS = { textarea: "longtext", date: "date", "date-time": "datetime", email: "email", uri: "url" };

function plainType({ type, format, maxLength }) {
  const kind = Array.isArray(type) ? type.find((one) => one !== "null") : type;
  if (["number", "integer", "boolean"].includes(kind)) return kind;
  if (kind !== "string") return "json";
  return FORMATS[format] ?? (maxLength > 1000 ? "longtext" : "text");
}

/** What a form holds before anybody has touched it: name → what its controls show. */
export function blank({ fields }) {
  return Object.fromEntries(fields.map((field) => [field.name, initialOf(field)]));
}

function initialOf({ type, initial }) {
  if (type === "boolean") return initial === true;
  if (type === "choices") return { chosen: Array.isArray(initial) ? initial : [], other: false, text: "" };
  if (type === "choice") return { chosen: initial === undefined ? [] : [initial], other: false, text: "" };
  if (initial === undefined || initial === null) return "";
  return type === "json" ? JSON.stringify(initial, null, 2) : String(initial);
}

/** `{content, errors}`: the answer, and by field name what has to be put right first. */
export function answerOf({ single, fields }, held) {
  const errors = {};
  const content = {};
  for (const field of fields) {
    const { value, error } = read(field, held[field.name]);
    if (error) errors[field.name] = error;
    else if (value !== undefined) content[field.name] = value;
  }
  return { content: single ? content[fields[0].name] : content, errors };
}

function read(field, held) {
  switch (field.type) {
    case "boolean":
      return { value: held || field.required || field.initial !== undefined ? held : undefined };
    case "choice":
    case "choices":
      return readChoice(field, held);
    case "number":
    case "integer":
      return readNumber(field, held);
    case "json":
      return readJson(field, held);
    default:
      return readText(field, held);
  }
}

function readChoice({ type, required, minItems = 0 }, { chosen, other, text }) {
  const own = text.trim();
  if (other && !own) return { error: "Write what you have in mind." };
  const values = other ? [...chosen, own] : chosen;
  const least = Math.max(required ? 1 : 0, values.length || required ? minItems : 0);
  if (values.length < least) return { error: least === 1 ? (type === "choices" ? "Choose at least one." : "Choose one.") : `Choose at least ${least}.` };
  if (type === "choices") return { value: values.length ? [...new Set(values)] : undefined };
  return { value: other ? own : chosen[0] };
}

function readNumber({ type, required, minimum, maximum }, held) {
  const text = held.trim().replace(",", ".");
  if (!text) return required ? { error: "This is needed." } : {};
  const value = Number(text);
  if (!Number.isFinite(value)) return { error: "Write a number." };
  if (type === "integer" && !Number.isInteger(value)) return { error: "Write a whole number." };
  if (value < minimum) return { error: `At least ${minimum}.` };
  if (value > maximum) return { error: `At most ${maximum}.` };
  return { value };
}

function readJson({ required }, held) {
  if (!held.trim()) return required ? { error: "This is needed." } : {};
  try {
    return { value: JSON.parse(held) };
  } catch {
    return { error: 'Write JSON: text in double quotes, lists as ["a", "b"].' };
  }
}

function readText({ type, required, minLength = 0, maxLength = Infinity }, held) {
  const text = type === "longtext" ? held.trimEnd() : held.trim();
  if (!text) return required ? { error: "This is needed." } : {};
  if (text.length < minLength) return { error: `At least ${minLength} characters.` };
  if ([...text].length > maxLength) return { error: `At most ${maxLength} characters.` };
  if (type === "email" && !EMAIL.test(text)) return { error: "Write an e-mail address, such as ada@example.org." };
  if (type === "url" && !URL.canParse(text)) return { error: "Write a whole address, such as https://example.org." };
  if (type === "datetime") return { value: new Date(text).toISOString() };
  return { value: text };
}
