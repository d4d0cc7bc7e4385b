// What happens, as the server tells it: one document after the other; a broken stream comes back by itself.

export function follow(take, say) {
  let source = null;
  const open = () => {
    source = new EventSource("/events");
    source.onopen = () => say("live");
    source.onmessage = (event) => take(JSON.parse(event.data));
    source.onerror = () => {
      say("lost");
      if (source.readyState === EventSource.CLOSED) setTimeout(open, 2000);
    };
  };
  open();
  return () => source.close();
}
