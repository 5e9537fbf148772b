// What the Tab key should reach: every control that is seen, but one of each group of radio buttons.
() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
    .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.disabled && e.type !== "hidden" && e.tabIndex >= 0)
    .filter((e) => e.type !== "radio" || e.checked || !document.querySelector(`input[name="${CSS.escape(e.name)}"]:checked`))
    .filter((e, at, all) => e.type !== "radio" || all.findIndex((other) => other.name === e.name) === at)
    .filter((e) => !window.reached?.has(e))
    .map((e) => e.outerHTML.slice(0, 120))
