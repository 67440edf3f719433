//! Weights as face-api's models keep them: a manifest with each tensor's name, shape and scale, and one file of bytes.

use serde::Deserialize;

use crate::tensor::Kernel;

/// The weights of one net.
#[derive(Debug)]
pub struct Weights {
    tensors: Vec<(String, Vec<usize>, Vec<f32>)>,
}

/// Why weights cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// They are not in the build.
    #[error("the file {0} is not in the build: run `make web`")]
    Missing(String),
    /// The manifest cannot be read.
    #[error("the manifest of the weights cannot be read: {0}")]
    Manifest(#[from] serde_json::Error),
    /// The bytes end before the manifest does.
    #[error("the weights end before {0}")]
    Short(String),
    /// A tensor that the net needs is not there, or has another shape.
    #[error("the weights have no {0} of the right shape")]
    Tensor(String),
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
    ///
    /// # Errors
    /// They do not belong together, or are none.
    pub fn read(manifest: &[u8], bytes: &[u8]) -> Result<Self, WeightsError> {
        let groups: Vec<Group> = serde_json::from_slice(manifest)?;
        let (mut tensors, mut rest) = (Vec::new(), bytes);
        for Entry {
            name,
            shape,
            quantization,
        } in groups.into_iter().flat_map(|group| group.weights)
        {
            let number_bytes = if quantization.is_some() {
                1
            } else {
                size_of::<f32>()
            };
            let length = shape.iter().product::<usize>() * number_bytes;
            let (own, others) = rest
                .split_at_checked(length)
                .ok_or_else(|| WeightsError::Short(name.clone()))?;
            let values = match quantization {
                Some(Quantization { scale, min }) => own
                    .iter()
                    .map(|byte| f32::from(*byte) * scale + min)
                    .collect(),
                None => own
                    .as_chunks()
                    .0
                    .iter()
                    .map(|number| f32::from_le_bytes(*number))
                    .collect(),
            };
            tensors.push((name, shape, values));
            rest = others;
        }
        Ok(Self { tensors })
    }

    /// Takes a convolution's kernel.
    ///
    /// # Errors
    /// It is not there.
    pub fn kernel(&mut self, name: &str) -> Result<Kernel, WeightsError> {
        let (shape, values) = self.take(name)?;
        let [height, width, inputs, outputs] = shape[..] else {
            return Err(WeightsError::Tensor(name.to_owned()));
        };
        Ok(Kernel {
            height,
            width,
            inputs,
            outputs,
            values,
        })
    }

    /// Takes a matrix, as a kernel that covers one place.
    ///
    /// # Errors
    /// It is not there.
    pub fn matrix(&mut self, name: &str) -> Result<Kernel, WeightsError> {
        let (shape, values) = self.take(name)?;
        let [inputs, outputs] = shape[..] else {
            return Err(WeightsError::Tensor(name.to_owned()));
        };
        Ok(Kernel {
            height: 1,
            width: 1,
            inputs,
            outputs,
            values,
        })
    }

    /// Takes a number for each channel.
    ///
    /// # Errors
    /// They are not there.
    pub fn vector(&mut self, name: &str) -> Result<Vec<f32>, WeightsError> {
        let (shape, values) = self.take(name)?;
        if shape.len() == 1 {
            Ok(values)
        } else {
            Err(WeightsError::Tensor(name.to_owned()))
        }
    }

    fn take(&mut self, name: &str) -> Result<(Vec<usize>, Vec<f32>), WeightsError> {
        let found = self.tensors.iter().position(|(found, ..)| found == name);
        let found = found.ok_or_else(|| WeightsError::Tensor(name.to_owned()))?;
        let (_, shape, values) = self.tensors.swap_remove(found);
        Ok((shape, values))
    }
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
        assert_eq!(weights.kernel("filters").unwrap().values, [-1.0, 1.0]);
        assert_eq!(weights.vector("bias").unwrap(), [7.0, 9.0]);
        assert_eq!(weights.vector("plain").unwrap(), [1.5]);
        assert!(matches!(
            weights.vector("bias"),
            Err(WeightsError::Tensor(_))
        ));
    }

    #[test]
    fn weights_that_do_not_fit_their_manifest_are_refused() {
        assert!(matches!(
            Weights::read(MANIFEST.as_bytes(), &BYTES[..7]),
            Err(WeightsError::Short(_))
        ));
        assert!(matches!(
            Weights::read(b"{}", &[]),
            Err(WeightsError::Manifest(_))
        ));
        let mut weights = Weights::read(MANIFEST.as_bytes(), BYTES).unwrap();
        assert!(matches!(
            weights.kernel("bias"),
            Err(WeightsError::Tensor(_))
        ));
    }
}
