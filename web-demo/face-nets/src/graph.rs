//! Nets as ONNX graphs: described layer by layer from their weights, run by rten.

use std::sync::Arc;

use rten::{Model, ModelOptions, RunError, RunOptions, ThreadPool, TryFromValueError, op_registry};
use rten_onnx::onnx::{
    AttributeProto, AttributeType, DataType, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    TensorProto, ValueInfoProto,
};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, Tensor};

use crate::weights::{Weights, WeightsError};

/// Version of ONNX's operators that the graphs are written in.
const OPERATORS: i64 = 17;

/// Version of ONNX's file format that goes with [`OPERATORS`].
const FORMAT: i64 = 8;

/// Rows and columns of padding: top, left, bottom, right.
pub type Pads = [i64; 4];

/// No padding: the window stays inside the picture.
pub const INSIDE: Pads = [0; 4];

/// One row or column on each side: a step of 1 keeps the size with a 3 × 3 kernel.
pub const AROUND: Pads = [1; 4];

/// One row below and one column to the right: TensorFlow's `same` where the padding is odd.
pub const AFTER: Pads = [0, 0, 1, 1];

/// Name of a value in a graph: the input or the result of an operator.
pub type Value = String;

/// A net under construction. Pictures are batches of one, channels first.
pub struct Graph {
    weights: Weights,
    graph: GraphProto,
}

/// A net that is ready to run.
#[derive(Debug)]
pub struct Net {
    model: Model,
    threads: Arc<ThreadPool>,
}

