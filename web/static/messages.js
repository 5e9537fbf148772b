// Text messages, one conversation for each number.

import { ask } from "./ask.js";
import { clock, personOf, whoIs } from "./parties.js";
import { copy, mark, put, rowsOf } from "./rows.js";
import { say } from "./speech.js";
import { current, now, onChange } from "./store.js";
import { onLook, openTab } from "./tabs.js";
import { _ } from "./words.js";

const place = (id) => document.getElementById(id);
const thread = place("thread");
const form = place("write");
const badge = place("count-unread");
const drafts = new Map(); // number → what was typed and not sent
const fates = { received: "", sending: _("Sending …"), delivered: _("Delivered"), failed: _("Not delivered") };
let open = ""; // the number whose conversation is shown
let heard = null; // messages that were there already
let sent = null; // the same when one of ours was sent: the desk may write its number in another way

const nameOf = (party) => party.name || (party.number ? personOf(party.number) : whoIs(party, _("Somebody")));

function fillMessage(row, _key, message) {
  mark(row, "data-direction", message.direction);
  mark(row, "data-state", message.state);
  put(row, "text", message.text);
  put(row, "at", clock(now() - message.at));
  put(row, "word", fates[message.state] ?? message.state);
  put(row, "reason", message.reason);
}

function fillConversation(row, number, { last, unread, name }) {
  put(row, "name", name);
  put(row, "last", last.text);
  put(row, "at", clock(now() - last.at));
  put(row, "unread", unread ? String(unread) : "");
  put(row, "unread-word", unread ? _("unread") : "");
  mark(row.firstElementChild, "aria-current", number === open ? "true" : null);
}

const showThread = rowsOf(thread, () => copy("message-row"), fillMessage);
const showConversations = rowsOf(place("conversations"), () => copy("conversation-row"), fillConversation);

/** Messages as [number, conversation], the one with the newest message first. */
function conversations(messages) {
  const found = new Map();
  for (const message of Object.values(messages).sort((a, b) => a.at - b.at)) {
    const { number } = message;
    const { unread = 0, name } = found.get(number) ?? {};
    found.set(number, {
      last: message,
      unread: unread + !message.seen,
      name: message.name || name || nameOf(message),
    });
  }
  return [...found].sort(([, a], [, b]) => b.last.at - a.last.at);
}

function unreadFrom(number) {
  return Object.values(current().messages).some((message) => message.number === number && !message.seen);
}

function announce(messages) {
  const fresh = Object.entries(messages).filter(([key, { seen }]) => heard && !seen && !heard.has(key));
  heard = new Set(Object.keys(messages));
  if (fresh.length) say(fresh.map(([, message]) => _("Message from %(who)s", { who: nameOf(message) })).join(". "));
}

/** Show the conversation that a message of ours has become part of. */
function follow(messages) {
  const isOurs = ([key, { direction }]) => direction === "out" && !sent.has(key);
  const [, ours] = (sent && Object.entries(messages).find(isOurs)) ?? [];
  if (!ours) return;
  sent = null;
  open = form.number.value = ours.number;
}

function paint({ messages }) {
  follow(messages);
  const unread = Object.values(messages).filter((message) => !message.seen).length;
  const here = Object.entries(messages).filter(([, message]) => message.number === open);
  const grown = here.length !== thread.children.length;
  showConversations(conversations(messages));
  showThread(here.sort(([, a], [, b]) => a.at - b.at));
  if (grown) thread.scrollTop = thread.scrollHeight;
  if (badge.textContent !== String(unread)) badge.textContent = unread;
  mark(badge, "data-new", unread > 0 && "");
  announce(messages);
}

function read() {
  if (open && current() && unreadFrom(open)) ask("read_messages", { number: open });
}

function show(number) {
  drafts.set(open, form.text.value);
  open = form.number.value = number;
  form.text.value = drafts.get(number) ?? "";
  paint(current());
  read();
}

/** Open the conversation with a number, ready to write. */
export function writeTo(number) {
  openTab("messages");
  show(number);
  (number ? form.text : form.number).focus();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const number = form.number.value.trim();
  sent = heard;
  if (await ask("send_message", { number, text: form.text.value.trim() })) form.text.value = "";
  else sent = null;
});

form.text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});

place("new-message").addEventListener("click", () => writeTo(""));
place("conversations").addEventListener("click", (event) => {
  const number = event.target.closest("button")?.parentElement.dataset.key;
  if (number !== undefined) writeTo(number);
});
onLook("messages", read);
onChange(paint, "messages");
