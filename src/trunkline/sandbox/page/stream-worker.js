/** Holds the one stream of events for all tabs of this browser; see stream.js. */

const ports = new Set();
let source = null;
let lastTold = null;

self.addEventListener("connect", ({ ports: [port] }) => {
  port.onmessage = ({ data }) => {
    if (data.leave) return leave(port);
    ports.add(port);
    if (!source || source.readyState === EventSource.CLOSED) listen(data.listen, data.names);
    else if (lastTold) port.postMessage({ live: lastTold });
  };
});

function listen(url, names) {
  source = new EventSource(url);
  source.onopen = () => tellLive("open");
  source.onerror = () => {
    tellLive("broken");
    if (source.readyState === EventSource.CLOSED) setTimeout(() => ports.size && listen(url, names), 2000);
  };
  for (const name of names) source.addEventListener(name, (event) => tell({ name, data: parsed(event.data) }));
}

function leave(port) {
  ports.delete(port);
  if (ports.size > 0) return;
  source?.close();
  source = null;
  lastTold = null;
}

function tellLive(live) {
  lastTold = live;
  tell({ live });
}

function tell(what) {
  for (const port of ports) port.postMessage(what);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