/// The weights do not fit each other, so that a net cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Misfit {
    /// An operator rejects its input.
    #[error("the weights do not fit each other: {0}")]
    Input(#[from] RunError),
    /// The net's output has another shape than expected.
    #[error("the net has an unexpected output: {0}")]
    Output(#[from] TryFromValueError),
}

impl Graph {
    /// Starts a net of these weights, and returns its input.
    pub fn new(weights: Weights) -> (Self, Value) {
        let input = "picture".to_owned();
        let graph = GraphProto {
            input: vec![named(&input)],
            ..GraphProto::default()
        };
        (Self { weights, graph }, input)
    }

    /// Finishes the net, whose result is `output`.
    ///
    /// # Errors
    /// Returns an error if rten rejects the graph.
    pub fn build(mut self, output: &str, threads: &Arc<ThreadPool>) -> Result<Net, WeightsError> {
        self.graph.output = vec![named(output)];
        let operators = OperatorSetIdProto {
            version: Some(OPERATORS),
            ..OperatorSetIdProto::default()
        };
        let model = ModelProto {
            ir_version: Some(FORMAT),
            graph: Some(self.graph),
            opset_import: vec![operators],
            ..ModelProto::default()
        };
        // Only these operators are linked into the binary.
        let known = op_registry!(
            Add,
            AveragePool,
            Conv,
            GlobalAveragePool,
            LeakyRelu,
            MaxPool,
            Pad,
            Relu
        );
        Ok(Net {
            model: ModelOptions::with_ops(known).load(model.write_buf()?)?,
            threads: Arc::clone(threads),
        })
    }

    /// Appends the convolution with the kernel `{name}/filters` and the bias `{name}/bias`.
    ///
    /// # Errors
    /// Returns an error if the weights lack one of them.
    pub fn conv(
        &mut self,
        input: &str,
        name: &str,
        stride: i64,
        pads: Pads,
    ) -> Result<Value, WeightsError> {
        let kernel = self.weights.kernel(&format!("{name}/filters"))?;
        let bias = self.weights.vector(&format!("{name}/bias"))?;
        Ok(self.convolve(input, &kernel, Some(&bias), 1, stride, pads))
    }

    /// Appends a convolution of each channel by itself, then one across the channels.
    ///
    /// # Errors
    /// Returns an error if the weights lack one of its three tensors.
    pub fn separable_conv(
        &mut self,
        input: &str,
        name: &str,
        stride: i64,
        pads: Pads,
    ) -> Result<Value, WeightsError> {
        let each = self.weights.kernel(&format!("{name}/depthwise_filter"))?;
        // TensorFlow has the channels of such a kernel where others have their inputs.
        let each = each.permuted(&[1, 0, 2, 3]).to_tensor();
        let across = self.weights.kernel(&format!("{name}/pointwise_filter"))?;
        let bias = self.weights.vector(&format!("{name}/bias"))?;
        let channels = each.size(0) as i64;
        let filtered = self.convolve(input, &each, None, channels, stride, pads);
        Ok(self.convolve(&filtered, &across, Some(&bias), 1, 1, INSIDE))
    }

    /// Appends a convolution whose result is scaled and shifted channel by channel. Both are part of the kernel and of
    /// the bias here, so that they cost nothing at run time.
    ///
    /// # Errors
    /// Returns an error if the weights lack one of its four tensors.
    pub fn scaled_conv(
        &mut self,
        input: &str,
        name: &str,
        stride: i64,
        pads: Pads,
    ) -> Result<Value, WeightsError> {
        let mut kernel = self.weights.kernel(&format!("{name}/conv/filters"))?;
        let mut bias = self.weights.vector(&format!("{name}/conv/bias"))?;
        let scale = self.weights.vector(&format!("{name}/scale/weights"))?;
        let shift = self.weights.vector(&format!("{name}/scale/biases"))?;
        for (mut outputs, scale) in kernel.axis_iter_mut(0).zip(scale.iter()) {
            outputs.apply(|weight| weight * scale);
        }
        for ((bias, scale), shift) in bias.iter_mut().zip(scale.iter()).zip(shift.iter()) {
            *bias = *bias * scale + shift;
        }
        Ok(self.convolve(input, &kernel, Some(&bias), 1, stride, pads))
    }

    /// Appends a layer that joins every channel with every other, for a picture of one pixel.
    ///
    /// # Errors
    /// Returns an error if the weights lack the matrix or the bias.
    pub fn fully_connected(
        &mut self,
        input: &str,
        matrix: &str,
        bias: Option<&str>,
    ) -> Result<Value, WeightsError> {
        let kernel = self.weights.matrix(matrix)?;
        let bias = bias.map(|name| self.weights.vector(name)).transpose()?;
        Ok(self.convolve(input, &kernel, bias.as_ref(), 1, 1, INSIDE))
    }

    /// Appends rectification: negative values become zero.
    pub fn relu(&mut self, input: &str) -> Value {
        self.operator("Relu", &[input], vec![])
    }

    /// Appends leaky rectification: negative values are multiplied by `slope`.
    pub fn leaky_relu(&mut self, input: &str, slope: f32) -> Value {
        let slope = AttributeProto {
            f: Some(slope),
            ..attribute("alpha", AttributeType::FLOAT)
        };
        self.operator("LeakyRelu", &[input], vec![slope])
    }

    /// Appends the sum of two values of the same shape.
    pub fn add(&mut self, one: &str, other: &str) -> Value {
        self.operator("Add", &[one, other], vec![])
    }

    /// Appends the maximum of each window of `size` × `size` pixels.
    pub fn max_pool(&mut self, input: &str, size: i64, stride: i64, pads: Pads) -> Value {
        self.operator("MaxPool", &[input], window(&[size; 2], stride, pads))
    }

    /// Appends the mean of each square of 2 × 2 pixels, which halves the picture.
    pub fn halve(&mut self, input: &str) -> Value {
        self.operator("AveragePool", &[input], window(&[2, 2], 2, INSIDE))
    }

    /// Appends the mean of each channel.
    pub fn mean(&mut self, input: &str) -> Value {
        self.operator("GlobalAveragePool", &[input], vec![])
    }

    /// Appends zeros behind the last channel, below the last row and right of the last column.
    pub fn pad(&mut self, input: &str, channels: i64, edge: i64) -> Value {
        let pads = self.constant(TensorProto {
            dims: vec![8],
            data_type: Some(DataType::INT64),
            int64_data: vec![0, 0, 0, 0, 0, channels, edge, edge],
            ..TensorProto::default()
        });
        self.operator("Pad", &[input, &pads], vec![])
    }

    fn convolve(
        &mut self,
        input: &str,
        kernel: &Tensor,
        bias: Option<&Tensor>,
        groups: i64,
        stride: i64,
        pads: Pads,
    ) -> Value {
        let size: Vec<i64> = kernel.shape()[2..]
            .iter()
            .map(|side| *side as i64)
            .collect();
        let mut attributes = window(&size, stride, pads);
        attributes.push(AttributeProto {
            i: Some(groups),
            ..attribute("group", AttributeType::INT)
        });
        let mut inputs = vec![input.to_owned(), self.floats(kernel)];
        inputs.extend(bias.map(|bias| self.floats(bias)));
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        self.operator("Conv", &inputs, attributes)
    }

    fn operator(&mut self, kind: &str, inputs: &[&str], attribute: Vec<AttributeProto>) -> Value {
        let output = format!("{kind} {}", self.graph.node.len());
        self.graph.node.push(NodeProto {
            input: inputs.iter().copied().map(str::to_owned).collect(),
            output: vec![output.clone()],
            op_type: Some(kind.to_owned()),
            attribute,
            ..NodeProto::default()
        });
        output
    }

    fn floats(&mut self, tensor: &Tensor) -> Value {
        self.constant(TensorProto {
            dims: tensor.shape().iter().map(|side| *side as i64).collect(),
            data_type: Some(DataType::FLOAT),
            float_data: tensor.to_vec(),
            ..TensorProto::default()
        })
    }

    fn constant(&mut self, tensor: TensorProto) -> Value {
        let name = format!("constant {}", self.graph.initializer.len());
        self.graph.initializer.push(TensorProto {
            name: Some(name.clone()),
            ..tensor
        });
        name
    }
}

impl Net {
    /// Runs the net on a picture.
    ///
    /// # Errors
    /// Returns an error if the weights do not fit each other.
    pub fn run(&self, picture: NdTensor<f32, 4>) -> Result<NdTensor<f32, 4>, Misfit> {
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&self.threads)));
        let output = self.model.run_one(picture.into(), Some(options))?;
        Ok(output.try_into()?)
    }
}

fn named(name: &str) -> ValueInfoProto {
    ValueInfoProto {
        name: Some(name.to_owned()),
        ..ValueInfoProto::default()
    }
}

fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto {
        name: Some(name.to_owned()),
        r#type: Some(kind),
        ..AttributeProto::default()
    }
}

/// Attributes of an operator that moves a window over the picture.
fn window(size: &[i64], stride: i64, pads: Pads) -> Vec<AttributeProto> {
    let ints = |name, values: &[i64]| AttributeProto {
        ints: values.to_vec(),
        ..attribute(name, AttributeType::INTS)
    };
    vec![
        ints("kernel_shape", size),
        ints("strides", &[stride; 2]),
        ints("pads", &pads),
    ]
}

#[cfg(test)]
mod tests;
