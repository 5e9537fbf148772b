// Tabs: people, recent calls, messages. Arrow keys go from one to the next.

const tabs = [...document.querySelectorAll("[role=tab]")];
const panelOf = (tab) => document.getElementById(tab.getAttribute("aria-controls"));

/** Show the panel of that id. */
export function openTab(id) {
  for (const tab of tabs) {
    const chosen = tab.getAttribute("aria-controls") === id;
    tab.setAttribute("aria-selected", chosen);
    tab.tabIndex = chosen ? 0 : -1;
    panelOf(tab).hidden = !chosen;
  }
}

/** Open the tab of that place, from 0, with the keyboard on it. */
export function goToTab(place) {
  tabs[place].focus();
  tabs[place].click();
}

/** Call `act` when somebody opens the panel of that id or does something in it. */
export function onLook(id, act) {
  const tab = tabs.find((one) => one.getAttribute("aria-controls") === id);
  tab.addEventListener("click", act);
  for (const kind of ["pointerdown", "keydown"]) panelOf(tab).addEventListener(kind, act);
}

for (const [place, tab] of tabs.entries()) {
  tab.addEventListener("click", () => openTab(tab.getAttribute("aria-controls")));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) goToTab((place + step + tabs.length) % tabs.length);
  });
}
