// Shares of a whole, as a ring with its legend: the middle tells the one that is read.
import { html, useMemo, useState } from "../../lib/preact.js";
import { slicesOf } from "../../render/chart.js";
import { MaskedText } from "../masks.js";
import { withUnits } from "./units.js";

const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });
const RADIUS = 96;

export function Ring({ chart, read: { title } }) {
  const slices = useMemo(() => slicesOf(chart), [chart]);
  const [at, setAt] = useState(-1);
  const total = slices.reduce((sum, { value }) => sum + value, 0);
  const read = slices[at] ?? { label: chart.series[0].name, value: total };
  return html`<div class="ring" onPointerLeave=${() => setAt(-1)}>
    <svg class="ring__drawing" viewBox="-104 -104 208 208" role="img" aria-label=${`Pie chart: ${title}`}>
      ${slices.map(
        ({ path }, index) =>
          html`<path
            key=${index}
            class="ring__slice series-${index + 1} ${at >= 0 && at !== index ? "ring__slice--away" : ""}"
            d=${path}
            transform=${`scale(${RADIUS})`}
            onPointerEnter=${() => setAt(index)}
          />`,
      )}
      <text class="ring__value" text-anchor="middle" y="2">${withUnits(round(read.value), chart.units)}</text>
      <text class="ring__share" text-anchor="middle" y="22">${slices[at] ? percent.format(read.share) : "in all"}</text>
    </svg>
    <ul class="ring__legend" aria-label="Values">
      ${slices.map(
        ({ label, value, share }, index) =>
          html`<li
            key=${index}
            class=${at === index ? "ring__entry ring__entry--on" : "ring__entry"}
            tabindex="0"
            onPointerEnter=${() => setAt(index)}
            onFocus=${() => setAt(index)}
            onBlur=${() => setAt(-1)}
          >
            <svg class="swatch" width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">
              <rect class="chart__bar series-${index + 1}" x="-5.5" y="-5.5" width="11" height="11" rx="2.5" />
            </svg>
            <span class="ring__label" dir="auto"><${MaskedText} text=${label} /></span>
            <span class="ring__number">${withUnits(round(value), chart.units)}</span>
            <span class="ring__percent">${percent.format(share)}</span>
          </li>`,
      )}
    </ul>
  </div>`;
}

const round = (value) => Number(value.toPrecision(12)); // sums of decimals end in noise
