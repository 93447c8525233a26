//! Packed bits: one vector, and a matrix of rows that share a length.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A fixed-length vector of bits, packed 64 to a word, bit `i` at `words[i / 64] >> (i % 64)`.
/// Bits past `len` are always 0.
#[derive(Clone, PartialEq, Eq, Debug, Default, Hash)]
pub struct BitVec {
    len: usize,
    words: Vec<u64>,
}

impl BitVec {
    /// `len` bits, all 0.
    pub fn zeros(len: usize) -> Self {
        Self { len, words: vec![0; len.div_ceil(64)] }
    }

    /// The bits of an iterator, in order.
    pub fn from_bits(bits: impl IntoIterator<Item = bool>) -> Self {
        let mut out = Self::default();
        for bit in bits {
            if out.len % 64 == 0 {
                out.words.push(0);
            }
            if bit {
                out.words[out.len / 64] |= 1 << (out.len % 64);
            }
            out.len += 1;
        }
        out
    }

    /// Number of bits.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no bits at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bit `i`. Panics when `i >= len`, like a slice.
    #[inline]
    pub fn get(&self, i: usize) -> bool {
        assert!(i < self.len, "bit {i} of {}", self.len);
        self.words[i / 64] >> (i % 64) & 1 == 1
    }

    /// Sets bit `i` to `bit`. Panics when `i >= len`, like a slice.
    #[inline]
    pub fn set(&mut self, i: usize, bit: bool) {
        assert!(i < self.len, "bit {i} of {}", self.len);
        let mask = 1u64 << (i % 64);
        if bit { self.words[i / 64] |= mask } else { self.words[i / 64] &= !mask }
    }

    /// The packed words; bits past `len` are 0.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Number of bits that are 1.
    pub fn count_ones(&self) -> usize {
        self.words.iter().map(|w| w.count_ones() as usize).sum()
    }

    /// Indices of the bits that are 1, ascending.
    pub fn ones(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(k, &word)| {
            std::iter::successors((word != 0).then_some(word), |w| {
                let rest = w & (w - 1);
                (rest != 0).then_some(rest)
            })
            .map(move |w| k * 64 + w.trailing_zeros() as usize)
        })
    }

    /// Bits in order.
    pub fn iter(&self) -> impl Iterator<Item = bool> + '_ {
        (0..self.len).map(|i| self.get(i))
    }

    /// The 16 bits from `16 * k` on, those past the end 0.
    pub fn word16(&self, k: usize) -> u16 {
        self.words.get(k / 4).map_or(0, |w| (w >> (16 * (k % 4))) as u16)
    }
}

/// Written as a string of `0` and `1`, bit 0 first: readable, and the length is in the text.
impl Serialize for BitVec {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.iter().map(|b| if b { '1' } else { '0' }).collect::<String>())
    }
}

impl<'de> Deserialize<'de> for BitVec {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        if let Some(at) = text.bytes().position(|c| c != b'0' && c != b'1') {
            return Err(D::Error::custom(format!("character {at} of a bit string is not 0 or 1")));
        }
        Ok(Self::from_bits(text.bytes().map(|c| c == b'1')))
    }
}

/// Rows of equal length. For weights a row is one target neuron or channel, a column one source.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
#[serde(try_from = "Vec<BitVec>", into = "Vec<BitVec>")]
pub struct BitMatrix {
    rows: Vec<BitVec>,
    columns: usize,
}

impl BitMatrix {
    /// A matrix of zeros.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Self { rows: vec![BitVec::zeros(columns); rows], columns }
    }

    /// Takes rows that all have the same length; the error says which does not.
    pub fn from_rows(rows: Vec<BitVec>) -> Result<Self, String> {
        let columns = rows.first().map_or(0, BitVec::len);
        match rows.iter().position(|r| r.len() != columns) {
            Some(i) => Err(format!("row {i} has {} bits, row 0 has {columns}", rows[i].len())),
            None => Ok(Self { rows, columns }),
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Row `r`.
    pub fn row(&self, r: usize) -> &BitVec {
        &self.rows[r]
    }

    /// Row `r`, to be changed in place (its length stays).
    pub fn row_mut(&mut self, r: usize) -> &mut BitVec {
        &mut self.rows[r]
    }
}

impl TryFrom<Vec<BitVec>> for BitMatrix {
    type Error = String;
    fn try_from(rows: Vec<BitVec>) -> Result<Self, String> {
        Self::from_rows(rows)
    }
}

impl From<BitMatrix> for Vec<BitVec> {
    fn from(m: BitMatrix) -> Self {
        m.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_survive_every_view(bits in prop::collection::vec(any::<bool>(), 0..200)) {
            let v = BitVec::from_bits(bits.iter().copied());
            prop_assert_eq!(v.iter().collect::<Vec<_>>(), bits.clone());
            let ones: Vec<_> = (0..bits.len()).filter(|&i| bits[i]).collect();
            prop_assert_eq!(v.ones().collect::<Vec<_>>(), ones.clone());
            prop_assert_eq!(v.count_ones(), ones.len());
            for (i, bit) in bits.iter().enumerate() {
                prop_assert_eq!(v.word16(i / 16) >> (i % 16) & 1 == 1, *bit);
            }
            let text = serde_json::to_string(&v).unwrap();
            prop_assert_eq!(serde_json::from_str::<BitVec>(&text).unwrap(), v);
        }
    }

    #[test]
    fn ragged_rows_are_refused() {
        let rows = vec![BitVec::zeros(3), BitVec::zeros(4)];
        assert_eq!(BitMatrix::from_rows(rows).unwrap_err(), "row 1 has 4 bits, row 0 has 3");
    }
}
