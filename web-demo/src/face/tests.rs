//! From the asking to the one use, by a verifier that knows no faces; and the demo's own, with real pictures.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::SqlitePool;

use super::*;
use crate::secret::Secret;

const JIA: &str = "990000199003071016";
const YI: &str = "990000198511221020";
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Passes whoever is known and shows the first of these pictures.
#[derive(Debug)]
struct FirstPicture(&'static [u8]);

#[async_trait]
impl FaceVerifier for FirstPicture {
    fn is_ready(&self) -> bool {
        true
    }

    async fn verify(&self, claim: &Claim, frames: Vec<Vec<u8>>) -> Result<Verdict, VerifierError> {
        let passed = claim.known && frames[0] == self.0;
        Ok(if passed {
            Verdict::Passed { first: false }
        } else {
            Verdict::Refused(Refusal::NotRecognised)
        })
    }

    async fn kept_since(&self, _: &str) -> Result<Option<i64>, VerifierError> {
        Ok(None)
    }

    async fn forget(&self, _: &str) -> Result<(), VerifierError> {
        Ok(())
    }
}

struct Hall {
    directory: tempfile::TempDir,
    db: SqlitePool,
    face: FaceChecks,
}

impl Hall {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let db = crate::db::open(&directory.path().join("hall.sqlite"))
            .await
            .unwrap();
        let key = FaceKey::read_or_make(&directory.path().join("face.key")).unwrap();
        let face = FaceChecks::new(db.clone(), &key, Arc::new(FirstPicture(b"right")));
        Self {
            directory,
            db,
            face,
        }
    }

    async fn ask(&self, purpose: Purpose, claim: &Claim) -> (Secret, Asked) {
        let ticket = self.face.ask(purpose, claim).await.unwrap();
        let asked = self.face.find(&ticket, purpose).await.unwrap().unwrap();
        (ticket, asked)
    }

    async fn answer(&self, asked: &Asked, first: &[u8]) -> Answer {
        let (challenge, _) = self.face.challenge(asked).await.unwrap();
        self.answer_to(asked, &challenge, first).await
    }

    async fn answer_to(&self, asked: &Asked, challenge: &str, first: &[u8]) -> Answer {
        let frames = vec![first.to_vec(), b"second".to_vec(), b"third".to_vec()];
        self.face
            .answer(asked, challenge, frames, HERE)
            .await
            .unwrap()
    }

    /// The demo's own verifier over this database.
    fn own(&self) -> DescriptorVerifier {
        let weights = |file: &str| {
            std::fs::read(format!(
                "{}/web/dist/weights/{file}",
                env!("CARGO_MANIFEST_DIR")
            ))
            .ok()
        };
        let key = FaceKey::read_or_make(&self.directory.path().join("face.key")).unwrap();
        let references = References::new(self.db.clone(), &key).unwrap();
        let photos = PhotoFolder(self.directory.path().join("photos"));
        DescriptorVerifier::new(weights, references, Arc::new(photos))
    }
}

fn claim(id_number: &str) -> Claim {
    Claim {
        id_number: id_number.to_owned(),
        known: true,
        proved_otherwise: false,
    }
}

fn picture(name: &str) -> Vec<u8> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../.venv/faces/{name}.jpg"));
    std::fs::read(&file)
        .unwrap_or_else(|_| panic!("{} is missing: run `make setup`", file.display()))
}

fn pictures(names: [&str; 3]) -> Vec<Vec<u8>> {
    names.map(picture).into()
}

const PASSED: Answer = Answer::Told(Verdict::Passed { first: false });
const NOT_RECOGNISED: Answer = Answer::Told(Verdict::Refused(Refusal::NotRecognised));

/// Row S5.
#[tokio::test]
async fn a_passed_check_is_taken_once_by_its_browser_for_its_person_and_purpose() {
    let hall = Hall::new().await;
    let (ticket, asked) = hall.ask(Purpose::Register, &claim(JIA)).await;
    assert!(
        !hall
            .face
            .consume(&ticket, Purpose::Register, JIA)
            .await
            .unwrap(),
        "before it is passed"
    );
    assert_eq!(hall.answer(&asked, b"right").await, PASSED);
    let stranger = Secret::random().unwrap();
    assert!(
        !hall
            .face
            .consume(&stranger, Purpose::Register, JIA)
            .await
            .unwrap()
    );
    assert!(
        !hall
            .face
            .consume(&ticket, Purpose::Register, YI)
            .await
            .unwrap()
    );
    assert!(
        !hall
            .face
            .consume(&ticket, Purpose::ECard, JIA)
            .await
            .unwrap()
    );
    assert!(
        hall.face
            .is_passed(&ticket, Purpose::Register, JIA)
            .await
            .unwrap()
    );
    assert!(
        hall.face
            .consume(&ticket, Purpose::Register, JIA)
            .await
            .unwrap()
    );
    assert!(
        !hall
            .face
            .consume(&ticket, Purpose::Register, JIA)
            .await
            .unwrap()
    );
}

/// Row S5.
#[tokio::test]
async fn a_passed_check_holds_for_ten_minutes() {
    let hall = Hall::new().await;
    let (ticket, asked) = hall.ask(Purpose::Register, &claim(JIA)).await;
    hall.answer(&asked, b"right").await;
    sqlx::query("UPDATE face_checks SET expires_at = expires_at - 600")
        .execute(&hall.db)
        .await
        .unwrap();
    assert!(
        !hall
            .face
            .consume(&ticket, Purpose::Register, JIA)
            .await
            .unwrap()
    );
}

