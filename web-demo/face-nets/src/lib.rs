//! Three small nets, run on the CPU: where a face is, where its eyes and mouth are, and whose it is like.
//!
//! Of the hall they know nothing. They are a package of their own so that builds for development can optimise them.
//!
//! The weights are those of `@vladmandic/face-api` (MIT), which the web side's build takes from the npm package. The
//! numbers that come out are held to what face-api itself makes of the same picture in a browser.

mod detector;
mod landmarks;
mod picture;
mod recognition;
mod separable;
mod tensor;
mod weights;

use detector::DetectorNet;
use landmarks::LandmarkNet;
use ndarray::ShapeError;
use picture::Area;
pub use picture::{MAX_BYTES, Picture, PictureError};
use recognition::RecognitionNet;
use weights::Weights;
pub use weights::WeightsError;

/// What a face looks like, as 128 numbers: those of one person are near each other.
#[derive(Clone, PartialEq)]
pub struct Descriptor(Vec<f32>);

/// The three nets.
#[derive(Debug)]
pub struct Nets {
    detector: DetectorNet,
    landmarks: LandmarkNet,
    recognition: RecognitionNet,
}

/// The weights do not fit each other.
#[derive(Debug, thiserror::Error)]
#[error("the weights do not fit each other: {0}")]
pub struct Misfit(#[from] ShapeError);

/// What a picture shows.
#[derive(Debug)]
pub enum Seen {
    /// One face, or one that is much nearer than all others.
    Face(Descriptor),
    /// Nobody.
    Nobody,
    /// Several persons.
    Several,
}

/// Another face is left out of account when it covers less of the picture than this share of the largest one.
const BYSTANDER: f32 = 0.4;

impl Nets {
    /// The nets of the weights that `file` gives by name.
    ///
    /// # Errors
    /// A file is missing, or does not hold what it should.
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

    /// Whether their weights can be had: a build without them has no face checks.
    pub fn are_in(file: impl Fn(&str) -> Option<Vec<u8>>) -> bool {
        file("face_recognition_model-weights_manifest.json").is_some()
    }

    /// Finds the face in a picture and describes it.
    ///
    /// # Errors
    /// The weights do not fit each other.
    pub fn look(&self, picture: &Picture) -> Result<Seen, Misfit> {
        let mut faces = self.detector.find(picture)?;
        faces.sort_by(|one, other| size(*other).total_cmp(&size(*one)));
        let (face, others) = match faces[..] {
            [] => return Ok(Seen::Nobody),
            [face, ref others @ ..] => (face, others),
        };
        if others
            .first()
            .is_some_and(|other| size(*other) > BYSTANDER * size(face))
        {
            return Ok(Seen::Several);
        }
        match self.landmarks.align(picture, face)? {
            Some(aligned) => Ok(Seen::Face(Descriptor(self.recognition.describe(&aligned)?))),
            None => Ok(Seen::Nobody),
        }
    }
}

fn size(area: Area) -> f32 {
    area.width * area.height
}

impl Descriptor {
    /// How far apart two faces are (Euclidean): 0.3-0.5 for one person's, 0.8 and more for strangers'.
    pub fn distance(&self, other: &Self) -> f32 {
        self.0
            .iter()
            .zip(&other.0)
            .map(|(one, other)| (one - other) * (one - other))
            .sum::<f32>()
            .sqrt()
    }

    /// The numbers, four bytes each.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect()
    }

    /// The descriptor of these bytes; none when they are not [`Descriptor::to_bytes`]'.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let numbers: Vec<f32> = bytes
            .as_chunks()
            .0
            .iter()
            .map(|number| f32::from_le_bytes(*number))
            .collect();
        (bytes.len() == recognition::DESCRIPTOR_LENGTH * size_of::<f32>()).then_some(Self(numbers))
    }
}

/// A face is nobody's business but its person's: the numbers are not printed.
impl std::fmt::Debug for Descriptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Descriptor(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What face-api made of the astronaut in Chromium; `web/tests/face-descriptor.test.ts` sees to it that it still does.
    const IN_A_BROWSER: &str = include_str!("../../vectors/face-descriptor.json");

    fn nets() -> Nets {
        let weights = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/dist/weights/");
        Nets::load(|name| std::fs::read(format!("{weights}{name}")).ok()).expect("run `make web`")
    }

    fn seen(nets: &Nets, name: &str) -> Seen {
        let file = format!(
            "{}/../../.venv/faces/{name}.jpg",
            env!("CARGO_MANIFEST_DIR")
        );
        let jpeg =
            std::fs::read(&file).unwrap_or_else(|_| panic!("{file} is missing: run `make setup`"));
        nets.look(&Picture::from_jpeg(&jpeg).unwrap()).unwrap()
    }

    fn described(nets: &Nets, name: &str) -> Descriptor {
        match seen(nets, name) {
            Seen::Face(descriptor) => descriptor,
            other => panic!("{name}: {other:?}"),
        }
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
        let [astronaut, nearer, person, later, another] = [
            "astronaut",
            "astronaut-nearer",
            "person",
            "person-later",
            "another-person",
        ]
        .map(|name| described(&nets, name));
        for (one, other) in [(&astronaut, &nearer), (&person, &later)] {
            assert!(one.distance(other) < 0.5, "{}", one.distance(other));
        }
        for (one, other) in [
            (&astronaut, &person),
            (&nearer, &another),
            (&later, &another),
        ] {
            assert!(one.distance(other) > 0.7, "{}", one.distance(other));
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
