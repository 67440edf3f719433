//! Three small nets, run on the CPU: they find a face, then its eyes and mouth, and describe it in
//! numbers that can be compared.
//!
//! The hall is unknown here. This is a package of its own so that builds for development can
//! optimise it.
//!
//! The weights are those of `@vladmandic/face-api` (MIT), which the web side's build takes from the
//! npm package. The descriptors are held to those that face-api computes of the same picture in a
//! browser.

mod detector;
mod graph;
mod landmarks;
mod picture;
mod recognition;
mod weights;

use detector::DetectorNet;
pub use graph::Misfit;
use landmarks::LandmarkNet;
pub use picture::{MAX_BYTES, Picture, PictureError};
use recognition::RecognitionNet;
use weights::Weights;
pub use weights::WeightsError;

/// A face as 128 numbers: those of one person are near each other.
#[derive(Clone, PartialEq)]
pub struct Descriptor(Vec<f32>);

/// The three nets.
#[derive(Debug)]
pub struct Nets {
    detector: DetectorNet,
    landmarks: LandmarkNet,
    recognition: RecognitionNet,
}

/// Result of a search for one face.
#[derive(Debug)]
pub enum Seen {
    /// One face, or one that is much nearer than all others.
    Face(Descriptor),
    /// No face.
    Nobody,
    /// Several persons.
    Several,
}

/// Another face is ignored if it covers less of the picture than this share of the largest one.
const BYSTANDER: f32 = 0.4;

impl Nets {
    /// Builds the nets of the weights that `file` returns by name.
    ///
    /// # Errors
    /// Returns an error if a file is missing, is malformed or holds another net's weights.
    pub fn load(file: impl Fn(&str) -> Option<Vec<u8>>) -> Result<Self, WeightsError> {
        let get = |name: String| file(&name).ok_or(WeightsError::Missing(name));
        let weights = |net: &str| {
            let manifest = get(format!("{net}-weights_manifest.json"))?;
            Weights::read(&manifest, &get(format!("{net}.bin"))?)
        };
        Ok(Self {
            detector: DetectorNet::new(weights("tiny_face_detector_model")?)?,
            landmarks: LandmarkNet::new(weights("face_landmark_68_model")?)?,
            recognition: RecognitionNet::new(weights("face_recognition_model")?)?,
        })
    }

    /// Returns true if the build has the weights: without them there are no face checks.
    pub fn are_in(file: impl Fn(&str) -> Option<Vec<u8>>) -> bool {
        file("face_recognition_model-weights_manifest.json").is_some()
    }

    /// Finds the face in a picture and describes it.
    ///
    /// # Errors
    /// Returns an error if the weights do not fit each other.
    pub fn look(&self, picture: &Picture) -> Result<Seen, Misfit> {
        let mut faces = self.detector.find(picture)?;
        faces.sort_by(|one, other| other.size().total_cmp(&one.size()));
        let (face, second) = match faces[..] {
            [] => return Ok(Seen::Nobody),
            [face, ref others @ ..] => (face, others.first()),
        };
        if second.is_some_and(|second| second.size() > BYSTANDER * face.size()) {
            return Ok(Seen::Several);
        }
        match self.landmarks.align(picture, face)? {
            Some(aligned) => Ok(Seen::Face(Descriptor(self.recognition.describe(&aligned)?))),
            None => Ok(Seen::Nobody),
        }
    }
}

impl Descriptor {
    /// Returns the Euclidean distance of two faces: 0.3-0.5 for one person's, 0.8 and more for
    /// strangers'.
    pub fn distance(&self, other: &Self) -> f32 {
        let pairs = self.0.iter().zip(&other.0);
        let squares = pairs.map(|(one, other)| (one - other) * (one - other));
        squares.sum::<f32>().sqrt()
    }

    /// Returns the numbers, four bytes each.
    pub fn to_bytes(&self) -> Vec<u8> {
        let bytes = self.0.iter().copied().map(f32::to_le_bytes);
        bytes.flatten().collect()
    }

    /// Returns the descriptor of these bytes, or `None` if they are not those of
    /// [`Descriptor::to_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let length = recognition::DESCRIPTOR_LENGTH * size_of::<f32>();
        (bytes.len() == length).then(|| Self(weights::floats(bytes)))
    }
}

/// Hides the numbers, which are personal data, from logs.
impl std::fmt::Debug for Descriptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Descriptor(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The astronaut's descriptor by face-api in Chromium; `web/tests/face-descriptor.test.ts`
    /// holds it to today's.
    const IN_A_BROWSER: &str = include_str!("../../vectors/face-descriptor.json");

    fn nets() -> Nets {
        let weights = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/dist/weights/");
        Nets::load(|name| std::fs::read(format!("{weights}{name}")).ok()).expect("run `make web`")
    }

    fn seen(nets: &Nets, name: &str) -> Seen {
        let faces = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.venv/faces");
        let jpeg = std::fs::read(format!("{faces}/{name}.jpg")).expect("run `make setup`");
        nets.look(&Picture::from_jpeg(&jpeg).unwrap()).unwrap()
    }

    fn described(nets: &Nets, name: &str) -> Descriptor {
        let Seen::Face(descriptor) = seen(nets, name) else {
            panic!("{name}: not one face");
        };
        descriptor
    }

    #[test]
    fn a_face_is_described_as_a_browser_describes_it() {
        let expected = Descriptor(serde_json::from_str(IN_A_BROWSER).unwrap());
        let distance = described(&nets(), "astronaut").distance(&expected);
        assert!(distance < 0.02, "{distance}");
    }

    #[test]
    fn pictures_of_one_person_are_near_and_of_two_far_apart() {
        let nets = nets();
        let between = |one, other| described(&nets, one).distance(&described(&nets, other));
        for (one, other) in [
            ("astronaut", "astronaut-nearer"),
            ("person", "person-later"),
        ] {
            let distance = between(one, other);
            assert!(distance < 0.5, "{one}, {other}: {distance}");
        }
        let strangers = [
            ("astronaut", "person"),
            ("astronaut-nearer", "another-person"),
            ("person-later", "another-person"),
        ];
        for (one, other) in strangers {
            let distance = between(one, other);
            assert!(distance > 0.7, "{one}, {other}: {distance}");
        }
    }

    #[test]
    fn two_persons_in_one_picture_are_not_described() {
        assert!(matches!(seen(&nets(), "two-persons"), Seen::Several));
    }

    #[test]
    fn a_descriptor_survives_being_kept() {
        let descriptor = Descriptor((0..128).map(|number| number as f32 / 7.0).collect());
        let bytes = descriptor.to_bytes();
        assert_eq!(Descriptor::from_bytes(&bytes), Some(descriptor));
        assert_eq!(Descriptor::from_bytes(&bytes[1..]), None);
    }
}
