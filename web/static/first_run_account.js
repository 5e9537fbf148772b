// The account in the first run: tried out on the page, so that nothing typed is lost when something is wrong.

import { tried } from "./account_trial.js";

const form = document.getElementById("account");

form.addEventListener("submit", async (event) => {
  if (event.submitter?.matches("[data-untested]")) return;
  event.preventDefault();
  if (!(await tried())) return;
  const deed = Object.assign(document.createElement("input"), { type: "hidden", name: "deed", value: "save" });
  form.append(deed); // it was tried
  form.submit();
});
