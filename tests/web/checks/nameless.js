// What is seen and is a control, but has no words that a screen reader could say.
() => [...document.querySelectorAll("button, input, a, select, dialog, section, ul[id]")]
    .filter((e) => e.checkVisibility())
    .filter((e) => {
        const labels = e.getAttribute("aria-labelledby")?.split(" ").map((id) => document.getElementById(id)) ?? [];
        const own = e.matches("button, a") ? [e.textContent] : [...(e.labels ?? [])].map((l) => l.textContent);
        const said = [e.getAttribute("aria-label"), ...labels.map((l) => l?.textContent), ...own];
        if (e.matches("ul") && e.closest("section[aria-labelledby]")) return false;
        return !said.some((text) => text?.trim());
    })
    .map((e) => e.outerHTML.slice(0, 120))
