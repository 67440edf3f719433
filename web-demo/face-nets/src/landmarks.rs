//! The net that finds eyes and mouth in a face, and the cut that the descriptor is made from.

use ndarray::ShapeError;

use crate::picture::{Area, Picture};
use crate::separable::{Plain, Separable};
use crate::tensor::{Padding, Tensor};
use crate::weights::{Weights, WeightsError};

/// The side of the square that a face is brought to, in pixels.
const SIDE: usize = 112;

/// The mean colour of what it was trained with.
const MEAN: [f32; 3] = [122.782, 117.001, 104.298];

/// Which of the 68 points are of the eyes, and which of the mouth.
const EYES_AND_MOUTH: [std::ops::Range<usize>; 3] = [36..42, 42..48, 48..68];

/// Where, in the cut, the middle of eyes and mouth comes to lie, from left and top.
const MIDDLE: (f32, f32) = (0.5, 0.43);

/// The distance from the eyes to the mouth, as a share of the cut's side.
const EYES_TO_MOUTH: f32 = 0.45;

/// The net with its weights.
#[derive(Debug)]
pub struct LandmarkNet {
    first: Plain,
    /// The layers of the first block after its first.
    rest_of_first: Vec<Separable>,
    blocks: Vec<Vec<Separable>>,
    last: Plain,
}

type Point = (f32, f32);

impl LandmarkNet {
    /// The net of these weights.
    ///
    /// # Errors
    /// They are another net's.
    pub fn new(mut weights: Weights) -> Result<Self, WeightsError> {
        let mut layers = |block: usize, first: usize| {
            let layer =
                |number| Separable::new(&mut weights, &format!("dense{block}/conv{number}"));
            (first..4).map(layer).collect::<Result<Vec<_>, _>>()
        };
        let rest_of_first = layers(0, 1)?;
        let blocks = (1..4)
            .map(|block| layers(block, 0))
            .collect::<Result<_, _>>()?;
        let first = Plain::new(&mut weights, "dense0/conv0")?;
        Ok(Self {
            first,
            rest_of_first,
            blocks,
            last: Plain::joining_all(&mut weights, "fc")?,
        })
    }

    /// The cut of the picture in which the face in `area` lies as the recognition net wants it. None at the very edge.
    ///
    /// # Errors
    /// The weights do not fit each other.
    pub fn align(&self, picture: &Picture, area: Area) -> Result<Option<Picture>, ShapeError> {
        let whole = Area {
            x: area.x.floor(),
            y: area.y.floor(),
            width: area.width.floor(),
            height: area.height.floor(),
        };
        let Some(face) = picture.cut(whole) else {
            return Ok(None);
        };
        let points = self.find(&face)?;
        let points: Vec<Point> = points
            .into_iter()
            .map(|(x, y)| (x + area.x, y + area.y))
            .collect();
        let [left_eye, right_eye, mouth] = EYES_AND_MOUTH.map(|range| middle(&points[range]));
        let to_mouth = |eye: Point| (mouth.0 - eye.0).hypot(mouth.1 - eye.1);
        let side = ((to_mouth(left_eye) + to_mouth(right_eye)) / 2.0 / EYES_TO_MOUTH).floor();
        let (x, y) = middle(&[left_eye, right_eye, mouth]);
        let x = (x - MIDDLE.0 * side).max(0.0).floor();
        let y = (y - MIDDLE.1 * side).max(0.0).floor();
        Ok(picture.cut(Area {
            x,
            y,
            width: side,
            height: side,
        }))
    }

    /// The 68 points, in pixels of the face's picture.
    fn find(&self, face: &Picture) -> Result<Vec<Point>, ShapeError> {
        let mut first = self
            .first
            .run(&face.in_square(SIDE, true, MEAN), 2, Padding::Same)?;
        first.relu();
        let mut out = dense(first, &self.rest_of_first)?;
        for block in &self.blocks {
            let Some((halving, rest)) = block.split_first() else {
                continue;
            };
            let mut first = halving.run(&out, 2, Padding::Same)?;
            first.relu();
            out = dense(first, rest)?;
        }
        let numbers = self
            .last
            .run(&out.mean_pool(out.height, 2), 1, Padding::Valid)?
            .values;
        let (width, height) = (face.width() as f32, face.height() as f32);
        let longest = width.max(height);
        let points = numbers.chunks_exact(2);
        let place = |share: f32, length: f32| share * longest - (longest - length) / 2.0;
        Ok(points
            .map(|point| (place(point[0], width), place(point[1], height)))
            .collect())
    }
}

/// Each layer gets the sum of what all before it gave; so does who comes after.
fn dense(first: Tensor, layers: &[Separable]) -> Result<Tensor, ShapeError> {
    let (mut sum, mut input) = (first.clone(), first);
    for layer in layers {
        sum.add(&layer.run(&input, 1, Padding::Same)?);
        input = sum.clone();
        input.relu();
    }
    Ok(input)
}

fn middle(points: &[Point]) -> Point {
    let count = points.len() as f32;
    let sum = points
        .iter()
        .fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
    (sum.0 / count, sum.1 / count)
}
