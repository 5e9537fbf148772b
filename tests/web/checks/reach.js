// Note from now on what the keyboard goes to, and where that cannot be seen.
() => {
    window.reached = new Set();
    window.unmarked = [];
    document.addEventListener("focusin", ({ target }) => {
        reached.add(target);
        const style = getComputedStyle(target);
        const seen = parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== "none";
        if (!seen && target.id !== "main") unmarked.push(target.outerHTML.slice(0, 120));
    });
    document.activeElement?.blur();
}
