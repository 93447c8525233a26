//! `f32` arrays in text without loss: eight hexadecimal digits a value, for serde's `with`.

use serde::{Deserialize, Deserializer, Serializer, de::Error as _};
use std::fmt::Write as _;

pub(crate) fn serialize<S: Serializer>(values: &[f32], s: S) -> Result<S::Ok, S::Error> {
    let mut text = String::with_capacity(8 * values.len());
    for v in values {
        write!(text, "{:08x}", v.to_bits()).expect("writing to a string");
    }
    s.serialize_str(&text)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<f32>, D::Error> {
    let text = String::deserialize(d)?;
    if !text.len().is_multiple_of(8) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(D::Error::custom("an array of numbers is not eight hexadecimal digits each"));
    }
    (0..text.len() / 8)
        .map(|i| u32::from_str_radix(&text[8 * i..8 * i + 8], 16).map(f32::from_bits))
        .collect::<Result<_, _>>()
        .map_err(D::Error::custom)
}
