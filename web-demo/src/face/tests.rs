//! Checks from the asking to the one use: by a verifier that knows no faces, and by the demo's own
//! with real pictures.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::SqlitePool;

use super::*;
use crate::db::execute;
use crate::key_file::KeyFile;
use crate::purpose::Purpose;
use crate::secret::Secret;

const JIA: &str = "990000199003071016";
const YI: &str = "990000198511221020";
type Answer = Result<Verdict, Unanswered>;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Passes a known person who shows this picture first.
#[derive(Debug)]
struct FirstPicture(&'static [u8]);

#[async_trait]
impl FaceVerifier for FirstPicture {
    fn is_ready(&self) -> bool {
        true
    }

    async fn verify(&self, claim: &Claim, frames: Vec<Vec<u8>>) -> Result<Verdict, VerifierError> {
        let passed = claim.known && frames[0] == self.0;
        Ok(if passed { PASS } else { REFUSE })
    }

    async fn kept_since(&self, _: &str) -> Result<Option<i64>, VerifierError> {
        Ok(None)
    }

    async fn forget(&self, _: &str) -> Result<(), VerifierError> {
        Ok(())
    }
}

struct Fixture {
    directory: tempfile::TempDir,
    db: SqlitePool,
    face: FaceChecks,
}

impl Fixture {
    async fn new() -> Self {
        let (db, directory) = crate::db::empty().await;
        let key = KeyFile::read_or_make(&directory.path().join("face.key")).unwrap();
        let face = FaceChecks::new(db.clone(), &key, Arc::new(FirstPicture(b"right")));
        Self {
            directory,
            db,
            face,
        }
    }

    async fn ask(&self, purpose: Purpose, claim: &Claim) -> (Secret, Asked) {
        self.ask_known(purpose, claim, None).await
    }

    async fn ask_known(
        &self,
        purpose: Purpose,
        claim: &Claim,
        known_by: Option<&str>,
    ) -> (Secret, Asked) {
        let ticket = self.face.ask(purpose, claim, known_by).await.unwrap();
        let asked = self.face.find(&ticket, purpose).await.unwrap().unwrap();
        (ticket, asked)
    }

    async fn answer(&self, asked: &Asked, first: &[u8]) -> Answer {
        let (challenge, _) = self.face.challenge(asked).await.unwrap();
        self.answer_to(asked, &challenge, first).await
    }

    async fn answer_to(&self, asked: &Asked, challenge: &str, first: &[u8]) -> Answer {
        let frames = vec![first.to_vec(), b"second".to_vec(), b"third".to_vec()];
        let answer = self.face.answer(asked, challenge, frames, HERE);
        answer.await.unwrap()
    }

    /// Takes a passed check, if there is one.
    async fn take(&self, ticket: &Secret, purpose: Purpose, id_number: &str) -> bool {
        let passed = self.face.passed(ticket, purpose, id_number);
        match passed.await.unwrap() {
            Some(check) => {
                let mut db = self.db.acquire().await.unwrap();
                check.take(&mut db).await.unwrap()
            }
            None => false,
        }
    }

    /// The demo's own verifier over this database.
    fn own(&self) -> DescriptorVerifier {
        let weights = |file: &str| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/dist/weights");
            std::fs::read(folder.join(file)).ok()
        };
        let key = KeyFile::read_or_make(&self.directory.path().join("face.key")).unwrap();
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

fn unknown() -> Claim {
    Claim {
        known: false,
        ..claim(JIA)
    }
}

fn pictures(names: [&str; 3]) -> Vec<Vec<u8>> {
    let picture = |name: &str| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../.venv/faces/{name}.jpg"));
        std::fs::read(&file)
            .unwrap_or_else(|_| panic!("{} is missing: run `make setup`", file.display()))
    };
    names.map(picture).into()
}

const PASS: Verdict = Verdict::Passed { first: false };
const REFUSE: Verdict = Verdict::Refused(Refusal::NotRecognised);
const PASSED: Answer = Ok(PASS);
const NOT_RECOGNISED: Answer = Ok(REFUSE);

/// Row S5.
#[tokio::test]
async fn a_passed_check_is_taken_once_by_its_browser_for_its_person_and_purpose() {
    let hall = Fixture::new().await;
    let (ticket, asked) = hall.ask(Purpose::Register, &claim(JIA)).await;
    let before = hall.take(&ticket, Purpose::Register, JIA).await;
    assert!(!before, "taken before it was passed");
    assert_eq!(hall.answer(&asked, b"right").await, PASSED);
    let stranger = Secret::random().unwrap();
    for (ticket, purpose, id_number, taken) in [
        (&stranger, Purpose::Register, JIA, false),
        (&ticket, Purpose::Register, YI, false),
        (&ticket, Purpose::ECard, JIA, false),
        (&ticket, Purpose::Register, JIA, true),
        (&ticket, Purpose::Register, JIA, false),
    ] {
        let taken_now = hall.take(ticket, purpose, id_number).await;
        assert_eq!(taken_now, taken, "{purpose:?} {id_number}");
    }
}

#[tokio::test]
async fn of_two_requests_with_a_passed_check_one_takes_it() {
    let hall = Fixture::new().await;
    let (ticket, asked) = hall.ask(Purpose::Register, &claim(JIA)).await;
    assert_eq!(hall.answer(&asked, b"right").await, PASSED);
    let passed = async || {
        let passed = hall.face.passed(&ticket, Purpose::Register, JIA);
        passed.await.unwrap().unwrap()
    };
    let (one, other) = (passed().await, passed().await);
    let mut db = hall.db.acquire().await.unwrap();
    assert!(one.take(&mut db).await.unwrap());
    assert!(!other.take(&mut db).await.unwrap());
}

/// Row S5.
#[tokio::test]
async fn a_passed_check_holds_for_ten_minutes() {
    let hall = Fixture::new().await;
    let (ticket, asked) = hall.ask(Purpose::Register, &claim(JIA)).await;
    assert_eq!(hall.answer(&asked, b"right").await, PASSED);
    let later = "UPDATE face_checks SET expires_at = expires_at - 600";
    execute!(&hall.db, later).await.unwrap();
    assert!(!hall.take(&ticket, Purpose::Register, JIA).await);
}

/// Row S7.
#[tokio::test]
async fn a_challenge_answers_one_check_once() {
    let hall = Fixture::new().await;
    let (_, of_jia) = hall.ask(Purpose::LogIn, &claim(JIA)).await;
    let (_, of_yi) = hall.ask(Purpose::LogIn, &claim(YI)).await;
    let (challenge, _) = hall.face.challenge(&of_yi).await.unwrap();
    let refused = Err(Unanswered::Challenge);
    for (asked, first, result) in [
        (&of_jia, b"right", refused),
        (&of_yi, b"wrong", NOT_RECOGNISED),
        (&of_yi, b"right", refused),
    ] {
        assert_eq!(hall.answer_to(asked, &challenge, first).await, result);
    }
}

/// Row S7.
#[tokio::test]
async fn after_five_refused_checks_a_person_has_to_wait_and_others_do_not() {
    let hall = Fixture::new().await;
    let (_, asked) = hall.ask(Purpose::LogIn, &claim(JIA)).await;
    for _ in 0..5 {
        assert_eq!(hall.answer(&asked, b"wrong").await, NOT_RECOGNISED);
    }
    let Err(Unanswered::TooMany(wait)) = hall.answer(&asked, b"right").await else {
        panic!("no wait")
    };
    assert!((110..=120).contains(&wait.0), "{wait:?}");
    let (_, other) = hall.ask(Purpose::LogIn, &claim(YI)).await;
    assert_eq!(hall.answer(&other, b"right").await, PASSED);
}

/// Row A17.
#[tokio::test]
async fn a_known_phone_has_checks_of_its_own_and_strangers_use_up_none_of_them() {
    let hall = Fixture::new().await;
    let (_, strange) = hall.ask(Purpose::LogIn, &claim(JIA)).await;
    let (_, known) = hall
        .ask_known(Purpose::LogIn, &claim(JIA), Some("phone"))
        .await;
    for _ in 0..5 {
        assert_eq!(hall.answer(&strange, b"wrong").await, NOT_RECOGNISED);
    }
    assert!(hall.answer(&strange, b"right").await.is_err());
    for _ in 0..5 {
        assert_eq!(hall.answer(&known, b"wrong").await, NOT_RECOGNISED);
    }
    assert!(hall.answer(&known, b"right").await.is_err(), "five as well");
    let (_, other) = hall
        .ask_known(Purpose::LogIn, &claim(JIA), Some("another phone"))
        .await;
    assert_eq!(hall.answer(&other, b"right").await, PASSED);
}

/// Row S7.
#[tokio::test]
async fn an_unknown_person_is_answered_like_another_person() {
    let hall = Fixture::new().await;
    let (ticket, asked) = hall.ask(Purpose::LogIn, &unknown()).await;
    assert_eq!(hall.answer(&asked, b"right").await, NOT_RECOGNISED);
    assert!(!hall.take(&ticket, Purpose::LogIn, JIA).await);
}

#[tokio::test]
async fn too_few_and_too_many_pictures_are_not_looked_at() {
    let hall = Fixture::new().await;
    let (_, asked) = hall.ask(Purpose::LogIn, &claim(JIA)).await;
    let refused = Ok(Verdict::Refused(Refusal::NoPictures));
    for count in [0, 2, 6] {
        let (challenge, _) = hall.face.challenge(&asked).await.unwrap();
        let frames = vec![b"right".to_vec(); count];
        let answer = hall.face.answer(&asked, &challenge, frames, HERE);
        assert_eq!(answer.await.unwrap(), refused, "{count}");
    }
}

/// Rows S7 and S9.
#[tokio::test]
async fn the_first_check_after_a_password_keeps_the_face_and_later_ones_are_compared_with_it() {
    let hall = Fixture::new().await;
    let verifier = hall.own();
    let blinking = ["astronaut", "astronaut-eyes-closed", "astronaut-nearer"];
    let person = ["person", "person-later", "person"];
    let by_password = Claim {
        proved_otherwise: true,
        ..claim(JIA)
    };
    for (claim, shown, verdict) in [
        (&claim(JIA), blinking, REFUSE),
        (&by_password, blinking, Verdict::Passed { first: true }),
        (&claim(JIA), blinking, PASS),
        (&by_password, person, REFUSE),
    ] {
        let verified = verifier.verify(claim, pictures(shown)).await.unwrap();
        assert_eq!(verified, verdict, "{claim:?} {shown:?}");
    }
    verifier.forget(JIA).await.unwrap();
    assert_eq!(verifier.kept_since(JIA).await.unwrap(), None);
    let verified = verifier.verify(&claim(JIA), pictures(blinking)).await;
    assert_eq!(verified.unwrap(), REFUSE);
}

/// Rows S5 and S7.
#[tokio::test]
async fn a_face_is_compared_with_the_registers_photo_and_nothing_is_kept() {
    let hall = Fixture::new().await;
    let photos = hall.directory.path().join("photos");
    std::fs::create_dir(&photos).unwrap();
    let [.., photo] = &pictures(["person", "person", "person-later"])[..] else {
        panic!("three pictures")
    };
    std::fs::write(photos.join(format!("{JIA}.jpg")), photo).unwrap();
    let verifier = hall.own();
    for (claim, verdict) in [(claim(JIA), PASS), (unknown(), REFUSE)] {
        let shown = pictures(["person", "person", "person-later"]);
        assert_eq!(verifier.verify(&claim, shown).await.unwrap(), verdict);
    }
    assert_eq!(verifier.kept_since(JIA).await.unwrap(), None);
}

/// Row S7.
#[tokio::test]
async fn pictures_that_show_no_one_living_face_are_refused_with_the_reason() {
    let hall = Fixture::new().await;
    let verifier = hall.own();
    let no_pictures = ["no", "picture", "at all"].map(|text| text.as_bytes().to_vec());
    let several = |other| pictures(["astronaut", other, "astronaut"]);
    for (frames, expected) in [
        (several("astronaut"), Refusal::Still),
        (several("person"), Refusal::SeveralFaces),
        (several("two-persons"), Refusal::SeveralFaces),
        (no_pictures.into(), Refusal::NoPictures),
    ] {
        let verified = verifier.verify(&claim(JIA), frames).await.unwrap();
        assert_eq!(verified, Verdict::Refused(expected));
    }
}
