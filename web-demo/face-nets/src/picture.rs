//! Pictures: read from JPEG within limits, cut, and brought to the size that a net wants.

use std::io::Cursor;

use rten_tensor::NdTensor;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Size of the largest picture that is decoded, in bytes: 640 × 480 of a phone's camera has about
/// 60 KB.
pub const MAX_BYTES: usize = 128 * 1024;

/// Longest side, in pixels, checked before pixels are decoded: 1024 × 1024 of them take 3 MB of
/// memory.
const MAX_SIDE: usize = 1024;

/// Shortest side, in pixels: in a smaller picture no face has the 150 pixels that the descriptor is
/// made of.
const MIN_SIDE: usize = 160;

/// Pixels, row by row, red, green and blue of each.
#[derive(Debug, Clone)]
pub struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    rgb: Vec<u8>,
}

/// A rectangle of a picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

impl Area {
    /// Creates an area from its left and upper edge and its size.
    pub const fn new(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self {
            x,
            y,
            width,
            height,
        }
    }

    /// Returns the number of pixels.
    pub fn size(self) -> f32 {
        self.width * self.height
    }

    /// Rounds down to whole pixels.
    pub fn floor(self) -> Self {
        let [x, y, width, height] = [self.x, self.y, self.width, self.height].map(f32::floor);
        Self::new(x, y, width, height)
    }
}

/// Reason why a file is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// More than [`MAX_BYTES`].
    #[error("the picture has too many bytes")]
    TooLarge,
    /// No JPEG, or a broken one.
    #[error("no JPEG picture")]
    NoJpeg,
    /// A side is too short or too long.
    #[error("the picture has too few or too many pixels")]
    Size,
}

impl Picture {
    /// Reads a JPEG. Its sides are checked before memory is taken for its pixels.
    ///
    /// # Errors
    /// Returns an error in each case of [`PictureError`].
    pub fn from_jpeg(bytes: &[u8]) -> Result<Self, PictureError> {
        if bytes.len() > MAX_BYTES {
            return Err(PictureError::TooLarge);
        }
        let options = DecoderOptions::new_safe()
            .set_strict_mode(true)
            .set_max_width(MAX_SIDE)
            .set_max_height(MAX_SIDE)
            .jpeg_set_out_colorspace(ColorSpace::RGB);
        let mut decoder = JpegDecoder::new_with_options(Cursor::new(bytes), options);
        decoder.decode_headers().map_err(|_| PictureError::NoJpeg)?;
        let (width, height) = decoder.dimensions().ok_or(PictureError::NoJpeg)?;
        if width.min(height) < MIN_SIDE || width.max(height) > MAX_SIDE {
            return Err(PictureError::Size);
        }
        let rgb = decoder.decode().map_err(|_| PictureError::NoJpeg)?;
        if rgb.len() == width * height * 3 {
            Ok(Self { width, height, rgb })
        } else {
            Err(PictureError::NoJpeg)
        }
    }

    /// Returns the length of the longest side, in pixels.
    pub fn longest_side(&self) -> f32 {
        self.width.max(self.height) as f32
    }

    /// Cuts out an area, in whole pixels. Returns `None` if it covers none of the picture.
    pub fn cut(&self, area: Area) -> Option<Self> {
        let (x, y) = (area.x.max(0.0), area.y.max(0.0));
        let (right, bottom) = (area.x + area.width, area.y + area.height);
        let width = (right.min(self.width as f32) - x).floor();
        let height = (bottom.min(self.height as f32) - y).floor();
        if width < 1.0 || height < 1.0 {
            return None;
        }
        let (x, y, width, height) = (x as usize, y as usize, width as usize, height as usize);
        let rows = self.rgb.chunks_exact(self.width * 3).skip(y).take(height);
        let rows: Vec<&[u8]> = rows.map(|row| &row[x * 3..(x + width) * 3]).collect();
        let rgb = rows.concat();
        Some(Self { width, height, rgb })
    }

