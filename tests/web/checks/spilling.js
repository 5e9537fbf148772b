// What reaches beyond the right edge of the window.
() => [...document.querySelectorAll("body *")]
    .filter((e) => e.checkVisibility() && !e.closest(".unseen, .skip, svg"))
    .filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
    .map((e) => e.outerHTML.slice(0, 120))
