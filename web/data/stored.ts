/** What the browser keeps between visits; nothing where it is told to keep nothing for this site. */
export function stored(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

export function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // It holds as long as the page is open.
  }
}
