/** Light, dark, or as the system has it; kept for this browser. */

const KEY = "sandbox_theme";
const CHOICES = [
  ["system", "Theme: as the system", "panel"],
  ["light", "Theme: light", "sun"],
  ["dark", "Theme: dark", "moon"],
];

export function applyTheme(theme = chosen()) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function themeItems() {
  const current = chosen();
  return CHOICES.map(([theme, text, symbol]) => ({ text, symbol, checked: theme === current, act: () => choose(theme) }));
}

function choose(theme) {
  localStorage.setItem(KEY, theme);
  applyTheme(theme);
}

function chosen() {
  const kept = localStorage.getItem(KEY);
  return CHOICES.some(([theme]) => theme === kept) ? kept : "system";
}
