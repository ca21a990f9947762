// A number with its unit, as a chart says it.

const number = new Intl.NumberFormat(undefined, { maximumFractionDigits: 6 });
const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 2 });

/** "12 kWh", "35%", "€ 7"; "–" where there is no value. */
export function withUnits(value, units) {
  if (value === null) return "–";
  const text = number.format(value);
  if (/^[€$£¥₹]$/.test(units)) return `${units} ${text}`;
  return units === "%" ? `${text}%` : [text, units].filter(Boolean).join(" ");
}

/** What stands beside a line of the axis. */
export const tickText = (value, step) => (step >= 1000 ? compact : number).format(value);
