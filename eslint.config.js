import js from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["build/", "cache/", "coverage/", "dist/", "node_modules/", "types/generated/"] },
  js.configs.recommended,
  tseslint.configs.recommended,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    files: ["**/*.ts", "**/*.tsx"],
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      // Chai's property assertions are expressions.
      "@typescript-eslint/no-unused-expressions": "off",
    },
  },
  {
    files: ["cli/**/*.ts"],
    ignores: ["cli/support/output.ts"],
    rules: {
      "no-console": "error",
      "no-restricted-syntax": [
        "error",
        {
          selector: "CallExpression[callee.property.name='write'][callee.object.property.name=/^std(out|err)$/]",
          message: "Print by cli/support/output.ts, which escapes what others wrote and sees whether it was written.",
        },
      ],
    },
  },
);
