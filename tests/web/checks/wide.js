// What reaches beyond an edge of the window, and cannot be scrolled to within a box of its own (as a wide table can).
() => {
    const edge = document.documentElement.clientWidth;
    const kept = (e) => e !== document.body && getComputedStyle(e).overflowX !== "visible";
    const inside = (e) => { for (let up = e.parentElement; up; up = up.parentElement) if (kept(up)) return true; return false; };
    const found = [...document.querySelectorAll("body *")]
        .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest(".unseen, .skip, svg"))
        .filter((e) => { const box = e.getBoundingClientRect(); return box.right > edge + 0.5 && box.width > 0 && !inside(e); })
        .map((e) => e.outerHTML.slice(0, 160));
    if (document.documentElement.scrollWidth > edge) found.push(`the page scrolls: ${document.documentElement.scrollWidth}`);
    return found.slice(0, 5);
}
