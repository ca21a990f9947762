// How wide an element is, now and whenever that changes.
import { useLayoutEffect, useState } from "../../lib/preact.js";

/** The element's width in whole px; `initial` before it is known. */
export function useWidth(node, initial = 640) {
  const [width, setWidth] = useState(initial);
  useLayoutEffect(() => {
    const tell = () => node.current && setWidth(Math.floor(node.current.clientWidth) || initial);
    tell();
    const observer = new ResizeObserver(tell);
    observer.observe(node.current);
    return () => observer.disconnect();
  }, []);
  return width;
}
