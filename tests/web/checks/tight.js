// Buttons whose words do not fit in them.
() => [...document.querySelectorAll("button, a.button, a.tool, summary.tool")]
    .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest(".unseen"))
    .filter((e) => e.scrollWidth > e.clientWidth + 1)
    .map((e) => `${e.scrollWidth - e.clientWidth} px: ${e.textContent.replace(/\s+/g, " ").trim().slice(0, 60)}`)
