// Texts that others write, such as tokens' symbols and nodes' messages, as people may see them on a terminal or a page.

/**
 * All that a terminal acts on or that shows nothing: control, bidirectional and zero-width characters, fillers, spaces
 * besides the plain one, halves of surrogate pairs; and combining marks from the fifth in a row, which would pile up.
 */
const UNSEEN = /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]|\p{M}(?<=\p{M}{5})/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** A text in one line, in which every character that nobody would see is escaped: `\n`, `\x1b`, `\u{202e}`. */
export const visible = (text: string): string => text.replace(UNSEEN, escaped);

function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  return SHORT[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u{${hex(code, 4)}}`);
}

/** JSON with the same characters escaped as JSON does it, line breaks between its parts left alone. */
export const visibleJson = (json: string): string =>
  json.replace(UNSEEN, (character) =>
    character === "\n" ? character : character.replace(/[^]/g, (unit) => `\\u${hex(unit.charCodeAt(0), 4)}`),
  );

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, "0");

/** The beginning of a text, at most so many code points, cut between characters as people see them. */
export function cut(text: string, most: number): string {
  let [kept, room] = ["", most];
  // The text may be of any length, and so may a character: none that fits reaches beyond this.
  for (const { segment } of new Intl.Segmenter("en").segment(text.slice(0, 4 * most))) {
    const points = [...segment];
    if (points.length > room) return kept === "" ? points.slice(0, room).join("") : kept;
    kept += segment;
    room -= points.length;
  }
  return kept;
}
