// Which run of the transcript is being read: the first one in sight.
import { useEffect, useState } from "../../lib/preact.js";

/** The number of that run, or `null`. */
export function useRunInSight() {
  const [number, setNumber] = useState(null);
  useEffect(() => {
    let scheduled = 0;
    const look = () => {
      scheduled = 0;
      setNumber(numberInSight());
    };
    const onScroll = () => {
      scheduled ||= requestAnimationFrame(look);
    };
    look();
    addEventListener("scroll", onScroll, { capture: true, passive: true });
    return () => {
      removeEventListener("scroll", onScroll, { capture: true });
      cancelAnimationFrame(scheduled);
    };
  }, []);
  return number;
}

function numberInSight() {
  const scroller = document.querySelector(".transcript");
  if (!scroller) return null;
  const edge = scroller.getBoundingClientRect().top + scroller.clientHeight / 4;
  const runs = [...scroller.querySelectorAll(".run[id]")];
  const first = runs.find((run) => run.getBoundingClientRect().bottom > edge) ?? runs.at(-1);
  return first ? Number(first.id.replace("run-", "")) : null;
}
