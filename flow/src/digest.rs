//! SHA-256 as lower-case hexadecimal, over length-prefixed fields so that no two field lists meet.

use sha2::{Digest as _, Sha256};

/// Collects fields, then yields their hash.
#[derive(Default)]
pub(crate) struct Digest(Sha256);

impl Digest {
    /// Adds one field.
    pub(crate) fn field(mut self, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// The hash of all fields, 64 digits.
    pub(crate) fn hex(self) -> String {
        hex(&self.0.finalize())
    }
}

/// SHA-256 of the bytes alone, as `sha256sum` prints it.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_hash_is_the_standard_one() {
        assert_eq!(
            sha256(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn moving_a_letter_between_fields_changes_the_digest() {
        let a = Digest::default().field("ab").field("c").hex();
        let b = Digest::default().field("a").field("bc").hex();
        assert_ne!(a, b);
    }
}
