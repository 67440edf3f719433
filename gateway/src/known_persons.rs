//! Persons whom browsers know: sealed values that browsers keep, and tags that the store compares.
//!
//! A browser that does not know the person who scans its code is asked first (threat T34). Its knowledge stands in the
//! browser alone. A sealed value holds the person's tag and the time of the login, encrypted and authenticated for one
//! relying party, so that neither the browser nor the page can tell whom it names.

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz_properties;

use std::time::Duration;
use std::{fmt, iter};

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac::{self, HMAC_SHA256};
use data_encoding::BASE64URL_NOPAD;
use saoma_protocol::{MAX_KNOWN_PERSONS, PersonId, SealedPerson, Timestamp};

use crate::cluster_secrets::ClusterSecrets;
use crate::store::{KnownPerson, PersonTag};

/// Time for which a browser knows a person after a login.
const KNOWN_FOR: Duration = Duration::from_secs(180 * 24 * 3600);

/// First byte of a sealed value: its form.
const FORM: u8 = 1;

/// Length of the time in a sealed value: seconds since the epoch, big-endian.
const TIME_LEN: usize = 8;

/// Uses of the cluster's secrets.
const SEAL: &str = "saoma known person: seal";
const TAG: &str = "saoma known person: tag";

/// Seals and opens persons, and makes their tags.
pub(crate) struct KnownPersons {
    current: Keys,
    others: Vec<Keys>,
}

/// The keys that follow from one secret of the cluster.
struct Keys {
    /// A repeated nonce, which is likely only after 2^48 seals, would tell no more than that two values are equal.
    seal: RandomizedNonceKey,
    tag: hmac::Key,
}

impl KnownPersons {
    /// Creates the keys from the cluster's secrets. The current one seals, all open.
    pub(crate) fn new(secrets: &ClusterSecrets) -> Self {
        let others = secrets.other_keys(SEAL).zip(secrets.other_keys(TAG));
        Self {
            current: Keys::new(&secrets.current_key(SEAL), &secrets.current_key(TAG)),
            others: others.map(|(seal, tag)| Keys::new(&seal, &tag)).collect(),
        }
    }

    /// Returns a person's tag under the current secret.
    pub(crate) fn tag(&self, person: &PersonId) -> PersonTag {
        self.current.tag(person)
    }

    /// Returns a person's tags, one for each secret of the cluster.
    pub(crate) fn tags(&self, person: &PersonId) -> Vec<PersonTag> {
        self.keys().map(|keys| keys.tag(person)).collect()
    }

    fn keys(&self) -> impl Iterator<Item = &Keys> {
        iter::once(&self.current).chain(&self.others)
    }

    /// Seals a person for the browser that was logged in at this time, or returns `None` if the cryptographic library
    /// fails: the browser is then asked again.
    pub(crate) fn seal(&self, known: &KnownPerson, at: Timestamp) -> Option<SealedPerson> {
        let mut sealed = known.person.as_bytes().to_vec();
        sealed.extend_from_slice(&at.seconds().to_be_bytes());
        let client = Aad::from(known.client_id.as_bytes());
        let seal = &self.current.seal;
        let nonce = seal.seal_in_place_append_tag(client, &mut sealed).ok()?;
        let text = [&[FORM], &nonce.as_ref()[..], &sealed].concat();
        Some(SealedPerson::new(BASE64URL_NOPAD.encode(&text)))
    }

    /// Returns the persons whom a browser knows at a relying party. Values that cannot be opened, that belong to another
    /// relying party or that are too old are left out.
    pub(crate) fn open(
        &self,
        sealed: &[SealedPerson],
        client_id: &str,
        now: Duration,
    ) -> Box<[PersonTag]> {
        let known = sealed.iter().take(MAX_KNOWN_PERSONS);
        known
            .filter_map(|sealed| self.open_one(sealed, client_id, now))
            .collect()
    }

    fn open_one(&self, sealed: &SealedPerson, client_id: &str, now: Duration) -> Option<PersonTag> {
        let sealed = BASE64URL_NOPAD.decode(sealed.as_str().as_bytes()).ok()?;
        let (&FORM, sealed) = sealed.split_first()? else {
            return None;
        };
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let opened = self.keys().find_map(|keys| {
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut text = sealed.to_vec();
            let client = Aad::from(client_id.as_bytes());
            let opened = keys.seal.open_in_place(nonce, client, &mut text).ok()?;
            opened.try_into().ok()
        });
        let opened: [u8; PersonTag::BYTES + TIME_LEN] = opened?;
        let (tag, at) = opened.split_first_chunk()?;
        let at = Duration::from_secs(u64::from_be_bytes(at.try_into().ok()?));
        (now.saturating_sub(at) <= KNOWN_FOR).then(|| PersonTag::new(*tag))
    }
}

impl Keys {
    fn new(seal: &[u8; 32], tag: &[u8; 32]) -> Self {
        #[expect(clippy::expect_used, reason = "only a wrong length is refused")]
        let seal = RandomizedNonceKey::new(&AES_256_GCM_SIV, seal).expect("a key of 32 bytes");
        Self {
            seal,
            tag: hmac::Key::new(HMAC_SHA256, tag),
        }
    }

