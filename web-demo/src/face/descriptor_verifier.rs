//! The demo's verifier: a descriptor of each picture, compared with that of the register's photo or of the first check.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use saoma_protocol::Digest;
use tokio::sync::Semaphore;

use super::photos::ReferencePhotos;
use super::references::References;
use super::verifier::{Claim, FaceVerifier, Refusal, Verdict, VerifierError};
use saoma_face_nets::{Descriptor, Misfit, Nets, Picture, Seen};
/// Faces nearer than this are taken for one person's: 0.3-0.5 apart are pictures of one person, from 0.8 on strangers.
const SAME_PERSON: f32 = 0.55;

/// Checks computed at once. Each keeps a core busy for a fifth of a second, and others are to be served meanwhile.
const AT_ONCE: usize = 2;

/// Gives a file of the nets' weights by its name.
pub(super) type WeightFiles = fn(&str) -> Option<Vec<u8>>;

/// Compares faces by their descriptors.
#[derive(Debug)]
pub(crate) struct DescriptorVerifier {
    weights: WeightFiles,
    nets: Arc<OnceLock<Result<Nets, String>>>,
    room: Semaphore,
    references: References,
    photos: Arc<dyn ReferencePhotos>,
}

impl DescriptorVerifier {
    /// One that keeps first faces in `references` and knows the register's `photos`.
    pub(crate) fn new(
        weights: WeightFiles,
        references: References,
        photos: Arc<dyn ReferencePhotos>,
    ) -> Self {
        Self {
            weights,
            nets: Arc::default(),
            room: Semaphore::new(AT_ONCE),
            references,
            photos,
        }
    }

    /// Computes with the nets, which are read at the first use, where nothing waits for it.
    async fn with_nets<T: Send + 'static>(
        &self,
        compute: impl FnOnce(&Nets) -> Result<T, Misfit> + Send + 'static,
    ) -> Result<T, VerifierError> {
        let failed =
            |error: &dyn std::fmt::Display| VerifierError::Other(format!("the nets: {error}"));
        let _room = self.room.acquire().await.map_err(|error| failed(&error))?;
        let (nets, weights) = (Arc::clone(&self.nets), self.weights);
        let computing = tokio::task::spawn_blocking(move || {
            let nets = nets.get_or_init(|| Nets::load(weights).map_err(|error| error.to_string()));
            nets.as_ref()
                .map_err(Clone::clone)
                .and_then(|nets| compute(nets).map_err(|error| error.to_string()))
        });
        computing
            .await
            .map_err(|error| failed(&error))?
            .map_err(|error| failed(&error))
    }

    /// The face that this person's is compared with: the register's, or else that of the first check.
    async fn reference(&self, id_number: &str) -> Result<Option<Descriptor>, VerifierError> {
        let (photos, person) = (Arc::clone(&self.photos), id_number.to_owned());
        let photo = tokio::task::spawn_blocking(move || photos.photo(&person)).await;
        let photo = photo
            .map_err(std::io::Error::other)
            .flatten()
            .map_err(|error| VerifierError::Other(error.to_string()))?;
        let Some(photo) = photo else {
            return self.references.find(id_number).await;
        };
        match self.with_nets(move |nets| describe(nets, &photo)).await? {
            Ok(face) => Ok(Some(face)),
            Err(refusal) => {
                tracing::warn!(?refusal, "a photo of the register cannot be compared with");
                self.references.find(id_number).await
            }
        }
    }
}

#[async_trait]
impl FaceVerifier for DescriptorVerifier {
    fn is_ready(&self) -> bool {
        Nets::are_in(self.weights)
    }

    async fn verify(&self, claim: &Claim, frames: Vec<Vec<u8>>) -> Result<Verdict, VerifierError> {
        let seen = self
            .with_nets(move |nets| describe_all(nets, &frames))
            .await?;
        let reference = self.reference(&claim.id_number).await?;
        let face = match seen {
            Ok(face) => face,
            Err(refusal) => return Ok(Verdict::Refused(refusal)),
        };
        let Some(reference) = reference else {
            if !(claim.known && claim.proved_otherwise) {
                return Ok(Verdict::Refused(Refusal::NotRecognised));
            }
            self.references.keep(&claim.id_number, &face).await?;
            return Ok(Verdict::Passed { first: true });
        };
        let same = reference.distance(&face) < SAME_PERSON;
        Ok(if same && claim.known {
            Verdict::Passed { first: false }
        } else {
            Verdict::Refused(Refusal::NotRecognised)
        })
    }

    async fn kept_since(&self, id_number: &str) -> Result<Option<i64>, VerifierError> {
        Ok(self.references.kept_since(id_number).await?)
    }

    async fn forget(&self, id_number: &str) -> Result<(), VerifierError> {
        Ok(self.references.forget(id_number).await?)
    }
}

type Described = Result<Descriptor, Refusal>;

fn describe(nets: &Nets, jpeg: &[u8]) -> Result<Described, Misfit> {
    let Ok(picture) = Picture::from_jpeg(jpeg) else {
        return Ok(Err(Refusal::NoPictures));
    };
    Ok(match nets.look(&picture)? {
        Seen::Face(face) => Ok(face),
        Seen::Nobody => Err(Refusal::NoFace),
        Seen::Several => Err(Refusal::SeveralFaces),
    })
}

/// The one face of all pictures: that of the picture which is nearest to the others.
fn describe_all(nets: &Nets, frames: &[Vec<u8>]) -> Result<Described, Misfit> {
    let digests: Vec<Digest> = frames.iter().map(|frame| Digest::of(frame)).collect();
    if digests.windows(2).all(|pair| pair[0] == pair[1]) {
        return Ok(Err(Refusal::Still));
    }
    let mut faces = Vec::new();
    for frame in frames {
        match describe(nets, frame)? {
            Ok(face) => faces.push(face),
            refused => return Ok(refused),
        }
    }
    let far = |face: &Descriptor| {
        faces
            .iter()
            .map(|other| face.distance(other))
            .fold(0.0, f32::max)
    };
    if faces.iter().any(|face| far(face) >= SAME_PERSON) {
        return Ok(Err(Refusal::SeveralFaces));
    }
    let middle = faces
        .iter()
        .min_by(|one, other| far(one).total_cmp(&far(other)));
    Ok(middle.cloned().ok_or(Refusal::NoPictures))
}
