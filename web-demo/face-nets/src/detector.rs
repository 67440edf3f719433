//! The net that finds faces: face-api's tiny detector, a small YOLO of separable convolutions.

use std::sync::Arc;

use rten::ThreadPool;
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

use crate::graph::{AFTER, AROUND, Graph, INSIDE, Misfit, Net};
use crate::picture::{Area, Picture};
use crate::weights::{Weights, WeightsError};

/// Side of the square that a picture is scaled to, in pixels: faces from a sixth of its width on are found.
const SIDE: usize = 224;

/// Mean colour of the training pictures.
const MEAN: [f32; 3] = [117.001, 114.697, 97.404];

/// Shapes of box that each cell tries, in cells: width and height.
const ANCHORS: [(f32, f32); 5] = [
    (1.603231, 2.094468),
    (6.041143, 7.080126),
    (2.882459, 3.518061),
    (4.266906, 5.178857),
    (9.041765, 10.66308),
];

/// Numbers for each box: place, size and score.
const BOX_NUMBERS: usize = 5;

/// Least score of a face.
const MIN_SCORE: f32 = 0.5;

/// Boxes that share more of their area than this are one face.
const MAX_OVERLAP: f32 = 0.4;

/// Slope of the rectification for negative values.
const LEAK: f32 = 0.1;

/// The net with its weights.
#[derive(Debug)]
pub struct DetectorNet(Net);

impl DetectorNet {
    /// Builds the net of these weights.
    ///
    /// # Errors
    /// Returns an error if the weights are another net's.
    pub fn new(weights: Weights, threads: &Arc<ThreadPool>) -> Result<Self, WeightsError> {
        let (mut graph, picture) = Graph::new(weights);
        let mut value = graph.conv(&picture, "conv0", 1, INSIDE)?;
        for number in 1..=5 {
            value = graph.leaky_relu(&value, LEAK);
            value = graph.max_pool(&value, 2, 2, AFTER);
            value = graph.separable_conv(&value, &format!("conv{number}"), 1, AROUND)?;
        }
        value = graph.leaky_relu(&value, LEAK);
        value = graph.max_pool(&value, 2, 1, AFTER);
        value = graph.conv(&value, "conv8", 1, INSIDE)?;
        Ok(Self(graph.build(&value, threads)?))
    }

    /// Finds the faces of a picture, the surest first.
    ///
    /// # Errors
    /// Returns an error if the weights do not fit each other.
    pub fn find(&self, picture: &Picture) -> Result<Vec<Area>, Misfit> {
        let cells = self.0.run(picture.in_square(SIDE, false, MEAN))?;
        let scale = picture.width().max(picture.height()) as f32 / cells.size(3) as f32;
        Ok(distinct(boxes(&cells, scale)))
    }
}

/// Returns the boxes with enough of a score, in pixels of the picture; `scale` is the pixels of a cell.
fn boxes(cells: &NdTensor<f32, 4>, scale: f32) -> Vec<(f32, Area)> {
    let mut boxes = Vec::new();
    for row in 0..cells.size(2) {
        for column in 0..cells.size(3) {
            for (index, (anchor_width, anchor_height)) in ANCHORS.into_iter().enumerate() {
                let number = |number: usize| {
                    let channel = index * BOX_NUMBERS + number;
                    cells
                        .get([0, channel, row, column])
                        .copied()
                        .unwrap_or(f32::MIN)
                };
                let score = sigmoid(number(4));
                if score > MIN_SCORE {
                    let width = number(2).exp() * anchor_width * scale;
                    let height = number(3).exp() * anchor_height * scale;
                    let area = Area {
                        x: (column as f32 + sigmoid(number(0))) * scale - width / 2.0,
                        y: (row as f32 + sigmoid(number(1))) * scale - height / 2.0,
                        width,
                        height,
                    };
                    boxes.push((score, area));
                }
            }
        }
    }
    boxes
}

/// Keeps the surest of boxes that overlap.
fn distinct(mut boxes: Vec<(f32, Area)>) -> Vec<Area> {
    boxes.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let mut kept: Vec<Area> = Vec::new();
    for (_, area) in boxes {
        if kept.iter().all(|kept| overlap(*kept, area) <= MAX_OVERLAP) {
            kept.push(area);
        }
    }
    kept
}

/// Returns the intersection of two areas as a share of their union.
fn overlap(one: Area, other: Area) -> f32 {
    let along = |start: f32, length: f32, other_start: f32, other_length: f32| {
        ((start + length).min(other_start + other_length) - start.max(other_start)).max(0.0)
    };
    let common = along(one.x, one.width, other.x, other.width)
        * along(one.y, one.height, other.y, other.height);
    common / (one.size() + other.size() - common)
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
        let found = distinct(vec![(0.6, area(1.0)), (0.9, area(0.0)), (0.7, area(20.0))]);
        assert_eq!(found, [area(0.0), area(20.0)]);
    }
}
