// Runs before the first paint, so that nobody is dazzled: the theme and text size that were chosen, or the system's.
{
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const choice = root.dataset.choice ?? ""; // what the user's account says; what is chosen here goes beyond it
  const here = () => (localStorage.themeBeyond ?? "") === choice && localStorage.theme;
  const dark = () => (here() || choice || (system.matches ? "dark" : "light")) === "dark";
  const show = () => {
    root.dataset.theme = dark() ? "dark" : "light";
    root.dataset.size = localStorage.size ?? "";
    document.getElementById("theme")?.setAttribute("aria-pressed", dark());
  };
  show();
  system.addEventListener("change", show);
  document.addEventListener("DOMContentLoaded", () => {
    show();
    document.getElementById("theme").addEventListener("click", () => {
      localStorage.theme = dark() ? "light" : "dark";
      localStorage.themeBeyond = choice;
      show();
    });
    const size = document.getElementById("text-size");
    if (!size) return;
    size.value = root.dataset.size;
    size.addEventListener("change", () => {
      localStorage.size = size.value;
      show();
    });
  });
}
