//! What an event stream says (WHATWG HTML §9.2), in so far as the gateway uses it.

/// The text of a stream, cut into events. One that has not ended yet waits for its rest.
#[derive(Debug, Default)]
pub(crate) struct Events {
    rest: Vec<u8>,
}

/// An event: comments are none.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    /// Empty for a message.
    pub(crate) name: String,
    pub(crate) data: String,
}

impl Events {
    /// Takes what came, and gives the events that are whole.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.rest.extend_from_slice(bytes);
        let mut whole = Vec::new();
        while let Some(end) = self.rest.windows(2).position(|two| two == b"\n\n") {
            let block: Vec<u8> = self.rest.drain(..end + 2).collect();
            let event = read(&String::from_utf8_lossy(&block));
            whole.extend(Some(event).filter(|event| !event.data.is_empty()));
        }
        whole
    }
}

fn read(block: &str) -> Event {
    let mut event = Event::default();
    for line in block.lines() {
        match line.split_once(": ") {
            Some(("event", name)) => name.clone_into(&mut event.name),
            Some(("data", data)) => event.data.push_str(data),
            _ => {}
        }
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_however_their_bytes_are_cut() {
        let text = ": open\n\nid: 2\ndata: {\"a\":\"示\"}\n\n: still waiting\n\nevent: close\ndata: {\"code\":4002}\n\nid: 3\n";
        let event = |name: &str, data: &str| Event {
            name: name.into(),
            data: data.into(),
        };
        let expected = [
            event("", "{\"a\":\"示\"}"),
            event("close", "{\"code\":4002}"),
        ];
        for size in 1..text.len() {
            let mut events = Events::default();
            let read: Vec<_> = text
                .as_bytes()
                .chunks(size)
                .flat_map(|bytes| events.push(bytes))
                .collect();
            assert_eq!(read, expected, "{size} bytes at a time");
        }
    }
}
