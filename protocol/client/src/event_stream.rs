//! Parser for server-sent events (WHATWG HTML §9.2), limited to the fields that the gateway sends.

/// An incremental parser. An incomplete event waits for the rest of its bytes.
#[derive(Debug, Default)]
pub(crate) struct EventStream {
    buffer: Vec<u8>,
}

/// An event with data. Comments carry none and are dropped.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct StreamEvent {
    /// Event type; empty for a message.
    pub(crate) name: String,
    pub(crate) data: String,
}

impl EventStream {
    /// Adds bytes and returns the events that are complete now.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<StreamEvent> {
        self.buffer.extend_from_slice(bytes);
        let mut complete = Vec::new();
        while let Some(end) = self.buffer.windows(2).position(|two| two == b"\n\n") {
            let block: Vec<u8> = self.buffer.drain(..end + 2).collect();
            let event = parse(&String::from_utf8_lossy(&block));
            complete.extend(Some(event).filter(|event| !event.data.is_empty()));
        }
        complete
    }
}

fn parse(block: &str) -> StreamEvent {
    let mut event = StreamEvent::default();
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
    fn events_are_parsed_from_chunks_of_any_size() {
        let text = ": open\n\nid: 2\ndata: {\"a\":\"示\"}\n\n: still waiting\n\nevent: close\ndata: {\"code\":4002}\n\nid: 3\n";
        let event = |name: &str, data: &str| StreamEvent {
            name: name.into(),
            data: data.into(),
        };
        let expected = [
            event("", "{\"a\":\"示\"}"),
            event("close", "{\"code\":4002}"),
        ];
        for size in 1..text.len() {
            let mut stream = EventStream::default();
            let parsed: Vec<_> = text
                .as_bytes()
                .chunks(size)
                .flat_map(|bytes| stream.push(bytes))
                .collect();
            assert_eq!(parsed, expected, "{size} bytes at a time");
        }
    }
}
