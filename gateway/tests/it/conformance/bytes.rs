//! Frames as bytes (RFC 6455 §5.2), right and wrong ones.

pub(crate) const FIN: u8 = 0x80;
pub(crate) const RSV1: u8 = 0x40;
pub(crate) const RSV2: u8 = 0x20;
pub(crate) const RSV3: u8 = 0x10;

pub(crate) const CONTINUATION: u8 = 0x0;
pub(crate) const TEXT: u8 = 0x1;
pub(crate) const BINARY: u8 = 0x2;
pub(crate) const CLOSE: u8 = 0x8;
pub(crate) const PING: u8 = 0x9;
pub(crate) const PONG: u8 = 0xA;

const MASKED: u8 = 0x80;
const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

/// Encoding of a length.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Length {
    Bits7(u8),
    Bits16(u16),
    Bits64(u64),
}

impl Length {
    /// In as few bytes as it takes.
    fn minimal(length: usize) -> Self {
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(length @ ..=125), _) => Self::Bits7(length),
            (_, Ok(length)) => Self::Bits16(length),
            _ => Self::Bits64(length as u64),
        }
    }

    fn write(self, masked: u8) -> Vec<u8> {
        match self {
            Self::Bits7(length) => vec![masked | length],
            Self::Bits16(length) => [&[masked | 126][..], &length.to_be_bytes()].concat(),
            Self::Bits64(length) => [&[masked | 127][..], &length.to_be_bytes()].concat(),
        }
    }
}

/// A frame as a browser sends it; `first` is its first byte: FIN, reserved bits and opcode.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    frame_of_length(first, Length::minimal(payload.len()), payload)
}

/// The same with a length of the test's choice, written as the test likes.
pub(crate) fn frame_of_length(first: u8, length: Length, payload: &[u8]) -> Vec<u8> {
    let masked = payload
        .iter()
        .zip(KEY.iter().cycle())
        .map(|(byte, key)| byte ^ key)
        .collect::<Vec<_>>();
    [&[first][..], &length.write(MASKED), &KEY, &masked].concat()
}

/// A frame without a mask, which only servers may send.
pub(crate) fn unmasked(first: u8, payload: &[u8]) -> Vec<u8> {
    [
        &[first][..],
        &Length::minimal(payload.len()).write(0),
        payload,
    ]
    .concat()
}

/// A whole text message.
pub(crate) fn text(text: &str) -> Vec<u8> {
    frame(FIN | TEXT, text.as_bytes())
}

/// A close frame with a code.
pub(crate) fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(FIN | CLOSE, &[&code.to_be_bytes(), reason].concat())
}

/// A text message in fragments.
pub(crate) fn fragments(parts: &[&[u8]]) -> Vec<u8> {
    let last = parts.len() - 1;
    let opcode = |at| if at == 0 { TEXT } else { CONTINUATION };
    let fin = |at| if at == last { FIN } else { 0 };
    parts
        .iter()
        .enumerate()
        .flat_map(|(at, part)| frame(fin(at) | opcode(at), part))
        .collect()
}
