/** What a reader does who would not be scrolled any more. */
const ACTS = ["wheel", "touchmove", "pointerdown", "keydown"] as const;

/**
 * Scrolls down to where a page was left, as soon as it is as long again, unless its reader does something first. Returns
 * how to give that up.
 */
export function scrollBack(top: number): () => void {
  // The browser would do it before there is anything to scroll.
  history.scrollRestoration = "manual";
  const end = new AbortController();
  const grown = new ResizeObserver(() => {
    scrollTo(0, top);
    if (Math.ceil(scrollY) >= top) end.abort();
  });
  end.signal.addEventListener("abort", () => grown.disconnect());
  for (const act of ACTS) addEventListener(act, () => end.abort(), { signal: end.signal, passive: true });
  grown.observe(document.body);
  return () => end.abort();
}
