// What people call the kinds of personal data that are masked, and a token that stands for some of it.

const NAMES = {
  ADDRESS: "Address",
  CREDIT_CARD: "Card number",
  DATE_OF_BIRTH: "Date of birth",
  EMAIL: "E-mail address",
  IBAN: "IBAN",
  ID_CARD: "Identity card",
  IP_ADDRESS: "IP address",
  LITERAL: "Looks like a token",
  LICENCE_PLATE: "Licence plate",
  LOCATION: "Place",
  ORGANISATION: "Organisation",
  OTHER: "Masked text",
  PASSPORT: "Passport",
  PERSON: "Person",
  PHONE: "Phone number",
  SOCIAL_SECURITY: "Social security number",
  TAX_ID: "Tax number",
};

const TOKEN = /\{\{pii:([A-Z]+(?:_[A-Z]+)*)_(\d+)\}\}/g;

/** "DATE_OF_BIRTH" → "Date of birth". */
export function categoryName(category) {
  if (Object.hasOwn(NAMES, category)) return NAMES[category];
  const words = String(category).toLowerCase().replaceAll("_", " ");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

/** Whether a mask stands for what somebody wrote that looks like a token, and for nothing personal. */
export const isLiteral = ({ category }) => category === "LITERAL";

/** "{{pii:PERSON_1}}" → "PERSON_1": what is told apart in a token. */
export const shortToken = (token) => token.replaceAll(/^\{\{pii:|\}\}$/g, "");

/** A text in pieces: `{text}`, or `{text, label}` where a token stands, whose value is not known: "Person 1". */
export function labelSegments(text) {
  const segments = [];
  let start = 0;
  for (const { 0: token, 1: category, 2: number, index } of text.matchAll(TOKEN)) {
    if (index > start) segments.push({ text: text.slice(start, index) });
    segments.push({ text: token, label: `${categoryName(category)} ${number}` });
    start = index + token.length;
  }
  if (start < text.length) segments.push({ text: text.slice(start) });
  return segments;
}

/** A text in which every token reads as what it stands for, and no value is told: "A letter to Person 1". */
export const withLabels = (text) =>
  labelSegments(text)
    .map(({ text: piece, label }) => label ?? piece)
    .join("");