/// Row S7.
#[tokio::test]
async fn a_challenge_answers_one_check_once() {
    let hall = Hall::new().await;
    let (_, of_jia) = hall.ask(Purpose::LogIn, &claim(JIA)).await;
    let (_, of_yi) = hall.ask(Purpose::LogIn, &claim(YI)).await;
    let (challenge, _) = hall.face.challenge(&of_yi).await.unwrap();
    let refused = Answer::Not(Unanswered::Challenge);
    assert_eq!(hall.answer_to(&of_jia, &challenge, b"right").await, refused);
    assert_eq!(
        hall.answer_to(&of_yi, &challenge, b"wrong").await,
        NOT_RECOGNISED
    );
    assert_eq!(hall.answer_to(&of_yi, &challenge, b"right").await, refused);
}

/// Row S7.
#[tokio::test]
async fn after_five_refused_checks_a_person_has_to_wait_and_others_do_not() {
    let hall = Hall::new().await;
    let (_, asked) = hall.ask(Purpose::LogIn, &claim(JIA)).await;
    for _ in 0..5 {
        assert_eq!(hall.answer(&asked, b"wrong").await, NOT_RECOGNISED);
    }
    let Answer::Not(Unanswered::TooMany(wait)) = hall.answer(&asked, b"right").await else {
        panic!("no wait")
    };
    assert!((110..=120).contains(&wait.0), "{wait:?}");
    let (_, other) = hall.ask(Purpose::LogIn, &claim(YI)).await;
    assert_eq!(hall.answer(&other, b"right").await, PASSED);
}

/// Row S7.
#[tokio::test]
async fn who_does_not_exist_is_answered_like_another_person() {
    let hall = Hall::new().await;
    let nobody = Claim {
        known: false,
        ..claim(JIA)
    };
    let (ticket, asked) = hall.ask(Purpose::LogIn, &nobody).await;
    assert_eq!(hall.answer(&asked, b"right").await, NOT_RECOGNISED);
    assert!(
        !hall
            .face
            .consume(&ticket, Purpose::LogIn, JIA)
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn too_few_and_too_many_pictures_are_not_looked_at() {
    let hall = Hall::new().await;
    let (_, asked) = hall.ask(Purpose::LogIn, &claim(JIA)).await;
    for count in [0, 2, 6] {
        let (challenge, _) = hall.face.challenge(&asked).await.unwrap();
        let frames = vec![b"right".to_vec(); count];
        let answer = hall
            .face
            .answer(&asked, &challenge, frames, HERE)
            .await
            .unwrap();
        assert_eq!(
            answer,
            Answer::Told(Verdict::Refused(Refusal::NoPictures)),
            "{count}"
        );
    }
}

/// Rows S7 and S9.
#[tokio::test]
async fn the_first_check_after_a_password_keeps_the_face_and_later_ones_are_compared_with_it() {
    let hall = Hall::new().await;
    let verifier = hall.own();
    let blinking = || pictures(["astronaut", "astronaut-eyes-closed", "astronaut-nearer"]);
    let refused = Verdict::Refused(Refusal::NotRecognised);
    assert_eq!(
        verifier.verify(&claim(JIA), blinking()).await.unwrap(),
        refused,
        "nothing to compare with"
    );
    let by_password = Claim {
        proved_otherwise: true,
        ..claim(JIA)
    };
    assert_eq!(
        verifier.verify(&by_password, blinking()).await.unwrap(),
        Verdict::Passed { first: true }
    );
    assert_eq!(
        verifier.verify(&claim(JIA), blinking()).await.unwrap(),
        Verdict::Passed { first: false }
    );
    let person = || pictures(["person", "person-later", "person"]);
    assert_eq!(
        verifier.verify(&by_password, person()).await.unwrap(),
        refused
    );
    verifier.forget(JIA).await.unwrap();
    assert_eq!(verifier.kept_since(JIA).await.unwrap(), None);
    assert_eq!(
        verifier.verify(&claim(JIA), blinking()).await.unwrap(),
        refused
    );
}

/// Rows S5 and S7.
#[tokio::test]
async fn a_face_is_compared_with_the_registers_photo_and_nothing_is_kept() {
    let hall = Hall::new().await;
    let photos = hall.directory.path().join("photos");
    std::fs::create_dir(&photos).unwrap();
    std::fs::write(photos.join(format!("{JIA}.jpg")), picture("person-later")).unwrap();
    let verifier = hall.own();
    let person = || pictures(["person", "person", "person-later"]);
    assert_eq!(
        verifier.verify(&claim(JIA), person()).await.unwrap(),
        Verdict::Passed { first: false }
    );
    let nobody = Claim {
        known: false,
        ..claim(JIA)
    };
    assert_eq!(
        verifier.verify(&nobody, person()).await.unwrap(),
        Verdict::Refused(Refusal::NotRecognised)
    );
    assert_eq!(verifier.kept_since(JIA).await.unwrap(), None);
}

/// Row S7.
#[tokio::test]
async fn pictures_that_show_no_one_living_face_are_refused_with_the_reason() {
    let hall = Hall::new().await;
    let verifier = hall.own();
    for (frames, expected) in [
        (pictures(["astronaut"; 3]), Refusal::Still),
        (
            pictures(["astronaut", "person", "astronaut"]),
            Refusal::SeveralFaces,
        ),
        (
            pictures(["astronaut", "two-persons", "astronaut"]),
            Refusal::SeveralFaces,
        ),
        (
            vec![b"no".to_vec(), b"picture".to_vec(), b"at all".to_vec()],
            Refusal::NoPictures,
        ),
    ] {
        assert_eq!(
            verifier.verify(&claim(JIA), frames).await.unwrap(),
            Verdict::Refused(expected)
        );
    }
}
