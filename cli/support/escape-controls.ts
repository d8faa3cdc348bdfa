/** Text with its control, format, bidirectional and zero-width characters as `\u{…}`: what others write runs no terminal. */
export const escapeControls = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
