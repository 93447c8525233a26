//! One part of a job array.

use std::str::FromStr;

/// Part `number` of `of`, counted from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shard {
    number: usize,
    of: usize,
}

impl Shard {
    /// Everything.
    pub const ALL: Self = Self { number: 1, of: 1 };

    /// Whether work `k`, counted from 0, is in this part: every `of`-th is.
    pub fn has(self, k: usize) -> bool {
        k % self.of == self.number - 1
    }
}

impl FromStr for Shard {
    type Err = String;

    /// `i/n`.
    fn from_str(text: &str) -> Result<Self, String> {
        let parts =
            text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match parts {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Self { number, of }),
            _ => Err(format!("{text:?}: write i/n with i from 1 to n, such as 2/8")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_all_work_once() {
        for of in 1..5 {
            for k in 0..20 {
                let shard = |i: usize| format!("{i}/{of}").parse::<Shard>().unwrap();
                assert_eq!((1..=of).filter(|i| shard(*i).has(k)).count(), 1);
            }
        }
        assert_eq!("1/1".parse(), Ok(Shard::ALL));
        for text in ["0/3", "4/3", "1", "1/0", "-1/2", "a/b", ""] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
