// The event stream itself: opened again whenever it is closed or silent.

const SILENCE = 15_000; // milliseconds; the server gives a sign of life every 5 s
const AGAIN = 1_000;

/** Follow the stream; `tell(name, message)` hears state, change, away, full and beat, and lost and closed. */
export function follow(tell) {
  let source;
  let watchdog;

  const listen = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => {
      tell("lost");
      open();
    }, SILENCE);
  };

  function open() {
    source?.close();
    source = new EventSource("/events");
    listen();
    for (const name of ["state", "change", "away", "full", "beat"])
      source.addEventListener(name, (event) => {
        listen();
        tell(name, JSON.parse(event.data));
      });
    source.onerror = () => {
      const closed = source.readyState === EventSource.CLOSED;
      tell(closed ? "closed" : "lost");
      if (closed) setTimeout(open, AGAIN);
    };
  }

  open();
}
