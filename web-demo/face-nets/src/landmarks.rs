//! The net that finds eyes and mouth in a face, and the cut that the descriptor is made from.

use std::sync::Arc;

use rten::ThreadPool;

use crate::graph::{AFTER, AROUND, Graph, Misfit, Net};
use crate::picture::{Area, Picture};
use crate::weights::{Weights, WeightsError};

/// Side of the square that a face is scaled to, in pixels.
const SIDE: usize = 112;

/// Mean colour of the training pictures.
const MEAN: [f32; 3] = [122.782, 117.001, 104.298];

/// The points of the left eye, of the right eye and of the mouth, among the 68.
const EYES_AND_MOUTH: [std::ops::Range<usize>; 3] = [36..42, 42..48, 48..68];

/// Place of the middle of eyes and mouth in the cut, from left and top.
const MIDDLE: (f32, f32) = (0.5, 0.43);

/// Distance from the eyes to the mouth, as a share of the cut's side.
const EYES_TO_MOUTH: f32 = 0.45;

/// The net with its weights.
#[derive(Debug)]
pub struct LandmarkNet(Net);

type Point = (f32, f32);

impl LandmarkNet {
    /// Builds the net of these weights.
    ///
    /// # Errors
    /// Returns an error if the weights are another net's.
    pub fn new(weights: Weights, threads: &Arc<ThreadPool>) -> Result<Self, WeightsError> {
        let (mut graph, mut value) = Graph::new(weights);
        for block in 0..4 {
            let name = |layer: usize| format!("dense{block}/conv{layer}");
            let first = match block {
                0 => graph.conv(&value, &name(0), 2, AFTER)?,
                _ => graph.separable_conv(&value, &name(0), 2, AFTER)?,
            };
            value = graph.relu(&first);
            // Each layer gets the sum of all earlier results of its block.
            let mut sum = value.clone();
            for layer in 1..4 {
                let result = graph.separable_conv(&value, &name(layer), 1, AROUND)?;
                sum = graph.add(&sum, &result);
                value = graph.relu(&sum);
            }
        }
        let mean = graph.mean(&value);
        let points = graph.fully_connected(&mean, "fc/weights", Some("fc/bias"))?;
        Ok(Self(graph.build(&points, threads)?))
    }

    /// Cuts the face in `area` out as the recognition net wants it. Returns `None` at the very edge of the picture.
    ///
    /// # Errors
    /// Returns an error if the weights do not fit each other.
    pub fn align(&self, picture: &Picture, area: Area) -> Result<Option<Picture>, Misfit> {
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
        Ok(picture.cut(Area {
            x: (x - MIDDLE.0 * side).max(0.0).floor(),
            y: (y - MIDDLE.1 * side).max(0.0).floor(),
            width: side,
            height: side,
        }))
    }

    /// Finds the 68 points, in pixels of the face's picture.
    fn find(&self, face: &Picture) -> Result<Vec<Point>, Misfit> {
        let numbers = self.0.run(face.in_square(SIDE, true, MEAN))?.into_data();
        let (width, height) = (face.width() as f32, face.height() as f32);
        let longest = width.max(height);
        let place = |share: f32, length: f32| share * longest - (longest - length) / 2.0;
        let points = numbers.chunks_exact(2);
        Ok(points
            .map(|point| (place(point[0], width), place(point[1], height)))
            .collect())
    }
}

fn middle(points: &[Point]) -> Point {
    let count = points.len() as f32;
    let sum = points
        .iter()
        .fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
    (sum.0 / count, sum.1 / count)
}
