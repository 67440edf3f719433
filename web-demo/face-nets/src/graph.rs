//! Nets as ONNX graphs: described layer by layer from their weights, run by rten.

use std::sync::{Arc, LazyLock};

use rten::{Model, ModelOptions, RunOptions, ThreadPool, op_registry};
use rten_onnx::onnx::{
    AttributeProto, AttributeType, DataType, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    TensorProto, ValueInfoProto,
};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, Tensor};

use crate::weights::{Weights, WeightsError};

/// Version of ONNX's file format and of its operators.
const FORMAT: i64 = 8;
const OPERATORS: i64 = 17;

/// Threads that all pictures share, so that face checks leave the other cores to the rest of the
/// server.
static THREADS: LazyLock<Arc<ThreadPool>> =
    LazyLock::new(|| Arc::new(ThreadPool::with_num_threads(2)));

/// Step of a window over the picture, and the padding around it: top, left, bottom, right.
#[derive(Clone, Copy)]
pub(crate) struct Window(i64, [i64; 4]);

/// Windows without padding.
pub(crate) const INSIDE: Window = Window(1, [0; 4]);
pub(crate) const HALVING_INSIDE: Window = Window(2, [0; 4]);

/// Windows of 3 × 3 pixels, as many as there are pixels, or half as many along each side.
pub(crate) const AROUND: Window = Window(1, [1; 4]);

/// TensorFlow's `same` where the padding is odd: the odd row and column come last.
pub(crate) const AFTER: Window = Window(1, [0, 0, 1, 1]);
pub(crate) const HALVING_AFTER: Window = Window(2, [0, 0, 1, 1]);

/// A net under construction. Pictures are batches of one, channels first.
pub(crate) struct Graph {
    weights: Weights,
    graph: GraphProto,
    /// Name of the last layer's result.
    pub last: String,
}

/// A net that is ready to run.
#[derive(Debug)]
pub(crate) struct Net(Model);

