// Until when a question can be answered: told only when that is near.
import { html, useEffect, useState } from "../../lib/preact.js";
import { moment } from "../format.js";

const NEAR = 24 * 3_600_000; // ms
const MINUTE = 60_000;

export function Expiry({ at }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), MINUTE / 2);
    return () => clearInterval(timer);
  }, []);
  const rest = Date.parse(at) - now;
  if (!at || rest > NEAR) return null;
  if (rest <= 0) return html`<span class="question__expiry">The time to answer is over.</span>`;
  const minutes = Math.ceil(rest / MINUTE);
  const within = minutes < 60 ? ` (${minutes} min)` : "";
  return html`<time class="question__expiry" datetime=${at}>Can be answered until ${moment(at)}${within}.</time>`;
}
