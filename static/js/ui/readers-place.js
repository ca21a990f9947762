// Where the reader is in a growing text: at its end, and then it follows; or anywhere else, and then it stays.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "../lib/preact.js";

const NEAR = 40; // px from the end that still count as the end

/** `{atEnd, jumpToEnd(), keepPlace(load)}` for a scrolling element and its growing content. Call it while rendering. */
export function useReadersPlace({ scroller, content, ready }) {
  const [atEnd, setAtEnd] = useState(true);
  const following = useRef(true);
  const keepPlace = useKeptPlace(scroller);

  const toEnd = useCallback(() => {
    if (scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, []);

  const jumpToEnd = useCallback(() => {
    following.current = true;
    setAtEnd(true);
    toEnd();
  }, []);

  useEffect(() => {
    const node = scroller.current;
    let lastTop = node.scrollTop;
    const onScroll = () => {
      const distance = node.scrollHeight - node.clientHeight - node.scrollTop;
      // Growth alone never lets go: only the reader's own way up does.
      if (distance <= NEAR) following.current = true;
      else if (node.scrollTop < lastTop) following.current = false;
      lastTop = node.scrollTop;
      setAtEnd(following.current);
    };
    const observer = new ResizeObserver(() => following.current && toEnd());
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

  return { atEnd, jumpToEnd, keepPlace };
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
