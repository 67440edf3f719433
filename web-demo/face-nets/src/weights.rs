//! Weights as face-api's models keep them: a manifest with the name, shape and scale of each
//! tensor, and one file of bytes.

use std::collections::HashMap;

use rten_tensor::Tensor;
use rten_tensor::prelude::*;
use serde::Deserialize;

/// The weights of one net, by name.
#[derive(Debug)]
pub(crate) struct Weights(HashMap<String, Tensor>);

/// Reason why weights cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The build lacks a file.
    #[error("the file {0} is not in the build: run `make web`")]
    Missing(String),
    /// The manifest cannot be read.
    #[error("the manifest of the weights cannot be read: {0}")]
    Manifest(#[from] serde_json::Error),
    /// The bytes end before the manifest does.
    #[error("the weights end before {0}")]
    Short(String),
    /// A tensor that the net needs is missing or has another number of axes.
    #[error("the weights have no {0} of the right shape")]
    Tensor(String),
    /// The net cannot be written as an ONNX model.
    #[error("the net cannot be written: {0}")]
    Write(#[from] rten_onnx::protobuf::ProtobufError),
    /// rten rejects the net.
    #[error("the net cannot be loaded: {0}")]
    Load(#[from] rten::LoadError),
}

#[derive(Deserialize)]
struct Group {
    weights: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    shape: Vec<usize>,
    quantization: Option<Quantization>,
}

/// A number is its byte times `scale`, plus `min`. Tensors without this hold numbers of four bytes.
#[derive(Deserialize)]
struct Quantization {
    scale: f32,
    min: f32,
}

impl Weights {
    /// Reads manifest and bytes.
    pub(crate) fn read(manifest: &[u8], bytes: &[u8]) -> Result<Self, WeightsError> {
        let groups: Vec<Group> = serde_json::from_slice(manifest)?;
        let (mut tensors, mut rest) = (HashMap::new(), bytes);
        for entry in groups.into_iter().flat_map(|group| group.weights) {
            let size = entry.quantization.as_ref().map_or(size_of::<f32>(), |_| 1);
            let length = entry.shape.iter().product::<usize>() * size;
            let Some((own, others)) = rest.split_at_checked(length) else {
                return Err(WeightsError::Short(entry.name));
            };
            let values: Vec<f32> = match entry.quantization {
                Some(Quantization { scale, min }) => {
                    let number = |byte: &u8| f32::from(*byte) * scale + min;
                    own.iter().map(number).collect()
                }
                None => floats(own),
            };
            tensors.insert(entry.name, Tensor::from_data(&entry.shape, values));
            rest = others;
        }
        Ok(Self(tensors))
    }

    /// Takes the kernel of a convolution: outputs, inputs, height, width. TensorFlow has them in
    /// the opposite order.
    pub(crate) fn kernel(&mut self, name: &str) -> Result<Tensor, WeightsError> {
        let missing = || WeightsError::Tensor(name.to_owned());
        let mut tensor = self.0.remove(name).ok_or_else(missing)?;
        // A matrix is a kernel that covers one pixel.
        if tensor.ndim() == 2 {
            tensor.insert_axis(0);
            tensor.insert_axis(0);
        }
        let kernel = (tensor.ndim() == 4).then(|| tensor.permuted(&[3, 2, 0, 1]).to_tensor());
        kernel.ok_or_else(missing)
    }

    /// Takes a number for each channel.
    pub(crate) fn vector(&mut self, name: &str) -> Result<Tensor, WeightsError> {
        let vector = self.0.remove(name).filter(|tensor| tensor.ndim() == 1);
        vector.ok_or_else(|| WeightsError::Tensor(name.to_owned()))
    }
}

/// Reads numbers of four bytes each.
pub(crate) fn floats(bytes: &[u8]) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks();
    numbers.iter().copied().map(f32::from_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1.5 in four bytes stands behind the bytes of the others.
    const BYTES: &[u8] = &[0, 4, 7, 9, 0, 0, 0xC0, 0x3F];

    const MANIFEST: &str = r#"[{"paths": ["a.bin"], "weights": [
        {"name": "filters", "shape": [1, 1, 1, 2], "dtype": "float32", "quantization": {"dtype": "uint8", "scale": 0.5, "min": -1}},
        {"name": "bias", "shape": [2], "dtype": "float32", "quantization": {"dtype": "uint8", "scale": 1, "min": 0}},
        {"name": "plain", "shape": [1], "dtype": "float32"}
    ]}]"#;

    #[test]
    fn bytes_become_numbers_by_scale_and_least() {
        let mut weights = Weights::read(MANIFEST.as_bytes(), BYTES).unwrap();
        assert_eq!(weights.kernel("filters").unwrap().to_vec(), [-1.0, 1.0]);
        assert_eq!(weights.vector("bias").unwrap().to_vec(), [7.0, 9.0]);
        assert_eq!(weights.vector("plain").unwrap().to_vec(), [1.5]);
        let again = weights.vector("bias");
        assert!(matches!(again, Err(WeightsError::Tensor(_))));
    }

    #[test]
    fn weights_that_do_not_fit_their_manifest_are_refused() {
        let short = Weights::read(MANIFEST.as_bytes(), &BYTES[..7]);
        assert!(matches!(short, Err(WeightsError::Short(_))));
        let malformed = Weights::read(b"{}", &[]);
        assert!(matches!(malformed, Err(WeightsError::Manifest(_))));
        let mut weights = Weights::read(MANIFEST.as_bytes(), BYTES).unwrap();
        let vector = weights.kernel("bias");
        assert!(matches!(vector, Err(WeightsError::Tensor(_))));
    }
}
