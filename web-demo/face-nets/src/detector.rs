//! The net that finds faces: face-api's tiny detector, a small YOLO of separable convolutions.

use rten_tensor::Tensor;
use rten_tensor::prelude::*;

use crate::graph::{AFTER, AROUND, Graph, HALVING_AFTER, INSIDE, Misfit, Net};
use crate::picture::{Area, Picture};
use crate::weights::{Weights, WeightsError};

/// Side of the square that a picture is scaled to, in pixels: faces from a sixth of its width on
/// are found.
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
pub(crate) struct DetectorNet(Net);

impl DetectorNet {
    /// Builds the net. Fails if the weights are another net's.
    pub(crate) fn new(weights: Weights) -> Result<Self, WeightsError> {
        let mut graph = Graph::new(weights);
        graph.conv("conv0", INSIDE)?;
        for number in 1..=5 {
            graph.leaky_relu(LEAK);
            graph.max_pool(2, HALVING_AFTER);
            graph.separable_conv(&format!("conv{number}"), AROUND)?;
        }
        graph.leaky_relu(LEAK);
        graph.max_pool(2, AFTER);
        graph.conv("conv8", INSIDE)?;
        Ok(Self(graph.build()?))
    }

    /// Finds the faces of a picture, the surest first.
    pub(crate) fn find(&self, picture: &Picture) -> Result<Vec<Area>, Misfit> {
        let cells = self.0.run(picture.in_square(SIDE, false, MEAN))?;
        Ok(distinct(boxes(&cells, picture.longest_side())))
    }
}

/// Returns the boxes with enough of a score, in pixels of a picture whose longest side is
/// `longest`.
fn boxes(cells: &Tensor, longest: f32) -> Vec<(f32, Area)> {
    let mut boxes = Vec::new();
    let &[1, _, rows, columns] = cells.shape() else {
        return boxes;
    };
    let scale = longest / columns as f32;
    for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
        for (anchor, (anchor_width, anchor_height)) in ANCHORS.into_iter().enumerate() {
            let numbers = [0, 1, 2, 3, 4].map(|number| {
                let channel = anchor * BOX_NUMBERS + number;
                cells.get([0, channel, row, column]).copied()
            });
            let [Some(x), Some(y), Some(width), Some(height), Some(score)] = numbers else {
                continue;
            };
            let width = width.exp() * anchor_width * scale;
            let height = height.exp() * anchor_height * scale;
            let x = (column as f32 + sigmoid(x)) * scale - width / 2.0;
            let y = (row as f32 + sigmoid(y)) * scale - height / 2.0;
            boxes.push((sigmoid(score), Area::new(x, y, width, height)));
        }
    }
    boxes.retain(|(score, _)| *score > MIN_SCORE);
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
        let area = |x| Area::new(x, 0.0, 10.0, 10.0);
        let found = distinct(vec![(0.6, area(1.0)), (0.9, area(0.0)), (0.7, area(20.0))]);
        assert_eq!(found, [area(0.0), area(20.0)]);
    }
}
