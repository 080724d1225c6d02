// A file of its own that runs before the first paint: the chosen theme shows without a flash, and the
// Content-Security-Policy allows no inline script. `src/shell/theme.ts` writes what is read here.
(() => {
  try {
    const theme = localStorage.getItem("biped-theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Without storage the theme is that of the system.
  }
})();
