//! The net that finds eyes and mouth in a face, and the cut that the descriptor is made from.

use crate::graph::{AROUND, Graph, HALVING_AFTER, Misfit, Net};
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
pub(crate) struct LandmarkNet(Net);

type Point = (f32, f32);

impl LandmarkNet {
    /// Builds the net. Fails if the weights are another net's.
    pub(crate) fn new(weights: Weights) -> Result<Self, WeightsError> {
        let mut graph = Graph::new(weights);
        for block in 0..4 {
            let name = |layer: usize| format!("dense{block}/conv{layer}");
            match block {
                0 => graph.conv(&name(0), HALVING_AFTER)?,
                _ => graph.separable_conv(&name(0), HALVING_AFTER)?,
            }
            graph.relu();
            // Each layer gets the sum of all earlier results of its block.
            let mut sum = graph.last.clone();
            for layer in 1..4 {
                graph.separable_conv(&name(layer), AROUND)?;
                graph.add(sum);
                sum = graph.last.clone();
                graph.relu();
            }
        }
        graph.fully_connected("fc/weights", Some("fc/bias"))?;
        Ok(Self(graph.build()?))
    }

    /// Cuts the face in `area` out as the recognition net wants it. Returns `None` at the very edge
    /// of the picture.
    pub(crate) fn align(&self, picture: &Picture, area: Area) -> Result<Option<Picture>, Misfit> {
        let Some(face) = picture.cut(area.floor()) else {
            return Ok(None);
        };
        let points = self.find(&face)?.into_iter();
        let points: Vec<Point> = points.map(|(x, y)| (x + area.x, y + area.y)).collect();
        let [left_eye, right_eye, mouth] = EYES_AND_MOUTH.map(|range| middle(&points[range]));
        let to_mouth = |eye: Point| (mouth.0 - eye.0).hypot(mouth.1 - eye.1);
        let to_mouth = (to_mouth(left_eye) + to_mouth(right_eye)) / 2.0;
        let side = (to_mouth / EYES_TO_MOUTH).floor();
        let (x, y) = middle(&[left_eye, right_eye, mouth]);
        let (left, top) = (x - MIDDLE.0 * side, y - MIDDLE.1 * side);
        let cut = Area::new(left.max(0.0), top.max(0.0), side, side);
        Ok(picture.cut(cut.floor()))
    }

    /// Finds the 68 points, in pixels of the face's picture.
    fn find(&self, face: &Picture) -> Result<Vec<Point>, Misfit> {
        let numbers = self.0.run(face.in_square(SIDE, true, MEAN))?.into_data();
        let longest = face.longest_side();
        let place = |share: f32, side: usize| share * longest - (longest - side as f32) / 2.0;
        let points = numbers.chunks_exact(2);
        let points = points.map(|at| (place(at[0], face.width), place(at[1], face.height)));
        Ok(points.collect())
    }
}

fn middle(points: &[Point]) -> Point {
    let count = points.len() as f32;
    let mean = |axis: fn(&Point) -> f32| points.iter().map(axis).sum::<f32>() / count;
    (mean(|point| point.0), mean(|point| point.1))
}
