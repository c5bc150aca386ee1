// The maps' JavaScript: plain scripts (no modules) that meet in `window.geoplan`.
import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["**/assets/**"] },
  js.configs.recommended,
  {
    files: ["geoplan/outputs/web/**/*.js"],
    languageOptions: {
      ecmaVersion: 2020,
      sourceType: "script",
      globals: { ...globals.browser, L: "readonly" },
    },
    rules: {
      eqeqeq: "error",
      curly: "error",
      strict: ["error", "function"],
      "no-shadow": "error",
      "no-implicit-globals": "error",
      "no-unused-vars": ["error", { args: "after-used" }],
      "no-use-before-define": ["error", { functions: false }],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-restricted-properties": [
        "error",
        ...["fetch", "XMLHttpRequest", "WebSocket", "localStorage", "sessionStorage"].map((property) => ({
          object: "window", property, message: "a map asks for nothing and keeps nothing",
        })),
      ],
      "no-restricted-globals": ["error", "fetch", "XMLHttpRequest", "WebSocket", "localStorage", "sessionStorage", "alert", "event", "name", "open", "close", "find", "top", "parent", "status"],
      complexity: ["error", 24],
      "max-params": ["error", 8],
      "max-lines": ["error", 400],
    },
  },
  {
    files: ["tests/outputs/web/**/*.js"],
    languageOptions: { ecmaVersion: 2022, sourceType: "commonjs", globals: globals.node },
    rules: { eqeqeq: "error", curly: "error" },
  },
];
