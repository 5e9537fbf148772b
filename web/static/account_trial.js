// Tries an account out before it is saved: what is wrong is told beside its field, and nothing typed is lost.

import { mark, put } from "./rows.js";
import { _ } from "./words.js";

const form = document.getElementById("account");
const place = document.getElementById("verdict");
const trust = document.getElementById("trust");
const section = form.dataset.section;
const field = (option) => form.elements[`${section}.${option}`];

function clear() {
  for (const old of form.querySelectorAll(".wrong")) old.remove();
  for (const one of form.querySelectorAll("[aria-invalid]")) one.removeAttribute("aria-invalid");
  for (const one of form.querySelectorAll("[data-wrong]")) one.removeAttribute("data-wrong");
}

function blame(name, text) {
  const input = form.elements[name];
  const box = input?.closest(".field");
  if (!box) return text;
  const said = document.createElement("p");
  said.className = "wrong";
  said.id = `${name}-error`;
  said.textContent = text;
  box.append(said);
  box.dataset.wrong = "";
  input.setAttribute("aria-invalid", "true");
  const hint = document.getElementById(`${name}-help`) ? `${name}-help ` : "";
  input.setAttribute("aria-describedby", `${hint}${said.id}`);
  const fold = box.closest("details");
  if (fold) fold.open = true;
  return "";
}

function show(state, text, reason = "", fingerprint = "") {
  mark(place, "data-state", state);
  put(place, "text", text);
  put(place, "reason", reason);
  put(place, "fingerprint", fingerprint && `SHA-256: ${fingerprint}`);
  trust.hidden = !fingerprint;
  trust.dataset.fingerprint = fingerprint;
}

async function asked() {
  const response = await fetch(form.dataset.test, {
    method: "POST",
    headers: { Accept: "application/json", "X-CSRF-Token": form.elements.csrf.value },
    body: new FormData(form),
  });
  return await response.json();
}

/** Try out what is typed; returns whether the exchange takes it. */
export async function tried() {
  if (place.dataset.state === "busy") return false;
  clear();
  show("busy", _("Trying …"));
  let said;
  try {
    said = await asked();
  } catch {
    show("bad", _("This page has lost its server. Nothing was done."));
    return false;
  }
  const errors = Object.entries(said.errors ?? {});
  const rest = errors.map(([name, text]) => blame(name, text)).filter(Boolean);
  const text = said.text ?? said.error ?? "";
  if (said.well) show("ok", text);
  else if (errors.length > rest.length) show("bad", _("The account was not taken."), said.reason, said.fingerprint);
  else show("bad", rest.join(" ") || text, said.reason, said.fingerprint);
  form.querySelector("[aria-invalid]")?.focus();
  return Boolean(said.well);
}

trust.addEventListener("click", () => {
  field("pin").value = trust.dataset.fingerprint;
  tried();
});

// The usual port goes with the transport, unless another was chosen.
field("transport").addEventListener("change", ({ target }) => {
  const [from, to] = target.value === "tls" ? ["5060", "5061"] : ["5061", "5060"];
  if (field("port").value === from) field("port").value = to;
});
