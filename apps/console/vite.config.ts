import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig } from "vite";

// biome-ignore lint/style/noDefaultExport: Vite reads its configuration from the default export.
export default defineConfig({
  plugins: [react()],
  resolve: { conditions: ["biped-source", ...defaultClientConditions] },
  build: {
    // All of them know light-dark(), so the themes stay as they are written.
    target: ["chrome125", "firefox125", "safari18"],
    sourcemap: false,
    modulePreload: { polyfill: false },
    // nothing inline, so that the policy can name 'self' alone.
    assetsInlineLimit: 0,
  },
  server: {
    port: 4020,
    proxy: { "/api": "http://127.0.0.1:4010", "/sso": "http://127.0.0.1:4010" },
  },
});
