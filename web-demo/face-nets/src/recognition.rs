//! The net that tells persons apart: dlib's ResNet with 29 convolutions, in face-api's layout.

use ndarray::ShapeError;

use crate::picture::Picture;
use crate::tensor::{Kernel, Padding, Tensor};
use crate::weights::{Weights, WeightsError};

/// The side of the square that a face is brought to, in pixels.
const SIDE: usize = 150;

/// The mean colour of what it was trained with.
const MEAN: [f32; 3] = [122.782, 117.001, 104.298];

/// How many numbers describe a face.
pub const DESCRIPTOR_LENGTH: usize = 128;

/// Blocks between the first convolution and the descriptor; those that halve the picture end on `down` or `down_out`.
const BLOCKS: [&str; 14] = [
    "conv32_1",
    "conv32_2",
    "conv32_3",
    "conv64_down",
    "conv64_1",
    "conv64_2",
    "conv64_3",
    "conv128_down",
    "conv128_1",
    "conv128_2",
    "conv256_down",
    "conv256_1",
    "conv256_2",
    "conv256_down_out",
];

/// The net with its weights.
#[derive(Debug)]
pub struct RecognitionNet {
    first: Layer,
    blocks: Vec<Block>,
    last: Kernel,
}

#[derive(Debug)]
struct Layer {
    kernel: Kernel,
    bias: Vec<f32>,
    scale: Vec<f32>,
    shift: Vec<f32>,
}

#[derive(Debug)]
struct Block {
    halves: bool,
    first: Layer,
    second: Layer,
}

impl RecognitionNet {
    /// The net of these weights.
    ///
    /// # Errors
    /// They are another net's.
    pub fn new(mut weights: Weights) -> Result<Self, WeightsError> {
        let first = Layer::new(&mut weights, "conv32_down")?;
        let block = |name: &&str| Block::new(&mut weights, name);
        let blocks = BLOCKS.iter().map(block).collect::<Result<_, _>>()?;
        Ok(Self {
            first,
            blocks,
            last: weights.matrix("fc")?,
        })
    }

    /// Describes a face, of which the picture is an aligned cut.
    ///
    /// # Errors
    /// The weights do not fit each other.
    pub fn describe(&self, face: &Picture) -> Result<Vec<f32>, ShapeError> {
        let mut out = self
            .first
            .run(&face.in_square(SIDE, true, MEAN), 2, Padding::Valid)?;
        out.relu();
        out = out.max_pool(3, 2, Padding::Valid);
        for block in &self.blocks {
            out = block.run(&out)?;
        }
        let mean = out.mean_pool(out.height, 1);
        Ok(mean.convolve(&self.last, 1, Padding::Valid)?.values)
    }
}

impl Layer {
    fn new(weights: &mut Weights, name: &str) -> Result<Self, WeightsError> {
        Ok(Self {
            kernel: weights.kernel(&format!("{name}/conv/filters"))?,
            bias: weights.vector(&format!("{name}/conv/bias"))?,
            scale: weights.vector(&format!("{name}/scale/weights"))?,
            shift: weights.vector(&format!("{name}/scale/biases"))?,
        })
    }

    fn run(&self, input: &Tensor, stride: usize, padding: Padding) -> Result<Tensor, ShapeError> {
        let mut out = input.convolve(&self.kernel, stride, padding)?;
        out.add_to_channels(&self.bias);
        out.scale_channels(&self.scale);
        out.add_to_channels(&self.shift);
        Ok(out)
    }
}

impl Block {
    fn new(weights: &mut Weights, name: &str) -> Result<Self, WeightsError> {
        Ok(Self {
            halves: name.contains("down"),
            first: Layer::new(weights, &format!("{name}/conv1"))?,
            second: Layer::new(weights, &format!("{name}/conv2"))?,
        })
    }

    fn run(&self, input: &Tensor) -> Result<Tensor, ShapeError> {
        let (stride, padding) = if self.halves {
            (2, Padding::Valid)
        } else {
            (1, Padding::Same)
        };
        let mut out = self.first.run(input, stride, padding)?;
        out.relu();
        out = self.second.run(&out, 1, Padding::Same)?;
        if self.halves {
            let pooled = input.mean_pool(2, 2);
            let (height, width) = (out.height.max(pooled.height), out.width.max(pooled.width));
            out = out.grown(height, width, out.channels);
            out.add(&pooled.grown(height, width, out.channels));
        } else {
            out.add(input);
        }
        out.relu();
        Ok(out)
    }
}
