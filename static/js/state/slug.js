// Short names for addresses and commands, made of what something is called.

const LONGEST = 60; // characters

/** "Steuern für Anfänger" → "steuern-fur-anfanger"; `""` where nothing of it can stand in a short name. */
export function slugOf(name) {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "-").slice(0, LONGEST).replace(/^-+|-+$/g, "");
}
