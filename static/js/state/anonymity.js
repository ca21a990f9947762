// Whether the conversation that would begin now is anonymous, and who says so.
import { answerer, settingOf } from "./catalogue.js";

/**
 * `{on, offered, fixed}`: whether it will be anonymous; whether the person is to know; and why it cannot be otherwise, `""` where
 * it can. `policy` is the site's: "off", "offered" or "always".
 */
export function anonymityOf({ policy, catalogue, choice }) {
  const { model } = answerer(catalogue, choice);
  if (policy === "always") return { on: true, offered: true, fixed: "All new conversations are anonymous here." };
  if (model?.anonymous_only) return { on: true, offered: true, fixed: "This model is only given anonymous conversations." };
  if (policy !== "offered") return { on: false, offered: false, fixed: "" };
  return { on: choice.anonymous ?? settingOf(catalogue, "anonymous", false) === true, offered: true, fixed: "" };
}

/** What a new thread is made with. Nothing where nobody has decided: then the server does. */
export function askedFor(anonymity, { anonymous }) {
  return anonymity.on || anonymous === false ? { anonymous: anonymity.on } : {};
}
