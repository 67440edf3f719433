//! What the nets are made of: convolutions as one matrix product each, pooling, resizing. Single pictures, channels last.

use ndarray::{ArrayView2, ShapeError};

/// Numbers of a picture or of what a layer makes of it: row by row, the channels of a place side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    pub height: usize,
    pub width: usize,
    pub channels: usize,
    pub values: Vec<f32>,
}

/// A kernel that is moved over a tensor: height, width, inputs, outputs, in this order as TensorFlow stores them.
#[derive(Debug)]
pub struct Kernel {
    pub height: usize,
    pub width: usize,
    pub inputs: usize,
    pub outputs: usize,
    pub values: Vec<f32>,
}

/// How a window is moved: its size, its step, and the zeros around the tensor.
#[derive(Debug, Clone, Copy)]
struct Window {
    height: usize,
    width: usize,
    stride: usize,
    top: usize,
    left: usize,
    out_height: usize,
    out_width: usize,
}

/// Whether the window stays inside, or as many places come out as go in (divided by the step, rounded up).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// Inside only.
    Valid,
    /// TensorFlow's `same`: an odd zero goes after.
    Same,
    /// One zero on each side.
    One,
}

impl Window {
    fn new(
        tensor: &Tensor,
        (height, width): (usize, usize),
        stride: usize,
        padding: Padding,
    ) -> Self {
        let along = |length: usize, size: usize| match padding {
            Padding::Valid => (0, (length.saturating_sub(size)) / stride + 1),
            Padding::One => (1, (length + 2).saturating_sub(size) / stride + 1),
            Padding::Same => {
                let out = length.div_ceil(stride);
                (
                    ((out.saturating_sub(1)) * stride + size).saturating_sub(length) / 2,
                    out,
                )
            }
        };
        let (top, out_height) = along(tensor.height, height);
        let (left, out_width) = along(tensor.width, width);
        Self {
            height,
            width,
            stride,
            top,
            left,
            out_height,
            out_width,
        }
    }

    /// The part of the window at `out` that lies inside of `length`: its first place, and how far into the window that is.
    fn inside(
        out: usize,
        stride: usize,
        before: usize,
        size: usize,
        length: usize,
    ) -> std::ops::Range<usize> {
        let start = out * stride;
        start.max(before) - before..(start + size).saturating_sub(before).min(length)
    }

    fn rows(&self, out: usize, tensor: &Tensor) -> std::ops::Range<usize> {
        Self::inside(out, self.stride, self.top, self.height, tensor.height)
    }

    fn columns(&self, out: usize, tensor: &Tensor) -> std::ops::Range<usize> {
        Self::inside(out, self.stride, self.left, self.width, tensor.width)
    }

    /// Every place that comes out.
    fn places(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.out_height)
            .flat_map(move |row| (0..self.out_width).map(move |column| (row, column)))
    }
}

impl Tensor {
    /// All zeros.
    pub fn zeros(height: usize, width: usize, channels: usize) -> Self {
        Self {
            height,
            width,
            channels,
            values: vec![0.0; height * width * channels],
        }
    }

    /// The index of a place's first channel.
    const fn at(&self, row: usize, column: usize) -> usize {
        (row * self.width + column) * self.channels
    }

    /// A convolution. What a window covers becomes a row of one matrix, which is multiplied by the kernel.
    ///
    /// # Errors
    /// The kernel is for another number of channels.
    pub fn convolve(
        &self,
        kernel: &Kernel,
        stride: usize,
        padding: Padding,
    ) -> Result<Self, ShapeError> {
        let window = Window::new(self, (kernel.height, kernel.width), stride, padding);
        let covered = kernel.height * kernel.width * self.channels;
        let mut patches = vec![0.0; window.out_height * window.out_width * covered];
        for ((row, column), patch) in window.places().zip(patches.chunks_exact_mut(covered)) {
            let columns = window.columns(column, self);
            for place in window.rows(row, self) {
                let line = &self.values[self.at(place, columns.start)..self.at(place, columns.end)];
                let down = place + window.top - row * stride;
                let right = columns.start + window.left - column * stride;
                let start = (down * kernel.width + right) * self.channels;
                patch[start..start + line.len()].copy_from_slice(line);
            }
        }
        let patches =
            ArrayView2::from_shape((window.out_height * window.out_width, covered), &patches)?;
        let weights = (kernel.height * kernel.width * kernel.inputs, kernel.outputs);
        let weights = ArrayView2::from_shape(weights, &kernel.values)?;
        if weights.nrows() != covered {
            return Err(ShapeError::from_kind(ndarray::ErrorKind::IncompatibleShape));
        }
        let (values, _) = patches.dot(&weights).into_raw_vec_and_offset();
        Ok(Self {
            height: window.out_height,
            width: window.out_width,
            channels: kernel.outputs,
            values,
        })
    }

    /// A convolution of each channel by itself; the kernel has as many inputs as the tensor has channels, and one output.
    ///
    /// # Errors
    /// The kernel is for another number of channels.
    pub fn convolve_each(
        &self,
        kernel: &Kernel,
        stride: usize,
        padding: Padding,
    ) -> Result<Self, ShapeError> {
        if kernel.inputs != self.channels || kernel.outputs != 1 {
            return Err(ShapeError::from_kind(ndarray::ErrorKind::IncompatibleShape));
        }
        let window = Window::new(self, (kernel.height, kernel.width), stride, padding);
        let mut out = Self::zeros(window.out_height, window.out_width, self.channels);
        for ((row, column), sums) in window
            .places()
            .zip(out.values.chunks_exact_mut(self.channels))
        {
            let columns = window.columns(column, self);
            for place in window.rows(row, self) {
                let down = place + window.top - row * stride;
                for across in columns.clone() {
                    let right = across + window.left - column * stride;
                    let weights = &kernel.values[(down * kernel.width + right) * self.channels..];
                    let values = &self.values[self.at(place, across)..];
                    for ((sum, weight), value) in sums.iter_mut().zip(weights).zip(values) {
                        *sum += weight * value;
                    }
                }
            }
        }
        Ok(out)
    }

