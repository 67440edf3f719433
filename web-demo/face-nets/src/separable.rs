//! The layers that the detector and the landmark net share.

use ndarray::ShapeError;

use crate::tensor::{Kernel, Padding, Tensor};
use crate::weights::{Weights, WeightsError};

/// A convolution and a bias.
#[derive(Debug)]
pub struct Plain {
    kernel: Kernel,
    bias: Vec<f32>,
}

/// A convolution of each channel by itself, then one across the channels, and a bias.
#[derive(Debug)]
pub struct Separable {
    each: Kernel,
    across: Plain,
}

impl Plain {
    /// The layer of this name.
    ///
    /// # Errors
    /// The weights have none.
    pub fn new(weights: &mut Weights, name: &str) -> Result<Self, WeightsError> {
        let kernel = weights.kernel(&format!("{name}/filters"))?;
        Ok(Self {
            kernel,
            bias: weights.vector(&format!("{name}/bias"))?,
        })
    }

    /// The layer of this name that joins every value with every other.
    ///
    /// # Errors
    /// The weights have none.
    pub fn joining_all(weights: &mut Weights, name: &str) -> Result<Self, WeightsError> {
        let kernel = weights.matrix(&format!("{name}/weights"))?;
        Ok(Self {
            kernel,
            bias: weights.vector(&format!("{name}/bias"))?,
        })
    }

    /// Runs it.
    ///
    /// # Errors
    /// The weights are for another number of channels.
    pub fn run(
        &self,
        input: &Tensor,
        stride: usize,
        padding: Padding,
    ) -> Result<Tensor, ShapeError> {
        let mut out = input.convolve(&self.kernel, stride, padding)?;
        out.add_to_channels(&self.bias);
        Ok(out)
    }
}

impl Separable {
    /// The layer of this name.
    ///
    /// # Errors
    /// The weights have none.
    pub fn new(weights: &mut Weights, name: &str) -> Result<Self, WeightsError> {
        let each = weights.kernel(&format!("{name}/depthwise_filter"))?;
        let kernel = weights.kernel(&format!("{name}/pointwise_filter"))?;
        Ok(Self {
            each,
            across: Plain {
                kernel,
                bias: weights.vector(&format!("{name}/bias"))?,
            },
        })
    }

    /// Runs it.
    ///
    /// # Errors
    /// The weights are for another number of channels.
    pub fn run(
        &self,
        input: &Tensor,
        stride: usize,
        padding: Padding,
    ) -> Result<Tensor, ShapeError> {
        self.across.run(
            &input.convolve_each(&self.each, stride, padding)?,
            1,
            Padding::Valid,
        )
    }
}
