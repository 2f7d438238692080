//! The server's side of SCRAM-SHA-256 (RFC 5802 with RFC 7677), without channel binding.
//!
//! Our own, and not a library's: those that there are draw the nonce by chance, and equal runs of this broker must send equal bytes.
//! Names and passwords are compared as they are; SASLprep changes none that is printable ASCII.

use std::num::NonZeroU32;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use ring::{digest, hmac, pbkdf2};

use super::exchange::Step;
use crate::Config;

/// Rounds of PBKDF2: the least that RFC 7677 allows.
const ROUNDS: NonZeroU32 = NonZeroU32::new(4_096).expect("it is not 0");
/// Bytes of a salt.
const SALT_BYTES: usize = 16;
/// Bytes of a message of the client; a longer one fails.
const MESSAGE_BYTES: usize = 4_096;

/// How far the exchange is. It holds no secret.
#[derive(Debug, Default)]
pub(super) enum Scram {
    /// The client has said nothing.
    #[default]
    Start,
    /// It was told salt and rounds.
    Challenged(Challenge),
}

/// What both sides have said so far.
#[derive(Debug)]
pub(super) struct Challenge {
    user: String,
    /// The client's word on channel binding, as it must repeat it.
    header: String,
    client_first: String,
    server_first: String,
    /// Both nonces.
    nonce: String,
    salt: Vec<u8>,
}

impl Scram {
    pub(super) fn step(&mut self, data: &[u8], nonce: &str, config: &Config) -> Step {
        let Some(message) = std::str::from_utf8(data).ok().filter(|m| m.len() <= MESSAGE_BYTES) else {
            return Step::Failed;
        };
        match self {
            Self::Start => {
                let Some(challenge) = Challenge::to(message, nonce, config) else { return Step::Failed };
                let told = Bytes::from(challenge.server_first.clone());
                *self = Self::Challenged(challenge);
                Step::Continue(Some(told))
            }
            Self::Challenged(challenge) => {
                let signature = challenge.prove(message, config);
                signature.map_or(Step::Failed, |s| Step::Done(Some(format!("v={s}").into())))
            }
        }
    }
}

impl Challenge {
    /// What the server says to a first message: `n,,n=user,r=nonce`.
    fn to(message: &str, nonce: &str, config: &Config) -> Option<Self> {
        let (binding, rest) = message.split_once(',')?;
        let (identity, client_first) = rest.split_once(',')?;
        let (user, rest) = client_first.strip_prefix("n=")?.split_once(',')?;
        let theirs = rest.strip_prefix("r=")?.split(',').next()?;
        let user = unescaped(user)?;
        // Another identity than the user's own is nobody's to take here.
        let own =
            identity.is_empty() || identity.strip_prefix("a=").and_then(unescaped).as_ref() == Some(&user);
        let printable = !theirs.is_empty() && theirs.bytes().all(|b| b.is_ascii_graphic());
        if !matches!(binding, "n" | "y") || !own || !printable {
            return None;
        }
        let nonce = format!("{theirs}{nonce}");
        let salt = salt(&user, config).to_vec();
        Some(Self {
            header: format!("{binding},{identity},"),
            client_first: client_first.to_owned(),
            server_first: format!("r={nonce},s={},i={ROUNDS}", STANDARD.encode(&salt)),
            nonce,
            salt,
            user,
        })
    }

    /// The server's signature, if the client's last message proves the password: `c=…,r=…,p=…`.
    fn prove(&self, message: &str, config: &Config) -> Option<String> {
        let (spoken, proof) = message.rsplit_once(",p=")?;
        let mut fields = spoken.split(',');
        let header = STANDARD.decode(fields.next()?.strip_prefix("c=")?).ok()?;
        let nonce = fields.next()?.strip_prefix("r=")?;
        let proof: [u8; digest::SHA256_OUTPUT_LEN] = STANDARD.decode(proof).ok()?.try_into().ok()?;
        if header != self.header.as_bytes() || nonce != self.nonce {
            return None;
        }
        let said = format!("{},{},{spoken}", self.client_first, self.server_first);
        // An unknown user takes as long as a known one, and fails.
        let password = config.password_of(self.user.as_bytes());
        let mut salted = [0; digest::SHA256_OUTPUT_LEN];
        let known = password.unwrap_or_default();
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, &self.salt, known, &mut salted);
        let stored = hashed(signed(&salted, b"Client Key").as_ref());
        let signature = signed(stored.as_ref(), said.as_bytes());
        let mut key = proof;
        key.iter_mut().zip(signature.as_ref()).for_each(|(byte, mask)| *byte ^= mask);
        let proven = hashed(&key).as_ref() == stored.as_ref() && password.is_some();
        let server_key = signed(&salted, b"Server Key");
        proven.then(|| STANDARD.encode(signed(server_key.as_ref(), said.as_bytes())))
    }
}