    /// The greatest value of each window, channel by channel.
    pub fn max_pool(&self, size: usize, stride: usize, padding: Padding) -> Self {
        self.pool(size, stride, padding, f32::NEG_INFINITY, f32::max)
    }

    /// The mean of each window, channel by channel. Only for windows that stay inside.
    pub fn mean_pool(&self, size: usize, stride: usize) -> Self {
        let mut sums = self.pool(size, stride, Padding::Valid, 0.0, |sum, value| sum + value);
        sums.map(|sum| sum / (size * size) as f32);
        sums
    }

    fn pool(
        &self,
        size: usize,
        stride: usize,
        padding: Padding,
        start: f32,
        fold: fn(f32, f32) -> f32,
    ) -> Self {
        let window = Window::new(self, (size, size), stride, padding);
        let mut out = Self::zeros(window.out_height, window.out_width, self.channels);
        out.values.fill(start);
        for ((row, column), folded) in window
            .places()
            .zip(out.values.chunks_exact_mut(self.channels))
        {
            let columns = window.columns(column, self);
            for place in window.rows(row, self) {
                for values in self.values
                    [self.at(place, columns.start)..self.at(place, columns.end)]
                    .chunks(self.channels)
                {
                    folded
                        .iter_mut()
                        .zip(values)
                        .for_each(|(folded, value)| *folded = fold(*folded, *value));
                }
            }
        }
        out
    }

    /// Adds to each channel its own number.
    pub fn add_to_channels(&mut self, biases: &[f32]) {
        for place in self.values.chunks_exact_mut(self.channels) {
            place
                .iter_mut()
                .zip(biases)
                .for_each(|(value, bias)| *value += bias);
        }
    }

    /// Multiplies each channel by its own number.
    pub fn scale_channels(&mut self, scales: &[f32]) {
        for place in self.values.chunks_exact_mut(self.channels) {
            place
                .iter_mut()
                .zip(scales)
                .for_each(|(value, scale)| *value *= scale);
        }
    }

    /// Changes each value by itself.
    pub fn map(&mut self, change: impl Fn(f32) -> f32) {
        self.values
            .iter_mut()
            .for_each(|value| *value = change(*value));
    }

    /// What is below zero becomes zero.
    pub fn relu(&mut self) {
        self.map(|value| value.max(0.0));
    }

    /// Adds another tensor of the same shape.
    pub fn add(&mut self, other: &Self) {
        self.values
            .iter_mut()
            .zip(&other.values)
            .for_each(|(value, other)| *value += other);
    }

    /// The same values in a larger tensor, zeros below, right of and behind them.
    #[must_use]
    pub fn grown(&self, height: usize, width: usize, channels: usize) -> Self {
        let mut grown = Self::zeros(height, width, channels);
        for row in 0..self.height {
            for column in 0..self.width {
                let (from, to) = (self.at(row, column), grown.at(row, column));
                grown.values[to..to + self.channels]
                    .copy_from_slice(&self.values[from..from + self.channels]);
            }
        }
        grown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting(height: usize, width: usize) -> Tensor {
        let values = (1..=height * width).map(|value| value as f32).collect();
        Tensor {
            height,
            width,
            channels: 1,
            values,
        }
    }

    fn ones(size: usize) -> Kernel {
        Kernel {
            height: size,
            width: size,
            inputs: 1,
            outputs: 1,
            values: vec![1.0; size * size],
        }
    }

    #[test]
    fn both_convolutions_sum_what_the_window_covers() {
        let tensor = counting(3, 3);
        for (padding, stride, expected) in [
            (Padding::Valid, 1, vec![45.0]),
            (
                Padding::Same,
                1,
                vec![12.0, 21.0, 16.0, 27.0, 45.0, 33.0, 24.0, 39.0, 28.0],
            ),
            (Padding::One, 2, vec![12.0, 16.0, 24.0, 28.0]),
        ] {
            assert_eq!(
                tensor.convolve(&ones(3), stride, padding).unwrap().values,
                expected
            );
            assert_eq!(
                tensor
                    .convolve_each(&ones(3), stride, padding)
                    .unwrap()
                    .values,
                expected
            );
        }
    }

    #[test]
    fn an_odd_zero_goes_after() {
        assert_eq!(
            counting(4, 4).max_pool(3, 2, Padding::Same).values,
            [11.0, 12.0, 15.0, 16.0]
        );
        assert_eq!(
            counting(3, 3).max_pool(2, 1, Padding::Same).values,
            [5.0, 6.0, 6.0, 8.0, 9.0, 9.0, 8.0, 9.0, 9.0]
        );
        assert_eq!(
            counting(4, 4).mean_pool(2, 2).values,
            [3.5, 5.5, 11.5, 13.5]
        );
    }

    #[test]
    fn a_kernel_for_other_channels_is_refused() {
        let kernel = Kernel {
            height: 1,
            width: 1,
            inputs: 2,
            outputs: 1,
            values: vec![1.0; 2],
        };
        assert!(counting(2, 2).convolve(&kernel, 1, Padding::Valid).is_err());
        assert!(
            counting(2, 2)
                .convolve_each(&kernel, 1, Padding::Valid)
                .is_err()
        );
    }
}
