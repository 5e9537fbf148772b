// Sending a change to the server, with the token that proves it comes from this page.

const token = document.querySelector("meta[name=csrf]").content;

/** Post an object as JSON; returns the response. */
export const post = (url, members = {}) =>
  fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": token },
    body: JSON.stringify(members),
  });

/** Post the fields of a form, or these instead; returns the response. */
export const postForm = (form, fields = new FormData(form)) =>
  fetch(form.action, {
    method: "POST",
    headers: { Accept: "application/json", "X-CSRF-Token": token },
    body: fields,
  });
