// The geometry of a chart: from what a model wrote to bars, lines and slices in pixels. It draws nothing.

const MOST_SERIES = 8;
const MOST_SLICES = 8; // what is smaller is shown together: more colours cannot be told apart
const TICKS = 5;

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

/**
 * `{type, title, labels, series: [{name, values}], units, xTitle, stacked}`, or `null` where the arguments are no chart.
 * A value is a number, or `null` for a gap.
 */
export function chartOf(given) {
  const { type, title = "", labels, series, units = "", x_title: xTitle = "", stacked = false } = given ?? {};
  if (!["bar", "line", "pie"].includes(type) || !Array.isArray(labels) || labels.length === 0) return null;
  if (!Array.isArray(series) || series.length === 0 || series.length > MOST_SERIES) return null;
  const fits = ({ values }) => values.length === labels.length && values.every((one) => one === null || isNumber(one));
  if (!series.every((one) => Array.isArray(one?.values))) return null;
  if (!series.every(fits)) return null;
  const named = series.map(({ name, values }, index) => ({ name: String(name || `Series ${index + 1}`), values }));
  const chart = { type, title: String(title), labels: labels.map(String), series: named, units: String(units) };
  if (type === "pie" && !isPie(named[0].values)) return null;
  return { ...chart, xTitle: String(xTitle), stacked: Boolean(stacked) && type === "bar" && named.length > 1 };
}

const isPie = (values) => values.every((one) => isNumber(one) && one >= 0) && values.some((one) => one > 0);

/** Round numbers that cover `[low, high]`: `{low, high, step, ticks}`. */
export function niceScale(low, high, count = TICKS) {
  const span = high - low || Math.abs(high) || 1;
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= rough * 0.999);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(Math.ceil(high / step - 1e-9), first + 1);
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
  return { low: ticks[0], high: ticks.at(-1), step, ticks };
}

/** The values between which a chart's axis runs. Bars stand on zero; lines need not. */
function extent({ type, series, stacked, labels }) {
  if (stacked) {
    const sums = labels.map((_, at) => {
      const values = series.map(({ values: all }) => all[at] ?? 0);
      return [values.filter((one) => one < 0), values.filter((one) => one > 0)].map((side) => side.reduce((a, b) => a + b, 0));
    });
    return [Math.min(0, ...sums.map(([below]) => below)), Math.max(0, ...sums.map(([, above]) => above))];
  }
  const values = series.flatMap(({ values: all }) => all).filter((one) => one !== null);
  if (values.length === 0) return [0, 1];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const nearZero = type === "bar" || (low >= 0 && low < high * 0.6) || (high <= 0 && high > low * 0.6);
  return nearZero ? [Math.min(0, low), Math.max(0, high)] : [low, high];
}

/**
 * A bar or line chart in a box: `{axis, plot, slots, bars | lines}`. `plot` is `{left, top, right, bottom}`, `slots` are the
 * places of the labels `{x, width, label, shown}`; all in px. `measure(text)` is a text's width.
 */
export function layOut(chart, { width, height, measure, format }) {
  const axis = niceScale(...extent(chart));
  const tickLabels = axis.ticks.map((value) => format(value, axis.step));
  const left = Math.ceil(Math.max(...tickLabels.map(measure))) + 12;
  const plot = { left, top: 10, right: width - 10, bottom: height - (chart.xTitle ? 48 : 28) };
  const y = (value) => plot.bottom - ((value - axis.low) / (axis.high - axis.low)) * (plot.bottom - plot.top);
  const ticks = axis.ticks.map((value, index) => ({ value, label: tickLabels[index], y: y(value) }));
  const slots = slotsOf(chart, plot, measure);
  const shapes = chart.type === "bar" ? { bars: barsOf(chart, slots, y) } : { lines: linesOf(chart, slots, y) };
  return { plot, ticks, zero: y(Math.min(Math.max(0, axis.low), axis.high)), slots, y, ...shapes };
}