    /// Scales the picture into a square of `side` pixels, in its own proportions with black beside
    /// it. Subtracts `mean` from the numbers, divides them by 255, and puts the channels first.
    pub fn in_square(&self, side: usize, centred: bool, mean: [f32; 3]) -> NdTensor<f32, 4> {
        let along = |original: usize| {
            let scaled = original as f32 * (side as f32 / self.longest_side());
            let free = if centred { side as f32 - scaled } else { 0.0 };
            sources(side, free / 2.0, scaled, original)
        };
        let (rows, columns) = (along(self.height), along(self.width));
        NdTensor::from_fn([1, 3, side, side], |[_, channel, row, column]| {
            let value = match (rows[row], columns[column]) {
                (Some(vertical), Some(horizontal)) => self.between(vertical, horizontal, channel),
                _ => 0.0,
            };
            (value - mean[channel]) / 255.0
        })
    }

    /// Returns a channel's value between four pixels.
    fn between(&self, vertical: Source, horizontal: Source, channel: usize) -> f32 {
        let mix = |first: f32, second: f32, share: f32| first + (second - first) * share;
        let line = |row: usize| {
            let pixel =
                |column: usize| f32::from(self.rgb[(row * self.width + column) * 3 + channel]);
            let Source(first, second, share) = horizontal;
            mix(pixel(first), pixel(second), share)
        };
        mix(line(vertical.0), line(vertical.1), vertical.2)
    }
}

/// The two pixels that a pixel of the scaled picture lies between, and the share of the second.
#[derive(Clone, Copy)]
struct Source(usize, usize, f32);

/// Returns the source of each of `side` pixels along one axis, or `None` beside the picture.
fn sources(side: usize, margin: f32, scaled: f32, original: usize) -> Vec<Option<Source>> {
    let last = original - 1;
    let source = |out: usize| {
        let place = out as f32 + 0.5 - margin;
        if place < 0.0 || place > scaled {
            return None;
        }
        let place = (place * original as f32 / scaled - 0.5).clamp(0.0, last as f32);
        let first = place as usize;
        let second = (first + 1).min(last);
        Some(Source(first, second, place - first as f32))
    };
    (0..side).map(source).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn striped(width: usize, height: usize) -> Picture {
        let rgb = (0..height)
            .flat_map(|_| (0..width).flat_map(|column| [column as u8; 3]))
            .collect();
        Picture { width, height, rgb }
    }

    #[test]
    fn what_is_no_picture_of_a_phones_camera_is_refused() {
        let error = |bytes: &[u8]| Picture::from_jpeg(bytes).unwrap_err();
        assert_eq!(error(&[0; MAX_BYTES + 1]), PictureError::TooLarge);
        assert_eq!(error(b""), PictureError::NoJpeg);
        assert_eq!(error(b"\x89PNG"), PictureError::NoJpeg);
    }

    #[test]
    fn a_cut_stays_inside_of_the_picture() {
        let picture = striped(10, 4);
        let cut = picture.cut(Area::new(-2.0, 1.0, 5.0, 9.0)).unwrap();
        assert_eq!((cut.width, cut.height), (3, 3));
        assert_eq!(cut.rgb[..9], [0, 0, 0, 1, 1, 1, 2, 2, 2]);
        assert!(picture.cut(Area::new(10.0, 0.0, 5.0, 2.0)).is_none());
    }

    #[test]
    fn a_square_keeps_the_proportions() {
        let square = striped(8, 4).in_square(4, true, [0.0; 3]);
        let rows = [0, 1, 2, 3].map(|row| square[[0, 0, row, 0]]);
        assert_eq!(rows, [0.0, 0.5 / 255.0, 0.5 / 255.0, 0.0]);
        let corner = striped(8, 4).in_square(4, false, [0.0; 3]);
        for channel in 0..3 {
            let columns = [0, 1].map(|column| (corner[[0, channel, 0, column]] * 255.0) as u8);
            assert_eq!(columns, [0, 2]);
        }
    }
}
