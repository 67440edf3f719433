//! The way to the phone app, as an address and as a QR code that a phone's own camera reads (S1).

use std::fmt::Write;

use qrcode::types::Color;
use qrcode::{EcLevel, QrCode};

/// Modules of white around a code (ISO/IEC 18004 §5.3.8).
const QUIET_ZONE: usize = 4;

/// The app's address, and its code, drawn once.
#[derive(Debug, Clone)]
pub(crate) struct AppLink {
    pub url: String,
    /// The code's width in modules, with the white around it; 0 where the address is too long for a
    /// code.
    pub width: usize,
    /// Its dark modules as the path of an SVG (`d`), in modules.
    pub path: String,
}

impl AppLink {
    pub(crate) fn new(url: String) -> Self {
        let Ok(code) = QrCode::with_error_correction_level(&url, EcLevel::M) else {
            return Self {
                url,
                width: 0,
                path: String::new(),
            };
        };
        let mut path = String::new();
        for (row, modules) in code.to_colors().chunks(code.width()).enumerate() {
            for (column, color) in modules.iter().enumerate() {
                if *color == Color::Dark {
                    let (x, y) = (column + QUIET_ZONE, row + QUIET_ZONE);
                    let _ = write!(path, "M{x} {y}h1v1h-1z");
                }
            }
        }
        Self {
            url,
            width: code.width() + 2 * QUIET_ZONE,
            path,
        }
    }
}
