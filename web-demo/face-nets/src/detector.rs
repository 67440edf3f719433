//! The net that finds faces: face-api's tiny detector, a small YOLO of convolutions that are separable.

use ndarray::ShapeError;

use crate::picture::{Area, Picture};
use crate::separable::{Plain, Separable};
use crate::tensor::{Padding, Tensor};
use crate::weights::{Weights, WeightsError};

/// The side of the square that a picture is brought to, in pixels: faces from a sixth of its width on are found.
const SIDE: usize = 224;

/// The mean colour of what it was trained with.
const MEAN: [f32; 3] = [117.001, 114.697, 97.404];

/// The shapes of box that each cell tries, in cells: width and height.
const ANCHORS: [(f32, f32); 5] = [
    (1.603231, 2.094468),
    (6.041143, 7.080126),
    (2.882459, 3.518061),
    (4.266906, 5.178857),
    (9.041765, 10.66308),
];

/// Numbers for each box: place, size and score.
const BOX_NUMBERS: usize = 5;

/// The least score of a face.
const MIN_SCORE: f32 = 0.5;

/// Boxes that share more of their area than this are one face.
const MAX_OVERLAP: f32 = 0.4;

/// How a negative value is weakened.
const LEAK: f32 = 0.1;

/// The net with its weights.
#[derive(Debug)]
pub struct DetectorNet {
    first: Plain,
    layers: Vec<Separable>,
    last: Plain,
}

impl DetectorNet {
    /// The net of these weights.
    ///
    /// # Errors
    /// They are another net's.
    pub fn new(mut weights: Weights) -> Result<Self, WeightsError> {
        let first = Plain::new(&mut weights, "conv0")?;
        let layer = |number| Separable::new(&mut weights, &format!("conv{number}"));
        let layers = (1..=5).map(layer).collect::<Result<_, _>>()?;
        Ok(Self {
            first,
            layers,
            last: Plain::new(&mut weights, "conv8")?,
        })
    }

    /// The faces of a picture, the surest first.
    ///
    /// # Errors
    /// The weights do not fit each other.
    pub fn find(&self, picture: &Picture) -> Result<Vec<Area>, ShapeError> {
        let mut out = self
            .first
            .run(&picture.in_square(SIDE, false, MEAN), 1, Padding::Valid)?;
        leak(&mut out);
        for layer in &self.layers {
            out = layer.run(&out.max_pool(2, 2, Padding::Same), 1, Padding::One)?;
            leak(&mut out);
        }
        let cells = self
            .last
            .run(&out.max_pool(2, 1, Padding::Same), 1, Padding::Valid)?;
        let scale = picture.width().max(picture.height()) as f32 / cells.width as f32;
        Ok(apart(boxes(&cells, scale)))
    }
}

fn leak(tensor: &mut Tensor) {
    tensor.map(|value| value.max(value * LEAK));
}

/// The boxes with enough of a score; `scale` is a cell's pixels of the picture.
fn boxes(cells: &Tensor, scale: f32) -> Vec<(f32, Area)> {
    let places = (0..cells.height)
        .flat_map(|row| (0..cells.width).map(move |column| (row as f32, column as f32)));
    let of_cell = |((row, column), numbers): ((f32, f32), &[f32])| {
        let of_anchor = |(numbers, (anchor_width, anchor_height)): (&[f32], (f32, f32))| {
            let &[x, y, width, height, score] = numbers else {
                return None;
            };
            let (width, height) = (
                width.exp() * anchor_width * scale,
                height.exp() * anchor_height * scale,
            );
            let x = (column + sigmoid(x)) * scale - width / 2.0;
            let y = (row + sigmoid(y)) * scale - height / 2.0;
            Some((
                sigmoid(score),
                Area {
                    x,
                    y,
                    width,
                    height,
                },
            ))
        };
        numbers
            .chunks_exact(BOX_NUMBERS)
            .zip(ANCHORS)
            .filter_map(of_anchor)
            .collect::<Vec<_>>()
    };
    let all = places
        .zip(cells.values.chunks_exact(cells.channels))
        .flat_map(of_cell);
    all.filter(|(score, _)| *score > MIN_SCORE).collect()
}

/// Of boxes that overlap only the surest.
fn apart(mut boxes: Vec<(f32, Area)>) -> Vec<Area> {
    boxes.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let mut kept: Vec<Area> = Vec::new();
    for (_, area) in boxes {
        if kept.iter().all(|kept| overlap(*kept, area) <= MAX_OVERLAP) {
            kept.push(area);
        }
    }
    kept
}

/// What two areas have in common, as a share of what they cover together.
fn overlap(one: Area, other: Area) -> f32 {
    let along = |start: f32, length: f32, other_start: f32, other_length: f32| {
        ((start + length).min(other_start + other_length) - start.max(other_start)).max(0.0)
    };
    let common = along(one.x, one.width, other.x, other.width)
        * along(one.y, one.height, other.y, other.height);
    common / (one.width * one.height + other.width * other.height - common)
}

fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_of_one_face_are_one() {
        let area = |x| Area {
            x,
            y: 0.0,
            width: 10.0,
            height: 10.0,
        };
        let found = apart(vec![(0.6, area(1.0)), (0.9, area(0.0)), (0.7, area(20.0))]);
        assert_eq!(found, [area(0.0), area(20.0)]);
    }
}
