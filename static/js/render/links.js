// Where a link leads.

/** The host of an http(s) address, without a leading "www."; "" for every other address. */
export function hostOf(address) {
  if (!URL.canParse(address)) return "";
  const url = new URL(address);
  return /^https?:$/.test(url.protocol) ? url.host.replace(/^www\./, "") : "";
}
