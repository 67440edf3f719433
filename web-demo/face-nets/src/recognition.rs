//! The net that tells persons apart: dlib's ResNet with 29 convolutions, in face-api's layout.

use std::sync::Arc;

use rten::ThreadPool;

use crate::graph::{AROUND, Graph, INSIDE, Misfit, Net, Value};
use crate::picture::Picture;
use crate::weights::{Weights, WeightsError};

/// Side of the square that a face is scaled to, in pixels.
const SIDE: usize = 150;

/// Mean colour of the training pictures.
const MEAN: [f32; 3] = [122.782, 117.001, 104.298];

/// Length of a descriptor.
pub const DESCRIPTOR_LENGTH: usize = 128;

/// Zeros that a block which halves the picture appends where its two branches differ in size.
struct Halving {
    /// Channels that the shortcut lacks.
    channels: i64,
    /// Rows and columns that the convolutions lack.
    edge: i64,
}

const fn halving(channels: i64, edge: i64) -> Option<Halving> {
    Some(Halving { channels, edge })
}

/// Residual blocks between the first convolution and the descriptor.
const BLOCKS: [(&str, Option<Halving>); 14] = [
    ("conv32_1", None),
    ("conv32_2", None),
    ("conv32_3", None),
    ("conv64_down", halving(32, 0)),
    ("conv64_1", None),
    ("conv64_2", None),
    ("conv64_3", None),
    ("conv128_down", halving(64, 0)),
    ("conv128_1", None),
    ("conv128_2", None),
    ("conv256_down", halving(128, 1)),
    ("conv256_1", None),
    ("conv256_2", None),
    ("conv256_down_out", halving(0, 1)),
];

/// The net with its weights.
#[derive(Debug)]
pub struct RecognitionNet(Net);

impl RecognitionNet {
    /// Builds the net of these weights.
    ///
    /// # Errors
    /// Returns an error if the weights are another net's.
    pub fn new(weights: Weights, threads: &Arc<ThreadPool>) -> Result<Self, WeightsError> {
        let (mut graph, picture) = Graph::new(weights);
        let first = graph.scaled_conv(&picture, "conv32_down", 2, INSIDE)?;
        let first = graph.relu(&first);
        let mut value = graph.max_pool(&first, 3, 2, INSIDE);
        for (name, halving) in BLOCKS {
            value = block(&mut graph, &value, name, halving)?;
        }
        let mean = graph.mean(&value);
        let descriptor = graph.fully_connected(&mean, "fc", None)?;
        Ok(Self(graph.build(&descriptor, threads)?))
    }

    /// Describes the face in an aligned cut.
    ///
    /// # Errors
    /// Returns an error if the weights do not fit each other.
    pub fn describe(&self, face: &Picture) -> Result<Vec<f32>, Misfit> {
        let descriptor = self.0.run(face.in_square(SIDE, true, MEAN))?;
        Ok(descriptor.into_data())
    }
}

fn block(
    graph: &mut Graph,
    input: &str,
    name: &str,
    halving: Option<Halving>,
) -> Result<Value, WeightsError> {
    let (stride, pads) = match halving {
        Some(_) => (2, INSIDE),
        None => (1, AROUND),
    };
    let first = graph.scaled_conv(input, &format!("{name}/conv1"), stride, pads)?;
    let first = graph.relu(&first);
    let mut second = graph.scaled_conv(&first, &format!("{name}/conv2"), 1, AROUND)?;
    let mut shortcut = input.to_owned();
    if let Some(Halving { channels, edge }) = halving {
        second = graph.pad(&second, 0, edge);
        shortcut = graph.halve(input);
        shortcut = graph.pad(&shortcut, channels, 0);
    }
    let sum = graph.add(&second, &shortcut);
    Ok(graph.relu(&sum))
}
