import { ERRORS } from "../../protocol/errors.ts";

/** The text of `docs/troubleshooting.md`: every error code, and what to do about it. */
export function troubleshooting(): string {
  const codes = Object.entries(ERRORS).sort(([a], [b]) => (a < b ? -1 : 1));
  return `# Troubleshooting

Every error of Sheaf has a code. Commands print it with what happened and why, and what to do:

\`\`\`
error AMOUNT_NOT_REPRESENTABLE: list.csv: line 2: fee 123456780000000000 has more digits than a fee can carry; the
nearest are 123400000000000000 and 123500000000000000
  what to do: Use one of the nearest representable amounts that the message names.
\`\`\`

\`./sheaf --debug <command>\` shows where an error came from. Errors of the rollup contract are documented in
\`contracts/interfaces/IRollup.sol\`. This page is generated from \`protocol/errors.ts\` by \`npm run generate\`.

## Codes, and what to do

${codes.map(([code, fix]) => `- **${code}**: ${fix}`).join("\n")}
`;
}
