// Brings a file to the box: as it is, not in a form, for the box writes it down as it comes.

const token = document.querySelector("meta[name=csrf]").content;
const bring = document.getElementById("bring");
bring?.addEventListener("submit", (event) => {
  event.preventDefault();
  const [bar, wrong, button] = ["progress", ".wrong", "button"].map((one) => bring.querySelector(one));
  const sending = new XMLHttpRequest();
  const end = (text) => {
    bar.hidden = !text ? bar.hidden : true;
    wrong.hidden = !text;
    wrong.textContent = text;
    button.disabled = false;
  };
  end("");
  bar.hidden = false;
  button.disabled = true;
  sending.open("POST", bring.action);
  sending.setRequestHeader("X-CSRF-Token", token);
  sending.setRequestHeader("Accept", "application/json");
  sending.setRequestHeader("Content-Type", "application/octet-stream");
  sending.upload.onprogress = ({ loaded, total }) => (bar.value = loaded / total);
  sending.onerror = () => end(bring.dataset.lost);
  sending.onload = () => {
    let said = {};
    try {
      said = JSON.parse(sending.responseText);
    } catch {
      // not from our page
    }
    if (said.ok) location.assign(said.at);
    else end(said.error ?? bring.dataset.lost);
  };
  sending.send(bring.querySelector("[type=file]").files[0]);
});