function slotsOf({ type, labels }, plot, measure) {
  const span = plot.right - plot.left;
  const width = span / (type === "line" && labels.length > 1 ? labels.length - 1 : labels.length);
  const isLine = type === "line" && labels.length > 1;
  const at = (index) => (isLine ? plot.left + index * width : plot.left + (index + 0.5) * width);
  const widest = Math.min(Math.max(...labels.map(measure)) + 14, 110);
  const every = Math.max(1, Math.ceil(widest / width));
  return labels.map((label, index) => ({ x: at(index), width, label, shown: index % every === 0, room: width * every - 8 }));
}

function barsOf({ series, stacked }, slots, y) {
  const gap = Math.min(0.3, 6 / slots[0].width + 0.12);
  return slots.flatMap(({ x, width }, at) => {
    const room = Math.min(width * (1 - gap), stacked || series.length === 1 ? 64 : 160);
    const each = stacked ? room : room / series.length;
    const base = { above: 0, below: 0 };
    return series.map(({ values }, index) => {
      const value = values[at] ?? 0;
      const side = value < 0 ? "below" : "above";
      const from = stacked ? base[side] : 0;
      base[side] = from + value;
      const [top, bottom] = [y(Math.max(from, from + value)), y(Math.min(from, from + value))];
      const inner = stacked || series.length === 1 ? each : Math.max(each - 1.5, each * 0.8);
      const left = x - room / 2 + (stacked ? 0 : index * each);
      return { at, index, x: left, y: top, width: inner, height: Math.max(0, bottom - top) };
    });
  });
}

/** For each series the strokes between its gaps, and its points. */
function linesOf({ series }, slots, y) {
  return series.map(({ values }, index) => {
    const points = values.map((value, at) => (value === null ? null : { at, x: slots[at].x, y: y(value) }));
    const strokes = [];
    for (const [at, point] of points.entries()) {
      if (!point) continue;
      if (points[at - 1]) strokes.at(-1).push(point);
      else strokes.push([point]);
    }
    return { index, points: points.filter(Boolean), paths: strokes.map(pathOf) };
  });
}

const pathOf = (points) => points.map(({ x, y }, index) => `${index ? "L" : "M"}${round(x)} ${round(y)}`).join("");
const round = (value) => Math.round(value * 10) / 10;

/**
 * The slices of a pie, in the order that was given; the smallest ones are one together. `[{label, value, share, path}]`,
 * drawn around (0, 0) with the radius 1 and a hole.
 */
export function slicesOf({ labels, series }, hole = 0.6) {
  const all = labels.map((label, index) => ({ label, value: series[0].values[index] })).filter(({ value }) => value > 0);
  const total = all.reduce((sum, { value }) => sum + value, 0);
  let angle = 0;
  return merged(all).map((slice) => {
    const share = slice.value / total;
    const path = ringOf(angle, angle + share, hole);
    angle += share;
    return { ...slice, share, path };
  });
}

function merged(all) {
  if (all.length <= MOST_SLICES) return all;
  const ranked = [...all].sort((a, b) => b.value - a.value);
  const kept = new Set(ranked.slice(0, MOST_SLICES - 1));
  const rest = all.filter((slice) => !kept.has(slice));
  const sum = rest.reduce((known, { value }) => known + value, 0);
  return [...all.filter((slice) => kept.has(slice)), { label: `${rest.length} others`, value: sum }];
}

/** A part of a ring, from one share of the turn to another; clockwise from the top. */
function ringOf(from, to, hole) {
  if (to - from > 0.9999) return `${ringOf(0, 0.5, hole)}${ringOf(0.5, 1, hole)}`;
  const [a, b] = [from, to].map((share) => share * 2 * Math.PI);
  const at = (angle, radius) => `${precise(Math.sin(angle) * radius)} ${precise(-Math.cos(angle) * radius)}`;
  const large = to - from > 0.5 ? 1 : 0;
  return `M${at(a, 1)}A1 1 0 ${large} 1 ${at(b, 1)}L${at(b, hole)}A${hole} ${hole} 0 ${large} 0 ${at(a, hole)}Z`;
}

const precise = (value) => Math.round(value * 1e4) / 1e4;