    fn tag(&self, person: &PersonId) -> PersonTag {
        let mut tag = [0; PersonTag::BYTES];
        let digest = hmac::sign(&self.tag, person.as_str().as_bytes());
        tag.copy_from_slice(&digest.as_ref()[..PersonTag::BYTES]);
        PersonTag::new(tag)
    }
}

impl fmt::Debug for KnownPersons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KnownPersons({} keys)", 1 + self.others.len())
    }
}

#[cfg(test)]
mod tests {
    use std::slice;

    use saoma_protocol::MAX_SEALED_PERSON_CHARS;

    use super::*;
    use crate::cluster_secrets::generate_secret;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn known_persons(secrets: &[&str]) -> KnownPersons {
        let secrets = ClusterSecrets::parse(secrets.iter().copied()).expect("secrets");
        KnownPersons::new(&secrets)
    }

    fn known(persons: &KnownPersons, person: &str) -> KnownPerson {
        KnownPerson {
            person: persons.tag(&PersonId::new(person)),
            client_id: "hall".into(),
        }
    }

    fn at(time: Duration) -> Timestamp {
        Timestamp::from_millis(u64::try_from(time.as_millis()).expect("a time"))
    }

    #[test]
    fn a_sealed_person_opens_for_its_client_only_and_for_180_days() {
        let persons = known_persons(&[&generate_secret()]);
        let known = known(&persons, "p");
        let sealed = persons.seal(&known, at(DAY)).expect("sealed");
        assert!(sealed.as_str().len() <= MAX_SEALED_PERSON_CHARS);
        let opened = |client: &str, now| persons.open(slice::from_ref(&sealed), client, now);
        assert_eq!(*opened("hall", DAY), [known.person]);
        assert_eq!(*opened("hall", DAY * 181), [known.person]);
        assert!(opened("hall", DAY * 181 + Duration::from_secs(1)).is_empty());
        assert!(opened("other", DAY).is_empty());
        // The node's clock may be behind the store's.
        assert_eq!(*opened("hall", Duration::ZERO), [known.person]);
    }

    /// Fault A16: the browser and the page learn nothing of the person, and cannot tell two values of one person from
    /// those of two.
    #[test]
    fn a_sealed_person_shows_nothing_of_the_person() {
        let persons = known_persons(&[&generate_secret()]);
        let seal = |person: &str| {
            let sealed = persons.seal(&known(&persons, person), at(DAY));
            BASE64URL_NOPAD
                .decode(sealed.expect("sealed").as_str().as_bytes())
                .expect("base64url")
        };
        let tag = persons.tag(&PersonId::new("c-1001"));
        let [one, two] = [seal("c-1001"), seal("c-1001")];
        for sealed in [&one, &two] {
            for shown in [&tag.as_bytes()[..], b"c-1001"] {
                assert!(!sealed.windows(shown.len()).any(|part| part == shown));
            }
        }
        assert!(one.iter().zip(&two).filter(|(a, b)| a == b).count() < one.len() / 2);
        assert_eq!(one.len(), seal("another person with a long id").len());
    }

    #[test]
    fn a_changed_or_made_up_value_opens_nothing() {
        let persons = known_persons(&[&generate_secret()]);
        let sealed = persons
            .seal(&known(&persons, "p"), at(DAY))
            .expect("sealed");
        let bytes = BASE64URL_NOPAD
            .decode(sealed.as_str().as_bytes())
            .expect("base64url");
        for number in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[number] ^= 1;
            let changed = SealedPerson::new(BASE64URL_NOPAD.encode(&changed));
            assert!(persons.open(&[changed], "hall", DAY).is_empty(), "{number}");
        }
        for made_up in ["", "AQ", "?", &"A".repeat(71), &"A".repeat(5000)] {
            let made_up = SealedPerson::new(made_up);
            assert!(persons.open(&[made_up], "hall", DAY).is_empty());
        }
    }

    #[test]
    fn at_most_eight_values_are_read() {
        let persons = known_persons(&[&generate_secret()]);
        let sealed = |person: &str| persons.seal(&known(&persons, person), at(DAY));
        let sealed: Vec<_> = (0..9)
            .filter_map(|number| sealed(&number.to_string()))
            .collect();
        assert_eq!(persons.open(&sealed, "hall", DAY).len(), MAX_KNOWN_PERSONS);
    }

    /// A person whom a browser got to know under the old secret is known while the secret is changed.
    #[test]
    fn a_changed_secret_is_known_as_long_as_it_stands_second() {
        let (old, new) = (generate_secret(), generate_secret());
        let before = known_persons(&[&old]);
        let changing = known_persons(&[&new, &old]);
        let after = known_persons(&[&new]);
        let sealed = [before.seal(&known(&before, "p"), at(DAY)).expect("sealed")];
        let opened = changing.open(&sealed, "hall", DAY);
        let person = PersonId::new("p");
        assert!(changing.tags(&person).contains(&opened[0]));
        assert!(after.open(&sealed, "hall", DAY).is_empty());
        let sealed = [changing
            .seal(&known(&changing, "p"), at(DAY))
            .expect("sealed")];
        let opened = after.open(&sealed, "hall", DAY);
        assert!(after.tags(&person).contains(&opened[0]));
    }
}