fn hashed(bytes: &[u8]) -> digest::Digest {
    digest::digest(&digest::SHA256, bytes)
}

fn signed(key: &[u8], bytes: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), bytes)
}

/// The salt of a user, known or not: always the same one, as if it were stored.
fn salt(user: &str, config: &Config) -> [u8; SALT_BYTES] {
    let tag = signed(&config.seed.to_be_bytes(), format!("salt of {user}").as_bytes());
    std::array::from_fn(|i| tag.as_ref()[i])
}

/// The n-th nonce of a broker: as hard to guess as its seed, and the same in each run of that seed.
pub(super) fn nonce(count: u64, config: &Config) -> String {
    let tag = signed(&config.seed.to_be_bytes(), format!("nonce {count}").as_bytes());
    STANDARD.encode(&tag.as_ref()[..18])
}

/// A name with `=2C` for a comma and `=3D` for an equals sign; any other `=` is wrong (RFC 5802 §5.1).
fn unescaped(name: &str) -> Option<String> {
    let plain = name.replace("=2C", "\u{0}").replace("=3D", "\u{1}");
    (!plain.contains('=') && !name.contains(['\u{0}', '\u{1}']))
        .then(|| plain.replace('\u{0}', ",").replace('\u{1}', "="))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Users;

    /// The exchange of RFC 7677 §3, with its salt and nonces in the place of ours.
    #[test]
    fn the_exchange_of_rfc_7677_is_proven() {
        let users = Users::new([("user".into(), "pencil".into())]);
        let config = Config { users, ..Config::default() };
        let (theirs, ours) = ("rOprNGfwEbeRWgbNEkqO", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
        let challenge = Challenge::to(&format!("n,,n=user,r={theirs}"), ours, &config).unwrap();
        let salt = "W22ZaJ0SNY7soEsUEjb6gQ==";
        let challenge = Challenge {
            server_first: format!("r={theirs}{ours},s={salt},i=4096"),
            salt: STANDARD.decode(salt).unwrap(),
            ..challenge
        };
        let last = |proof: &str| format!("c=biws,r={theirs}{ours},p={proof}");
        let proof = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
        let signature = "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
        assert_eq!(challenge.prove(&last(proof), &config).as_deref(), Some(signature));
        let wrong = proof.replace("dHzb", "dHzc");
        for message in
            [last(&wrong), last(""), last(proof).replace("biws", "eSws"), last(proof).replace("k0,", "k1,")]
        {
            assert_eq!(challenge.prove(&message, &config), None, "{message}");
        }
    }

    /// Who knows the password can prove any words: those of another exchange are refused for what they say.
    #[test]
    fn a_proof_of_other_words_fails() {
        let config = Config::default();
        let challenge = Challenge::to("n,,n=deadzone,r=theirs", "ours", &config).unwrap();
        let proven = |spoken: &str| {
            let mut salted = [0; digest::SHA256_OUTPUT_LEN];
            let password = config.password_of(b"deadzone").unwrap();
            pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, &challenge.salt, password, &mut salted);
            let key = signed(&salted, b"Client Key");
            let said = format!("{},{},{spoken}", challenge.client_first, challenge.server_first);
            let mask = signed(hashed(key.as_ref()).as_ref(), said.as_bytes());
            let proof: Vec<u8> = key.as_ref().iter().zip(mask.as_ref()).map(|(a, b)| a ^ b).collect();
            challenge.prove(&format!("{spoken},p={}", STANDARD.encode(proof)), &config).is_some()
        };
        assert!(proven("c=biws,r=theirsours"));
        assert!(proven("c=biws,r=theirsours,x=an extension"));
        assert!(!proven("c=biws,r=theirsothers"), "another nonce");
        assert!(!proven("c=eSws,r=theirsours"), "another header");
    }

    #[test]
    fn what_is_no_first_message_fails() {
        let config = Config::default();
        for message in [
            "",
            "n",
            "n,,",
            "n,,n=u",
            "n,,n=u,r=",
            "p=tls-unique,,n=u,r=x",
            "n,a=other,n=u,r=x",
            "n,,n=a=b,r=x",
            "n,,m=1,n=u,r=x",
        ] {
            assert!(Challenge::to(message, "y", &config).is_none(), "{message:?}");
        }
        assert!(Challenge::to("n,a=a=2Cb,n=a=2Cb,r=x,ext=1", "y", &config).is_some_and(|c| c.user == "a,b"));
    }
}