/// The weights do not fit each other, so that a net cannot run.
#[derive(Debug, thiserror::Error)]
#[error("the weights do not fit each other: {0}")]
pub enum Misfit {
    /// An operator rejects its input.
    Input(#[from] rten::RunError),
    /// The result has another type than a net's.
    Output(#[from] rten::TryFromValueError),
}

impl Graph {
    /// Starts a net whose last result is the picture.
    pub(crate) fn new(weights: Weights) -> Self {
        let last = "picture".to_owned();
        let mut graph = GraphProto::default();
        graph.input.push(named(&last));
        Self {
            weights,
            graph,
            last,
        }
    }

    /// Finishes the net. Fails if rten rejects it.
    pub(crate) fn build(mut self) -> Result<Net, WeightsError> {
        self.graph.output.push(named(&self.last));
        let (version, domain) = (Some(OPERATORS), None);
        let model = ModelProto {
            ir_version: Some(FORMAT),
            graph: Some(self.graph),
            opset_import: vec![OperatorSetIdProto { domain, version }],
            ..ModelProto::default()
        };
        // Other operators are not linked into the binary.
        let used = op_registry!(
            Add,
            AveragePool,
            Conv,
            GlobalAveragePool,
            LeakyRelu,
            MaxPool,
            Pad,
            Relu
        );
        Ok(Net(ModelOptions::with_ops(used).load(model.write_buf()?)?))
    }

    /// Appends a convolution.
    pub(crate) fn conv(&mut self, name: &str, window: Window) -> Result<(), WeightsError> {
        let kernel = self.weights.kernel(&format!("{name}/filters"))?;
        let bias = self.weights.vector(&format!("{name}/bias"))?;
        self.convolve(&kernel, Some(&bias), 1, window);
        Ok(())
    }

    /// Appends a convolution of each channel by itself, then one across the channels.
    pub(crate) fn separable_conv(
        &mut self,
        name: &str,
        window: Window,
    ) -> Result<(), WeightsError> {
        let each = self.weights.kernel(&format!("{name}/depthwise_filter"))?;
        // TensorFlow has the channels of such a kernel where others have their inputs.
        let each = each.permuted(&[1, 0, 2, 3]).to_tensor();
        let across = self.weights.kernel(&format!("{name}/pointwise_filter"))?;
        let bias = self.weights.vector(&format!("{name}/bias"))?;
        self.convolve(&each, None, each.size(0), window);
        self.convolve(&across, Some(&bias), 1, INSIDE);
        Ok(())
    }

    /// Appends a convolution whose result is scaled and shifted channel by channel.
    pub(crate) fn scaled_conv(&mut self, name: &str, window: Window) -> Result<(), WeightsError> {
        let mut kernel = self.weights.kernel(&format!("{name}/conv/filters"))?;
        let mut bias = self.weights.vector(&format!("{name}/conv/bias"))?;
        let scale = self.weights.vector(&format!("{name}/scale/weights"))?;
        let shift = self.weights.vector(&format!("{name}/scale/biases"))?;
        // In the kernel and the bias they cost nothing at run time.
        for (mut output, scale) in kernel.axis_iter_mut(0).zip(scale.iter()) {
            output.apply(|weight| weight * scale);
        }
        for ((bias, scale), shift) in bias.iter_mut().zip(scale.iter()).zip(shift.iter()) {
            *bias = *bias * scale + shift;
        }
        self.convolve(&kernel, Some(&bias), 1, window);
        Ok(())
    }

    /// Appends the mean of each channel, and a layer that joins each of them with all others.
    pub(crate) fn fully_connected(
        &mut self,
        matrix: &str,
        bias: Option<&str>,
    ) -> Result<(), WeightsError> {
        let kernel = self.weights.kernel(matrix)?;
        let bias = bias.map(|name| self.weights.vector(name)).transpose()?;
        self.operator("GlobalAveragePool", &[], vec![]);
        self.convolve(&kernel, bias.as_ref(), 1, INSIDE);
        Ok(())
    }

    /// Appends rectification: negative values become zero.
    pub(crate) fn relu(&mut self) {
        self.operator("Relu", &[], vec![]);
    }

    /// Appends leaky rectification: negative values are multiplied by `slope`.
    pub(crate) fn leaky_relu(&mut self, slope: f32) {
        let mut alpha = attribute("alpha", AttributeType::FLOAT);
        alpha.f = Some(slope);
        self.operator("LeakyRelu", &[], vec![alpha]);
    }

    /// Appends the sum with another result of the same shape.
    pub(crate) fn add(&mut self, other: String) {
        self.operator("Add", &[other], vec![]);
    }

    /// Appends the maximum of each window of `size` × `size` pixels.
    pub(crate) fn max_pool(&mut self, size: usize, window: Window) {
        self.operator("MaxPool", &[], moved(&[size; 2], window));
    }

    /// Appends the mean of each square of 2 × 2 pixels, which halves the picture.
    pub(crate) fn halve(&mut self) {
        self.operator("AveragePool", &[], moved(&[2; 2], HALVING_INSIDE));
    }

    /// Appends zeros behind the last channel, below the last row and right of the last column.
    pub(crate) fn pad(&mut self, channels: i64, edge: i64) {
        let pads = self.constant(TensorProto {
            dims: vec![8],
            data_type: Some(DataType::INT64),
            int64_data: vec![0, 0, 0, 0, 0, channels, edge, edge],
            ..TensorProto::default()
        });
        self.operator("Pad", &[pads], vec![]);
    }

    fn convolve(&mut self, kernel: &Tensor, bias: Option<&Tensor>, groups: usize, window: Window) {
        let mut attributes = moved(&kernel.shape()[2..], window);
        let mut group = attribute("group", AttributeType::INT);
        group.i = Some(groups as i64);
        attributes.push(group);
        let floats = |tensor: &Tensor| {
            self.constant(TensorProto {
                dims: tensor.shape().iter().map(|side| *side as i64).collect(),
                data_type: Some(DataType::FLOAT),
                float_data: tensor.to_vec(),
                ..TensorProto::default()
            })
        };
        let weights = [Some(kernel), bias].into_iter().flatten();
        let weights: Vec<String> = weights.map(floats).collect();
        self.operator("Conv", &weights, attributes);
    }

    /// Applies an operator to the last result and to `others`.
    fn operator(&mut self, kind: &str, others: &[String], attribute: Vec<AttributeProto>) {
        let output = format!("{kind} {}", self.graph.node.len());
        let last = std::mem::replace(&mut self.last, output.clone());
        self.graph.node.push(NodeProto {
            input: [&[last], others].concat(),
            output: vec![output],
            op_type: Some(kind.to_owned()),
            attribute,
            ..NodeProto::default()
        });
    }

    fn constant(&mut self, mut tensor: TensorProto) -> String {
        let name = format!("constant {}", self.graph.initializer.len());
        tensor.name = Some(name.clone());
        self.graph.initializer.push(tensor);
        name
    }
}

impl Net {
    /// Runs the net on a picture, and returns the numbers with their shape. Fails if the weights do
    /// not fit each other.
    pub(crate) fn run(&self, picture: NdTensor<f32, 4>) -> Result<Tensor, Misfit> {
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&THREADS)));
        let output = self.0.run_one(picture.into(), Some(options))?;
        Ok(output.try_into()?)
    }
}

fn named(name: &str) -> ValueInfoProto {
    ValueInfoProto {
        name: Some(name.to_owned()),
        r#type: None,
    }
}

fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto {
        name: Some(name.to_owned()),
        r#type: Some(kind),
        ..AttributeProto::default()
    }
}

/// Attributes of an operator that moves a window of this height and width over the picture.
fn moved(size: &[usize], Window(step, pads): Window) -> Vec<AttributeProto> {
    let size = size.iter().map(|side| *side as i64).collect();
    let attributes = [
        ("kernel_shape", size),
        ("strides", vec![step; 2]),
        ("pads", pads.into()),
    ];
    let attributes = attributes.map(|(name, ints)| AttributeProto {
        ints,
        ..attribute(name, AttributeType::INTS)
    });
    attributes.into()
}

#[cfg(test)]
mod tests;
