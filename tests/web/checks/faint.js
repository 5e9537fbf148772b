// Text that stands out too little from what is behind it: WCAG 2.2, 1.4.3; large text needs 3, other 4.5.
() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgba = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = ([r, g, b, a], under) => [r, g, b].map((c, i) => c * a + under[i] * (1 - a));
    const behind = (e) => {
        const here = rgba(getComputedStyle(e).backgroundColor);
        if (here[3] === 1 || !e.parentElement) return here.slice(0, 3);
        return over(here, behind(e.parentElement));
    };
    const light = (colour) => {
        const [r, g, b] = colour.map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (a, b) => {
        const [dark, bright] = [light(a), light(b)].sort((x, y) => x - y);
        return (bright + 0.05) / (dark + 0.05);
    };
    const seen = [];
    for (const e of document.querySelectorAll("body *")) {
        if (e.matches("script, style, template, noscript, svg *") || e.closest(".unseen, .skip")) continue;
        if (e.closest(".drawn:not([data-state=online])") || !e.checkVisibility()) continue;
        const placeholder = e.matches("input") && e.placeholder;
        const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
        if (!own && !placeholder) continue;
        const style = getComputedStyle(e, placeholder ? "::placeholder" : null);
        const size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
        const under = behind(e);
        const ink = rgba(style.color);
        const opacity = [];
        for (let up = e; up; up = up.parentElement) opacity.push(+getComputedStyle(up).opacity);
        ink[3] *= opacity.reduce((x, y) => x * y, 1);
        seen.push([contrast(over(ink, under), under), large ? 3 : 4.5, e.textContent.trim().slice(0, 30) + " " + e.className]);
    }
    return { count: seen.length, faint: seen.filter(([is, must]) => is < must) };
}
