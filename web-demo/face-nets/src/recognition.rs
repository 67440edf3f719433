//! The net that tells persons apart: dlib's ResNet with 29 convolutions, in face-api's layout.

use crate::graph::{AROUND, Graph, HALVING_INSIDE, Misfit, Net};
use crate::picture::Picture;
use crate::weights::{Weights, WeightsError};

/// Side of the square that a face is scaled to, in pixels.
const SIDE: usize = 150;

/// Mean colour of the training pictures.
const MEAN: [f32; 3] = [122.782, 117.001, 104.298];

/// Length of a descriptor.
pub(crate) const DESCRIPTOR_LENGTH: usize = 128;

/// Residual blocks between the first convolution and the descriptor. A block that halves the
/// picture has two numbers: the channels that its shortcut lacks, and the rows and columns that its
/// convolutions lack. Zeros take their place.
const BLOCKS: [(&str, Option<(i64, i64)>); 14] = [
    ("conv32_1", None),
    ("conv32_2", None),
    ("conv32_3", None),
    ("conv64_down", Some((32, 0))),
    ("conv64_1", None),
    ("conv64_2", None),
    ("conv64_3", None),
    ("conv128_down", Some((64, 0))),
    ("conv128_1", None),
    ("conv128_2", None),
    ("conv256_down", Some((128, 1))),
    ("conv256_1", None),
    ("conv256_2", None),
    ("conv256_down_out", Some((0, 1))),
];

/// The net with its weights.
#[derive(Debug)]
pub(crate) struct RecognitionNet(Net);

impl RecognitionNet {
    /// Builds the net. Fails if the weights are another net's.
    pub(crate) fn new(weights: Weights) -> Result<Self, WeightsError> {
        let mut graph = Graph::new(weights);
        graph.scaled_conv("conv32_down", HALVING_INSIDE)?;
        graph.relu();
        graph.max_pool(3, HALVING_INSIDE);
        for (name, halving) in BLOCKS {
            let mut shortcut = graph.last.clone();
            let window = if halving.is_some() {
                HALVING_INSIDE
            } else {
                AROUND
            };
            graph.scaled_conv(&format!("{name}/conv1"), window)?;
            graph.relu();
            graph.scaled_conv(&format!("{name}/conv2"), AROUND)?;
            if let Some((channels, edge)) = halving {
                graph.pad(0, edge);
                std::mem::swap(&mut graph.last, &mut shortcut);
                graph.halve();
                graph.pad(channels, 0);
            }
            graph.add(shortcut);
            graph.relu();
        }
        graph.fully_connected("fc", None)?;
        Ok(Self(graph.build()?))
    }

    /// Describes the face in an aligned cut.
    pub(crate) fn describe(&self, face: &Picture) -> Result<Vec<f32>, Misfit> {
        Ok(self.0.run(face.in_square(SIDE, true, MEAN))?.into_data())
    }
}
