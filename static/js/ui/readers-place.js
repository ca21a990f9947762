// Where the reader is in a growing text: at its end, and then it follows; or anywhere else, and then it stays.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "../lib/preact.js";

const NEAR = 40; // px from the end that still count as the end

/**
 * `{atEnd, jumpToEnd(), keepPlace(load), hold(node, top)}` for a scrolling element and its growing content; `isWhole`: its
 * end is the end of all. Call it while rendering.
 */
export function useReadersPlace({ scroller, content, ready, isWhole }) {
  const [atEnd, setAtEnd] = useState(true);
  const following = useRef(true);
  const whole = useRef(isWhole);
  whole.current = isWhole;
  const keepPlace = useKeptPlace(scroller);

  const toEnd = useCallback(() => {
    if (scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, []);

  const jumpToEnd = useCallback(() => {
    following.current = true;
    setAtEnd(true);
    toEnd();
  }, []);

  /** Brings an element to a place, px from the window's top, and stays there. */
  const hold = useCallback((node, top) => {
    following.current = false;
    scroller.current.scrollTop += node.getBoundingClientRect().top - top;
    setAtEnd(scroller.current.scrollHeight - scroller.current.clientHeight - scroller.current.scrollTop <= NEAR);
  }, []);

  useEffect(() => {
    const node = scroller.current;
    let lastTop = node.scrollTop;
    const onScroll = () => {
      const distance = node.scrollHeight - node.clientHeight - node.scrollTop;
      // Growth alone never lets go: only the reader's own way up does.
      if (distance <= NEAR) following.current = whole.current;
      else if (node.scrollTop < lastTop) following.current = false;
      lastTop = node.scrollTop;
      setAtEnd(following.current);
    };
    const observer = new ResizeObserver(() => (following.current ? toEnd() : onScroll())); // what was folded may bring the end near
    node.addEventListener("scroll", onScroll, { passive: true });
    observer.observe(content.current);
    observer.observe(node);
    return () => {
      node.removeEventListener("scroll", onScroll);
      observer.disconnect();
    };
  }, []);

  // Before the first painting: else the beginning would be in sight for a moment, and ask for what is older.
  useLayoutEffect(() => {
    if (ready) jumpToEnd();
  }, [ready]);

  return { atEnd, jumpToEnd, keepPlace, hold };
}

/** While older text is loaded above, what is being read does not move: its first visible message is held where it is. */
function useKeptPlace(scroller) {
  const loading = useRef(false);
  const held = useRef(null);
  if (loading.current) held.current = firstVisible(scroller.current);

  useLayoutEffect(() => {
    if (!held.current) return;
    const { node, top } = held.current;
    held.current = null;
    if (node.isConnected) scroller.current.scrollTop += node.getBoundingClientRect().top - top;
  });

  return useCallback(async (load) => {
    loading.current = true;
    await load();
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        loading.current = false;
      }),
    );
  }, []);
}

function firstVisible(scroller) {
  const edge = scroller.getBoundingClientRect().top;
  for (const node of scroller.querySelectorAll(".message")) {
    const { top, bottom } = node.getBoundingClientRect();
    if (bottom > edge) return { node, top };
  }
  return null;
}
